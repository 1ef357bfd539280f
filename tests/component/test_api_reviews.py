import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from api import call
from bodies import an_offer_body
from desk import ISSUE, Desk, doubt_offer
from identity_provider import Provider

from chalicelib.services.paging import fitting
from chalicelib.storage import offers, products, reviews, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


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


def test_a_page_that_is_cut_short_goes_on_behind_its_last_review(desk: Desk) -> None:
    _, first = desk.offer_in_review()
    others = [desk.supplier_in_review(tax_id)[1] for tax_id in ("DE129273398", "DE811907980")]
    review = reviews.get(first)
    assert review

    behind = desk.send("GET", f"/admin/reviews?cursor={reviews.cursor_behind(review)}").json

    assert [each["review_id"] for each in behind["items"]] == others
    assert fitting([{"record": "x" * 1_500_000}] * 4) == 2
    assert fitting([{"record": "x" * 5_000_000}]) == 1


def test_a_claim_keeps_others_away_until_it_is_released(desk: Desk, provider: Provider) -> None:
    _, review_id = desk.supplier_in_review()
    target, other = f"/admin/reviews/{review_id}", provider.token(sub="admin-2")

    claimed = desk.send("POST", f"{target}/claim")
    renewed = desk.send("POST", f"{target}/claim?renew=true")
    refused = [
        desk.send("POST", f"{target}/claim"),
        desk.send("POST", f"{target}/claim", token=other),
        desk.send("POST", f"{target}/claim?renew=true", token=other),
        desk.send("POST", f"{target}/release", token=other),
        desk.decide(review_id, "APPROVED", token=other),
    ]
    released = desk.send("POST", f"{target}/release")
    then = desk.send("POST", f"{target}/claim", token=other)

    assert (claimed.json["status"], claimed.json["claimed_by"]) == ("CLAIMED", "admin:admin-1")
    assert (renewed.status, renewed.json["version"]) == (200, claimed.json["version"] + 1)
    assert [(reply.status, reply.code) for reply in refused] == [(409, "ALREADY_CLAIMED")] * 5
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


PROPOSALS = (
    {
        "rule": "R",
        "field": "/title",
        "before": "Fineliner, blue",
        "after": "Fineliner",
        "confidence": "LIKELY",
    },
    {"rule": "R", "field": "/attributes/colour", "before": "blue", "after": "navy", "confidence": "LIKELY"},
    {
        "rule": "R",
        "field": "/identifier_exempt_reason",
        "before": None,
        "after": "A kit",
        "confidence": "LIKELY",
    },
)


@pytest.mark.parametrize(
    ("accepted", "title", "colour"),
    [(True, "Fineliner", "navy"), ([1], "Fineliner, blue", "navy"), (None, "Fineliner", "navy")],
)
def test_proposed_corrections_are_accepted_in_one_call(
    desk: Desk, accepted: object, title: str, colour: str
) -> None:
    _, review_id = desk.offer_in_review()
    propose(review_id, *PROPOSALS[:2])
    body = {} if accepted is None else {"accept_corrections": accepted}

    reply = desk.decide(review_id, "CORRECTED", body=body)

    record = reply.json["record"]
    assert (reply.status, reply.json["status"], "resolution" in reply.json) == (202, "OPEN", False)
    assert (record["title"], record["attributes"], record["validation_state"]) == (
        title,
        {"colour": colour},
        "PENDING",
    )
    assert reply.json["history"][-1]["by"] == "admin:admin-1"
    assert "/attributes/colour" in reply.json["history"][-1]["changed"]


def test_a_proposal_for_a_field_that_is_not_there_adds_it(desk: Desk) -> None:
    _, review_id = desk.offer_in_review()
    propose(review_id, PROPOSALS[2])

    assert desk.decide(review_id, "CORRECTED").json["record"]["identifier_exempt_reason"] == "A kit"


def test_accepted_corrections_never_override_a_later_edit(desk: Desk) -> None:
    supplier_id, review_id = desk.offer_in_review()
    propose(review_id, *PROPOSALS)
    offer = offers.get(supplier_id, "PEN-1")
    assert offer
    edited = replace(offer, content={**offer.content, "title": "Felt pen"})
    commit(offers.replacing(edited, expected_version=offer.version))

    reply = desk.decide(review_id, "CORRECTED")

    stored = offers.get(supplier_id, "PEN-1")
    assert (reply.status, reply.code) == (409, "RECORD_CHANGED")
    assert stored
    assert stored.content["title"] == "Felt pen"


