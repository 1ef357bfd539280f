"""Prices that hold for a while: in the offer, in the product, in an order, and in the events."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from api import Reply, call
from bodies import an_offer_body
from component.conftest import Heard, Meddle
from component.test_api_offers import Shop, accept
from marketplace import a_line, a_product, a_supplier, an_offer, euros, place, stock_of
from stream import records_of

from chalicelib import clock
from chalicelib.domain import ranking
from chalicelib.domain.money import Money
from chalicelib.domain.offer import PriceWindow, Terms
from chalicelib.problems import Conflict
from chalicelib.services import accept_order, react_to_changes
from chalicelib.services.refresh_product import refresh
from chalicelib.services.sweep_validations import sweep_views
from chalicelib.storage import offer_terms, products
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


def hours(number: float) -> str:
    return clock.timestamp(clock.now() + timedelta(hours=number))


def window(price: str, start: float | None, end: float | None) -> PriceWindow:
    return PriceWindow(
        Money.parse(euros(price)),
        None if start is None else hours(start),
        None if end is None else hours(end),
    )


def stored(offer_id: str) -> Terms:
    return offer_terms.get_many([offer_id])[offer_id]


def changed(offer_id: str, **changes: Any) -> None:
    commit(offer_terms.changing(replace(stored(offer_id), **changes), now=clock.timestamp()))


def sent(price: str, start: str | None = None, end: str | None = None) -> dict[str, Any]:
    times = {"valid_from": start, "valid_until": end}
    return {"price": euros(price), **{name: time for name, time in times.items() if time}}


def put(shop: Shop, **fields: Any) -> Reply:
    """Put an offer, without those of the fields that are None."""
    body = {name: value for name, value in an_offer_body(**fields).items() if value is not None}
    return shop.send("PUT", body=body)


def test_an_offer_is_sold_at_the_price_that_holds_now() -> None:
    tea = an_offer(a_supplier(), price="5.00", windows=(window("4.00", -1, 1), window("3.00", 1, 2)))

    order = place(a_line(tea, price="4.00")).answer["order"]

    assert order["lines"][0]["unit_price"] == euros("4.00")
    for other in ("5.00", "3.00"):
        with pytest.raises(Conflict, match="PRICE_CHANGED"):
            place(a_line(tea, price=other), key=other)


def seen_an_hour_ago(product_id: str, *offer_ids: str) -> None:
    """Have the product's view be what it was an hour ago."""
    view = ranking.view_of(offer_terms.get_many(offer_ids).values(), clock.now() - timedelta(hours=1))
    product = products.get(product_id)
    assert product
    commit(products.showing(product_id, view, seen=product.view_version, now=hours(-1)))


def test_a_sale_begins_by_itself_for_readers_and_orders_alike() -> None:
    tea = an_offer(a_supplier(), windows=(window("4.00", -0.5, 1),))
    a_product("prd_A", tea)
    seen_an_hour_ago("prd_A", tea)

    assert call("GET", "/products/prd_A").json["offers"][0]["price"] == euros("4.00")
    order = place({"product_id": "prd_A", "quantity": 1, "expected_price": euros("4.00")}).answer["order"]
    assert (order["lines"][0]["offer_id"], stock_of(tea)) == (tea, (9, 1, 0))


def test_an_offer_without_a_price_for_now_is_not_for_sale() -> None:
    tea = an_offer(a_supplier(), price=None, windows=(window("4.00", 1, None),))

    with pytest.raises(Conflict, match="OUT_OF_STOCK"):
        place(a_line(tea, price="4.00"))


def test_prices_that_change_between_reading_and_writing_sell_nothing(
    before_the_transaction: Meddle,
) -> None:
    tea = an_offer(a_supplier(), price="5.00")
    before_the_transaction(lambda: changed(tea, windows=(window("4.00", -1, 1),)))

    with pytest.raises(Conflict, match="PRICE_CHANGED"):
        place(a_line(tea, price="5.00"))
    assert stock_of(tea) == (10, 0, 0)


def test_prices_to_come_that_change_meanwhile_are_no_changed_price(
    before_the_transaction: Meddle,
) -> None:
    tea = an_offer(a_supplier(), price="5.00")
    before_the_transaction(lambda: changed(tea, windows=(window("4.00", 1, 2),)))

    assert place(a_line(tea, price="5.00")).answer["order"]["lines"][0]["unit_price"] == euros("5.00")
    assert stock_of(tea) == (9, 1, 0)


def test_a_product_that_time_has_changed_is_written_anew_and_its_featured_offer_announced(
    heard: Heard,
) -> None:
    sale = an_offer(a_supplier(), windows=(window("4.00", -0.5, 1),))
    usual = an_offer(a_supplier("south"), price="4.50")
    a_product("prd_A", sale, usual)
    react_to_changes.react(records_of(lambda: seen_an_hour_ago("prd_A", sale, usual)))
    assert [event["data"]["new"]["offer_id"] for event in featured(heard())] == [usual]

    touching = records_of(lambda: swept(1))
    writing = records_of(lambda: react_to_changes.react(touching))
    react_to_changes.react(writing)
    told = featured(heard())
    react_to_changes.react(writing)

    assert [event["data"]["new"]["offer_id"] for event in told] == [sale]
    assert [event["event_id"] for event in featured(heard())] == [told[0]["event_id"]]
    swept(0)


