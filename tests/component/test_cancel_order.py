"""Cancelling over HTTP, before and after acceptance; what suppliers are told over real sockets."""

import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import supplier_document
import time_machine
from api import Reply, call
from conftest import Meddle, taken
from marketplace import a_line, a_product, a_supplier, an_offer, an_order_body, stock_of
from raw_server import RawServer, raw_server
from stream import records_of
from test_api_orders import Seller

from chalicelib import ids
from chalicelib.domain.money import Money
from chalicelib.domain.order import Attempt, OrderLine
from chalicelib.services import (
    dispatch,
    order_messages,
    react_to_changes,
    reallocate_order,
    refresh_product,
    settlements,
    tell_supplier,
)
from chalicelib.storage import offer_terms, order_reads, supplier_orders, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

START = "2026-11-23T09:00:00Z"
LET_GO, KEPT = {"status": "CANCELLATION_ACCEPTED"}, {"status": "CANCELLATION_REJECTED"}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


class Desk:
    """Where suppliers are told what is not to be shipped: it says what stands in `answers`, then 202."""

    def __init__(self) -> None:
        self.answers: deque[tuple[int, dict[str, Any]]] = deque()
        self.server: RawServer

    def say(self, connection: Any) -> None:
        status, body = self.answers.popleft() if self.answers else (202, {})
        text = json.dumps(body)
        connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in self.server.requests]

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [body["data"] for body in self.bodies]

    @property
    def headers(self) -> list[dict[str, str]]:
        heads = [request.partition(b"\r\n\r\n")[0].decode() for request in self.server.requests]
        return [dict(line.split(": ", 1) for line in head.split("\r\n")[1:]) for head in heads]

    @property
    def message_ids(self) -> list[str]:
        return [headers["webhook-id"] for headers in self.headers]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    with raw_server(desk.say) as server:
        desk.server = server
        yield desk


class Sale:
    """Three teas at one supplier, one pot at another."""

    def __init__(self, desk: Desk, *, cancellation_url: bool = True) -> None:
        self.seller, self.other = Seller("north"), Seller("south")
        url = {"cancellation_url": desk.server.url + "{attempt_id}"} if cancellation_url else {}
        for each in (self.seller, self.other):
            _give_order_api(each.supplier_id, {"url": desk.server.url + "orders", **url})
        body = an_order_body(a_line(self.seller.offer_id, 3), a_line(self.other.offer_id, 1))
        placed = call("POST", "/orders", body, headers={"Idempotency-Key": "k"}).json
        self.order_id, self.token = placed["order"]["order_id"], placed["order_token"]
        self.tea, self.pot = (line["line_id"] for line in placed["order"]["lines"])
        self.part_id, self.other_part = (line["supplier_order_id"] for line in placed["order"]["lines"])

    def cancel(self, *lines: tuple[str, int | None], key: str | None = None, **body: Any) -> Reply:
        said = [{"line_id": line, **({"quantity": n} if n else {})} for line, n in lines]
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/orders/{self.order_id}/cancellation"
        return call(
            "POST", path, {**({"lines": said} if said else {}), **body}, token=self.token, headers=headers
        )

    def send(self) -> None:
        """The supplier is sent its order, and has not answered."""
        dispatch.dispatch(order_messages.to_dispatch(self.part))
        assert self.part.attempt.status == "SENT"

    def accept(self, quantity: int = 3) -> Reply:
        line = {"line_id": self.tea, "code": "ACCEPTED", "quantity": quantity}
        body = {"attempt_id": self.part_id.replace("so_", "att_"), "lines": [line]}
        return self.seller.send("POST", f"/{self.part_id}/acceptance", body)

    def ship(self, quantity: int) -> Reply:
        body = {"carrier": "Post", "lines": [{"line_id": self.tea, "quantity": quantity}]}
        return self.seller.send("POST", f"/{self.part_id}/shipments", body)

    def answer(self, status: str = "ACCEPTED", lines: list[dict[str, Any]] | None = None) -> Reply:
        body = {"status": f"CANCELLATION_{status}", **({} if lines is None else {"lines": lines})}
        return self.seller.send("POST", f"/{self.part_id}/cancellation-answer", body)

    def tell(self) -> None:
        tell_supplier.tell(order_messages.to_tell(self.part))

    def give_up(self) -> None:
        part = order_reads.get_part(self.part_id)
        assert part is not None
        settlements.give_up(part, status="EXPIRED", reason="NO_ANSWER")

    @property
    def part(self) -> Any:
        return supplier_orders.get(self.part_id)

    @property
    def seen(self) -> Any:
        return call("GET", f"/orders/{self.order_id}", token=self.token).json

    @property
    def tea_line(self) -> tuple[str, int, int, int]:
        """Status; accepted, canceled, asked for."""
        line = self.seen["lines"][0]
        return (
            line["status"],
            line["accepted_quantity"],
            line.get("canceled_quantity", 0),
            line.get("cancel_requested_quantity", 0),
        )

    @property
    def attempt(self) -> tuple[str, str | None]:
        return self.part.attempt.status, self.part.attempt.notice

    @property
    def stock(self) -> tuple[int, int, int]:
        return stock_of(self.seller.offer_id)


def _give_order_api(supplier_id: str, order_api: dict[str, str]) -> None:
    supplier = suppliers.get(supplier_id)
    assert supplier is not None
    profile = {**supplier.profile, "order_api": order_api}
    commit(suppliers.replacing(replace(supplier, profile=profile), expected_version=supplier.version))


@pytest.fixture
def sale(clock: time_machine.Traveller, desk: Desk) -> Sale:
    return Sale(desk)


def messages() -> list[dict[str, Any]]:
    return [json.loads(body) for body in taken(os.environ["DISPATCH_QUEUE_URL"])]


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


def react(work: Any) -> list[dict[str, Any]]:
    """What the stream puts on the dispatch queue for what `work` changes, told of twice."""
    messages()
    records = records_of(work)
    react_to_changes.react(records)
    found = messages()
    react_to_changes.react(records)
    assert messages() == found
    return found


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
