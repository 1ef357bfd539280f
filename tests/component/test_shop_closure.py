"""A supplier closes its shop for a while: time alone takes its offers off sale and brings them back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from api import Reply, call
from bodies import a_registration
from marketplace import a_line, a_product, an_offer, an_order_body
from stream import records_of

from chalicelib import clock, ids
from chalicelib.domain.offer import Offer
from chalicelib.services.react_to_changes import react
from chalicelib.storage import offer_terms, offers, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


def at(hours: int) -> str:
    return clock.timestamp(clock.now() + timedelta(hours=hours))


class Shop:
    """An open supplier with one offer on sale."""

    def __init__(self) -> None:
        registered = call("POST", "/suppliers", a_registration()).json
        self.key, self.supplier_id = registered["api_key"], registered["supplier"]["supplier_id"]
        supplier = suppliers.get(self.supplier_id)
        assert supplier
        opened = replace(supplier, status="OPEN", validation_state="DONE")
        commit(suppliers.replacing(opened, expected_version=1))
        self.offer_id = an_offer(self.supplier_id, "A")
        now = clock.timestamp()
        body = {"title": "T", "description": "", "brand": "B", "category": "C", "condition": "NEW"}
        body |= {"price": {"amount": "5.00", "currency": "EUR"}, "quantity": 10, "handling_days": 1}
        offer = Offer(self.offer_id, self.supplier_id, "A", body | {"image_urls": [], "attributes": {}})
        commit(offers.adding(replace(offer, acceptance="ACCEPTED", created_at=now, updated_at=now)))
        a_product("prd_A", self.offer_id)

    def close(self, start: str | None, end: str | None) -> Reply:
        """Change the period, and let the stream's reader do what follows."""
        replies: list[Reply] = []
        body = {"closed_from": start, "closed_until": end}
        target = f"/suppliers/{self.supplier_id}"
        react(records_of(lambda: replies.append(call("PATCH", target, body, token=self.key))))
        react(records_of(self._touch_terms))
        return replies[0]

    def _touch_terms(self) -> None:
        now = clock.timestamp()
        commit(offer_terms.setting_stock(self.offer_id, quantity=9, as_of=now, now=now, correlation_id=""))

    @property
    def reasons(self) -> list[str]:
        offer = call("GET", f"/suppliers/{self.supplier_id}/offers/A", token=self.key).json
        return list(offer["inactivity_reasons"])

    def order(self, **line: Any) -> Reply:
        wanted = {**a_line(self.offer_id), **line}
        if "product_id" in line:
            del wanted["offer_id"]
        return call("POST", "/orders", an_order_body(wanted), headers={"Idempotency-Key": ids.new_id("k")})

    @property
    def shown(self) -> list[str]:
        return [offer["sku"] for offer in call("GET", "/products/prd_A").json["offers"]]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (None, 1), (-1, None)])
def test_while_a_shop_is_closed_nothing_of_it_is_for_sale(
    shop: Shop, start: int | None, end: int | None
) -> None:
    reply = shop.close(start and at(start), end and at(end))

    assert (reply.status, reply.json["status"], reply.json["validation_state"]) == (200, "OPEN", "DONE")
    assert shop.reasons == ["SUPPLIER_NOT_OPEN"]
    assert shop.shown == []
    assert shop.order().code == "OUT_OF_STOCK"
    assert shop.order(product_id="prd_A").code == "OUT_OF_STOCK"


@pytest.mark.parametrize(("start", "end"), [(1, 2), (-2, -1), (None, None)])
def test_before_and_after_it_everything_is(shop: Shop, start: int | None, end: int | None) -> None:
    shop.close(start and at(start), end and at(end))

    assert shop.reasons == []
    assert shop.shown == ["A"]
    assert shop.order().status == 201
    assert shop.order(product_id="prd_A").status == 201


def test_the_edges_need_nobody_to_do_anything(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    start, end = at(1), at(2)
    shop.close(start, end)
    seen = []
    for moment in (start, end):
        monkeypatch.setattr(clock, "now", lambda moment=moment: clock.parse(moment))
        seen.append((shop.reasons, shop.shown, shop.order().status))

    assert seen == [(["SUPPLIER_NOT_OPEN"], [], 409), ([], ["A"], 201)]


def test_a_closure_that_is_not_known_yet_where_the_order_is_composed_still_holds_the_stock_back(
    shop: Shop,
) -> None:
    terms = offer_terms.get_many([shop.offer_id])[shop.offer_id]
    now = clock.timestamp()
    commit(offer_terms.changing(replace(terms, closed_from=at(-1), closed_until=at(1)), now=now))

    assert shop.order().code == "OUT_OF_STOCK"


def test_a_shop_that_opens_early_sells_again(shop: Shop) -> None:
    shop.close(at(-1), at(1))

    shop.close(None, None)

    assert shop.reasons == []
    assert shop.order().status == 201


def test_a_shop_does_not_open_before_it_closes(shop: Shop) -> None:
    assert shop.close(at(2), at(1)).faults == {"/closed_until": "INVALID_VALUE"}


def test_a_closed_shop_explains_itself(shop: Shop) -> None:
    shop.close(at(-1), at(1))

    said = call("GET", f"/suppliers/{shop.supplier_id}/explain", token=shop.key).json

    assert (said["is_open"], said["is_selling"]) == (True, False)
    assert [step["code"] for step in said["next_steps"]] == ["OPEN_SHOP"]
