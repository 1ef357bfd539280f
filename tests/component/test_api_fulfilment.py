"""Shipments, deliveries, returns and refunds over HTTP, and what time does to them."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from api import Reply, call
from marketplace import a_line, an_order_body, euros, stock_of
from test_api_orders import Seller

from chalicelib.clock import now
from chalicelib.domain import health
from chalicelib.services import endpoint_calls, move_on, sweep_orders
from chalicelib.storage import endpoints

pytestmark = pytest.mark.usefixtures("aws")

START = "2026-11-23T09:00:00Z"
UPS = "1Z5R89390357567127"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


class Sale:
    """An accepted order of two teas (5.00) at one supplier, and one pot (9.99) at another."""

    def __init__(self) -> None:
        self.seller, self.other = Seller("north"), Seller("south")
        body = an_order_body(
            a_line(self.seller.offer_id, 2), a_line(self.other.offer_id, 1), shipping=euros("4.00")
        )
        placed = call("POST", "/orders", body, headers={"Idempotency-Key": "k"}).json
        self.order_id, self.token = placed["order"]["order_id"], placed["order_token"]
        self.tea, self.pot = (line["line_id"] for line in placed["order"]["lines"])
        self.part, self.other_part = (line["supplier_order_id"] for line in placed["order"]["lines"])
        self.accept(self.seller, self.part, self.tea, 2)
        self.accept(self.other, self.other_part, self.pot, 1)

    def accept(self, seller: Seller, part: str, line_id: str, quantity: int, **more: Any) -> None:
        line = {"line_id": line_id, "code": "ACCEPTED", "quantity": quantity, **more}
        answer = {"attempt_id": part.replace("so_", "att_"), "lines": [line]}
        assert seller.send("POST", f"/{part}/acceptance", answer).status == 200

    def ship(self, quantity: int = 2, *, carrier: str = "UPS", number: str = UPS, **more: Any) -> Reply:
        body = {"carrier": carrier, "tracking_number": number, "lines": [self.line(quantity)], **more}
        return self.seller.send("POST", f"/{self.part}/shipments", body)

    def deliver(self, shipment: Reply, **body: Any) -> Reply:
        path = f"/{self.part}/shipments/{shipment.json['shipment_id']}/delivery"
        return self.seller.send("POST", path, body)

    def send_back(self, *lines: dict[str, Any], key: str | None = None) -> Reply:
        headers = {"Idempotency-Key": key} if key else {}
        said = [{"reason": "too small", **line} for line in lines]
        return call(
            "POST", f"/orders/{self.order_id}/returns", {"lines": said}, token=self.token, headers=headers
        )

    def settle(self, return_id: str, what: str, body: Any = None, seller: Seller | None = None) -> Reply:
        seller = seller or self.seller
        path = f"/suppliers/{seller.supplier_id}/returns/{return_id}/{what}"
        return call("POST", path, body, token=seller.token)

    def refund(self, *lines: dict[str, Any], key: str | None = None, **more: Any) -> Reply:
        body = {"lines": [{"line_id": self.tea, "reason": "broken", **line} for line in lines], **more}
        headers = {"Idempotency-Key": key} if key else {}
        return self.seller.send("POST", f"/{self.part}/refunds", body, headers=headers)

    def line(self, quantity: int) -> dict[str, Any]:
        return {"line_id": self.tea, "quantity": quantity}

    def read(self) -> Any:
        return call("GET", f"/orders/{self.order_id}", token=self.token).json

    @property
    def status(self) -> str:
        return str(self.read()["lines"][0]["status"])

    def returns(self, query: str = "", seller: Seller | None = None) -> Any:
        seller = seller or self.seller
        reply = call("GET", f"/suppliers/{seller.supplier_id}/returns{query}", token=seller.token)
        return reply.json["items"]


@pytest.fixture
def sale(clock: time_machine.Traveller) -> Sale:
    return Sale()


def test_a_known_carrier_gets_its_code_and_link_and_a_wrong_digit_a_warning(sale: Sale) -> None:
    good = sale.ship(1, carrier="UPS Ground").json
    wrong = sale.ship(1, number=UPS[:-1] + "8").json

    assert (good["carrier"], good["carrier_code"], good["issues"]) == ("UPS Ground", "UPS", [])
    assert good["tracking_url"] == f"https://www.ups.com/track?tracknum={UPS}"
    assert [(each["severity"], each["field"]) for each in wrong["issues"]] == [
        ("WARNING", "/tracking_number")
    ]
    assert sale.read()["shipments"] == [good, wrong]


def test_what_the_supplier_says_of_tracking_stands(sale: Sale) -> None:
    unknown = sale.ship(1, carrier="Bicycle").json
    own = sale.ship(1, tracking_url="http://north.example/t/1").json

    assert not {"carrier_code", "tracking_url"} & unknown.keys()
    assert own["tracking_url"] == "http://north.example/t/1"


def test_a_shipment_is_delivered_once_however_often_it_is_said(sale: Sale, clock: Any, admin: str) -> None:
    first, second = sale.ship(1), sale.ship(1, number="K2479825491")

    one = sale.deliver(first, delivered_at="2026-11-23T08:00:00Z")
    assert (one.status, one.json["delivered_at"], sale.status) == (200, "2026-11-23T08:00:00.000Z", "SHIPPED")
    assert sale.deliver(first, delivered_at="2026-11-23T08:30:00Z").json == one.json
    assert sale.status == "SHIPPED"
    parcels = f"/suppliers/{sale.seller.supplier_id}/orders/{sale.part}/shipments"
    path = f"{parcels}/{second.json['shipment_id']}/delivery"
    assert call("POST", path, {}, token=admin).status == 200
    assert sale.status == "RECEIVED"
    assert sale.deliver(first, delivered_at="2026-12-23T08:00:00Z").faults == {
        "/delivered_at": "INVALID_VALUE"
    }


def test_time_receives_what_was_shipped_and_closes_what_was_received(
    sale: Sale, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale.ship()

    clock.move_to("2026-12-07T08:59:59Z")
    assert move_on.move_orders() == 0
    clock.move_to("2026-12-07T09:00:01Z")
    assert (move_on.move_orders(), sale.status) == (1, "RECEIVED")
    assert move_on.move_orders() == 0
    clock.move_to("2027-01-06T09:00:02Z")
    monkeypatch.delenv("DISPATCH_QUEUE_URL")
    with pytest.raises(KeyError):  # of the part that needs it, which stops no other
        sweep_orders.sweep()
    assert (move_on.move_orders(), sale.status) == (0, "CLOSED")


def test_a_backordered_line_is_to_leave_after_a_day_of_the_calendar(sale: Sale) -> None:
    body = an_order_body(a_line(sale.seller.offer_id))
    placed = call("POST", "/orders", body, headers={"Idempotency-Key": "k2"}).json["order"]["lines"][0]
    part = placed["supplier_order_id"]

    def answered(day: str) -> Reply:
        line = {"line_id": placed["line_id"], "code": "BACKORDERED", "available_on": day}
        attempt_id = part.replace("so_", "att_")
        return sale.seller.send("POST", f"/{part}/acceptance", {"attempt_id": attempt_id, "lines": [line]})

    for no_day in ("2027-02-30", "20270228", "soon"):
        assert answered(no_day).faults == {"/lines/0/available_on": "INVALID_VALUE"}
    assert answered("2027-02-28").json["ship_by"] == "2027-03-01T00:00:00.000Z"


def test_an_order_that_has_not_left_in_time_is_marked_late_once(sale: Sale, clock: Any) -> None:
    part = sale.seller.send("GET", f"/{sale.part}").json
    assert (part["ship_by"], part["is_late"]) == ("2026-11-24T09:00:00.000Z", False)
    sale.other.send(
        "POST",
        f"/{sale.other_part}/shipments",
        {"carrier": "UPS", "lines": [{"line_id": sale.pot, "quantity": 1}]},
    )

    endpoint_calls.take(*endpoints.get(sale.seller.supplier_id), url="https://north.example")

    clock.move_to("2026-11-24T09:00:01Z")
    assert (move_on.mark_late(), move_on.mark_late()) == (1, 0)
    late = sale.seller.send("GET", f"/{sale.part}").json
    assert (late["is_late"], late["late_at"]) == (True, "2026-11-24T09:00:01.000Z")
    told = health.figures(endpoints.get(sale.seller.supplier_id)[0].counts, now())
    assert told.lines_late == 1
    sale.ship()
    assert "is_late" not in sale.seller.send("GET", f"/{sale.part}").json


def test_a_return_goes_from_the_shopper_to_the_supplier_and_is_paid_back(sale: Sale) -> None:
    sale.ship()
    opened = sale.send_back(sale.line(1), key="r")
    again = sale.send_back(sale.line(1), key="r")
    return_id = opened.json["return_id"]

    assert (opened.status, opened.json["status"]) == (201, "WAITING_ACCEPTANCE")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (opened.json, "true")
    assert sale.send_back(sale.line(2), key="r").code == "IDEMPOTENCY_KEY_REUSED"
    assert sale.returns("?status=WAITING_ACCEPTANCE") == sale.read()["returns"] == [opened.json]
    assert sale.refund({"quantity": 1}, return_id=return_id).code == "RETURN_NOT_RECEIVED"
    for _ in range(2):
        assert sale.settle(return_id, "acceptance").json["status"] == "IN_PROGRESS"
    receipt = {"lines": [{"line_id": sale.tea, "quantity": 1, "condition": "as new"}]}
    for _ in range(2):
        assert sale.settle(return_id, "receipt", receipt).json["status"] == "RECEIVED"
    nothing = {"lines": [{"line_id": sale.tea, "quantity": 0}]}
    assert sale.settle(return_id, "receipt", nothing).code == "RETURN_RECEIVED"
    paid = sale.refund({"quantity": 1}, return_id=return_id)
    assert (paid.status, paid.json["amount"]) == (201, euros("5.00"))
    order = sale.read()
    assert [each["status"] for each in order["returns"]] == ["CLOSED"]
    assert order["refunds"] == [paid.json]
    assert order["lines"][0]["refunded_amount"] == euros("5.00")
    assert order["lines"][0]["status"] == "SHIPPED"
    assert stock_of(sale.seller.offer_id) == (8, 0, 2)


def test_pieces_are_in_one_return_at_most_until_it_ends_without_them(sale: Sale, clock: Any) -> None:
    sale.ship()
    refused = sale.send_back(sale.line(2)).json["return_id"]

    assert sale.send_back(sale.line(1)).faults == {"/lines/0/quantity": "QUANTITY_TOO_HIGH"}
    assert sale.settle(refused, "refusal", {"reason": "worn"}).json["refusal_reason"] == "worn"
    assert sale.settle(refused, "acceptance").code == "ILLEGAL_MOVE"
    canceled = sale.send_back(sale.line(2), key="2").json["return_id"]
    path = f"/orders/{sale.order_id}/returns/{canceled}/cancellation"
    assert [call("POST", path, token=sale.token).json["status"] for _ in range(2)] == ["CANCELED"] * 2
    lost = sale.send_back(sale.line(1), key="3").json["return_id"]
    for day, status in (("11-30", "IN_PROGRESS"), ("12-31", "NO_RECEPTION")):
        clock.move_to(f"2026-{day}T09:00:02Z")
        assert (move_on.move_returns(), move_on.move_returns()) == (1, 0)
        assert [each["status"] for each in sale.returns() if each["return_id"] == lost] == [status]
    assert sale.send_back(sale.line(2), key="4").faults == {"/lines/0/quantity": "QUANTITY_TOO_HIGH"}


def test_the_window_for_returns_ends_whether_or_not_a_schedule_has_come(sale: Sale, clock: Any) -> None:
    sale.deliver(sale.ship())
    clock.move_to("2026-12-23T09:00:01Z")

    for _ in range(2):
        reply = sale.send_back(sale.line(1))
        assert (reply.status, reply.code) == (409, "NOT_RETURNABLE")
        assert reply.faults == {"/lines/0/line_id": "RETURN_WINDOW_OVER"}
        move_on.move_orders()
    assert sale.status == "CLOSED"


def test_only_what_has_left_one_supplier_is_in_a_return(sale: Sale) -> None:
    pot = {"line_id": sale.pot, "quantity": 1}

    assert sale.send_back(pot).faults == {"/lines/0/line_id": "LINE_NOT_SHIPPED"}
    sale.ship()
    assert sale.send_back(sale.line(1), pot).faults == {"/lines/1/line_id": "SEVERAL_SUPPLIERS"}
    assert sale.send_back({"line_id": "lin_x", "quantity": 1}).faults == {"/lines/0/line_id": "UNKNOWN_LINE"}
    assert sale.read()["returns"] == []


def test_no_more_is_paid_back_than_was_paid(sale: Sale) -> None:
    sale.ship()

    assert sale.refund({"amount": euros("3.33")}, key="1").status == 201
    assert sale.refund({"amount": euros("3.33")}, key="1").headers["Idempotency-Replayed"] == "true"
    assert sale.refund({"amount": euros("3.34")}, key="1").code == "IDEMPOTENCY_KEY_REUSED"
    assert sale.status == "SHIPPED"
    for line, pointer in (
        ({"quantity": 2}, "/lines/0/quantity"),
        ({"amount": euros("6.68")}, "/lines/0/amount"),
    ):
        over = sale.refund(line)
        assert (over.status, over.code, over.faults) == (422, "REFUND_TOO_HIGH", {pointer: "REFUND_TOO_HIGH"})
    assert sale.refund({"amount": euros("6.67")}).status == 201
    assert sale.status == "REFUNDED"
    assert sale.read()["lines"][0]["refunded_amount"] == euros("10.00")


def test_a_refund_that_does_not_fit_is_refused(sale: Sale) -> None:
    foreign = {"amount": "1.00", "currency": "USD"}

    assert sale.refund({}).faults == {"/lines/0": "INVALID_VALUE"}
    assert sale.refund({"shipping": euros("0.00")}).faults == {"/lines/0/shipping": "INVALID_VALUE"}
    assert sale.refund({"shipping": foreign}).faults == {"/lines/0/shipping/currency": "CURRENCY_MISMATCH"}
    assert sale.refund({"shipping": euros("99.00")}).code == "REFUND_TOO_HIGH"
    assert sale.refund({"quantity": 1, "amount": euros("1.00")}).faults == {"/lines/0": "INVALID_VALUE"}
    assert sale.refund({"amount": euros("0.00")}).faults == {"/lines/0/amount": "INVALID_VALUE"}
    assert sale.refund({"amount": foreign}).faults == {"/lines/0/amount/currency": "CURRENCY_MISMATCH"}
    assert sale.refund({"line_id": sale.pot, "quantity": 1}).faults == {"/lines/0/line_id": "UNKNOWN_LINE"}


def test_another_suppliers_key_reaches_nothing(sale: Sale) -> None:
    shipment, returned = sale.ship(), sale.send_back(sale.line(1)).json["return_id"]
    shipping = f"/{sale.part}/shipments"
    refund = {"lines": [{"line_id": sale.tea, "reason": "x", "quantity": 1}]}
    before = sale.read()

    parcel = shipment.json["shipment_id"]
    bought = call(
        "POST", "/orders", an_order_body(a_line(sale.other.offer_id)), headers={"Idempotency-Key": "z"}
    )
    their_order, their_token = bought.json["order"]["order_id"], bought.json["order_token"]

    replies = [
        sale.other.send("POST", f"{shipping}/{parcel}/delivery", {}),
        sale.other.send("POST", f"/{sale.other_part}/shipments/{parcel}/delivery", {}),
        call("POST", f"/orders/{their_order}/returns/{returned}/cancellation", token=their_token),
        sale.other.send("POST", f"/{sale.part}/refunds", refund),
        sale.settle(returned, "acceptance", seller=sale.other),
        sale.settle(returned, "refusal", {"reason": "x"}, seller=sale.other),
        sale.settle(returned, "receipt", {}, seller=sale.other),
        sale.settle("ret_nonsense", "receipt", {}),
    ]

    assert {reply.status for reply in replies} == {404}
    theirs = {"lines": [{**refund["lines"][0], "line_id": sale.pot}], "return_id": returned}
    linked = sale.other.send("POST", f"/{sale.other_part}/refunds", theirs)
    assert linked.faults == {"/return_id": "UNKNOWN_RETURN"}
    assert (sale.returns(seller=sale.other), sale.read()) == ([], before)
