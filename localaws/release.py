"""Brings the packaged app onto an emulator: one CloudFormation stack, as it would be on AWS."""

import fcntl
import hashlib
import json
import os
from functools import cache, partial
from pathlib import Path
from typing import Any

from deploy.package import package
from localaws.instance import PROJECT, Emulator, LocalAwsError

STAGE = "local"
STACK = f"marketplace-{STAGE}"
_BUCKET = f"marketplace-{STAGE}-artifacts"
_FILE_PROPERTIES = ("CodeUri", "ContentUri")


def release(emulator: Emulator) -> dict[str, str]:
    """Package the app and make the stack what the package says; answers the stack's outputs."""
    packaged = _package(emulator.home / "package")
    template = json.loads(packaged.read_text())
    store = emulator.client("s3")
    store.create_bucket(Bucket=_BUCKET)
    upload = cache(partial(_upload, store))  # most functions share an archive
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in _FILE_PROPERTIES:
            if name in properties:
                properties[name] = upload(packaged.parent / properties[name])
    url = upload(_written(packaged.with_name("deployed.json"), template)).replace("s3://", f"{emulator.url}/")
    return _apply(emulator, url)


def _package(out: Path) -> Path:
    (PROJECT / "build").mkdir(exist_ok=True)
    with (PROJECT / "build" / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a stage is packaged in one folder, whoever asks for it
        return package(STAGE, out, native=True)


def _written(path: Path, template: dict[str, Any]) -> Path:
    path.write_text(json.dumps(template))
    return path


def _upload(store: Any, file: Path) -> str:
    """Name the file by its content, so that CloudFormation sees a change exactly when there is one."""
    content = file.read_bytes()
    key = f"{hashlib.sha256(content).hexdigest()}{file.suffix}"
    store.put_object(Bucket=_BUCKET, Key=key, Body=content)
    return f"s3://{_BUCKET}/{key}"


def _apply(emulator: Emulator, template_url: str) -> dict[str, str]:
    from botocore.exceptions import ClientError, WaiterError

    formation = emulator.client("cloudformation")
    action = "update" if _exists(formation) else "create"
    arguments = {
        "StackName": STACK,
        "TemplateURL": template_url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in _parameters(emulator).items()],
    }
    try:
        getattr(formation, f"{action}_stack")(**arguments)
        waiter = formation.get_waiter(f"stack_{action}_complete")
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300})
    except ClientError as refusal:
        if "No updates are to be performed" not in str(refusal):
            raise
    except WaiterError:
        raise LocalAwsError(f"CloudFormation could not {action} the stack:\n{_failures(formation)}") from None
    described = formation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def _parameters(emulator: Emulator) -> dict[str, str]:
    return {
        "Stage": STAGE,
        "AllowedPrivateHosts": os.environ.get("ALLOWED_PRIVATE_HOSTS", "127.0.0.1"),
        "RemoteChecks": os.environ.get("REMOTE_CHECKS", "lenient"),
        "CognitoEndpoint": emulator.url,
        # Nobody waits a quarter of an hour at a laptop; no function there takes longer than this.
        "CloseAfterSeconds": os.environ.get("CLOSE_AFTER_SECONDS", "2"),
        "PayerName": os.environ.get("PAYER_NAME", "Sample Marketplace"),
        "PayerIban": os.environ.get("PAYER_IBAN", "DE89370400440532013000"),
    }


def _exists(formation: Any) -> bool:
    """Whether there is a stack to update; one whose creation failed is removed first."""
    stacks = [one for one in formation.describe_stacks()["Stacks"] if one["StackName"] == STACK]
    if not stacks or stacks[0]["StackStatus"] != "ROLLBACK_COMPLETE":
        return bool(stacks)
    formation.delete_stack(StackName=STACK)
    formation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 0.2})
    return False


def _failures(formation: Any) -> str:
    events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    return "\n".join(
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed[:10]
    )
