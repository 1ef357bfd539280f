"""CloudFormation stacks, brought up to date with their progress shown."""

import time
from collections.abc import Mapping
from typing import Any

import boto3
import yaml
from botocore.exceptions import ClientError

from deploy.build import APP_NAME, DeploymentError

_CAPABILITIES = ["CAPABILITY_IAM"]


def bring_up_to_date(name: str, template: str, *, parameters: Mapping[str, str]) -> dict[str, str]:
    """Create or update a stack, wait for it, and return its outputs.

    A parameter that is not given keeps the value it has, or its default. Raises DeploymentError when the
    stack does not come up.
    """
    client = boto3.client("cloudformation")
    existing = _describe(client, name)
    request = {
        "StackName": name,
        "Capabilities": _CAPABILITIES,
        "TemplateBody": template,
        "Parameters": _parameters(template, parameters, existing),
        "Tags": [{"Key": "application", "Value": APP_NAME}],
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


def _parameters(template: str, given: Mapping[str, str], existing: Mapping[str, Any]) -> list[dict[str, Any]]:
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
