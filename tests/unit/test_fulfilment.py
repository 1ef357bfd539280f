"""Shipping, delivering, sending back and paying back, in any order: nothing more than there is."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chalicelib.domain import cancellation, notices, payable, refunds, returns, shipping
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.after_sales import Return
from chalicelib.domain.cancellation import NotCancelable, Unwanted
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.money import Money
from chalicelib.domain.order import Attempt, Order, OrderLine, OrderRecord, PlacedLine, SupplierOrder

NOW = "2026-11-23T09:00:00.000Z"
PRICES = {"lin_1": Money(333, "EUR"), "lin_2": Money(1999, "EUR")}
PLACED = Order(
    "ord_x",
    "EUR",
    tuple(
        PlacedLine(
            line_id,
            "off_1",
            "prd_1",
            "sup_1",
            "so_x_1",
            "A",
            None,
            "Tea",
            5,
            price,
            shipping=499,
            tax=101,
            shipping_tax=17,
        )
        for line_id, price in PRICES.items()
    ),
    Money.zero("EUR"),
    Money.zero("EUR"),
    "pay",
    Money(99999, "EUR"),
    "hash",
)
LINES = st.lists(
    st.fixed_dictionaries({"line_id": st.sampled_from(sorted(PRICES)), "quantity": st.integers(1, 3)}),
    min_size=1,
    max_size=2,
)


class Fulfilment(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        lines = (
            OrderLine("lin_1", "off_1", 5, status="SHIPPING", accepted=4),
            OrderLine("lin_2", "off_2", 2, status="SHIPPING", accepted=2),
        )
        attempt = Attempt("att_x_1", "ACCEPTED")
        self.order = SupplierOrder("so_x_1", "ord_x", "sup_1", lines, attempt, accept_by=NOW)
        self.parcels: list[list[dict[str, Any]]] = []
        self.returns: list[Return] = []
        self.paid_back = self.gone = 0
        self.whole = self.to_pay

    @property
    def to_pay(self) -> int:
        return payable.of_order(OrderRecord(PLACED, None, (self.order,))).total

    @rule(lines=LINES)
    def ship(self, lines: list[dict[str, Any]]) -> None:
        try:
            self.order = shipping.ship(self.order, lines, now=NOW)
        except InvalidLines:
            return
        self.parcels.append(lines)

    @precondition(lambda self: self.parcels)
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        parcel = data.draw(st.sampled_from(self.parcels))
        self.parcels.remove(parcel)
        self.order = shipping.deliver(self.order, parcel, now=NOW)

    @rule(lines=LINES)
    def send_back(self, lines: list[dict[str, Any]]) -> None:
        if not list(returns.faults(self.order, lines)):
            self.order = returns.hold(self.order, lines, now=NOW)
            said = tuple({**line, "reason": "broken"} for line in lines)
            self.returns.append(Return("ret_x", "ord_x", "so_x_1", "sup_1", said, moved_at=NOW))

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), status=st.sampled_from([*returns.STATUSES]))
    def move_a_return(self, data: st.DataObject, status: str) -> None:
        place = data.draw(st.integers(0, len(self.returns) - 1))
        was = self.returns[place]
        try:
            if status == "RECEIVED":
                came = [
                    {**line, "quantity": data.draw(st.integers(0, line["quantity"]))} for line in was.lines
                ]
                moved = returns.receive(was, self.order, returns.as_received(was, came), now=NOW)
            else:
                moved = returns.move(was, self.order, status, now=NOW)
        except IllegalMove:
            return
        self.returns[place], self.order = moved.returned, moved.supplier_order

    @rule(line_id=st.sampled_from(sorted(PRICES)), pieces=st.integers(1, 4))
    def call_off(self, line_id: str, pieces: int) -> None:
        record = OrderRecord(PLACED, None, (self.order,))
        try:
            (changed,) = cancellation.cancel(record, [Unwanted(line_id, pieces)], now=NOW) or (None,)
        except (NotCancelable, InvalidLines):
            return
        self.order = changed.supplier_order if changed else self.order

    @rule(status=st.sampled_from(sorted(notices.STATUSES)))
    def let_go(self, status: str) -> None:
        if notices.is_open(self.order):
            answer = notices.CancellationAnswer(status)
            self.order = notices.answered(self.order, answer, now=NOW).supplier_order

    @rule(
        line_id=st.sampled_from(sorted(PRICES)),
        of=st.dictionaries(st.sampled_from(["amount", "shipping"]), st.integers(1, 2500), min_size=1),
    )
    def pay_back(self, line_id: str, of: dict[str, int]) -> None:
        amounts = {name: Money(minor, "EUR").as_json() for name, minor in of.items()}
        try:
            self.order, lines = refunds.refund(
                PLACED, self.order, [{"line_id": line_id, "reason": "late", **amounts}], now=NOW
            )
        except InvalidLines:
            return
        self.paid_back += of.get("amount", 0)
        self.gone += sum(line.amount.minor + line.shipping + line.tax for line in lines)

    @rule()
    def time_passes(self) -> None:
        moved = shipping.after_time(
            self.order,
            now="2027-06-01T00:00:00.000Z",
            delivered_after=shipping.DAY,
            return_window=shipping.DAY,
        )
        self.order = moved or self.order

    @invariant()
    def nothing_is_more_than_there_is(self) -> None:
        for line in self.order.lines:
            price = PRICES[line.line_id].minor
            assert 0 <= line.returned <= line.shipped <= line.accepted
            assert line.delivered <= line.shipped
            assert line.refunded <= price * line.accepted
            assert line.status != "REFUNDED" or line.refunded == price * line.accepted

    @invariant()
    def pieces_are_in_the_returns_that_hold_them(self) -> None:
        held = {line.line_id: 0 for line in self.order.lines}
        for each in self.returns:
            gone = each.status in ("REFUSED", "CANCELED")
            gone = gone or (each.status == "CLOSED" and not returns.was_received(each))
            for line in each.lines if not gone else ():
                held[line["line_id"]] += line.get("received", line["quantity"])
        assert held == {line.line_id: line.returned for line in self.order.lines}

    @invariant()
    def money_adds_up(self) -> None:
        assert sum(line.refunded for line in self.order.lines) == self.paid_back
        assert 0 <= self.to_pay <= self.whole - self.gone
        if not any(line.canceled for line in self.order.lines):
            assert self.to_pay == self.whole - self.gone


TestFulfilment = Fulfilment.TestCase
TestFulfilment.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
