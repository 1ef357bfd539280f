import json
import os
from typing import Any

import boto3
import pytest
from desk import Desk

from chalicelib.storage.items import AnyItem

pytestmark = pytest.mark.usefixtures("aws")


def test_a_correction_needs_the_version_that_it_corrects(desk: Desk) -> None:
    supplier_id, _ = desk.supplier_in_review()
    target, patch = f"/admin/suppliers/{supplier_id}", {"legal_name": "North Goods AG"}

    without = desk.send("PATCH", target, patch)
    stale = desk.send("PATCH", target, patch, headers={"If-Match": '"1"'})
    right = desk.send("PATCH", target, patch, headers={"If-Match": '"2"'})

    assert (without.status, without.code) == (428, "IF_MATCH_REQUIRED")
    assert (stale.status, stale.code) == (412, "STALE_VERSION")
    assert (right.json["status"], right.json["validation_state"]) == ("ONBOARDING", "PENDING")
    assert right.etag == '"3"'


def test_a_corrected_offer_is_validated_again(desk: Desk) -> None:
    supplier_id, _ = desk.offer_in_review()
    target = f"/admin/suppliers/{supplier_id}/offers/PEN-1"

    without = desk.send("PATCH", target, {"title": "Pen"})
    right = desk.send("PATCH", target, {"title": "Pen"}, headers={"If-Match": 'W/"2"'})

    assert without.status == 428
    assert (right.json["acceptance"], right.json["validation_state"]) == ("NEW", "PENDING")


def put_dead_letter(queue: str, body: Any) -> str:
    url = os.environ[f"{queue.upper().replace('-', '_')}_URL"]
    sent = boto3.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))
    return str(sent["MessageId"])


def waiting(variable: str) -> list[Any]:
    url = os.environ[variable]
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in found.get("Messages", [])]


def test_dead_letters_of_every_queue_are_listed_and_stay(desk: Desk) -> None:
    put_dead_letter("review-dead-letters", {"review_id": "rev_1", "correlation_id": "c"})
    put_dead_letter("validation-dead-letters", {"records": [], "error": "States.Timeout"})

    first = desk.send("GET", "/admin/dead-letters").json["items"]
    again = desk.send("GET", "/admin/dead-letters").json["items"]

    assert {(each["queue"], each["reason"]) for each in first} == {
        ("review-dead-letters", "RECEIVED_TOO_OFTEN"),
        ("validation-dead-letters", "States.Timeout"),
    }
    assert first == again
    assert len(desk.send("GET", "/admin/dead-letters?limit=1").json["items"]) == 1


def test_a_redriven_message_goes_back_to_its_queue_alone(desk: Desk) -> None:
    first = put_dead_letter("dispatch-dead-letters", {"attempt_id": "att_1"})
    put_dead_letter("dispatch-dead-letters", {"attempt_id": "att_2"})
    body = {"queue": "dispatch-dead-letters", "message_ids": [first]}

    redriven = desk.send("POST", "/admin/dead-letters/redrive", body)
    nothing_left = desk.send("POST", "/admin/dead-letters/redrive", body)

    assert redriven.json == {"redriven": 1}
    assert nothing_left.json == {"redriven": 0}
    assert waiting("DISPATCH_QUEUE_URL") == [{"attempt_id": "att_1"}]
    assert [each["payload"] for each in desk.send("GET", "/admin/dead-letters").json["items"]] == [
        {"attempt_id": "att_2"}
    ]


def test_all_of_a_queue_is_redriven_where_no_message_is_named(desk: Desk) -> None:
    for number in range(12):
        put_dead_letter("review-dead-letters", {"review_id": f"rev_{number}"})

    reply = desk.send("POST", "/admin/dead-letters/redrive", {"queue": "review-dead-letters"})

    assert reply.json == {"redriven": 12}


@pytest.mark.parametrize("queue", ["validation-dead-letters", "stream-dead-letters"])
def test_a_record_that_was_given_up_goes_through_the_stream_again(desk: Desk, queue: str) -> None:
    supplier_id, _ = desk.supplier_in_review()
    records = [
        {"pk": f"SUPPLIER#{supplier_id}", "sk": "PROFILE", "version": "1"},
        {"pk": "SUPPLIER#gone", "sk": "PROFILE", "version": "1"},
    ]
    put_dead_letter(queue, {"records": records, "error": "X"})

    reply = desk.send("POST", "/admin/dead-letters/redrive", {"queue": queue})

    touched = [item.pk for item in AnyItem.scan() if item.touched_at]
    assert reply.json == {"redriven": 1}
    assert touched == [f"SUPPLIER#{supplier_id}"]


def test_a_dead_letter_that_names_no_record_stays_for_a_person(desk: Desk) -> None:
    put_dead_letter("stream-dead-letters", {"requestContext": {"condition": "RetryAttemptsExhausted"}})

    reply = desk.send("POST", "/admin/dead-letters/redrive", {"queue": "stream-dead-letters"})

    assert reply.json == {"redriven": 0}
    assert len(desk.send("GET", "/admin/dead-letters").json["items"]) == 1


def test_an_unknown_queue_is_refused(desk: Desk) -> None:
    reply = desk.send("POST", "/admin/dead-letters/redrive", {"queue": "review"})

    assert reply.faults == {"/queue": "INVALID_VALUE"}