def test_proposals_for_a_supplier_that_was_suspended_meanwhile_are_still_accepted(desk: Desk) -> None:
    supplier_id, review_id = desk.supplier_in_review()
    supplier = suppliers.get(supplier_id)
    assert supplier
    propose(
        review_id, {**PROPOSALS[0], "field": "/legal_name", "before": "North Goods GmbH", "after": "North AG"}
    )
    commit(suppliers.replacing(supplier, expected_version=supplier.version))

    reply = desk.decide(review_id, "CORRECTED")

    assert (reply.status, reply.json["record"]["legal_name"]) == (202, "North AG")


def test_nothing_is_accepted_for_an_offer_that_was_withdrawn(desk: Desk) -> None:
    supplier_id, review_id = desk.offer_in_review()
    propose(review_id, PROPOSALS[0])
    offer = offers.get(supplier_id, "PEN-1")
    assert offer
    commit(offers.replacing(replace(offer, withdrawn=True), expected_version=offer.version))

    assert desk.decide(review_id, "CORRECTED").code == "RECORD_CHANGED"


def test_what_cannot_be_accepted_is_refused(desk: Desk) -> None:
    _, review_id = desk.offer_in_review()
    propose(review_id, *PROPOSALS)
    wrong: list[Any] = [[3], [], [-1], [True], [0.5], False, "all", None]

    replies = [desk.decide(review_id, "CORRECTED", body={"accept_corrections": each}) for each in wrong]
    beside = desk.decide(review_id, "APPROVED", body={"accept_corrections": True})

    assert {reply.status for reply in [*replies, beside]} == {422}
    assert all(reply.faults == {"/accept_corrections": "INVALID_VALUE"} for reply in [*replies, beside])


def test_nothing_is_accepted_where_nothing_is_proposed(desk: Desk) -> None:
    _, review_id = desk.offer_in_review()

    assert desk.decide(review_id, "CORRECTED").code == "NOTHING_PROPOSED"


def test_the_case_tells_who_corrected_the_record(desk: Desk, provider: Provider) -> None:
    supplier_id, review_id = desk.supplier_in_review()
    target, patch = f"/admin/suppliers/{supplier_id}", {"legal_name": "North Goods AG"}
    desk.send("POST", f"/admin/reviews/{review_id}/claim", token=provider.token(sub="admin-2"))

    kept_off = desk.send("PATCH", target, patch, headers={"If-Match": '"2"'})
    by_holder = desk.send(
        "PATCH", target, patch, headers={"If-Match": '"2"'}, token=provider.token(sub="admin-2")
    )

    told = desk.send("GET", f"/admin/reviews/{review_id}").json["history"][-1]
    assert (kept_off.status, kept_off.code) == (409, "ALREADY_CLAIMED")
    assert by_holder.status == 200
    assert {name: told[name] for name in ("by", "event", "changed")} == {
        "by": "admin:admin-2",
        "event": "CORRECTED",
        "changed": ["/legal_name"],
    }


def test_many_cases_are_decided_at_once_each_with_its_own_result(desk: Desk, serialised: None) -> None:
    _, offer_case = desk.offer_in_review()
    _, supplier_case = desk.supplier_in_review("DE129273398")
    _, decided = desk.supplier_in_review("DE811907980")
    _, stale = desk.supplier_in_review("DE118716529")
    desk.decide(decided, "APPROVED")
    propose(offer_case, *PROPOSALS)

    reply = desk.send(
        "POST",
        "/admin/reviews/resolutions",
        {
            "resolutions": [
                {"review_id": offer_case, "decision": "CORRECTED", "accept_corrections": [0]},
                {"review_id": supplier_case, "decision": "APPROVED", "note": "Known to us."},
                {"review_id": decided, "decision": "REJECTED"},
                {"review_id": "rev_unknown", "decision": "REJECTED"},
                {"review_id": stale, "decision": "REJECTED", "version": 7},
            ]
        },
    )

    results = reply.json["results"]
    assert (reply.json["done"], reply.json["refused"]) == (2, 3)
    assert [each.get("resolution") for each in results] == [None, "APPROVED", None, None, None]
    assert [each["problem"]["code"] for each in results if not each["done"]] == [
        "ALREADY_RESOLVED",
        "NOT_FOUND",
        "STALE_VERSION",
    ]
    assert desk.send("GET", f"/admin/reviews/{supplier_case}").json["note"] == "Known to us."
    assert desk.send("GET", f"/admin/reviews/{stale}").json["status"] == "OPEN"


