"""The single stack that `chalice package` and deploy/package.py make."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import app
from deploy.environment import EVENT_SOURCES
from deploy.package import package

STAGE = "wiring"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package(
        STAGE, tmp_path_factory.mktemp("package") / "out", {"REMOTE_CHECKS": "lenient"}, native=True
    )


@pytest.fixture(scope="module")
def template(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        one["Properties"]["FunctionName"]: one["Properties"]
        for one in template["Resources"].values()
        if one["Type"] == "AWS::Serverless::Function"
    }


def test_it_is_sound(path: Path):
    checked = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", "--regions", "us-east-1", "--template", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stdout


def test_every_function_has_the_name_that_the_workflow_and_the_log_groups_know(template: dict[str, Any]):
    names = {f"-{one.name}" for one in (*app.pure_lambda_functions, *app.event_sources)}

    assert set(functions(template)) == {f"marketplace-{STAGE}{name}" for name in {"", *names}}


def test_no_placeholder_of_an_event_source_is_left(template: dict[str, Any]):
    assert "000000000000" not in json.dumps(template)


def test_every_event_source_is_a_resource_of_the_stack(template: dict[str, Any]):
    events = [event for one in functions(template).values() for event in one.get("Events", {}).values()]
    sources = {
        json.dumps(event["Properties"].get("Stream") or event["Properties"].get("Queue")) for event in events
    }

    assert sources == {
        json.dumps({"Fn::GetAtt": ["Table", "StreamArn"]}),
        json.dumps({"Fn::GetAtt": ["ReviewQueue", "Arn"]}),
        json.dumps({"Fn::GetAtt": ["DispatchQueue", "Arn"]}),
        json.dumps({"Fn::GetAtt": ["ReallocationQueue", "Arn"]}),
        json.dumps({"Fn::GetAtt": ["WebhookQueue", "Arn"]}),
        json.dumps({"Fn::GetAtt": ["ImportQueue", "Arn"]}),
        json.dumps({"Fn::GetAtt": ["ReversalQueue", "Arn"]}),
        json.dumps({"Fn::GetAtt": ["InventoryQueue", "Arn"]}),
        json.dumps({"Fn::GetAtt": ["AccountingQueue", "Arn"]}),
        "null",  # the schedules
    }


def test_the_stream_is_read_from_its_start_and_gives_a_poison_record_up(template: dict[str, Any]):
    (source,) = functions(template)[f"marketplace-{STAGE}-on_change"]["Events"].values()
    properties = source["Properties"]

    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["BisectBatchOnFunctionError"] is True
    assert 0 < properties["MaximumRetryAttempts"] < 100
    assert properties["MaximumRecordAgeInSeconds"] > 0
    assert properties["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["StreamDeadLetters", "Arn"]
    }


def test_a_queue_gives_its_function_one_message_at_a_time(template: dict[str, Any]):
    for name in ("on_review", "on_dispatch", "on_reallocation", "on_webhook", "on_import", "on_reversal"):
        (source,) = functions(template)[f"marketplace-{STAGE}-{name}"]["Events"].values()
        assert source["Properties"]["BatchSize"] == 1


def test_every_variable_is_set_from_the_resources_or_as_asked(template: dict[str, Any]):
    variables = template["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["REMOTE_CHECKS"] == "lenient"
    assert variables["TABLE_NAME"] == {"Ref": "Table"}
    assert not set(variables) & set(EVENT_SOURCES)


def test_every_function_has_a_role_of_its_own_and_limits_of_its_own(template: dict[str, Any]):
    roles = [json.dumps(one["Role"]) for one in functions(template).values()]

    assert len(set(roles)) == len(roles)
    assert all(one["Timeout"] <= 120 and one["MemorySize"] >= 512 for one in functions(template).values())


def test_the_api_is_the_version_that_the_contract_names(template: dict[str, Any]):
    api = template["Resources"]["RestAPI"]["Properties"]

    assert api["StageName"] == "v1"
    assert api["MinimumCompressionSize"] == 1024
