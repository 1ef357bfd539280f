"""Sets what neither Chalice nor the resources stack can: after every deployment, any number of times."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from deploy import gateway, mappings
from deploy.build import APP_NAME, DeploymentError

Clients = Callable[[str], Any]

API_STAGE = "v1"
_REQUESTS_PER_SECOND = 500
_BURST = 1000
_PATIENCE_S = 180
# Ids, codes and durations: no addresses, no queries, no bodies.
_ACCESS_LOG = (
    '{"requestId":"$context.requestId","route":"$context.httpMethod $context.resourcePath",'
    '"status":"$context.status","bytes":"$context.responseLength","ms":"$context.responseLatency",'
    '"integrationMs":"$context.integrationLatency","refusal":"$context.error.responseType"}'
)


def finish(client: Clients, outputs: Mapping[str, str], *, web_acl: str | None = None) -> None:
    """Set the API's own answers, throttling and access log; the stream's retries, limits and dead letters.

    `client` makes a client of an AWS service by its name; `outputs` are the resources' and `RestAPIId`.
    `web_acl` is the ARN of a web ACL to put before the API. Raises DeploymentError where the deployment
    itself is wrong.
    """
    stage, api_id = outputs["Stage"], outputs["RestAPIId"]
    api = client("apigateway")
    gateway.apply(api, api_id, API_STAGE)
    _limit_and_log(api, api_id, log_group=_log_group(client("logs"), stage))
    _set_up_stream(
        client("lambda"), stage, dead_letters=_queue_arn(client("sqs"), outputs["StreamDeadLettersUrl"])
    )
    if web_acl:
        _, partition, _, region, *_ = web_acl.split(":")
        target = f"arn:{partition}:apigateway:{region}::/restapis/{api_id}/stages/{API_STAGE}"
        client("wafv2").associate_web_acl(WebACLArn=web_acl, ResourceArn=target)


def set_handlers(client: Clients, stage: str, handlers: Mapping[str, str]) -> None:
    """Point each function at its handler: `chalice deploy` never does for a function that exists already."""
    functions = client("lambda")
    for name, handler in handlers.items():
        function = f"{APP_NAME}-{stage}-{name}"
        if functions.get_function_configuration(FunctionName=function)["Handler"] != handler:
            functions.update_function_configuration(FunctionName=function, Handler=handler)
            functions.get_waiter("function_updated").wait(FunctionName=function)
            print(f"  {function}: handler is now {handler}")


def _limit_and_log(api: Any, api_id: str, *, log_group: str | None) -> None:
    changes = {
        "/*/*/throttling/rateLimit": str(_REQUESTS_PER_SECOND),
        "/*/*/throttling/burstLimit": str(_BURST),
        "/*/*/metrics/enabled": "true",
    }
    if log_group and api.get_account().get("cloudwatchRoleArn"):
        changes |= {"/accessLogSettings/destinationArn": log_group, "/accessLogSettings/format": _ACCESS_LOG}
    else:
        print("  access log: off, for API Gateway has no CloudWatch role in this account")
    patch = [{"op": "replace", "path": path, "value": value} for path, value in changes.items()]
    api.update_stage(restApiId=api_id, stageName=API_STAGE, patchOperations=patch)


def _log_group(logs: Any, stage: str) -> str | None:
    name = f"/aws/apigateway/{APP_NAME}-{stage}"
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next((group["arn"].removesuffix(":*") for group in groups if group["logGroupName"] == name), None)


def _queue_arn(sqs: Any, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _set_up_stream(functions: Any, stage: str, *, dead_letters: str) -> None:
    name = f"{APP_NAME}-{stage}-{mappings.STREAM_FUNCTION}"
    found = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    if len(found) != 1:
        raise DeploymentError(
            f"{name} has {len(found)} event sources; it must have the table's stream and no other."
        )
    (mapping,) = found
    if mapping.get("StartingPosition") != "TRIM_HORIZON":
        raise DeploymentError(
            f"{name} reads the stream from {mapping.get('StartingPosition')}: changes made before it was "
            f"ready are lost. Delete the mapping {mapping['UUID']} and deploy again."
        )
    wanted = {
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": mappings.STREAM_RETRIES,
        "MaximumRecordAgeInSeconds": mappings.STREAM_RECORD_AGE_S,
        "FilterCriteria": {"Filters": mappings.STREAM_FILTERS},
        "DestinationConfig": {"OnFailure": {"Destination": dead_letters}},
    }
    if any(mapping.get(setting) != value for setting, value in wanted.items()):
        _wait_until_settled(functions, mapping["UUID"])
        functions.update_event_source_mapping(UUID=mapping["UUID"], **wanted)
        _wait_until_settled(functions, mapping["UUID"])
        print("  stream: retries, age limit, filter and dead letters set")


def _wait_until_settled(functions: Any, mapping: str) -> None:
    """Lambda refuses a change of a mapping that it is still changing."""
    deadline = time.monotonic() + _PATIENCE_S
    while (state := functions.get_event_source_mapping(UUID=mapping)["State"]) not in ("Enabled", "Disabled"):
        if time.monotonic() > deadline:
            raise DeploymentError(f"The event source mapping {mapping} stays {state}; deploy again later.")
        time.sleep(1)
