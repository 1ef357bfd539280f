import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from conftest import Meddle, taken
from marketplace import a_line, a_product, a_supplier, an_offer, euros, place, stock_of
from stream import records_of

from chalicelib import clock, telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.problems import Conflict, Unprocessable
from chalicelib.services import (
    accept_order,
    dispatch,
    explain_order_line,
    react_to_changes,
    read_order,
    reallocate_order,
    refresh_product,
    ship_order,
    sweep_orders,
)
from chalicelib.storage import orders, suppliers
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")

FREE, NORTH, SOUTH, WEST = (10, 0, 0), 0, 1, 2
"""An offer's stock that nobody has touched; the suppliers in their order of rank."""


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


@pytest.fixture
def market(server: ReferenceSupplier) -> "Market":
    return Market(server)


class Market:
    """Three suppliers that listen and sell the same teapot; the handling time ranks them where the price does
    not."""

    keys = itertools.count()

    def __init__(self, server: ReferenceSupplier) -> None:
        self.server = server
        self.suppliers = [a_supplier(name, order_api=server.order_api) for name in ("north", "south", "west")]
        self.offers: list[str] = []

    def sell(self, *prices: str, **fields: Any) -> "Market":
        """Put it on sale at these prices, from the first supplier on."""
        for number, (supplier, price) in enumerate(zip(self.suppliers, prices, strict=False), start=1):
            offered = {"price": price, "product_id": "prd_pot", "handling_days": number}
            more = {name: values[number - 1] for name, values in fields.items()}
            self.offers.append(an_offer(supplier, f"POT-{number}", **{**offered, **more}))
        a_product("prd_pot", *self.offers)
        refresh_product.refresh("prd_pot")
        return self

    def order(self, quantity: int = 3, **fields: Any) -> str:
        """Order from the first supplier; it refuses, unless it is told otherwise."""
        self.server.book.rejected_skus.add("POT-1")
        telemetry.bind("cor-shopper")
        placed = place(a_line(self.offers[0], quantity), key=f"key-{next(self.keys)}", **fields).answer
        return str(placed["order"]["order_id"])

    def dispatch(self, order_id: str, number: int = 1) -> None:
        """Bring the n-th attempt one step forward."""
        part = self.part(order_id, number)
        self.server.signing_secret = credentials.signing_secret(master_secret(), part.supplier_id, 1)
        dispatch.dispatch(
            {
                "supplier_order_id": part.supplier_order_id,
                "attempt_id": part.attempt.attempt_id,
                "supplier_id": part.supplier_id,
                "correlation_id": "cor-shopper",
            }
        )

    def refuse(self, order_id: str, number: int = 1) -> None:
        """Have the n-th attempt refused, and another supplier looked for."""
        self.dispatch(order_id, number)
        reallocate_order.reallocate(order_id)

    def part(self, order_id: str, number: int) -> Any:
        record = orders.get(order_id)
        assert record is not None
        return record.supplier_orders[number - 1]

    def lines(self, order_id: str) -> list[tuple[int, int, str]]:
        """Who serves how many pieces of each line, and how far that is."""
        return [
            (self.suppliers.index(line["supplier_id"]), line["quantity"], line["status"])
            for line in read(order_id)["lines"]
        ]

    @property
    def stock(self) -> list[tuple[int, int, int]]:
        return [stock_of(offer_id) for offer_id in self.offers]


def read(order_id: str) -> dict[str, Any]:
    return read_order.read_order(order_id, is_admin=True)


def attempts(order_id: str) -> list[str]:
    return [attempt["status"] for attempt in read(order_id)["attempts"]]


def messages(queue: str) -> list[dict[str, Any]]:
    return [json.loads(body) for body in taken(os.environ[queue])]


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


def test_a_message_that_comes_twice_moves_the_line_once(market: Market) -> None:
    order_id = market.sell("5.00", "5.00", "5.00").order()

    market.refuse(order_id)
    reallocate_order.reallocate(order_id)

    assert market.stock == [FREE, (7, 3, 0), FREE]


def test_of_two_that_move_a_line_at_once_one_does(market: Market, before_the_transaction: Meddle) -> None:
    order_id = market.sell("5.00", "5.00", "5.00").order()
    market.dispatch(order_id)
    before_the_transaction(lambda: reallocate_order.reallocate(order_id))

    reallocate_order.reallocate(order_id)

    assert attempts(order_id) == ["REJECTED", "PLANNED"]
    assert market.stock == [FREE, (7, 3, 0), FREE]


def test_two_suppliers_that_refuse_at_once_lose_nothing_to_each_other(
    market: Market, before_the_transaction: Meddle
) -> None:
    market.sell("5.00", "5.00", "5.00")
    market.server.book.rejected_skus |= {"POT-1", "POT-2"}
    lines = (a_line(offer_id, 2) for offer_id in market.offers[:2])
    order_id = str(place(*lines, key="two").answer["order"]["order_id"])
    market.dispatch(order_id, 1)
    before_the_transaction(lambda: market.dispatch(order_id, 2))

    reallocate_order.reallocate(order_id)
    reallocate_order.reallocate(order_id)

    # The first was moved before the second's refusal was known; nobody is asked twice for the same.
    assert market.lines(order_id) == [(SOUTH, 2, "WAITING_ACCEPTANCE"), (WEST, 2, "WAITING_ACCEPTANCE")]
    assert market.stock == [FREE, (8, 2, 0), (8, 2, 0)]


def test_what_is_sold_out_meanwhile_is_looked_for_elsewhere(
    market: Market, before_the_transaction: Meddle
) -> None:
    order_id = market.sell("5.00", "5.00", "5.00").order()
    market.dispatch(order_id)
    before_the_transaction(lambda: place(a_line(market.offers[SOUTH], 8), key="quicker"))

    reallocate_order.reallocate(order_id)

    assert market.lines(order_id) == [(WEST, 3, "WAITING_ACCEPTANCE")]
    assert market.stock == [FREE, (2, 8, 0), (7, 3, 0)]


