"""Shipping, delivering, sending back and paying back through the table: each said twice, and in any order."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from conftest import Meddle
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from marketplace import euros
from test_orders import Ordered

from chalicelib.domain.errors import IllegalMove
from chalicelib.problems import Problem
from chalicelib.services import move_on, settle_return
from chalicelib.services.idempotency import Outcome
from chalicelib.services.refund_order import refund
from chalicelib.services.return_order import open_return
from chalicelib.services.ship_order import deliver, ship
from chalicelib.storage import ledger

pytestmark = pytest.mark.usefixtures("aws")

numbers = itertools.count()
Pieces = dict[str, Any]


class AfterSales(RuleBasedStateMachine):
    """Two teas and three pots at 5.00 each, shipping and tax beside, accepted; every request is sent twice
    under its key."""

    def __init__(self) -> None:
        super().__init__()
        self.traveller = time_machine.travel("2026-11-23T09:00:00Z", tick=False)
        self.clock = self.traveller.start()
        self.ordered = Ordered(f"key-{next(numbers)}", shipping=euros("4.99"), tax=euros("6.31"))
        self.ordered.accept_all()
        self.where = self.ordered.supplier_id, self.ordered.part_id
        self.lines = [self.ordered.tea_line, self.ordered.pot_line]

    def teardown(self) -> None:
        self.traveller.stop()

    def send(self, request: Callable[[str], Any]) -> Any:
        """Send it twice: the second time changes nothing, and is told what the first was."""
        key = f"key-{next(numbers)}"
        first, order = attempted(request, key), self.ordered.read()
        again = attempted(request, key)
        assert (again, self.ordered.read()) == (first, order)
        self.check(order)
        return first

    def check(self, order: dict[str, Any]) -> None:
        """What the order shows holds, and adds up to what was done."""
        shown = [sum_of(order["shipments"], line, "quantity") for line in self.lines]
        paid_back = [cents(order["refunds"], line) for line in self.lines]
        for line, shipped, minor in zip(order["lines"], shown, paid_back, strict=True):
            assert line["shipped_quantity"] == shipped <= line["accepted_quantity"]
            assert line.get("returned_quantity", 0) <= shipped
            assert line.get("delivered_quantity", 0) <= shipped
            assert minor <= 500 * line["accepted_quantity"]
            assert line.get("refunded_amount", euros("0.00")) == euros(f"{minor / 100:.2f}")
        self.check_money(order)

    def check_money(self, order: dict[str, Any]) -> None:
        """What was placed is what went back and what is still to be paid, which is what the ledger says."""
        placed, refunded = (as_cents(each) for each in (order["totals"]["grand_total"], order["refunded"]))
        to_pay = as_cents(order["payable"]["total"])
        assert (placed, to_pay) == (3630, 3630 - refunded)
        assert refunded == sum(as_cents(each["amount"]) for each in order["refunds"])
        moved = [move for posting in ledger.walk(self.ordered.supplier_id) for move in posting.moves]
        charged = sum(move.minor for move in moved if move.source == "SHOPPER")
        assert to_pay == charged - sum(move.minor for move in moved if move.target == "SHOPPER")

    @rule(tea=st.integers(0, 2), pots=st.integers(1, 3))
    def ship(self, tea: int, pots: int) -> None:
        body = {"carrier": "DHL", "lines": self.pieces(tea, pots)}
        self.send(lambda key: ship(*self.where, body, idempotency_key=key))

    @rule(which=st.integers(0, 9))
    def deliver(self, which: int) -> None:
        if shipments := self.ordered.read()["shipments"]:
            parcel = shipments[which % len(shipments)]["shipment_id"]
            self.send(lambda _: deliver(*self.where, parcel, delivered_at=None))

    @rule(tea=st.integers(1, 2), pots=st.integers(0, 3))
    def send_back(self, tea: int, pots: int) -> None:
        body = {"lines": [{**line, "reason": "broken"} for line in self.pieces(tea, pots)]}
        order_id = self.ordered.order["order_id"]
        self.send(lambda key: open_return(order_id, body, idempotency_key=key))

    @rule(which=st.integers(0, 9), answer=st.sampled_from(["accept", "refuse", "cancel", "receive"]))
    def answer_a_return(self, which: int, answer: str) -> None:
        order = self.ordered.read()
        if not order["returns"]:
            return
        return_id = order["returns"][which % len(order["returns"])]["return_id"]
        supplier_id = self.ordered.supplier_id
        answers: dict[str, Callable[[str], Any]] = {
            "accept": lambda _: settle_return.accept(supplier_id, return_id),
            "refuse": lambda _: settle_return.refuse(supplier_id, return_id, reason="worn"),
            "cancel": lambda _: settle_return.cancel(order["order_id"], return_id),
            "receive": lambda _: settle_return.receive(supplier_id, return_id, None),
        }
        self.send(answers[answer])

    @rule(
        line=st.integers(0, 1),
        minor=st.sampled_from([1, 499, 500, 1000, 1500]),
        of=st.sampled_from(["amount", "amount", "shipping"]),
    )
    def pay_back(self, line: int, minor: int, of: str) -> None:
        wanted = {"line_id": self.lines[line], of: euros(f"{minor / 100:.2f}"), "reason": "late"}
        body = {"lines": [wanted]}
        self.send(lambda key: refund(*self.where, body, idempotency_key=key, by="supplier"))

    @rule(days=st.sampled_from([8, 31]))
    def time_passes(self, days: int) -> None:
        self.clock.shift(days * 86_400)
        for work in (move_on.move_orders, move_on.move_returns):
            work()
            assert work() == 0
        self.check(self.ordered.read())

    def pieces(self, tea: int, pots: int) -> list[Pieces]:
        wanted = zip(self.lines, (tea, pots), strict=True)
        return [{"line_id": line, "quantity": quantity} for line, quantity in wanted if quantity]


def attempted(request: Callable[[str], Any], key: str) -> Any:
    try:
        answer = request(key)
    except (Problem, IllegalMove) as refusal:
        return str(refusal)
    return answer.answer if isinstance(answer, Outcome) else answer


def sum_of(shipments: list[dict[str, Any]], line_id: str, name: str) -> int:
    return sum(each[name] for one in shipments for each in one["lines"] if each["line_id"] == line_id)


def as_cents(money: dict[str, str]) -> int:
    return int(money["amount"].replace(".", ""))


def cents(refunds: list[dict[str, Any]], line_id: str) -> int:
    found = [each for one in refunds for each in one["lines"] if each["line_id"] == line_id]
    return sum(as_cents(each["amount"]) for each in found)


def test_nothing_is_more_than_there_is_whatever_is_said_twice_and_in_any_order() -> None:
    limits = settings(max_examples=4, stateful_step_count=10, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(AfterSales, settings=limits)  # type: ignore[no-untyped-call]


def test_two_refunds_at_once_do_not_pay_back_more_than_was_paid(before_the_transaction: Meddle) -> None:
    ordered = Ordered()
    ordered.accept_all()

    def pay_back(quantity: int, key: str) -> Outcome:
        line = {"line_id": ordered.tea_line, "quantity": quantity, "reason": "late"}
        return refund(
            ordered.supplier_id, ordered.part_id, {"lines": [line]}, idempotency_key=key, by="admin"
        )

    before_the_transaction(lambda: pay_back(2, "two"))
    with pytest.raises(Problem, match="REFUND_TOO_HIGH"):
        pay_back(1, "one")
    assert ordered.read()["lines"][0]["refunded_amount"] == euros("10.00")


def test_the_tax_on_what_is_paid_back_goes_back_by_itself() -> None:
    ordered = Ordered(shipping=euros("5.00"), tax=euros("6.00"))
    ordered.accept_all()

    def pay_back(key: str, **of: Any) -> Any:
        body = {"lines": [{"line_id": ordered.pot_line, "reason": "late", **of}]}
        return refund(ordered.supplier_id, ordered.part_id, body, idempotency_key=key, by="admin").answer

    goods, shipping = pay_back("1", quantity=1), pay_back("2", shipping=euros("1.50"))

    assert goods["lines"] == [
        {
            "line_id": ordered.pot_line,
            "quantity": 1,
            "amount": euros("5.00"),
            "tax": euros("1.00"),
            "reason": "late",
        }
    ]
    assert (goods["amount"], goods["tax"]) == (euros("6.00"), euros("1.00"))
    assert (shipping["amount"], shipping["tax"]) == (euros("1.80"), euros("0.30"))
    order = ordered.read()
    assert order["lines"][1]["refunded_shipping"] == euros("1.50")
    assert (order["refunded"], order["payable"]["total"]) == (euros("7.80"), euros("28.20"))
    with pytest.raises(Problem) as caught:
        pay_back("3", shipping=euros("1.51"))
    (error,) = caught.value.errors
    assert (caught.value.code, error.pointer) == ("REFUND_TOO_HIGH", "/lines/0/shipping")
    rest = pay_back("4", quantity=2, shipping=euros("1.50"))
    assert (rest["amount"], rest["tax"]) == (euros("13.80"), euros("2.30"))
    assert ordered.statuses == ["SHIPPING", "REFUNDED"]


def test_of_prices_that_hold_their_tax_no_more_goes_back_than_they_are() -> None:
    ordered = Ordered(shipping=euros("5.00"), tax=euros("5.00"), tax_included=True)
    ordered.accept_all()
    body = {"lines": [{"line_id": ordered.tea_line, "quantity": 2, "reason": "late"}]}

    paid_back = refund(ordered.supplier_id, ordered.part_id, body, idempotency_key="1", by="admin").answer

    assert (paid_back["amount"], paid_back["tax"]) == (euros("10.00"), euros("1.67"))
    assert ordered.read()["payable"] == {
        "items": euros("15.00"),
        "shipping": euros("5.00"),
        "tax": euros("3.33"),
        "total": euros("20.00"),
    }


def test_two_returns_at_once_do_not_hold_a_piece_twice(before_the_transaction: Meddle) -> None:
    ordered = Ordered()
    ordered.accept_all()
    ordered.ship((ordered.tea_line, 2))

    def send_back(quantity: int, key: str) -> Outcome:
        line = {"line_id": ordered.tea_line, "quantity": quantity, "reason": "broken"}
        return open_return(ordered.order["order_id"], {"lines": [line]}, idempotency_key=key)

    before_the_transaction(lambda: send_back(2, "two"))
    with pytest.raises(Problem, match="INVALID_BODY"):
        send_back(1, "one")
    assert ordered.read()["lines"][0]["returned_quantity"] == 2
