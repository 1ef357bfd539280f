from dataclasses import replace

import pytest
from api import call
from bodies import an_offer_body
from desk import ISSUE, Desk, doubt_offer
from identity_provider import Provider

from chalicelib.storage import products, reviews, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


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
