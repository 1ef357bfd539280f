from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from marketplace import a_product, a_supplier, an_offer
from stream import everything, records_of

from chalicelib import clock
from chalicelib.domain.fees import FeeFacts
from chalicelib.domain.offer import Offer
from chalicelib.services import follow_supplier
from chalicelib.services.react_to_changes import react
from chalicelib.storage import offer_terms, offers, products, suppliers
from chalicelib.storage.items import TermsItem
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


def listed(supplier_id: str, sku: str, **terms: Any) -> str:
    """An offer with its terms; gives its id."""
    offer_id = an_offer(supplier_id, sku, **terms)
    now = clock.timestamp()
    commit(offers.adding(Offer(offer_id, supplier_id, sku, {}, created_at=now, updated_at=now)))
    return offer_id


def blocks_of(offer_id: str) -> tuple[str, ...]:
    return offer_terms.get_many([offer_id])[offer_id].blocks


def turn(supplier_id: str, **changes: Any) -> list[dict[str, Any]]:
    """The stream records of a changed supplier."""
    supplier = suppliers.get(supplier_id)
    assert supplier
    changed = replace(supplier, **changes)
    return records_of(lambda: commit(suppliers.replacing(changed, expected_version=supplier.version)))


def test_offers_that_waited_for_their_supplier_go_on_sale_when_it_opens() -> None:
    supplier_id = a_supplier(status="ONBOARDING")
    waiting = listed(supplier_id, "A", blocks=("SUPPLIER_NOT_OPEN",))
    doubted = listed(supplier_id, "B", blocks=("PRODUCT_STATUS_TO_REVIEW", "SUPPLIER_NOT_OPEN", "WITHDRAWN"))

    react(turn(supplier_id, status="OPEN"))

    assert blocks_of(waiting) == ()
    assert blocks_of(doubted) == ("PRODUCT_STATUS_TO_REVIEW", "WITHDRAWN")


def test_offers_of_a_suspended_supplier_are_off_sale() -> None:
    supplier_id = a_supplier()
    on_sale = listed(supplier_id, "A")
    doubted = listed(supplier_id, "B", blocks=("PRODUCT_STATUS_NEW", "NO_ACTIVE_PRICE"))
    others = listed(a_supplier("south"), "A")

    react(turn(supplier_id, status="SUSPENDED"))

    assert blocks_of(on_sale) == ("SUPPLIER_NOT_OPEN",)
    assert blocks_of(doubted) == ("PRODUCT_STATUS_NEW", "SUPPLIER_NOT_OPEN", "NO_ACTIVE_PRICE")
    assert blocks_of(others) == ()


def test_offers_show_their_suppliers_new_name() -> None:
    supplier_id = a_supplier("north")
    offer_id = listed(supplier_id, "A")

    react(turn(supplier_id, profile={"display_name": "Norden"}))

    assert offer_terms.get_many([offer_id])[offer_id].supplier_name == "Norden"


def test_offers_are_charged_by_their_suppliers_new_plan() -> None:
    supplier_id = a_supplier(commission_plan="basic", country="BE")
    offer_id = listed(supplier_id, "A", fee_facts=FeeFacts("Tea", "North", "basic", "BE"))
    a_product("prd_A", offer_id)
    react(everything())

    records = turn(supplier_id, profile={"display_name": "north", "commission_plan": "gold", "country": "DE"})
    followed = records_of(lambda: react(records))
    react(followed)

    assert offer_terms.get_many([offer_id])[offer_id].fee_facts == FeeFacts("Tea", "North", "gold", "DE")
    shown = products.get("prd_A")
    assert shown
    assert shown.offers_view[0]["inputs"]["fee"] == ["Tea", "North", "gold", "DE"]


def test_following_again_writes_nothing() -> None:
    supplier_id = a_supplier(status="SUSPENDED")
    offer_id = listed(supplier_id, "A")
    follow_supplier.follow(supplier_id)
    version = offer_terms.get_many([offer_id])[offer_id].version

    follow_supplier.follow(supplier_id)

    assert offer_terms.get_many([offer_id])[offer_id].version == version


def test_every_page_of_a_large_supplier_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_supplier, "_PAGE", 2)
    supplier_id = a_supplier(status="SUSPENDED")
    offer_ids = [listed(supplier_id, f"S{number}") for number in range(5)]

    follow_supplier.follow(supplier_id)

    assert {blocks_of(offer_id) for offer_id in offer_ids} == {("SUPPLIER_NOT_OPEN",)}


def test_another_change_of_the_supplier_touches_no_offer() -> None:
    supplier_id = a_supplier()
    offer_id = listed(supplier_id, "A", blocks=("SUPPLIER_NOT_OPEN",))

    react(turn(supplier_id, validation_state="PENDING"))

    assert blocks_of(offer_id) == ("SUPPLIER_NOT_OPEN",)


def meanwhile(happens: Callable[[], object]) -> None:
    """Have something happen between the reading of terms and the first write of them."""
    events = TermsItem._get_connection().connection.client.meta.events

    def first(**_: Any) -> None:
        events.unregister("before-call.dynamodb.UpdateItem", first)
        happens()

    events.register("before-call.dynamodb.UpdateItem", first)


def test_a_decision_that_is_written_meanwhile_stands() -> None:
    supplier_id = a_supplier()
    offer_id = listed(supplier_id, "A", blocks=("PRODUCT_STATUS_NEW", "SUPPLIER_NOT_OPEN"))
    accepted = replace(offer_terms.get_many([offer_id])[offer_id], blocks=("SUPPLIER_NOT_OPEN",))
    meanwhile(lambda: commit(offer_terms.changing(accepted, now=clock.timestamp())))

    follow_supplier.follow(supplier_id)

    assert blocks_of(offer_id) == ()


def test_a_supplier_that_changes_again_meanwhile_is_followed_to_where_it_is() -> None:
    supplier_id = a_supplier("north")
    offer_id = listed(supplier_id, "A")
    turn(supplier_id, profile={"display_name": "norden"})

    def again() -> None:
        turn(supplier_id, profile={"display_name": "nord"})
        follow_supplier.follow(supplier_id)

    meanwhile(again)
    follow_supplier.follow(supplier_id)

    assert offer_terms.get_many([offer_id])[offer_id].supplier_name == "nord"
