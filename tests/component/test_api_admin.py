import json
import os
from dataclasses import replace
from typing import Any

import boto3
import pytest
from api import Reply, call
from bodies import a_registration, an_offer_body
from identity_provider import Provider

from chalicelib import clock, ids
from chalicelib.domain.review import Review
from chalicelib.storage import offers, products, reviews, suppliers
from chalicelib.storage.items import AnyItem
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

ISSUE = {
    "rule": "R",
    "code": "INVALID_ATTRIBUTE",
    "severity": "ERROR",
    "field": "/legal_name",
    "message": "Look.",
    "value_seen": "x",
    "expected": None,
    "suggested_value": None,
    "auto_correctable": False,
}


class Desk:
    """An administrator's desk, and records that wait for it."""

    def __init__(self, token: str) -> None:
        self.token = token

    def send(self, method: str, target: str, body: Any = None, **more: Any) -> Reply:
        return call(method, target, body, token=more.pop("token", self.token), **more)

    def decide(self, review_id: str, decision: str, **more: Any) -> Reply:
        body = {"decision": decision, **more.pop("body", {})}
        return self.send("POST", f"/admin/reviews/{review_id}/resolution", body, **more)

    def supplier_in_review(self, tax_id: str = "DE136695976") -> tuple[str, str]:
        """Ids of a supplier that validation doubted, and of its review."""
        registered = call("POST", "/suppliers", a_registration(tax_id=tax_id)).json
        supplier = suppliers.get(registered["supplier"]["supplier_id"])
        assert supplier
        review = a_review("SUPPLIER", supplier.supplier_id)
        doubted = replace(
            supplier, status="PENDING_APPROVAL", validation_state="DONE", review_id=review.review_id
        )
        commit(suppliers.replacing(doubted, expected_version=1), reviews.adding(review))
        return supplier.supplier_id, review.review_id

    def offer_in_review(self, sku: str = "PEN-1") -> tuple[str, str]:
        """Ids of a supplier that is open, and of the review of its offer."""
        registered = call("POST", "/suppliers", a_registration()).json
        supplier_id = registered["supplier"]["supplier_id"]
        supplier = suppliers.get(supplier_id)
        assert supplier
        opened = replace(supplier, status="OPEN", validation_state="DONE")
        commit(suppliers.replacing(opened, expected_version=1))
        call("PUT", f"/suppliers/{supplier_id}/offers/{sku}", an_offer_body(), token=registered["api_key"])
        return supplier_id, doubt_offer(supplier_id, sku)


def a_review(kind: str, supplier_id: str, sku: str | None = None) -> Review:
    now = clock.timestamp()
    return Review(
        ids.new_id("rev"), kind, supplier_id, 2, sku=sku, issues=(ISSUE,), created_at=now, updated_at=now
    )


def doubt_offer(supplier_id: str, sku: str) -> str:
    offer = offers.get(supplier_id, sku)
    assert offer
    review = a_review("OFFER", supplier_id, sku)
    doubted = replace(offer, acceptance="TO_REVIEW", validation_state="DONE", review_id=review.review_id)
    commit(offers.replacing(doubted, expected_version=offer.version), reviews.adding(review))
    return review.review_id


@pytest.fixture
def desk(admin: str) -> Desk:
    return Desk(admin)


def test_reviews_are_listed_oldest_first_with_their_records(desk: Desk) -> None:
    supplier_id, first = desk.supplier_in_review()
    _, second = desk.supplier_in_review("DE129273398")

    listed = desk.send("GET", "/admin/reviews").json["items"]

    assert [review["review_id"] for review in listed] == [first, second]
    assert listed[0]["record"]["supplier_id"] == supplier_id
    assert listed[0]["issues"] == [ISSUE]


def test_reviews_are_filtered_by_status_and_kind(desk: Desk) -> None:
    _, about_offer = desk.offer_in_review()
    _, about_supplier = desk.supplier_in_review("DE129273398")
    desk.decide(about_supplier, "APPROVED")

    def ids_of(query: str) -> list[str]:
        return [each["review_id"] for each in desk.send("GET", f"/admin/reviews?{query}").json["items"]]

    assert ids_of("") == [about_offer]
    assert ids_of("status=RESOLVED") == [about_supplier]
    assert ids_of("kind=OFFER") == [about_offer]
    assert ids_of("kind=SUPPLIER&status=OPEN") == []
    assert desk.send("GET", "/admin/reviews?status=open").status == 422


def test_a_claim_keeps_others_away_until_it_is_released(desk: Desk, provider: Provider) -> None:
    _, review_id = desk.supplier_in_review()
    target, other = f"/admin/reviews/{review_id}", provider.token(sub="admin-2")

    claimed = desk.send("POST", f"{target}/claim")
    again = desk.send("POST", f"{target}/claim")
    refused = [
        desk.send("POST", f"{target}/claim", token=other),
        desk.send("POST", f"{target}/release", token=other),
        desk.decide(review_id, "APPROVED", token=other),
    ]
    released = desk.send("POST", f"{target}/release")
    then = desk.send("POST", f"{target}/claim", token=other)

    assert (claimed.json["status"], claimed.json["claimed_by"]) == ("CLAIMED", "admin:admin-1")
    assert again.status == 200
    assert [(reply.status, reply.code) for reply in refused] == [(409, "ALREADY_CLAIMED")] * 3
    assert (released.json["status"], "claimed_by" in released.json) == ("OPEN", False)
    assert then.json["claimed_by"] == "admin:admin-2"


