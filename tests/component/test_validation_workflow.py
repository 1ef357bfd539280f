"""The state machine of stepfunctions/, as it is, with functions that only record what they were asked."""

from collections import defaultdict
from typing import Any

import pytest
from component.asl import machine

SUPPLIER_STEPS = ("supplier_identity", "supplier_contact", "supplier_brands", "supplier_order_api")
OFFER_STEPS = ("offer_identifiers", "offer_content", "offer_price", "offer_images")


class Functions:
    """Functions that note their calls, report under their names, and fail as often as they are told to."""

    def __init__(self, **failures: int) -> None:
        self.calls: dict[str, list[Any]] = defaultdict(list)
        self._failures = failures

    def handlers(self) -> dict[str, Any]:
        names = (*SUPPLIER_STEPS, *OFFER_STEPS, "decide_suppliers", "decide_offers")
        return {name: lambda event, name=name: self._called(name, event) for name in names}

    def _called(self, name: str, event: Any) -> Any:
        self.calls[name].append(event)
        if len(self.calls[name]) <= self._failures.get(name, 0):
            raise ValueError(name)
        return {"step": name}


def a_record(kind: str = "SUPPLIER", number: int = 1) -> dict[str, str]:
    return {
        "pk": f"{kind}#{number}",
        "sk": "PROFILE",
        "kind": kind,
        "version": "3",
        "correlation_id": "cor-1",
    }


def a_stream_record(kind: str = "SUPPLIER", **attributes: Any) -> dict[str, Any]:
    keys = {"PK": {"S": f"{kind}#1"}, "SK": {"S": "PROFILE"}}
    image = {
        **keys,
        "kind": {"S": kind},
        "version": {"N": "3"},
        "correlation_id": {"S": "cor-1"},
        "validation_state": {"S": "PENDING"},
        "email": {"S": "someone@example.org"},
        **attributes,
    }
    return {
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": keys, "NewImage": image},
    }


def test_a_batch_of_suppliers_goes_through_their_four_steps_and_their_decision_only():
    functions = Functions()
    records = [a_record(number=1), a_record(number=2)]

    with machine(functions.handlers()) as workflow:
        execution = workflow.run(records)

    assert execution.status == "SUCCEEDED"
    assert set(functions.calls) == {*SUPPLIER_STEPS, "decide_suppliers"}
    assert all(functions.calls[step] == [{"records": records}] for step in SUPPLIER_STEPS)


def test_the_decision_gets_the_records_and_every_steps_report_in_order():
    functions = Functions()

    with machine(functions.handlers()) as workflow:
        workflow.run([a_record("OFFER")])

    (decision,) = functions.calls["decide_offers"]
    assert decision["records"] == [a_record("OFFER")]
    assert [report["step"] for report in decision["reports"]] == list(OFFER_STEPS)


def test_a_mixed_batch_goes_both_ways_with_one_call_a_step():
    functions = Functions()

    with machine(functions.handlers()) as workflow:
        execution = workflow.run([a_record("SUPPLIER"), a_record("OFFER", 1), a_record("OFFER", 2)])

    assert execution.status == "SUCCEEDED"
    assert {name: len(calls) for name, calls in functions.calls.items()} == dict.fromkeys(
        (*SUPPLIER_STEPS, *OFFER_STEPS, "decide_suppliers", "decide_offers"), 1
    )


def test_a_whole_stream_record_is_cut_down_to_its_key_and_version():
    functions = Functions()

    with machine(functions.handlers()) as workflow:
        workflow.run([a_stream_record()])

    assert functions.calls["supplier_identity"] == [{"records": [a_record()]}]


@pytest.mark.parametrize(
    "record",
    [
        a_stream_record(validation_state={"S": "DONE"}),
        {"eventName": "REMOVE", "dynamodb": {"Keys": {"PK": {"S": "X"}, "SK": {"S": "Y"}}}},
        {"eventName": "INSERT", "dynamodb": {"NewImage": {"kind": {"S": "SUPPLIER"}}}},
    ],
    ids=["already validated", "removed", "never validated"],
)
def test_a_stream_record_that_does_not_wait_for_validation_starts_no_step(record):
    functions = Functions()

    with machine(functions.handlers()) as workflow:
        execution = workflow.run([record])

    assert execution.status == "SUCCEEDED"
    assert not functions.calls


def test_a_numeric_version_reaches_the_steps_as_text():
    functions = Functions()

    with machine(functions.handlers()) as workflow:
        workflow.run([{**a_record(), "version": 3}])

    assert functions.calls["supplier_identity"][0]["records"][0]["version"] == "3"


def test_a_step_that_fails_twice_is_tried_again_and_nothing_is_set_aside():
    functions = Functions(supplier_brands=2)

    with machine(functions.handlers()) as workflow:
        execution = workflow.run([a_record()])

    assert execution.status == "SUCCEEDED"
    assert len(functions.calls["supplier_brands"]) == 3
    assert len(functions.calls["decide_suppliers"]) == 1
    assert execution.dead_letters == []


def test_a_step_that_keeps_failing_sends_the_keys_of_the_batch_to_the_dead_letters():
    functions = Functions(offer_price=99)

    with machine(functions.handlers()) as workflow:
        execution = workflow.run([a_stream_record("OFFER")])

    assert (execution.status, execution.error) == ("FAILED", "ValidationFailed")
    assert len(functions.calls["offer_price"]) == 3
    assert not functions.calls["decide_offers"]
    assert execution.dead_letters == [{"records": [a_record("OFFER")], "error": "ValueError"}]


def test_a_decision_that_keeps_failing_is_set_aside_too():
    functions = Functions(decide_suppliers=99)

    with machine(functions.handlers()) as workflow:
        execution = workflow.run([a_record()])

    assert execution.status == "FAILED"
    assert execution.dead_letters == [{"records": [a_record()], "error": "ValueError"}]
