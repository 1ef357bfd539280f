"""A reviewer on the packaged app: accepts proposals, decides many, teaches a rule, reads the numbers."""

import actors
import pytest

from examples.client import Client

TITLE = "Teapot <b>of 2026</b>"
OFFERS = {"A": {"title": TITLE}, "B": {"title": TITLE}, "C": {"category": "Cigarettes"}}


@pytest.fixture
def client(stack) -> Client:
    return Client(stack.base_url)


def waiting_offers(client, stack, supplier):
    cases = actors.waiting_reviews(client, stack.admin_token, supplier.supplier_id)
    return {case["sku"]: case for case in cases if case["kind"] == "OFFER"}


def test_a_reviewer_accepts_decides_and_teaches(client, stack):
    def post(path, body):
        return client.call("POST", path, token=stack.admin_token, json=body)

    def until(sku, acceptance):
        path = f"{supplier.path}/offers/{sku}"
        return client.read_until(
            path, lambda offer: offer["acceptance"] == acceptance, token=supplier.api_key
        )

    with actors.a_supplier(client) as supplier:
        for sku, changes in OFFERS.items():
            body = actors.an_offer(supplier.server, **changes)
            client.call("PUT", f"{supplier.path}/offers/{sku}", token=supplier.api_key, json=body)
        for sku in OFFERS:
            until(sku, "TO_REVIEW")
        cases = waiting_offers(client, stack, supplier)

        post("/admin/reviews/claims", {"review_ids": [case["review_id"] for case in cases.values()]})
        decisions = [
            {"review_id": cases["A"]["review_id"], "decision": "CORRECTED"},
            {"review_id": cases["C"]["review_id"], "decision": "REJECTED", "note": "Not here."},
        ]
        assert post("/admin/reviews/resolutions", {"resolutions": decisions})["refused"] == 0
        assert until("A", "ACCEPTED")["title"] == "Teapot of 2026"

        lesson = {
            "kind": "EXCEPTION",
            "rule": "content.markup",
            "field": "/title",
            "value": TITLE,
            "where": {"supplier_id": supplier.supplier_id},
        }
        path = f"/admin/reviews/{cases['B']['review_id']}/lessons"
        replay = post(path, lesson)
        assert replay["open_cases"]["settled"] == [cases["B"]["review_id"]]
        post(path, {**lesson, "dry_run": False, "replay_token": replay["replay_token"]})
        assert until("B", "ACCEPTED")["title"] == TITLE

    numbers = client.call("GET", "/admin/metrics", token=stack.admin_token)["validations"]
    of_offers = next(each for each in numbers["totals"] if each["kind"] == "OFFER")
    assert of_offers["to_review"] >= 3
    assert of_offers["validated"] >= 5
