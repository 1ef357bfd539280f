from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from desk import Desk
from validating import an_offer, an_open_supplier, stored_offer, supplier_site, validate

from chalicelib.domain.offer import Offer
from chalicelib.domain.supplier import Supplier
from chalicelib.storage import offers
from chalicelib.storage.items import PastCaseItem
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

TAGGED = "Fineliner, blue, set of {} <b>new</b>"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


@pytest.fixture
def supplier(site: str) -> Supplier:
    return an_open_supplier(site)


def doubted(supplier: Supplier, sku: str, site: str, **changes: Any) -> Offer:
    """An offer that validation has sent to a person because of the tags in its title."""
    offer = an_offer(supplier, sku, site, **{"title": TAGGED.format(sku), **changes})
    validate(offer)
    return stored_offer(offer)


def similar_to(desk: Desk, offer: Offer) -> list[dict[str, Any]]:
    return list(desk.send("GET", f"/admin/reviews/{offer.review_id}").json["similar_cases"])


def test_a_case_shows_what_was_decided_on_cases_like_it(desk: Desk, supplier: Supplier, site: str) -> None:
    past = doubted(supplier, "PEN-1", site, gtin="4006381333931")
    desk.decide(str(past.review_id), "REJECTED", body={"note": "Send plain titles."})
    offer = doubted(supplier, "PEN-2", site, gtin="4006381333948")

    (found,) = similar_to(desk, offer)

    assert {
        name: found[name] for name in ("review_id", "sku", "rule", "resolution", "note", "decided_by")
    } == {
        "review_id": past.review_id,
        "sku": "PEN-1",
        "rule": "content.markup",
        "resolution": "REJECTED",
        "note": "Send plain titles.",
        "decided_by": "admin:admin-1",
    }
    assert found["value_seen"] == TAGGED.format("PEN-1")
    assert found["shares"] == ["SUPPLIER", "BRAND", "CATEGORY", "VALUE"]
    assert desk.send("GET", found["link"]).json["review_id"] == past.review_id


def test_a_corrected_case_is_remembered_with_what_became_of_it(
    desk: Desk, supplier: Supplier, site: str
) -> None:
    past = doubted(supplier, "PEN-1", site, gtin="4006381333931")
    desk.decide(str(past.review_id), "CORRECTED")
    validate(stored_offer(past))
    offer = doubted(supplier, "PEN-2", site, gtin="4006381333948")

    (found,) = similar_to(desk, offer)

    settled = desk.send("GET", found["link"]).json
    assert (settled["resolution"], [issue["rule"] for issue in settled["issues"]]) == (
        "CORRECTED",
        ["content.markup"],
    )
    assert (found["resolution"], found["decided_by"]) == ("CORRECTED", "admin:admin-1")
    assert found["value_after"] == "Fineliner, blue, set of PEN-1 new"


def test_who_corrected_in_vain_is_not_who_settled_the_case(desk: Desk, supplier: Supplier, site: str) -> None:
    past = doubted(supplier, "PEN-1", site, gtin="4006381333931", category="")
    desk.decide(str(past.review_id), "CORRECTED")
    validate(stored_offer(past))
    mended = stored_offer(past)
    commit(
        offers.replacing(
            replace(mended, content={**mended.content, "category": "Pens"}, validation_state="PENDING"),
            expected_version=mended.version,
        )
    )
    validate(stored_offer(past))

    (found,) = similar_to(desk, doubted(supplier, "PEN-2", site, gtin="4006381333948", category=""))

    assert (found["rule"], found["resolution"]) == ("content.missing", "CORRECTED")
    assert found["decided_by"] == "validation"


def test_what_is_remembered_of_a_supplier_holds_none_of_its_values(desk: Desk) -> None:
    _, past = desk.supplier_in_review()
    desk.decide(past, "REJECTED")
    _, review_id = desk.supplier_in_review("DE129273398")

    (found,) = desk.send("GET", f"/admin/reviews/{review_id}").json["similar_cases"]
    (kept,) = PastCaseItem.scan()

    assert (found["review_id"], found["shares"], "value_seen" in found) == (past, [], False)
    assert (kept.value, kept.after, kept.brand, kept.category) == (None, None, "", "")
    assert kept.expires_at