def test_many_cases_are_claimed_and_released_at_once(
    desk: Desk, provider: Provider, serialised: None
) -> None:
    cases = [desk.supplier_in_review(tax_id)[1] for tax_id in ("DE136695976", "DE129273398")]
    desk.send("POST", f"/admin/reviews/{cases[0]}/claim", token=provider.token(sub="admin-2"))

    claimed = desk.send("POST", "/admin/reviews/claims", {"review_ids": cases}).json["results"]
    released = desk.send("POST", "/admin/reviews/releases", {"review_ids": cases}).json["results"]

    assert [each["done"] for each in claimed] == [False, True]
    assert claimed[0]["problem"]["code"] == "ALREADY_CLAIMED"
    assert [each.get("status") for each in released] == [None, "OPEN"]


def test_a_case_that_is_named_twice_is_refused_before_anything_is_done(desk: Desk) -> None:
    _, review_id = desk.supplier_in_review()
    twice = [{"review_id": review_id, "decision": decision} for decision in ("APPROVED", "REJECTED")]

    resolutions = desk.send("POST", "/admin/reviews/resolutions", {"resolutions": twice})
    claims = desk.send("POST", "/admin/reviews/claims", {"review_ids": [review_id] * 2})
    too_many = desk.send("POST", "/admin/reviews/claims", {"review_ids": [f"rev_{n}" for n in range(101)]})

    assert resolutions.faults == {"/resolutions/1": "INVALID_VALUE"}
    assert claims.faults == {"/review_ids/1": "INVALID_VALUE"}
    assert too_many.faults == {"/review_ids": "INVALID_VALUE"}
    assert desk.send("GET", f"/admin/reviews/{review_id}").json["status"] == "OPEN"


def test_reviewers_who_decide_at_once_decide_once(desk: Desk, provider: Provider, serialised: None) -> None:
    _, review_id = desk.offer_in_review()
    tokens = [provider.token(sub=f"admin-{number}") for number in range(8)]
    decisions = ["APPROVED", "REJECTED", "CHANGES_REQUESTED", "CORRECTED"] * 2
    propose(review_id, *PROPOSALS[:1])
    start = threading.Barrier(len(tokens))

    def decide(token: str, decision: str) -> tuple[int, str]:
        start.wait()
        reply = desk.decide(review_id, decision, token=token)
        return reply.status, decision

    with ThreadPoolExecutor(len(tokens)) as pool:
        answers = list(pool.map(decide, tokens, decisions))

    won = [decision for status, decision in answers if status in (200, 202)]
    review = desk.send("GET", f"/admin/reviews/{review_id}").json
    acceptance = {"APPROVED": "ACCEPTED", "CORRECTED": "NEW"}
    assert len(won) == 1, answers
    assert {status for status, _ in answers} <= {200, 202, 409}
    assert [entry["event"] for entry in review["history"]] == won
    assert review["record"]["acceptance"] == acceptance.get(won[0], won[0])
    assert review.get("resolution") == (None if won == ["CORRECTED"] else won[0])


def test_of_many_who_claim_at_once_one_has_the_case(desk: Desk, provider: Provider, serialised: None) -> None:
    _, review_id = desk.supplier_in_review()
    tokens = [provider.token(sub=f"admin-{number}") for number in range(8)]
    start = threading.Barrier(len(tokens))

    def claim(token: str) -> int:
        start.wait()
        return desk.send("POST", f"/admin/reviews/{review_id}/claim", token=token).status

    with ThreadPoolExecutor(len(tokens)) as pool:
        statuses = sorted(pool.map(claim, tokens))

    assert statuses == [200, *[409] * 7]


def propose(review_id: str, *proposals: dict[str, Any]) -> None:
    """Have the review propose corrections of its record as it stands."""
    review = reviews.get(review_id)
    assert review
    commit(
        reviews.replacing(
            replace(review, proposed_corrections=proposals, record_version=2), expected_version=1
        )
    )
