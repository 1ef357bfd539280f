"""CloudFormation stacks, brought up to date with their progress shown."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from deploy.build import APP_NAME, DeploymentError

_INLINE_LIMIT = 51_200  # bytes of a template that CloudFormation takes without S3
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def bring_up_to_date(
    name: str, template: str, *, parameters: Mapping[str, str], bucket: str | None = None
) -> dict[str, str]:
    """Create or update a stack, wait for it, and return its outputs.

    A parameter that is not given keeps the value it has, or its default. A template that is too long to be sent
    goes through `bucket`. Raises DeploymentError when the stack does not come up.
    """
    client = boto3.client("cloudformation")
    existing = _describe(client, name)
    request = {
        "StackName": name,
        "Capabilities": _CAPABILITIES,
        "Parameters": _parameters(client, template, parameters, existing),
        "Tags": [{"Key": "application", "Value": APP_NAME}],
        **_body(template, name, bucket),
    }
    started = time.time()
    try:
        client.update_stack(**request) if existing else client.create_stack(**request)
    except ClientError as refusal:
        if "No updates are to be performed" not in str(refusal):
            raise DeploymentError(f"CloudFormation refused stack {name}: {refusal}") from refusal
        print(f"  {name}: nothing to change")
    else:
        _wait(client, name, started)
    return {
        output["OutputKey"]: output["OutputValue"] for output in _describe(client, name).get("Outputs", [])
    }


def upload(path: Path, bucket: str, *, key: str) -> str:
    """Put a file into a bucket and return its s3:// address."""
    boto3.client("s3").upload_file(str(path), bucket, key)
    return f"s3://{bucket}/{key}"


def _describe(client: Any, name: str) -> dict[str, Any]:
    try:
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as unknown:
        if "does not exist" in str(unknown):
            return {}
        raise
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return {}
    if stack["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"):
        raise DeploymentError(f"Stack {name} is {stack['StackStatus']}: delete it, then deploy again.")
    return stack


def _parameters(
    client: Any, template: str, given: Mapping[str, str], existing: Mapping[str, Any]
) -> list[dict[str, Any]]:
    import yaml

    declared = yaml.safe_load(template).get("Parameters", {})
    if unknown := set(given) - set(declared):
        raise DeploymentError(f"The template has no parameter {', '.join(sorted(unknown))}.")
    kept = {parameter["ParameterKey"] for parameter in existing.get("Parameters", [])}
    return [
        {"ParameterKey": name, "ParameterValue": given[name]}
        if name in given
        else {"ParameterKey": name, "UsePreviousValue": True}
        for name in declared
        if name in given or name in kept
    ]


def _body(template: str, name: str, bucket: str | None) -> dict[str, str]:
    if len(template.encode()) <= _INLINE_LIMIT:
        return {"TemplateBody": template}
    if bucket is None:
        raise DeploymentError(f"The template of {name} is too long to be sent without a bucket.")
    key = f"templates/{name}.yaml"
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=template.encode())
    return {"TemplateURL": f"{s3.meta.endpoint_url}/{bucket}/{key}"}


def _wait(client: Any, name: str, since: float) -> None:
    """Print each resource's events until the stack settles."""
    seen: set[str] = set()
    pause = 0.2
    while True:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
        _print_new_events(client, name, since, seen)
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            break
        time.sleep(pause)
        pause = min(pause * 1.5, 3.0)
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        reason = stack.get("StackStatusReason", "the events above say why")
        raise DeploymentError(f"Stack {name} ended as {stack['StackStatus']}: {reason}")


def _print_new_events(client: Any, name: str, since: float, seen: set[str]) -> None:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    for event in reversed(events):
        if event["EventId"] in seen or event["Timestamp"].timestamp() < since - 5:
            continue
        seen.add(event["EventId"])
        if not event["ResourceStatus"].endswith("_IN_PROGRESS"):
            reason = event.get("ResourceStatusReason", "")
            print(
                f"  {event['LogicalResourceId']:<32} {event['ResourceStatus']} {reason}".rstrip(), flush=True
            )
