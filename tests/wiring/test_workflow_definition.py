"""The state machine and the app agree, and resources.yaml carries the state machine as it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from app import app
from deploy.definition import in_one_line

ROOT = Path(__file__).parents[2]
DEFINITION = json.loads((ROOT / "stepfunctions" / "validation.asl.json").read_text())
MACHINE = yaml.safe_load((ROOT / ".chalice" / "resources.yaml").read_text())["Resources"]["ValidationMachine"]
SECONDS_OF_AN_EXPRESS_EXECUTION = 300


def states(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every state, those of branches and iterations included."""
    for state in machine["States"].values():
        yield state
        for inner in (
            *state.get("Branches", []),
            *([state["ItemProcessor"]] if "ItemProcessor" in state else []),
        ):
            yield from states(inner)


def tasks() -> list[dict[str, Any]]:
    return [state for state in states(DEFINITION) if state["Type"] == "Task"]


def test_the_workflow_calls_exactly_the_functions_that_the_app_gives_it():
    called = [
        task["Parameters"]["FunctionName"] for task in tasks() if task["Resource"].endswith("lambda:invoke")
    ]

    assert sorted(called) == sorted(f"marketplace-${{Stage}}-{one.name}" for one in app.pure_lambda_functions)


def test_every_task_has_a_time_limit_and_tries_again():
    for task in tasks():
        assert 0 < task["TimeoutSeconds"] < SECONDS_OF_AN_EXPRESS_EXECUTION
        assert task["Retry"]


def test_a_task_waits_longer_than_its_function_may_run():
    settings = json.loads((ROOT / ".chalice" / "config.json").read_text())
    for task in tasks():
        if not task["Resource"].endswith("lambda:invoke"):
            continue
        name = task["Parameters"]["FunctionName"].rpartition("-")[2]
        limit = settings["lambda_functions"][name].get("lambda_timeout", settings["lambda_timeout"])
        assert task["TimeoutSeconds"] > limit


def test_errors_are_matched_by_the_names_that_every_interpreter_knows():
    rules = [
        rule for state in states(DEFINITION) for rule in (*state.get("Retry", []), *state.get("Catch", []))
    ]

    assert {name for rule in rules for name in rule["ErrorEquals"]} <= {
        "States.ALL",
        "States.TaskFailed",
        "States.Timeout",
    }


def test_every_placeholder_has_its_substitution():
    text = json.dumps(DEFINITION)
    placeholders = {part.partition("}")[0] for part in text.split("${")[1:]}

    assert placeholders == set(MACHINE["Properties"]["DefinitionSubstitutions"])


def test_resources_yaml_carries_the_state_machine_as_it_is():
    assert MACHINE["Properties"]["DefinitionString"] == in_one_line(), "run: python -m deploy.definition"


def test_no_execution_data_is_logged():
    logging = MACHINE["Properties"]["LoggingConfiguration"]

    assert logging["IncludeExecutionData"] is False
    assert logging["Level"] != "OFF"
