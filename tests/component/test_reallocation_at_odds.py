"""Finding another supplier where things come twice, at once, too late, or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from conftest import Meddle
from marketplace import a_line, place
from reallocating import FREE, NORTH, SOUTH, WEST, Market, attempts, messages
from stream import records_of

from chalicelib import clock
from chalicelib.problems import Conflict, Unprocessable
from chalicelib.services import (
    accept_order,
    react_to_changes,
    reallocate_order,
    ship_order,
    sweep_orders,
)
from chalicelib.storage import suppliers
from chalicelib.storage.transaction import commit
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


@pytest.fixture
def market(server: ReferenceSupplier) -> Market:
    return Market(server)


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
