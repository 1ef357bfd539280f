"""What suppliers are told that are not to ship, what they answer, and what becomes of it if they ship."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import supplier_document
import time_machine
from api import call
from canceling import KEPT, LET_GO, START, Desk, Sale, a_desk, messages, react
from conftest import Meddle
from marketplace import a_line, a_product, a_supplier, an_offer, an_order_body, stock_of

from chalicelib.services import (
    dispatch,
    order_messages,
    reallocate_order,
    refresh_product,
    tell_supplier,
)

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


def test_what_was_sent_and_not_answered_is_canceled_and_the_supplier_told(sale: Sale, desk: Desk) -> None:
    sale.send()
    reply = sale.cancel((sale.tea, None), reason="too slow")

    assert (reply.status, sale.tea_line) == (200, ("CANCELED", 0, 3, 0))
    assert (sale.stock, sale.attempt) == ((10, 0, 0), ("CANCELLATION_REQUESTED", "DUE"))
    assert sale.accept().code == "ATTEMPT_ENDED"
    desk.answers.append((200, LET_GO))
    sale.tell()

    supplier_document.check("CancellationRequested", desk.bodies[1])
    supplier_document.check_call(supplier_document.CANCELLATION, "post", desk.headers[1])
    assert desk.heard[1] == {
        "attempt_id": sale.part.attempt.attempt_id,
        "supplier_order_id": sale.part_id,
        "order_id": sale.order_id,
        "reason": "CUSTOMER_CANCELED",
        "lines": [{"line_id": sale.tea, "quantity": 3, "remaining_quantity": 0}],
        "note": "too slow",
    }
    assert (sale.attempt, sale.stock) == (("CANCELLATION_ACCEPTED", "DONE"), (10, 0, 0))


def test_an_answer_that_was_on_its_way_does_not_bring_a_canceled_order_back(
    sale: Sale, desk: Desk, before_each_transaction: Meddle
) -> None:
    desk.answers.append((200, {"status": "ACCEPTED"}))
    work = [lambda: sale.cancel((sale.tea, None)), lambda: None]
    before_each_transaction(lambda: work.pop()() if work else None)
    dispatch.dispatch(order_messages.to_dispatch(sale.part))

    assert (sale.tea_line, sale.stock) == (("CANCELED", 0, 3, 0), (10, 0, 0))
    assert sale.attempt == ("CANCELLATION_REQUESTED", "DUE")


def test_a_supplier_that_ships_has_refused(sale: Sale) -> None:
    sale.accept()
    sale.cancel((sale.tea, 2))
    sale.ship(1)
    assert sale.tea_line == ("SHIPPING", 3, 0, 2)
    sale.ship(2)

    assert (sale.tea_line, sale.attempt) == (("SHIPPED", 3, 0, 0), ("CANCELLATION_REJECTED", "REFUSED"))
    assert (sale.answer().code, sale.answer("REJECTED").status) == ("CANCELLATION_ANSWERED", 200)


def test_of_a_shipment_and_an_agreement_at_once_one_wins(sale: Sale, before_the_transaction: Meddle) -> None:
    sale.accept()
    sale.cancel((sale.tea, None))
    before_the_transaction(lambda: sale.ship(3) and None)
    reply = sale.answer()

    assert (reply.status, reply.code) == (409, "CANCELLATION_ANSWERED")
    assert (sale.tea_line, sale.stock) == (("SHIPPED", 3, 0, 0), (7, 0, 3))


def test_of_an_agreement_and_a_shipment_at_once_one_wins(sale: Sale, before_the_transaction: Meddle) -> None:
    sale.accept()
    sale.cancel((sale.tea, None))
    before_the_transaction(lambda: sale.answer() and None)

    assert sale.ship(3).status in (409, 422)
    assert (sale.tea_line, sale.stock) == (("CANCELED", 0, 3, 0), (10, 0, 0))


def test_a_supplier_without_a_cancellation_url_has_its_time(
    clock: time_machine.Traveller, desk: Desk
) -> None:
    sale = Sale(desk, cancellation_url=False)
    sale.accept()
    sale.cancel((sale.tea, None))
    sale.tell()
    assert sale.attempt == ("CANCELLATION_REQUESTED", "DUE")
    clock.shift(timedelta(hours=24, seconds=1))
    sale.tell()

    assert (sale.tea_line, sale.attempt) == (("SHIPPING", 3, 0, 0), ("CANCELLATION_REJECTED", "GIVEN_UP"))
    assert (sale.answer().status, sale.answer().code) == (409, "CANCELLATION_ANSWERED")
    assert desk.heard == []
    assert sale.cancel((sale.tea, None)).status == 202


def test_a_supplier_that_does_not_answer_is_told_again_under_the_same_id(sale: Sale, desk: Desk) -> None:
    sale.accept()
    sale.cancel((sale.tea, None))
    unfit = {**LET_GO, "lines": [{"line_id": sale.pot, "quantity": 1}]}
    desk.answers.extend([(500, {}), (404, {}), (202, {}), (410, {}), (200, {}), (200, unfit)])
    messages()
    for told in range(1, 7):
        sale.tell()
        assert (len(desk.heard), sale.tea_line) == (told, ("SHIPPING", 3, 0, 3))
    desk.answers.append((200, LET_GO))
    sale.tell()

    assert sale.tea_line == ("CANCELED", 0, 3, 0)
    assert len(set(desk.message_ids)) == 1


def test_an_answer_that_was_not_asked_for_or_does_not_fit_is_refused(sale: Sale) -> None:
    sale.accept()
    assert (sale.answer().status, sale.answer().code) == (409, "CANCELLATION_NOT_REQUESTED")
    sale.cancel((sale.tea, None))
    unfit = sale.answer(lines=[{"line_id": sale.tea, "quantity": 4}])

    assert (unfit.status, unfit.faults) == (422, {"/lines/0/quantity": "QUANTITY_TOO_HIGH"})
    assert sale.tea_line == ("SHIPPING", 3, 0, 3)


def test_a_supplier_that_never_saw_the_order_is_believed_once_nothing_can_be_under_way(
    sale: Sale, desk: Desk, clock: time_machine.Traveller
) -> None:
    sale.send()
    sale.cancel((sale.tea, None))
    desk.answers.extend([(404, {}), (404, {})])
    sale.tell()
    assert sale.attempt == ("CANCELLATION_REQUESTED", "DUE")
    clock.shift(timedelta(minutes=2))
    sale.tell()

    assert sale.attempt == ("CANCELLATION_ACCEPTED", "DONE")


def test_an_expired_attempt_is_void_and_its_supplier_told(sale: Sale, desk: Desk) -> None:
    sale.send()
    told = react(sale.give_up)
    desk.answers.append((200, LET_GO))
    tell_supplier.tell(next(each for each in told if each.get("kind") == order_messages.NOTICE))

    assert desk.heard[1]["reason"] == "EXPIRED"
    assert (sale.attempt, sale.part.lines[0].void) == (("EXPIRED", "DONE"), 0)


def test_a_supplier_that_ships_what_has_expired_has_the_line_while_no_other_has(
    sale: Sale, desk: Desk
) -> None:
    sale.send()
    sale.give_up()
    assert sale.stock == (10, 0, 0)
    desk.answers.append((200, KEPT))
    sale.tell()

    assert (sale.tea_line, sale.stock) == (("SHIPPING", 3, 0, 0), (7, 0, 3))
    assert sale.part.lines[0].ship_by is not None
    assert sale.ship(3).status == 201


def test_where_its_stock_was_sold_meanwhile_a_person_decides(sale: Sale, desk: Desk, admin: str) -> None:
    sale.send()
    sale.give_up()
    body = an_order_body(a_line(sale.seller.offer_id, 8))
    assert call("POST", "/orders", body, headers={"Idempotency-Key": "all"}).status == 201
    desk.answers.append((200, KEPT))
    sale.tell()

    assert sale.stock == (2, 8, 0)
    assert (sale.part.attempt.needs_settlement, sale.part.attempt.reason) == (True, "VOID_REFUSED")
    another = an_offer(a_supplier("south"), "S", product_id="prd_A")
    a_product("prd_A", sale.seller.offer_id, another)
    refresh_product.refresh("prd_A")
    reallocate_order.reallocate(sale.order_id)
    assert stock_of(another) == (10, 0, 0), "nobody else is asked before a person has decided"
    listed = call("GET", "/admin/settlements", token=admin).json["items"]
    assert [each["supplier_order_id"] for each in listed] == [sale.part_id]
    path = f"/admin/supplier-orders/{sale.part_id}/attempts/{sale.part.attempt.attempt_id}/settlement"
    decision = {"decision": "ACCEPTED", "reason": "it is in the post"}
    assert call("POST", path, decision, token=admin).code == "OUT_OF_STOCK"
    stock = {"quantity": 13, "as_of": "2026-11-23T09:00:00.000Z"}
    call("PUT", f"/suppliers/{sale.seller.supplier_id}/offers/A/stock", stock, token=sale.seller.token)

    assert call("POST", path, decision, token=admin).status == 200
    assert (sale.tea_line, sale.stock) == (("SHIPPING", 3, 0, 0), (2, 8, 3))
    assert call("GET", "/admin/settlements", token=admin).json["items"] == []


def test_a_canceled_order_that_its_supplier_ships_is_for_a_person(sale: Sale, desk: Desk, admin: str) -> None:
    sale.send()
    sale.cancel((sale.tea, 1))
    desk.answers.append((200, KEPT))
    sale.tell()
    assert (sale.attempt, sale.part.attempt.needs_settlement) == (("SENT", "REFUSED"), True)
    sale.accept(3)
    assert (sale.tea_line, sale.part.attempt.reason) == (("SHIPPING", 2, 1, 0), "VOID_REFUSED")
    path = f"/admin/supplier-orders/{sale.part_id}/attempts/{sale.part.attempt.attempt_id}/settlement"
    call("POST", path, {"decision": "ACCEPTED", "reason": "the shopper takes it"}, token=admin)

    assert (sale.tea_line, sale.stock) == (("SHIPPING", 3, 0, 0), (7, 0, 3))
    assert not sale.part.attempt.needs_settlement
