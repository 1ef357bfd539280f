"""Every function dies at every write it makes, before and after it: an order comes to the same end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from api import Reply
from marketplace import a_line, a_product, an_order_body, euros
from trade import (
    Seller,
    Trade,
    check_lines,
    check_money,
    check_stock,
    check_suppliers,
    dying_at,
    forget_everything,
    persistent,
)

from chalicelib.domain.order import OrderRecord
from chalicelib.storage import orders
from examples.reference_supplier import ReferenceSupplier, serving

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNPAID = {"reference": "pay-1", "authorized_amount": euros("99.00"), "confirmed": False}
Servers = list[ReferenceSupplier]
_DAYS = count()
"""Each run has a time of its own, as a queue is emptied once a minute at most."""


class Shop:
    """A marketplace of two sellers of one product, and an order of it."""

    def __init__(self, servers: Servers, time: time_machine.Traveller) -> None:
        self.trade = Trade(time)
        north, south = servers
        self.north = Seller(north, "north", "5.00", stock=10)
        self.south = Seller(south, "south", "4.50", stock=10)
        a_product("prd_1", self.north.offer_id, self.south.offer_id)
        self.trade.deliver()
        self.order: dict[str, Any] = {}

    @property
    def sellers(self) -> list[Seller]:
        return [self.north, self.south]

    @property
    def record(self) -> OrderRecord:
        found = orders.get(self.order["order_id"])
        assert found
        return found

    def place(self, quantity: int = 3, **fields: Any) -> None:
        body = an_order_body(a_line(self.north.offer_id, quantity), **fields)
        placed = persistent("POST", "/orders", body, headers={"Idempotency-Key": "k"})
        self.order, self.token = placed.json["order"], placed.json["order_token"]

    @property
    def line_id(self) -> str:
        return self.record.order.lines[0].line_id

    def request(self, method: str, path: str, body: Any, **more: Any) -> Reply:
        """What the shopper asks for, until there is an answer."""
        reply = persistent(method, f"/orders/{self.order['order_id']}{path}", body, token=self.token, **more)
        assert reply.status in (200, 201, 202), reply.text
        return reply

    @property
    def end(self) -> list[tuple[Any, ...]]:
        """What there is to compare of how it went out."""
        return [
            (
                part.supplier_id == self.north.supplier_id,
                part.attempt.status,
                line.status,
                line.accepted,
                line.shipped,
                line.canceled,
                line.returned,
                line.refunded,
            )
            for part in self.record.supplier_orders
            for line in part.lines
        ]


def accepted(shop: Shop) -> None:
    shop.place()
    shop.trade.settle()


def another_takes_over(shop: Shop) -> None:
    shop.north.server.book.rejected_skus.add("north")
    shop.place()
    shop.trade.settle()


def another_takes_the_rest(shop: Shop) -> None:
    book = shop.north.server.book
    shop.place(quantity=3)
    part = shop.record.supplier_orders[0]
    some = {"line_id": part.lines[0].line_id, "code": "ACCEPTED", "quantity": 1}
    book.answers[part.attempt.attempt_id] = {"status": "PARTIALLY_ACCEPTED", "lines": [some]}
    shop.trade.settle()


def nobody_has_it(shop: Shop) -> None:
    for seller in shop.sellers:
        seller.server.book.rejected_skus |= {"north", "south"}
    shop.place()
    shop.trade.settle()


def it_never_answers_and_another_takes_over(shop: Shop) -> None:
    shop.north.server.book.answers_later = True
    shop.place()
    shop.trade.settle()


def its_answer_is_lost(shop: Shop) -> None:
    shop.north.server.book.faults.append("DROP")
    shop.place()
    shop.trade.settle()


def it_fails_at_first(shop: Shop) -> None:
    shop.north.server.book.faults.extend([503, 500])
    shop.place()
    shop.trade.settle()


def accepted_later(shop: Shop) -> None:
    book = shop.north.server.book
    book.answers_later = True
    shop.place()
    shop.trade.deliver()
    shop.trade.time.shift(5)
    shop.trade.deliver()
    part = shop.record.supplier_orders[0]
    answer = book.decide(part.attempt.attempt_id)
    body = {"attempt_id": part.attempt.attempt_id, "lines": answer["lines"]}
    assert shop.north.send(part.supplier_order_id, "acceptance", body).status == 200
    shop.trade.settle()


def shipped_in_two_parcels(shop: Shop) -> None:
    accepted(shop)
    part = shop.record.supplier_orders[0]
    line_id = part.lines[0].line_id
    for quantity in (1, 2):
        body = {"carrier": "Post", "lines": [{"line_id": line_id, "quantity": quantity}]}
        key = {"Idempotency-Key": f"parcel {quantity}"}
        assert shop.north.send(part.supplier_order_id, "shipments", body, headers=key).status == 201
    shop.trade.settle()


def canceled_before_it_is_answered(shop: Shop) -> None:
    shop.north.server.book.answers_later = True
    shop.place()
    shop.trade.deliver()
    shop.request("POST", "/cancellation", {"reason": "other plans"})
    shop.trade.settle()


def canceled_after_it_is_accepted(shop: Shop) -> None:
    accepted(shop)
    shop.request("POST", "/cancellation", {"lines": [{"line_id": shop.line_id, "quantity": 2}]})
    shop.trade.settle()


def its_payment_never_comes(shop: Shop) -> None:
    shop.place(payment=UNPAID)
    shop.trade.deliver()
    shop.trade.time.shift(3 * 3600)
    shop.trade.sweep()
    shop.trade.settle()


def it_is_paid_for_later(shop: Shop) -> None:
    shop.place(payment=UNPAID)
    shop.trade.deliver()
    shop.request("POST", "/payment-confirmation", {"reference": "pay-1"})
    shop.trade.settle()


def sent_back_and_paid_back(shop: Shop) -> None:
    shipped_in_two_parcels(shop)
    part = shop.record.supplier_orders[0]
    lines = [{"line_id": shop.line_id, "quantity": 2}]
    wanted = [{**lines[0], "reason": "too small"}]
    returned = shop.request("POST", "/returns", {"lines": wanted}, headers={"Idempotency-Key": "back"})
    path = f"/suppliers/{shop.north.supplier_id}/returns/{returned.json['return_id']}"
    assert persistent("POST", f"{path}/receipt", {"lines": lines}, token=shop.north.token).status == 200
    refund = {"lines": wanted, "return_id": returned.json["return_id"]}
    key = {"Idempotency-Key": "money back"}
    assert shop.north.send(part.supplier_order_id, "refunds", refund, headers=key).status == 201
    shop.trade.settle()


STORIES: list[Callable[[Shop], None]] = [
    accepted,
    another_takes_over,
    another_takes_the_rest,
    nobody_has_it,
    it_never_answers_and_another_takes_over,
    its_answer_is_lost,
    it_fails_at_first,
    accepted_later,
    shipped_in_two_parcels,
    canceled_before_it_is_answered,
    canceled_after_it_is_accepted,
    its_payment_never_comes,
    it_is_paid_for_later,
    sent_back_and_paid_back,
]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving()) for _ in range(2)]


def end_of(story: Callable[[Shop], None], servers: Servers, place: int, moment: str) -> tuple[list[Any], int]:
    """How the story ends where the `place`-th write is the last of its function, and how many it makes."""
    with time_machine.travel(NOON + next(_DAYS) * timedelta(days=10), tick=False) as time:
        forget_everything()
        shop = Shop(servers, time)
        with dying_at(place, moment) as made:
            story(shop)
        check_stock(shop.sellers, [shop.record])
        check_money(shop.sellers, [shop.record])
        check_lines(shop.record)
        check_suppliers(shop.sellers, [shop.record])
        return shop.end, len(made)


@pytest.mark.drill
@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.replace("_", " "))
def test_wherever_a_function_dies_the_end_is_the_same(
    story: Callable[[Shop], None], servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCEPT_WITHIN_HOURS", "1")  # the least: a supplier that says nothing is asked 4 times
    end, writes = end_of(story, servers, 0, "before")
    assert writes >= 4

    for place in range(1, writes + 1):
        for moment in ("before", "after"):
            assert end_of(story, servers, place, moment)[0] == end, f"dead {moment} write {place}"
