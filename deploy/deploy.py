"""Deploys one stage: the resources stack, then the app with `chalice deploy`, then the settings after it.

`python -m deploy STAGE`. The usual variables choose AWS account and region, AWS_ENDPOINT_URL an emulator;
DEPLOY_PARAMETERS, DEPLOY_STATE_BUCKET and WEB_ACL_ARN are described in docs/operations.md.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

import boto3

from deploy import post_deploy, waiters
from deploy.build import APP_NAME, RESOURCES, DeploymentError, handlers, project_copy, run_chalice
from deploy.environment import from_outputs
from deploy.stacks import bring_up_to_date
from deploy.state import DeployedState


def deploy(
    stage: str,
    *,
    parameters: Mapping[str, str] | None = None,
    state_bucket: str | None = None,
    web_acl: str | None = None,
) -> dict[str, str]:
    """Bring a stage up to date; return the resources' outputs with `RestAPIId` and `EndpointURL`.

    `parameters` are those of resources.yaml; one that is not given stays as it is. Raises DeploymentError.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    given = {"Stage": stage, **({"CognitoEndpoint": endpoint} if endpoint else {}), **(parameters or {})}
    with _step(f"Resources of stage {stage}"):
        outputs = bring_up_to_date(f"{APP_NAME}-{stage}-resources", RESOURCES.read_text(), parameters=given)
    with _step("Functions and API"):
        outputs |= _deploy_app(stage, outputs, state_bucket=state_bucket, native=_runs_here(endpoint))
    with _step("Settings"):
        post_deploy.finish(boto3.client, outputs, web_acl=web_acl)
    return outputs


def _deploy_app(
    stage: str, outputs: Mapping[str, str], *, state_bucket: str | None, native: bool
) -> dict[str, str]:
    environment, sources = from_outputs(outputs)
    copy = project_copy(stage, environment=environment, native=native)
    state = DeployedState(boto3.client, stage, bucket=state_bucket)
    state.restore(copy)
    models = waiters.write_models(copy / "aws-models")
    variables = {**environment, **sources, "AWS_DATA_PATH": str(models)}
    run_chalice(copy, ["deploy", "--stage", stage], variables=variables)
    state.save(copy)
    post_deploy.set_handlers(boto3.client, stage, handlers(copy, variables=variables))
    deployed = json.loads((copy / ".chalice" / "deployed" / f"{stage}.json").read_text())
    (api,) = (one for one in deployed["resources"] if one["resource_type"] == "rest_api")
    return {"RestAPIId": api["rest_api_id"], "EndpointURL": api["rest_api_url"]}


def _runs_here(endpoint: str) -> bool:
    """Whether the functions will run on this machine, in an emulator, rather than on Lambda."""
    return urlsplit(endpoint).hostname in ("127.0.0.1", "::1", "localhost")


@contextmanager
def _step(name: str) -> Iterator[None]:
    print(f"{name} ...", flush=True)
    started = time.monotonic()
    yield
    print(f"{name}: done in {time.monotonic() - started:.1f} s", flush=True)


def _pairs(lines: Sequence[str]) -> dict[str, str]:
    pairs = [line.strip().partition("=") for line in lines if line.strip()]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise DeploymentError(f"A parameter is NAME=VALUE, not {wrong[0]}.")
    return {name: value for name, _, value in pairs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stage")
    stage = parser.parse_args().stage
    try:
        outputs = deploy(
            stage,
            parameters=_pairs(os.environ.get("DEPLOY_PARAMETERS", "").splitlines()),
            state_bucket=os.environ.get("DEPLOY_STATE_BUCKET"),
            web_acl=os.environ.get("WEB_ACL_ARN"),
        )
    except DeploymentError as failure:
        sys.exit(f"\n{failure}")
    print(f"\n{outputs['EndpointURL']}")
