"""An administrator's desk, and records that wait for it."""

from dataclasses import replace
from typing import Any

from api import Reply, call
from bodies import a_registration, an_offer_body

from chalicelib import clock, ids
from chalicelib.domain.review import Review
from chalicelib.storage import offers, reviews, suppliers
from chalicelib.storage.transaction import commit

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
    """What the administrator of this token does, and what waits for it."""

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
