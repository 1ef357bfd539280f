"""Whatever happens to an offer: why it is inactive is what its records say, at any time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from component.validating import a_supplier as a_new_supplier
from component.validating import stored_offer, supplier_site, validate
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from unit.records import CLEAN_OFFER

from chalicelib import clock
from chalicelib.domain import periods
from chalicelib.domain.authorizations import Authorizations
from chalicelib.domain.offer import Offer, Terms, inactivity_reasons
from chalicelib.domain.supplier import Supplier
from chalicelib.services import follow_supplier, manage_offers, resolve_review, set_stock
from chalicelib.storage import authorizations, offer_terms, offers, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

SKU = "PEN"
ACCEPTANCE = {
    "NEW": "PRODUCT_STATUS_NEW",
    "TO_REVIEW": "PRODUCT_STATUS_TO_REVIEW",
    "CHANGES_REQUESTED": "PRODUCT_STATUS_TO_REVIEW",
    "REJECTED": "PRODUCT_STATUS_REJECTED",
}
EURO = {"amount": "1.20", "currency": "EUR"}


def hours(number: int) -> str:
    return clock.timestamp(clock.now() + timedelta(hours=number))


PRICES = st.sampled_from(
    [
        {"price": EURO},
        {"price": EURO, "prices": [{"price": EURO, "valid_from": hours(1), "valid_until": hours(3)}]},
        {"prices": [{"price": EURO, "valid_from": hours(-1), "valid_until": hours(2)}]},
        {"prices": [{"price": EURO, "valid_from": hours(2)}]},
    ]
)
PERIODS = st.sampled_from(
    [{}, {"available_until": hours(1)}, {"available_from": hours(2)}, {"available_until": hours(-1)}]
)
CONTENTS = st.fixed_dictionaries(
    {
        "gtin": st.sampled_from(["4006381333931", "4006381333930"]),
        "brand": st.sampled_from(["Stabilo", "Fjord"]),
    }
)
RESTRICTIONS = st.sampled_from([{}, {"brands": [{"name": "Fjord", "suppliers": []}]}])


class Selling(RuleBasedStateMachine):
    """One offer, its supplier, and everybody who may do something to them."""

    site: str

    def __init__(self) -> None:
        super().__init__()
        supplier = a_new_supplier(self.site, brands=[])
        validate(supplier)
        self.supplier_id = supplier.supplier_id
        self.judged: Mapping[str, Any] = {}
        self.restrict({})

    @initialize(prices=PRICES)
    def begin_with_an_accepted_offer(self, prices: Any) -> None:
        self.put({"brand": "Fjord"}, prices, {}, 1)
        self.validate()

    @property
    def offer(self) -> Offer:
        found = offers.get(self.supplier_id, SKU)
        assert found
        return found

    @rule(content=CONTENTS, prices=PRICES, period=PERIODS, quantity=st.integers(0, 2))
    def put(self, content: Any, prices: Any, period: Any, quantity: int) -> None:
        clean = {name: value for name, value in CLEAN_OFFER.items() if name != "price"}
        images = {"image_urls": [f"{self.site}/{SKU}.png"], "quantity": quantity}
        body = {**clean, **content, **prices, **period, **images}
        manage_offers.put(self.supplier_id, SKU, content=body, expected=None)

    @rule(prices=PRICES)
    def change_prices(self, prices: Any) -> None:
        self._change(prices, without=("price", "prices"))

    @rule(period=PERIODS)
    def change_period(self, period: Any) -> None:
        self._change(period, without=("available_from", "available_until"))

    def _change(self, fields: Mapping[str, Any], *, without: tuple[str, ...]) -> None:
        def changed(content: Mapping[str, Any]) -> dict[str, Any]:
            return {name: value for name, value in content.items() if name not in without} | dict(fields)

        manage_offers.change(self.supplier_id, SKU, changed=changed, expected=None)

    @rule(quantity=st.integers(0, 2))
    def count_stock(self, quantity: int) -> None:
        set_stock.set_stock(self.supplier_id, SKU, quantity=quantity, as_of=None)

    @rule()
    def withdraw(self) -> None:
        manage_offers.withdraw(self.supplier_id, SKU, expected=None)

    @precondition(lambda self: self.offer.validation_state == "PENDING")
    @rule()
    def validate(self) -> None:
        validate(self.offer)
        self.judged = stored_offer(self.offer).content

    @precondition(lambda self: self.offer.review_id and self.offer.acceptance == "TO_REVIEW")
    @rule(decision=st.sampled_from(["APPROVED", "REJECTED", "CHANGES_REQUESTED"]))
    def decide(self, decision: str) -> None:
        if self.offer.validation_state == "DONE":
            body = {"decision": decision, "note": "Looked at."}
            resolve_review.resolve(self.offer.review_id or "", body, actor="admin:1", expected=None)

    @rule(status=st.sampled_from(["OPEN", "SUSPENDED"]))
    def move_supplier(self, status: str) -> None:
        supplier = suppliers.get(self.supplier_id)
        assert supplier
        commit(suppliers.replacing(replace(supplier, status=status), expected_version=supplier.version))
        follow_supplier.follow(self.supplier_id)

    @rule(document=RESTRICTIONS)
    def restrict(self, document: Any) -> None:
        version = authorizations.current().version + 1
        commit(*authorizations.setting(Authorizations(version, document, "admin:1", hours(0), "Test.")))
        follow_supplier.follow(self.supplier_id)

    @invariant()
    def says_what_the_records_say(self) -> None:
        offer, supplier = self.offer, suppliers.get(self.supplier_id)
        assert supplier
        terms = offer_terms.get_many([offer.offer_id])[offer.offer_id]
        restricted = bool(authorizations.current().document)
        for ahead in (-2, 0, 1, 2, 4):
            then = clock.now() + timedelta(hours=ahead, minutes=1)
            found = inactivity_reasons(terms, then)
            assert len(set(found)) == len(found)
            assert set(found) == set(self._recomputed(offer, supplier, terms, restricted, then))

    def _recomputed(
        self, offer: Offer, supplier: Supplier, terms: Terms, restricted: bool, then: datetime
    ) -> Iterator[str]:
        """From the records themselves; prices and periods count as they were judged last."""
        judged = self.judged
        if offer.acceptance in ACCEPTANCE:
            yield ACCEPTANCE[offer.acceptance]
        if offer.withdrawn:
            yield "WITHDRAWN"
        if supplier.status != "OPEN":
            yield "SUPPLIER_NOT_OPEN"
        if terms.quantity - terms.reserved <= 0:
            yield "ZERO_QUANTITY"
        if restricted and offer.content["brand"] == "Fjord":
            yield "BRAND_UNAUTHORIZED_TO_SELL"
        windows = [(each.get("valid_from"), each.get("valid_until")) for each in judged.get("prices", [])]
        if "price" not in judged and not any(periods.contains(*window, then) for window in windows):
            yield "NO_ACTIVE_PRICE"
        if not periods.contains(judged.get("available_from"), judged.get("available_until"), then):
            yield "NOT_IN_AVAILABILITY_PERIOD"


def test_why_an_offer_is_inactive_is_always_what_its_records_say() -> None:
    with supplier_site() as site:
        Selling.site = site
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            Selling,
            settings=settings(
                max_examples=10,
                stateful_step_count=10,
                deadline=None,
                # A shorter way to the same failure takes minutes to find.
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