def test_suppliers_are_asked_for_their_stock_before(market: Market, server: ReferenceSupplier) -> None:
    for supplier_id in market.suppliers[1:]:
        supplier = suppliers.get(supplier_id)
        assert supplier is not None
        profile = {**supplier.profile, "inventory_api": server.inventory_api}
        commit(suppliers.replacing(replace(supplier, profile=profile), expected_version=supplier.version))
    server.book.stock = {"POT-2": 2, "POT-3": 3}
    order_id = market.sell("5.00", "5.00", "5.00").order()

    market.refuse(order_id)

    assert market.lines(order_id) == [(WEST, 3, "WAITING_ACCEPTANCE")]
    assert market.stock == [FREE, (2, 0, 0), (0, 3, 0)]


class Crash(Exception):
    """The process ends here."""


def test_a_crash_before_it_is_written_loses_nothing(market: Market, before_the_transaction: Meddle) -> None:
    order_id = market.sell("5.00", "5.00").order()
    market.dispatch(order_id)

    def crash() -> None:
        raise Crash

    before_the_transaction(crash)
    with pytest.raises(Crash):
        reallocate_order.reallocate(order_id)
    assert market.stock == [FREE, FREE]
    reallocate_order.reallocate(order_id)

    assert market.lines(order_id) == [(SOUTH, 3, "WAITING_ACCEPTANCE")]


def test_the_stream_has_the_rest_reallocated_and_the_new_attempt_dispatched(market: Market) -> None:
    order_id = market.sell("5.00", "5.00").order()

    react_to_changes.react(records_of(lambda: market.dispatch(order_id)))
    assert messages("REALLOCATION_QUEUE_URL") == [{"order_id": order_id, "correlation_id": "cor-shopper"}]
    react_to_changes.react(records_of(lambda: reallocate_order.reallocate(order_id)))

    (message,) = messages("DISPATCH_QUEUE_URL")
    assert message["attempt_id"] == market.part(order_id, 2).attempt.attempt_id
    assert messages("REALLOCATION_QUEUE_URL") == []


def test_an_attempt_that_expires_is_void_and_the_next_supplier_is_asked(
    market: Market, server: ReferenceSupplier
) -> None:
    server.book.answers_later = True
    order_id = market.sell("5.00", "5.00").order()
    market.dispatch(order_id)
    part = market.part(order_id, 1)
    line_id = part.lines[0].line_id
    accepted = {
        "attempt_id": part.attempt.attempt_id,
        "lines": [{"line_id": line_id, "code": "ACCEPTED", "quantity": 3}],
    }
    shipment = {"carrier": "Post", "lines": [{"line_id": line_id, "quantity": 3}]}

    with time_machine.travel(clock.now() + timedelta(hours=24, seconds=1), tick=False):
        market.refuse(order_id)
        with pytest.raises(Conflict, match="ATTEMPT_ENDED"):
            accept_order.accept(market.suppliers[NORTH], part.supplier_order_id, accepted)
        with pytest.raises((Conflict, Unprocessable)):
            ship_order.ship(market.suppliers[NORTH], part.supplier_order_id, shipment, idempotency_key="s")

    assert attempts(order_id) == ["EXPIRED", "PLANNED"]
    assert market.stock == [FREE, (7, 3, 0)]


def test_an_answer_that_arrives_after_the_attempt_was_ended_counts_no_more(
    market: Market, before_the_transaction: Meddle
) -> None:
    order_id = market.sell("5.00", "5.00").order()
    market.server.book.rejected_skus.clear()

    def expire() -> None:
        with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
            market.server.book.answers.clear()
            market.server.book.orders.clear()
            market.refuse(order_id)

    before_the_transaction(expire)
    market.dispatch(order_id)
    market.dispatch(order_id)

    assert attempts(order_id) == ["UNREACHABLE", "PLANNED"]
    assert market.stock == [FREE, (7, 3, 0)]


def test_what_nobody_has_come_back_to_after_its_time_is_swept(
    market: Market, server: ReferenceSupplier
) -> None:
    server.book.answers_later = True
    order_id = market.sell("5.00").order()
    market.dispatch(order_id)
    attempt_id = market.part(order_id, 1).attempt.attempt_id

    with time_machine.travel(clock.now() + timedelta(hours=24), tick=False):
        messages("DISPATCH_QUEUE_URL")  # its own, which is lost here
        sweep_orders.sweep()
        assert messages("DISPATCH_QUEUE_URL") == []
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1, seconds=1), tick=False):
        sweep_orders.sweep()
        swept = messages("DISPATCH_QUEUE_URL")
        market.dispatch(order_id)
        sweep_orders.sweep()

        assert [message["attempt_id"] for message in swept] == [attempt_id]
        assert attempts(order_id) == ["EXPIRED"]
        assert [each for each in messages("DISPATCH_QUEUE_URL") if each["attempt_id"] == attempt_id] == []


def test_a_new_supplier_has_its_own_time_to_answer(market: Market) -> None:
    south = suppliers.get(market.suppliers[SOUTH])
    assert south is not None
    profile = {**south.profile, "accept_within_hours": 2}
    commit(suppliers.replacing(replace(south, profile=profile), expected_version=south.version))
    order_id = market.sell("5.00", "5.00").order()

    before = clock.now()
    market.refuse(order_id)

    given = clock.parse(market.part(order_id, 2).accept_by) - before
    assert timedelta(hours=2) <= given < timedelta(hours=2, minutes=1)
