"""An administrator restricts a category or brand: offers that it concerns go off sale, and come back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from component.conftest import Meddle
from component.desk import Desk
from component.stream import records_of
from component.test_explain_offer import Seller
from component.validating import supplier_site, validate

from chalicelib.services import react_to_changes

pytestmark = pytest.mark.usefixtures("aws")

BRAND = "BRAND_UNAUTHORIZED_TO_SELL"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


@pytest.fixture
def desk(admin: str, aws: None) -> Desk:
    return Desk(admin)


def restriction(name: str, *suppliers: str) -> dict[str, Any]:
    return {"name": name, "suppliers": list(suppliers)}


def restrict(desk: Desk, *brands: dict[str, Any], categories: tuple[dict[str, Any], ...] = ()) -> Any:
    """Set the restrictions as the next version."""
    version = desk.send("GET", "/admin/authorizations").json["version"]
    body = {"brands": list(brands), "categories": list(categories), "reason": "By contract."}
    return desk.send("PUT", "/admin/authorizations", body, headers={"If-Match": f'"{version}"'})


def settled(work: Callable[[], object]) -> None:
    """Do the work, and what the stream has follow from it."""
    records = records_of(work)
    while records:
        handled = records
        records = records_of(lambda: react_to_changes.react(handled))  # noqa: B023 - called at once


def test_offers_of_a_restricted_brand_go_off_sale_and_come_back(desk: Desk, site: str) -> None:
    seller = Seller(site)
    seller.sell()

    settled(lambda: restrict(desk, restriction("northern")))

    assert seller.reasons() == {
        BRAND: {"category": "Office > Pens", "brand": "Northern", "authorizations_version": 1}
    }
    assert seller.steps() == ["ASK_FOR_AUTHORIZATION"]

    settled(lambda: restrict(desk, restriction("Northern", seller.supplier_id)))

    assert seller.explain()["active"]


def test_an_offer_that_is_validated_later_meets_the_restriction(desk: Desk, site: str) -> None:
    restrict(desk, categories=(restriction("Office"),))
    seller = Seller(site)

    seller.sell()

    assert list(seller.reasons()) == ["CATEGORY_UNAUTHORIZED_TO_SELL"]
    seller.send("PATCH", body={"price": {"amount": "1.90", "currency": "EUR"}})
    assert list(seller.reasons()) == ["CATEGORY_UNAUTHORIZED_TO_SELL"]


def test_a_restriction_that_comes_while_an_offer_is_decided_is_seen_by_one_of_them(
    desk: Desk, site: str, before_the_transaction: Meddle
) -> None:
    seller = Seller(site)
    seller.send("PUT", body={**seller.body, "brand": "Northern"})
    before_the_transaction(lambda: restrict(desk, restriction("Northern")) and None)

    validate(seller.offer)

    assert list(seller.reasons()) == [BRAND]


def test_restrictions_are_versions_of_which_the_last_holds(desk: Desk) -> None:
    first = desk.send("GET", "/admin/authorizations")
    assert (first.json["version"], first.json["brands"]) == (0, [])

    set_once = restrict(desk, restriction("Fjord"))
    assert (set_once.status, set_once.json["version"], set_once.json["reason"]) == (200, 1, "By contract.")

    body = {"brands": [], "categories": [], "reason": "Stale."}
    stale = desk.send("PUT", "/admin/authorizations", body, headers={"If-Match": '"0"'})
    assert (stale.status, desk.send("PUT", "/admin/authorizations", body).status) == (412, 428)


def test_a_brand_is_restricted_once(desk: Desk) -> None:
    reply = restrict(desk, restriction("Fjord"), restriction("FJORD"))

    assert (reply.status, reply.faults) == (422, {"/brands/1/name": "DUPLICATE"})
