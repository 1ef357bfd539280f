"""Finding another supplier for what one has refused, within the promise."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from marketplace import a_line, an_offer, euros, place
from reallocating import FREE, NORTH, SOUTH, WEST, Market, attempts, read

from chalicelib import clock
from chalicelib.services import (
    explain_order_line,
    reallocate_order,
)
from chalicelib.storage.items import Item
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


@pytest.fixture
def market(server: ReferenceSupplier) -> Market:
    return Market(server)


def test_what_one_supplier_refuses_the_next_best_ships(market: Market, server: ReferenceSupplier) -> None:
    order_id = market.sell("5.00", "5.00", "5.00").order()

    market.dispatch(order_id)
    assert market.lines(order_id) == [(NORTH, 3, "WAITING_ACCEPTANCE")]
    assert market.stock[NORTH] == FREE
    reallocate_order.reallocate(order_id)
    assert market.lines(order_id) == [(SOUTH, 3, "WAITING_ACCEPTANCE")]
    assert market.stock == [FREE, (7, 3, 0), FREE]
    market.dispatch(order_id, 2)

    asked = [message["body"]["data"]["lines"] for message in server.book.messages]
    assert market.lines(order_id) == [(SOUTH, 3, "SHIPPING")]
    assert [(line["line_id"], line["sku"]) for (line,) in asked] == [
        (read(order_id)["lines"][0]["line_id"], sku) for sku in ("POT-1", "POT-2")
    ]
    assert attempts(order_id) == ["REJECTED", "ACCEPTED"]
    assert market.stock == [FREE, (7, 0, 3), FREE]


def test_it_is_kept_why_a_supplier_took_over(market: Market) -> None:
    order_id = market.sell("5.00", "4.50", "4.40").order()
    market.refuse(order_id)

    told = explain_order_line.explain(order_id, read(order_id)["lines"][0]["line_id"])

    first, second = told["suppliers_tried"]
    assert "chosen" not in first
    assert (second["considered"], second["chosen"]["offer_id"]) == (2, market.offers[WEST])
    assert second["runner_up"]["offer_id"] == market.offers[SOUTH]
    assert second["whole_order"]["proven"]


def test_finding_another_supplier_costs_four_round_trips(market: Market) -> None:
    order_id = market.sell("5.00", "5.00", "5.00").order()
    market.dispatch(order_id)
    calls: list[str] = []
    events = Item._get_connection().connection.client.meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))

    reallocate_order.reallocate(order_id)

    assert calls == ["Query", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]


def test_the_rest_of_a_line_that_was_taken_in_part_moves_as_a_line_of_its_own(
    market: Market, server: ReferenceSupplier
) -> None:
    order_id = market.sell("5.00", "4.50").order(5, shipping=euros("0.99"), tax=euros("5.19"))
    line_id = read(order_id)["lines"][0]["line_id"]
    said = {"line_id": line_id, "code": "ACCEPTED", "quantity": 2}
    server.book.answers[market.part(order_id, 1).attempt.attempt_id] = {
        "status": "PARTIALLY_ACCEPTED",
        "lines": [said],
    }

    market.refuse(order_id)
    market.dispatch(order_id, 2)

    order = read(order_id)
    assert market.lines(order_id) == [(NORTH, 2, "SHIPPING"), (SOUTH, 3, "SHIPPING")]
    assert [line.get("split_from") for line in order["lines"]] == [None, line_id]
    assert order["totals"]["items"] == euros("23.50")
    beside = [
        [line[name]["amount"] for name in ("shipping", "tax", "shipping_tax")] for line in order["lines"]
    ]
    assert beside == [["0.39", "1.99", "0.08"], ["0.60", "3.00", "0.12"]]
    assert order["payable"] == {
        "items": euros("23.50"),
        "shipping": euros("0.99"),
        "tax": euros("5.19"),
        "total": euros("29.68"),
    }
    assert market.stock == [(8, 0, 2), (7, 0, 3)]


def test_a_tax_that_the_price_holds_follows_a_cheaper_one(market: Market) -> None:
    order_id = market.sell("5.00", "4.50").order(2, tax=euros("2.00"), tax_included=True)

    market.refuse(order_id)

    order = read(order_id)
    (line,) = order["lines"]
    assert [line[name] for name in ("net", "tax", "gross")] == [euros("7.20"), euros("1.80"), euros("9.00")]
    assert order["totals"]["grand_total"] == euros("9.00") == order["payable"]["total"]


def test_when_nobody_else_has_it_the_line_is_refused_and_all_stock_is_back(market: Market) -> None:
    order_id = market.sell("5.00", "5.00", stock=(10, 2)).order(3)

    market.refuse(order_id)

    assert market.lines(order_id) == [(NORTH, 3, "REFUSED")]
    assert read(order_id)["status"] == "REFUSED"
    assert market.stock == [FREE, (2, 0, 0)]


PROMISES = {
    "dearer than ordered": ({}, [NORTH, "REFUSED"]),
    "within the highest price agreed": ({"max_unit_price": euros("6.00")}, [SOUTH, "WAITING_ACCEPTANCE"]),
    "above the highest price agreed": ({"max_unit_price": euros("5.99")}, [NORTH, "REFUSED"]),
    "with no other supplier": (
        {"max_unit_price": euros("6.00"), "may_change_supplier": False},
        [NORTH, "REFUSED"],
    ),
    "in time": (
        {"max_unit_price": euros("6.00"), "deliver_by": "2026-12-03T00:00:00.000Z"},
        [SOUTH, "WAITING_ACCEPTANCE"],
    ),
    "too late": (
        {"max_unit_price": euros("6.00"), "deliver_by": "2026-12-02T23:00:00.000Z"},
        [NORTH, "REFUSED"],
    ),
}


@pytest.mark.parametrize(("promise", "expected"), PROMISES.values(), ids=PROMISES)
@time_machine.travel("2026-12-01T00:00:00Z", tick=False)
def test_the_buyers_promise_is_kept(market: Market, promise: dict[str, Any], expected: list[Any]) -> None:
    order_id = market.sell("5.00", "6.00").order(1, promise=promise)

    market.refuse(order_id)

    ((supplier, _, status),) = market.lines(order_id)
    assert [supplier, status] == expected


def test_no_more_is_asked_for_than_was_authorised(market: Market) -> None:
    agreed = {"max_unit_price": euros("9.00")}
    payment = {"reference": "p", "authorized_amount": euros("17.99")}
    order_id = market.sell("5.00", "6.00", "6.00").order(3, promise=agreed, payment=payment)

    market.refuse(order_id)

    assert market.lines(order_id) == [(NORTH, 3, "REFUSED")]


def test_a_used_one_does_not_stand_for_a_new_one(market: Market) -> None:
    order_id = market.sell("5.00", "3.00", "5.00", condition=("NEW", "USED", "NEW")).order()

    market.refuse(order_id)

    assert market.lines(order_id) == [(WEST, 3, "WAITING_ACCEPTANCE")]


def test_each_line_is_replaced_in_the_condition_that_was_ordered(market: Market) -> None:
    """Two lines of one product: the cheap used one stands for the used one only."""
    market.sell("5.00", "3.00", "5.00", condition=("NEW", "USED", "NEW"))
    used = an_offer(market.suppliers[NORTH], "POT-1U", price="3.00", product_id="prd_pot", condition="USED")
    market.server.book.rejected_skus |= {"POT-1", "POT-1U"}
    lines = a_line(market.offers[NORTH]), a_line(used, price="3.00")
    order_id = str(place(*lines, key="mixed").answer["order"]["order_id"])

    market.refuse(order_id)

    assert [who for who, _, _ in market.lines(order_id)] == [WEST, SOUTH]


def test_an_order_that_may_not_be_split_is_not(market: Market, server: ReferenceSupplier) -> None:
    order_id = market.sell("5.00", "5.00").order(5, promise={"may_split": False})
    said = {"line_id": read(order_id)["lines"][0]["line_id"], "code": "ACCEPTED", "quantity": 2}
    attempt_id = market.part(order_id, 1).attempt.attempt_id
    server.book.answers[attempt_id] = {"status": "PARTIALLY_ACCEPTED", "lines": [said]}

    market.refuse(order_id)

    assert [line["status"] for line in read(order_id)["lines"]] == ["SHIPPING"]
    assert len(attempts(order_id)) == 1


def test_the_tries_end(market: Market, server: ReferenceSupplier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_SUPPLIERS_PER_LINE", "2")
    server.book.rejected_skus = {"POT-2"}
    order_id = market.sell("5.00", "5.00", "5.00").order()

    market.refuse(order_id)
    market.refuse(order_id, 2)

    assert market.lines(order_id) == [(SOUTH, 3, "REFUSED")]
    assert market.stock == [FREE] * 3


def test_the_time_ends(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALLOCATE_WITHIN_HOURS", "12")
    order_id = market.sell("5.00", "5.00").order()
    market.dispatch(order_id)

    with time_machine.travel(clock.now() + timedelta(hours=12), tick=False):
        reallocate_order.reallocate(order_id)

    assert market.lines(order_id) == [(NORTH, 3, "REFUSED")]


@pytest.mark.parametrize("code", ["BAD_ADDRESS", "CUSTOMER_CANCELED", "DUPLICATE"])
def test_what_every_supplier_would_meet_ends_the_line(
    market: Market, server: ReferenceSupplier, code: str
) -> None:
    order_id = market.sell("5.00", "5.00").order()
    said = {"line_id": read(order_id)["lines"][0]["line_id"], "code": code}
    attempt_id = market.part(order_id, 1).attempt.attempt_id
    server.book.answers[attempt_id] = {"status": "REJECTED", "lines": [said]}

    market.dispatch(order_id)

    assert market.lines(order_id) == [(NORTH, 3, "REFUSED")]
