"""Cancelling over HTTP, before and after acceptance."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import time_machine
from api import call
from canceling import KEPT, LET_GO, START, Desk, Sale, a_desk, react
from conftest import Meddle
from marketplace import a_line, a_product, a_supplier, an_offer, an_order_body, stock_of

from chalicelib import ids
from chalicelib.domain.money import Money
from chalicelib.domain.order import Attempt, OrderLine
from chalicelib.services import (
    dispatch,
    order_messages,
    reallocate_order,
    refresh_product,
    tell_supplier,
)
from chalicelib.storage import offer_terms, supplier_orders
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_desk() as desk:
        yield desk


@pytest.fixture
def sale(clock: time_machine.Traveller, desk: Desk) -> Sale:
    return Sale(desk)


def test_an_order_that_nobody_was_sent_is_canceled_at_once(sale: Sale, desk: Desk) -> None:
    reply = sale.cancel(reason="changed my mind")

    assert (reply.status, reply.json["status"]) == (200, "CANCELED")
    assert reply.json == sale.seen
    assert [part["status"] for part in reply.json["supplier_orders"]] == ["CANCELED", "CANCELED"]
    assert (sale.stock, stock_of(sale.other.offer_id)) == ((10, 0, 0), (10, 0, 0))
    dispatch.dispatch(order_messages.to_dispatch(sale.part))
    assert desk.heard == []
    assert (sale.accept().status, sale.accept().code) == (409, "ATTEMPT_ENDED")


def test_pieces_that_are_canceled_before_it_is_sent_are_not_asked_for(sale: Sale, desk: Desk) -> None:
    assert sale.cancel((sale.tea, 1)).status == 200
    sale.send()

    assert sale.tea_line == ("WAITING_ACCEPTANCE", 0, 1, 0)
    assert [line["quantity"] for line in desk.heard[0]["lines"]] == [2]
    assert sale.stock == (8, 2, 0)
    assert sale.accept(2).status == 200
    assert (sale.tea_line, sale.stock) == (("SHIPPING", 2, 1, 0), (8, 0, 2))


def test_an_accepted_order_is_canceled_once_its_supplier_agrees(sale: Sale, desk: Desk) -> None:
    sale.accept()
    told = react(lambda: sale.cancel((sale.tea, 2)))
    assert (sale.tea_line, sale.stock) == (("SHIPPING", 3, 0, 2), (7, 0, 3))
    assert told == [order_messages.to_tell(sale.part)]
    desk.answers.append((200, LET_GO))
    sale.tell()
    sale.tell()

    assert (sale.tea_line, sale.stock) == (("SHIPPING", 1, 2, 0), (9, 0, 1))
    assert sale.attempt == ("CANCELLATION_ACCEPTED", "DONE")
    assert desk.message_ids == [sale.part.attempt.attempt_id.replace("att_", "can_") + "_1"]
    assert sale.ship(1).status == 201
    assert sale.tea_line[0] == "SHIPPED"


def test_a_cancellation_waits_with_202_and_the_supplier_sees_and_answers_it(sale: Sale) -> None:
    sale.accept()
    first, again = sale.cancel((sale.tea, 2)), sale.cancel((sale.tea, 2))
    listed = sale.seller.send("GET", "?attempt_status=CANCELLATION_REQUESTED").json["items"]

    assert (first.status, again.status, again.json) == (202, 202, first.json)
    assert listed[0]["lines"][0]["cancel_requested_quantity"] == 2
    assert listed[0]["attempt"]["notice"] == "DUE"
    assert sale.answer(lines=[{"line_id": sale.tea, "quantity": 1}]).status == 200
    assert (sale.tea_line, sale.stock) == (("SHIPPING", 2, 1, 0), (8, 0, 2))
    assert sale.answer().status == 200
    assert (sale.answer("REJECTED").status, sale.answer("REJECTED").code) == (409, "CANCELLATION_ANSWERED")
    assert sale.cancel((sale.tea, 1)).status == 200


def test_the_whole_order_in_every_state_is_one_transaction(sale: Sale) -> None:
    sale.accept()
    reply = sale.cancel()

    assert reply.status == 202
    assert [line["status"] for line in reply.json["lines"]] == ["SHIPPING", "CANCELED"]
    sale.answer()
    assert sale.seen["status"] == "CANCELED"
    assert (sale.stock, stock_of(sale.other.offer_id)) == ((10, 0, 0), (10, 0, 0))


def test_a_refused_cancellation_may_be_asked_for_again(sale: Sale, desk: Desk) -> None:
    sale.accept()
    sale.cancel((sale.tea, None))
    desk.answers.append((200, KEPT))
    sale.tell()
    assert (sale.tea_line, sale.attempt) == (("SHIPPING", 3, 0, 0), ("CANCELLATION_REJECTED", "REFUSED"))
    assert sale.cancel((sale.tea, None)).status == 202
    desk.answers.append((200, LET_GO))
    sale.tell()

    assert (sale.tea_line, sale.stock) == (("CANCELED", 0, 3, 0), (10, 0, 0))
    assert len(set(desk.message_ids)) == 2


def test_what_has_left_is_not_canceled(sale: Sale) -> None:
    sale.accept()
    sale.ship(3)
    named, more = sale.cancel((sale.tea, None), (sale.pot, None)), sale.cancel((sale.tea, 1))

    assert (named.status, named.code, named.faults) == (
        409,
        "NOT_CANCELABLE",
        {"/lines/0/line_id": "NOT_CANCELABLE"},
    )
    assert "return" in named.json["detail"]
    assert more.code == "NOT_CANCELABLE"
    assert sale.seen["lines"][1]["status"] == "WAITING_ACCEPTANCE"
    assert (sale.cancel().status, sale.seen["lines"][1]["status"]) == (200, "CANCELED")


def test_an_acceptance_that_comes_first_makes_a_cancellation_a_request(
    sale: Sale, before_the_transaction: Meddle
) -> None:
    before_the_transaction(lambda: sale.accept() and None)

    assert sale.cancel((sale.tea, None)).status == 202
    assert (sale.tea_line, sale.stock) == (("SHIPPING", 3, 0, 3), (7, 0, 3))


def test_an_answer_to_a_request_that_has_grown_meanwhile_is_asked_for_anew(
    sale: Sale, desk: Desk, before_the_transaction: Meddle
) -> None:
    sale.accept()
    sale.cancel((sale.tea, 1))
    desk.answers.extend([(200, LET_GO), (200, LET_GO)])
    old = order_messages.to_tell(sale.part)
    before_the_transaction(lambda: sale.cancel((sale.tea, 3)) and None)
    tell_supplier.tell(old)
    assert sale.tea_line == ("SHIPPING", 3, 0, 3)
    sale.tell()

    assert (sale.tea_line, sale.stock) == (("CANCELED", 0, 3, 0), (10, 0, 0))
    assert [line["quantity"] for told in desk.heard for line in told["lines"]] == [1, 3]


def test_a_line_of_which_the_rest_is_paid_back_ends_when_its_supplier_lets_go(sale: Sale) -> None:
    sale.accept()
    refund = {"lines": [{"line_id": sale.tea, "quantity": 1, "reason": "broken"}]}
    assert sale.seller.send("POST", f"/{sale.part_id}/refunds", refund).status == 201
    sale.cancel((sale.tea, None))
    assert sale.tea_line == ("SHIPPING", 3, 0, 2)

    assert sale.answer().json["status"] == "REFUNDED"

    assert sale.tea_line == ("REFUNDED", 1, 2, 0)
    assert sale.answer().status == 200
    assert sale.ship(1).status == 422


def test_an_order_that_many_suppliers_were_tried_for_is_canceled_whole(sale: Sale) -> None:
    """Of more supplier orders than fit into a transaction."""
    more, offer_id = 50, sale.seller.offer_id
    now = offer_terms.get_many([offer_id])[offer_id].stock_as_of
    commit(offer_terms.setting_stock(offer_id, quantity=99, as_of=now, now=now, correlation_id=""))
    price = Money(500, "EUR")
    commit(offer_terms.reserving(offer_id, quantity=more, price=price, now=now, correlation_id=""))
    for number in range(3, 3 + more):
        line_id, part_id, attempt_id = (
            ids.part_id(kind, sale.order_id, number) for kind in ("lin", "so", "att")
        )
        line = OrderLine(line_id, offer_id, 1, split_from=sale.tea)
        part = replace(sale.part, supplier_order_id=part_id, lines=(line,), attempt=Attempt(attempt_id))
        commit(supplier_orders.adding(part))
    assert sale.stock == (46, 53, 0)

    reply = sale.cancel(key="all")

    assert (reply.status, reply.json["status"]) == (200, "CANCELED")
    assert sale.stock == (99, 0, 0)


def test_a_remainder_is_canceled_or_moved_and_never_both(
    clock: time_machine.Traveller, desk: Desk, before_the_transaction: Meddle
) -> None:
    sale = Sale(desk)
    second = a_supplier("west")
    better = an_offer(second, "B", product_id="prd_A")
    a_product("prd_A", sale.seller.offer_id, better)
    refresh_product.refresh("prd_A")
    sale.accept(1)
    before_the_transaction(lambda: sale.cancel((sale.tea, 1)) and None)
    reallocate_order.reallocate(sale.order_id)

    lines = sale.seen["lines"]
    assert [(line["quantity"], line["status"], line.get("canceled_quantity")) for line in lines[:2]] == [
        (2, "SHIPPING", 1),
        (1, "WAITING_ACCEPTANCE", None),
    ]
    assert (sale.stock, stock_of(better)) == ((9, 0, 1), (9, 1, 0))


def test_a_key_makes_a_request_one(sale: Sale) -> None:
    first, again = (sale.cancel((sale.tea, 1), key="c") for _ in range(2))
    other = sale.cancel((sale.tea, 2), key="c")

    assert (first.status, again.status, again.json) == (200, 200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.code) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_request_that_does_not_fit_is_refused_with_its_place(sale: Sale) -> None:
    tea = {"line_id": sale.tea}
    for lines, faults in [
        ([{"line_id": "lin_x_9"}], {"/lines/0/line_id": "UNKNOWN_LINE"}),
        ([{**tea, "quantity": 4}], {"/lines/0/quantity": "QUANTITY_TOO_HIGH"}),
        ([{**tea, "quantity": 0}], {"/lines/0/quantity": "INVALID_VALUE"}),
        ([tea, tea], {"/lines/1/line_id": "DUPLICATE_LINE"}),
        ([], {"/lines": "INVALID_VALUE"}),
    ]:
        reply = call("POST", f"/orders/{sale.order_id}/cancellation", {"lines": lines}, token=sale.token)
        assert (reply.status, reply.faults) == (422, faults)
    assert sale.stock == (7, 3, 0)


def test_nobody_cancels_or_answers_for_another(sale: Sale) -> None:
    sale.accept()
    body = an_order_body(a_line(sale.other.offer_id, 1))
    other = call("POST", "/orders", body, headers={"Idempotency-Key": "o"}).json["order_token"]
    path = f"/orders/{sale.order_id}/cancellation"

    assert [call("POST", path, {}, token=token).status for token in (other, sale.seller.token, None)] == [
        404,
        403,
        401,
    ]
    assert sale.other.send("POST", f"/{sale.part_id}/cancellation-answer", LET_GO).status == 404
    assert sale.tea_line == ("SHIPPING", 3, 0, 0)