def test_a_lease_that_ran_out_holds_nobody_off(desk: Desk, provider: Provider) -> None:
    _, review_id = desk.supplier_in_review()
    review = reviews.get(review_id)
    assert review
    lapsed = replace(
        review, status="CLAIMED", claimed_by="admin:admin-2", claimed_until="2026-01-01T00:00:00.000Z"
    )
    commit(reviews.replacing(lapsed, expected_version=1))

    read = desk.send("GET", f"/admin/reviews/{review_id}").json
    in_state = {
        status: len(desk.send("GET", f"/admin/reviews?status={status}").json["items"])
        for status in ("OPEN", "CLAIMED")
    }
    claimed = desk.send("POST", f"/admin/reviews/{review_id}/claim")

    assert (read["status"], "claimed_by" in read) == ("OPEN", False)
    assert in_state == {"OPEN": 1, "CLAIMED": 0}
    assert claimed.json["claimed_by"] == "admin:admin-1"


def test_an_approved_supplier_opens_and_holds_its_brands(desk: Desk) -> None:
    supplier_id, review_id = desk.supplier_in_review()

    reply = desk.decide(review_id, "APPROVED", body={"note": "Known to us."})

    assert (reply.json["status"], reply.json["resolution"]) == ("RESOLVED", "APPROVED")
    assert reply.json["note"] == "Known to us."
    assert [entry["event"] for entry in reply.json["history"]] == ["APPROVED"]
    assert reply.json["record"]["status"] == "OPEN"
    assert suppliers.brand_holders(["northern"]) == {"northern": supplier_id}


@pytest.mark.parametrize(
    ("decision", "status"), [("REJECTED", "REJECTED"), ("CHANGES_REQUESTED", "ONBOARDING")]
)
def test_a_supplier_that_is_not_approved_does_not_open(desk: Desk, decision: str, status: str) -> None:
    _, review_id = desk.supplier_in_review()

    assert desk.decide(review_id, decision).json["record"]["status"] == status


def test_a_second_decision_is_refused_and_changes_nothing(desk: Desk) -> None:
    supplier_id, review_id = desk.supplier_in_review()
    desk.decide(review_id, "APPROVED")

    second = desk.decide(review_id, "REJECTED")

    supplier = suppliers.get(supplier_id)
    assert (second.status, second.code) == (409, "ALREADY_RESOLVED")
    assert supplier
    assert supplier.status == "OPEN"


def test_nothing_is_decided_while_the_record_waits_for_validation_again(desk: Desk) -> None:
    supplier_id, review_id = desk.supplier_in_review()
    desk.send("PATCH", f"/admin/suppliers/{supplier_id}", {"country": "AT"}, headers={"If-Match": '"2"'})

    reply = desk.decide(review_id, "APPROVED")

    assert (reply.status, reply.code) == (409, "RECORD_CHANGED")


def test_a_decision_on_a_stale_review_is_refused(desk: Desk) -> None:
    _, review_id = desk.supplier_in_review()
    desk.send("POST", f"/admin/reviews/{review_id}/claim")

    reply = desk.decide(review_id, "APPROVED", headers={"If-Match": '"1"'})

    assert (reply.status, reply.code) == (412, "STALE_VERSION")


def test_an_approved_offer_goes_on_sale_in_its_product(desk: Desk) -> None:
    supplier_id, review_id = desk.offer_in_review()

    reply = desk.decide(review_id, "APPROVED")

    record = reply.json["record"]
    product = products.get("prd_04006381333931")
    assert (record["acceptance"], record["active"]) == ("ACCEPTED", True)
    assert record["product_id"] == "prd_04006381333931"
    assert product
    assert product.offer_ids[supplier_id]["sku"] == "PEN-1"


@pytest.mark.parametrize("decision", ["REJECTED", "CHANGES_REQUESTED"])
def test_an_offer_that_is_not_approved_stays_off_sale(desk: Desk, decision: str) -> None:
    _, review_id = desk.offer_in_review()

    record = desk.decide(review_id, decision).json["record"]

    assert (record["acceptance"], record["active"]) == (decision, False)


def test_a_second_offer_of_one_product_cannot_be_approved_beside_the_first(desk: Desk) -> None:
    supplier_id, first = desk.offer_in_review()
    desk.decide(first, "APPROVED")
    key = call("POST", f"/suppliers/{supplier_id}/api-keys", {}, token=desk.token).json["api_key"]
    call("PUT", f"/suppliers/{supplier_id}/offers/PEN-2", an_offer_body(), token=key)
    second = doubt_offer(supplier_id, "PEN-2")

    reply = desk.decide(second, "APPROVED")

    assert (reply.status, reply.code) == (409, "DUPLICATE_OFFER")


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