def swept(products_due: int) -> None:
    assert sweep_views() == products_due


def featured(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "product.featured_changed"]


def test_an_offer_that_is_gone_leaves_no_featured_one_and_that_is_told(
    heard: Heard,
) -> None:
    tea = an_offer(a_supplier())
    a_product("prd_A", tea)
    refresh("prd_A")
    changed(tea, blocks=("WITHDRAWN",))

    react_to_changes.react(records_of(lambda: refresh("prd_A")))

    told = featured(heard())
    assert [(event["data"]["product_id"], event["data"]["new"]) for event in told] == [("prd_A", None)]


def test_orders_that_a_supplier_refuses_count_against_its_offer() -> None:
    supplier_id = a_supplier()
    tea = an_offer(supplier_id)
    for number, code in enumerate(("ACCEPTED", "OUT_OF_STOCK", "CUSTOMER_CANCELED")):
        order = place(a_line(tea), key=f"key-{number}").answer["order"]
        part, line = order["supplier_orders"][0]["supplier_order_id"], order["lines"][0]["line_id"]
        answer = {"attempt_id": part.replace("so_", "att_"), "lines": [{"line_id": line, "code": code}]}
        accept_order.accept(supplier_id, part, answer)

    assert (stored(tea).lines_accepted, stored(tea).lines_refused) == (1, 1)


def test_prices_come_back_as_they_were_sent_with_the_one_that_holds() -> None:
    shop = Shop()
    prices = [
        sent("0.90", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
        sent("1.10", "2999-01-01T00:00:00Z"),
    ]

    shop.accepted(prices=prices)
    offer = shop.send("GET").json

    assert [each["price"]["amount"] for each in offer["prices"]] == ["0.90", "1.10"]
    assert (offer["price"]["amount"], offer["current_price"]["amount"]) == ("1.95", "0.90")


def test_the_base_price_may_be_left_out_where_there_are_others() -> None:
    shop = Shop()
    put(shop, price=None, prices=[sent("1.10", "2999-01-01T00:00:00Z")])
    accept(shop.supplier_id, "PEN-1")

    offer = shop.send("GET").json
    assert offer["inactivity_reasons"] == ["NO_ACTIVE_PRICE"]
    assert "current_price" not in offer


def test_a_patch_of_prices_leaves_the_offer_on_sale() -> None:
    shop = Shop()
    shop.accepted()

    reply = shop.send("PATCH", body={"prices": [sent("0.90", "2999-01-01T00:00:00Z")]})

    assert (reply.json["acceptance"], reply.json["active"], reply.json["validation_state"]) == (
        "ACCEPTED",
        True,
        "PENDING",
    )


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"price": None}, {"/price": "MISSING_FIELD"}),
        ({"price": None, "prices": []}, {"/price": "MISSING_FIELD"}),
        ({"prices": [sent("1.00")]}, {"/prices/0/valid_from": "INVALID_VALUE"}),
        (
            {"prices": [sent("1.00", "2030-01-02T00:00:00Z", "2030-01-02T00:00:00Z")]},
            {"/prices/0/valid_until": "INVALID_VALUE"},
        ),
        (
            {
                "prices": [
                    sent("1.00", "2030-01-02T00:00:00Z"),
                    sent("2.00", None, "2030-01-02T00:00:00.001Z"),
                ]
            },
            {"/prices/0/valid_from": "INVALID_VALUE"},
        ),
        (
            {
                "prices": [
                    {**sent("1.00", "2030-01-02T00:00:00Z"), "price": {"amount": "1.00", "currency": "USD"}}
                ]
            },
            {"/prices/0/price": "INVALID_VALUE"},
        ),
        ({"shipping_price": {"amount": "1.00", "currency": "USD"}}, {"/shipping_price": "INVALID_VALUE"}),
        (
            {
                "prices": [
                    sent("1.00", f"20{n}-01-01T00:00:00Z", f"20{n}-02-01T00:00:00Z") for n in range(30, 41)
                ]
            },
            {"/prices": "INVALID_VALUE"},
        ),
    ],
    ids=str,
)
def test_prices_that_do_not_fit_are_refused_with_a_pointer(
    fields: dict[str, Any], faults: dict[str, str]
) -> None:
    reply = put(Shop(), **fields)

    assert (reply.status, reply.faults) == (422, faults)


def test_windows_that_meet_do_not_overlap() -> None:
    meeting = [sent("1.00", "2030-01-02T00:00:00Z"), sent("2.00", None, "2030-01-02T00:00:00Z")]

    assert Shop().put(prices=meeting).status == 201
