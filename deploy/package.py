"""Makes the single stack: `chalice package` with resources.yaml merged, everything in it joined by reference.

`python -m deploy.package STAGE [OUT]` leaves sam.json and two archives in OUT, fit for `aws cloudformation
package` and `aws cloudformation deploy`, with CAPABILITY_IAM and CAPABILITY_AUTO_EXPAND.
"""

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy import mappings
from deploy.build import APP_NAME, RESOURCES, ROOT, DeploymentError, project_copy, run_chalice
from deploy.environment import EVENT_SOURCES, variable

Template = dict[str, Any]

# An account that no one has: whatever still carries it after packaging was not joined to its resource.
_NOWHERE = "000000000000"
_MARKERS = {
    "STREAM_ARN": f"arn:aws:dynamodb:us-east-1:{_NOWHERE}:table/StreamArn/stream/StreamArn",
    "REVIEW_QUEUE_ARN": f"arn:aws:sqs:us-east-1:{_NOWHERE}:ReviewQueueArn",
    "DISPATCH_QUEUE_ARN": f"arn:aws:sqs:us-east-1:{_NOWHERE}:DispatchQueueArn",
    "REALLOCATION_QUEUE_ARN": f"arn:aws:sqs:us-east-1:{_NOWHERE}:ReallocationQueueArn",
    "WEBHOOK_QUEUE_ARN": f"arn:aws:sqs:us-east-1:{_NOWHERE}:WebhookQueueArn",
    "IMPORT_QUEUE_ARN": f"arn:aws:sqs:us-east-1:{_NOWHERE}:ImportQueueArn",
    "REVERSAL_QUEUE_ARN": f"arn:aws:sqs:us-east-1:{_NOWHERE}:ReversalQueueArn",
    "INVENTORY_QUEUE_ARN": f"arn:aws:sqs:us-east-1:{_NOWHERE}:InventoryQueueArn",
    "ACCOUNTING_QUEUE_ARN": f"arn:aws:sqs:us-east-1:{_NOWHERE}:AccountingQueueArn",
}


def package(
    stage: str, out: Path, environment: Mapping[str, Any] | None = None, *, native: bool = False
) -> Path:
    """Package the app for one stage into the folder `out` and return the template's path.

    `environment` overrides variables of the functions; its values may be CloudFormation expressions. `native`
    packages dependencies for this machine, for an emulator that runs the functions here.
    """
    copy = project_copy(stage, native=native)
    arguments = ["package", "--stage", stage, "--merge-template", str(RESOURCES), str(out.resolve())]
    # Chalice wants to know a region even here, where the answer changes nothing.
    region = os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
    run_chalice(copy, arguments, variables={**_MARKERS, "AWS_DEFAULT_REGION": region}, quiet=True)
    merged = out / "sam.yaml"
    template = joined(yaml.safe_load(merged.read_text()), stage, environment or {})
    merged.unlink()
    path = out / "sam.json"
    path.write_text(json.dumps(template, indent=1))
    return path


def joined(template: Template, stage: str, environment: Mapping[str, Any]) -> Template:
    """What `chalice package` made, with names, variables and event sources joined to the merged resources.

    Raises DeploymentError when a reference to no real resource is left.
    """
    expressions = _expressions()
    sources = {_MARKERS[name]: expressions.pop(name) for name in EVENT_SOURCES}
    template["Parameters"]["Stage"]["Default"] = stage
    template["Globals"] = {"Function": {"Environment": {"Variables": {**expressions, **environment}}}}
    for logical_id, function in _functions(template):
        name = handler_name(logical_id, function)
        function["FunctionName"] = f"{APP_NAME}-{stage}-{name}" if name else f"{APP_NAME}-{stage}"
    _set_up_stream(template)
    resolved = _resolve(template, sources)
    if _NOWHERE in json.dumps(resolved):
        raise DeploymentError("An event source of the packaged template refers to no resource.")
    return resolved


def handler_name(logical_id: str, function: Mapping[str, Any]) -> str:
    """The function's own name; the one that serves HTTP has none beside the app's and the stage's."""
    return "" if logical_id == "APIHandler" else function["Handler"].rpartition(".")[2]


def _functions(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield logical_id, resource["Properties"]


def _expressions() -> dict[str, Any]:
    """Each output of the resources as the variable that it is in the other way of deploying."""
    expressions = {}
    for name, output in yaml.safe_load(RESOURCES.read_text())["Outputs"].items():
        value = output["Value"]
        if "Condition" in output:
            value = {"Fn::If": [output["Condition"], value, {"Ref": "AWS::NoValue"}]}
        expressions[variable(name)] = value
    return expressions


def _set_up_stream(template: Template) -> None:
    for logical_id, function in _functions(template):
        if handler_name(logical_id, function) != mappings.STREAM_FUNCTION:
            continue
        (source,) = function["Events"].values()
        source["Properties"] |= {
            "StartingPosition": "TRIM_HORIZON",
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": mappings.STREAM_RETRIES,
            "MaximumRecordAgeInSeconds": mappings.STREAM_RECORD_AGE_S,
            "FilterCriteria": {"Filters": mappings.STREAM_FILTERS},
            "DestinationConfig": {
                "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["StreamDeadLetters", "Arn"]}}
            },
        }


def _resolve(node: Any, references: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        return {key: _resolve(value, references) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolve(value, references) for value in node]
    return references.get(node, node) if isinstance(node, str) else node


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stage")
    parser.add_argument("out", type=Path, nargs="?", default=ROOT / "build" / "package")
    parser.add_argument("--native", action="store_true", help="dependencies for this machine, not for Lambda")
    options = parser.parse_args()
    print(package(options.stage, options.out, native=options.native))


if __name__ == "__main__":
    main()
