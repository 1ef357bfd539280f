from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chalicelib.domain import acceptance, cancellation, notices, refused_voids, shipping
from chalicelib.domain.acceptance import Answer, ByHand, InvalidLines, LineAnswer
from chalicelib.domain.cancellation import NotCancelable, Unwanted
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.money import Money
from chalicelib.domain.notices import CancellationAnswer, LetGo, NothingAsked
from chalicelib.domain.order import Attempt, Order, OrderLine, OrderRecord, SupplierOrder
from chalicelib.domain.settlement import Settlement, StockMove

NOW = "2026-11-23T09:00:00.000Z"
LET_GO, KEPT = CancellationAnswer("CANCELLATION_ACCEPTED"), CancellationAnswer("CANCELLATION_REJECTED")


def a_part(*quantities: int, attempt: str = "PLANNED", number: int = 1, first: int = 1) -> SupplierOrder:
    lines = tuple(
        OrderLine(f"lin_x_{n}", f"off_{n}", quantity) for n, quantity in enumerate(quantities, first)
    )
    return SupplierOrder(
        f"so_x_{number}", "ord_x", f"sup_{number}", lines, Attempt(f"att_x_{number}", attempt), accept_by=NOW
    )


def an_accepted_part(*quantities: int) -> SupplierOrder:
    return acceptance.settle(a_part(*quantities, attempt="SENT"), Answer("ACCEPTED"), now=NOW).supplier_order


def of(*parts: SupplierOrder) -> OrderRecord:
    zero = Money(0, "EUR")
    return OrderRecord(Order("ord_x", "EUR", (), zero, zero, "p", zero, "h"), None, parts)


def cancel(part: SupplierOrder, *unwanted: Unwanted) -> Settlement:
    (settlement,) = cancellation.cancel(of(part), unwanted or None, now=NOW)
    return settlement


def faults(work: Callable[[], Any]) -> list[tuple[int | None, str, str]]:
    with pytest.raises((NotCancelable, InvalidLines)) as caught:
        work()
    return [(fault.line, fault.field, fault.code) for fault in caught.value.faults]


def lines(part: SupplierOrder) -> list[tuple[str, int, int, int, int]]:
    """Status, accepted, canceled, asked for, void."""
    return [
        (line.status, line.accepted, line.canceled, line.cancel_requested, line.void) for line in part.lines
    ]


def test_what_no_supplier_was_sent_is_canceled_and_nobody_is_told() -> None:
    settlement = cancel(a_part(2, 3))

    assert lines(settlement.supplier_order) == [("CANCELED", 0, 2, 0, 0), ("CANCELED", 0, 3, 0, 0)]
    assert settlement.moves == (StockMove("off_1", 0, 2), StockMove("off_2", 0, 3))
    attempt = settlement.supplier_order.attempt
    assert (attempt.status, attempt.notice) == ("CANCELLATION_ACCEPTED", None)


def test_what_was_sent_is_canceled_at_once_and_the_supplier_is_told() -> None:
    settlement = cancel(a_part(2, attempt="SENT"))

    assert lines(settlement.supplier_order) == [("CANCELED", 0, 2, 0, 2)]
    assert settlement.moves == (StockMove("off_1", 0, 2),)
    attempt = settlement.supplier_order.attempt
    assert (attempt.status, attempt.notice, attempt.notice_at) == ("CANCELLATION_REQUESTED", "DUE", NOW)
    assert notices.message_id(attempt) == "can_x_1_1"
    assert notices.message(settlement.supplier_order)["lines"] == [
        {"line_id": "lin_x_1", "quantity": 2, "remaining_quantity": 0}
    ]


def test_what_was_accepted_is_asked_for_and_stays_sold_until_it_is_let_go() -> None:
    asked = cancel(an_accepted_part(3), Unwanted("lin_x_1", 2))
    settlement = notices.answered(asked.supplier_order, LET_GO, now=NOW)

    assert lines(asked.supplier_order) == [("SHIPPING", 3, 0, 2, 0)]
    assert asked.moves == ()
    assert lines(settlement.supplier_order) == [("SHIPPING", 1, 2, 0, 0)]
    assert settlement.moves == (StockMove("off_1", -2, 2),)
    assert settlement.supplier_order.attempt.status == "CANCELLATION_ACCEPTED"


def test_what_is_not_let_go_is_shipped_and_may_be_asked_for_again() -> None:
    refused = notices.answered(cancel(an_accepted_part(3)).supplier_order, KEPT, now=NOW).supplier_order
    again = cancel(refused).supplier_order

    assert lines(refused) == [("SHIPPING", 3, 0, 0, 0)]
    assert (refused.attempt.status, again.attempt.status) == (
        "CANCELLATION_REJECTED",
        "CANCELLATION_REQUESTED",
    )
    assert notices.message_id(again.attempt) == "can_x_1_2"


def test_a_supplier_lets_go_of_some_of_it() -> None:
    asked = cancel(an_accepted_part(3, 1)).supplier_order
    answer = CancellationAnswer("CANCELLATION_ACCEPTED", (LetGo("lin_x_1", 1),))

    assert lines(notices.answered(asked, answer, now=NOW).supplier_order) == [
        ("SHIPPING", 2, 1, 0, 0),
        ("SHIPPING", 1, 0, 0, 0),
    ]


def test_pieces_that_wait_for_another_supplier_go_first() -> None:
    taken = Answer(None, (LineAnswer("lin_x_1", "ACCEPTED", 2),))
    part = acceptance.settle(a_part(5, attempt="SENT"), taken, now=NOW).supplier_order
    settlement = cancel(part, Unwanted("lin_x_1", 4))

    assert lines(settlement.supplier_order) == [("SHIPPING", 2, 3, 1, 0)]
    assert settlement.supplier_order.lines[0].remainder == 0
    assert settlement.moves == ()


def test_the_same_request_again_changes_nothing() -> None:
    for part in (a_part(3), a_part(3, attempt="SENT"), an_accepted_part(3)):
        for unwanted in ([], [Unwanted("lin_x_1")], [Unwanted("lin_x_1", 2)]):
            once = cancel(part, *unwanted).supplier_order
            assert cancellation.cancel(of(once), unwanted or None, now=NOW) == ()


def test_a_line_is_canceled_where_it_is_now() -> None:
    refused = acceptance.settle(a_part(2, attempt="SENT"), Answer("REJECTED"), now=NOW).supplier_order
    moved = replace(refused, lines=(replace(refused.lines[0], remainder=0, moved=2),))
    changes = cancellation.cancel(of(moved, a_part(2, number=2)), None, now=NOW)

    assert [change.supplier_order.supplier_order_id for change in changes] == ["so_x_2"]


@pytest.mark.parametrize(
    ("unwanted", "found"),
    [
        ([Unwanted("lin_x_9")], [(0, "line_id", "UNKNOWN_LINE")]),
        ([Unwanted("lin_x_1"), Unwanted("lin_x_1")], [(1, "line_id", "DUPLICATE_LINE")]),
        ([Unwanted("lin_x_1", 4)], [(0, "quantity", "QUANTITY_TOO_HIGH")]),
        ([Unwanted("lin_x_1", 3)], [(0, "quantity", "NOT_CANCELABLE")]),
        ([Unwanted("lin_x_1"), Unwanted("lin_x_2")], [(1, "line_id", "NOT_CANCELABLE")]),
    ],
    ids=["unknown", "twice", "more than there are", "more than have not left", "all has left"],
)
def test_what_cannot_be_canceled_is_refused_and_nothing_done(
    unwanted: list[Unwanted], found: list[tuple[int, str, str]]
) -> None:
    leaving = [{"line_id": "lin_x_1", "quantity": 1}, {"line_id": "lin_x_2", "quantity": 1}]
    part = shipping.ship(an_accepted_part(3, 1), leaving, now=NOW)

    assert faults(lambda: cancel(part, *unwanted)) == found


def test_an_order_of_which_all_has_left_is_not_canceled() -> None:
    part = shipping.ship(an_accepted_part(1), [{"line_id": "lin_x_1", "quantity": 1}], now=NOW)

    assert faults(lambda: cancel(part)) == []


def test_a_supplier_that_ships_has_rejected_what_is_left_of_the_request() -> None:
    asked = cancel(an_accepted_part(3), Unwanted("lin_x_1", 2)).supplier_order
    one, all_ = (
        notices.overtaken(shipping.ship(asked, [{"line_id": "lin_x_1", "quantity": pieces}], now=NOW))
        for pieces in (1, 3)
    )

    assert (one.attempt.status, one.lines[0].cancel_requested) == ("CANCELLATION_REQUESTED", 2)
    assert (all_.attempt.status, all_.attempt.notice) == ("CANCELLATION_REJECTED", "REFUSED")


def test_what_is_canceled_before_it_is_sent_is_not_asked_for_and_after_it_is_sent_still_is() -> None:
    sent = acceptance.mark_sent(cancel(a_part(3), Unwanted("lin_x_1", 1)).supplier_order, now=NOW)
    less = cancel(sent, Unwanted("lin_x_1", 2)).supplier_order
    settled = acceptance.settle(less, Answer(None, (LineAnswer("lin_x_1", "ACCEPTED", 2),)), now=NOW)

    assert (sent.lines[0].sent, less.lines[0].sent) == (2, 2)
    assert lines(settled.supplier_order) == [("SHIPPING", 1, 2, 0, 1)]
    assert settled.moves == (StockMove("off_1", 1, 0, lines_accepted=1),)
    assert settled.supplier_order.attempt.status == "ACCEPTED"


def expired(*quantities: int) -> SupplierOrder:
    before = a_part(*quantities, attempt="SENT")
    ended = acceptance.give_up(before, status="EXPIRED", reason="NO_ANSWER", now=NOW).supplier_order
    return notices.voided(ended, before=before, now=NOW)


def test_an_attempt_that_expired_is_void_and_one_that_was_never_sent_is_not() -> None:
    planned = a_part(2)
    ended = acceptance.give_up(planned, status="UNREACHABLE", reason="NEVER_SENT", now=NOW).supplier_order

    assert lines(expired(2)) == [("REFUSED", 0, 0, 0, 2)]
    assert notices.message(expired(2))["reason"] == "EXPIRED"
    assert notices.voided(ended, before=planned, now=NOW) == ended


def test_a_supplier_that_ships_what_has_expired_has_accepted_it_while_nobody_else_has() -> None:
    settlement = notices.answered(expired(2), KEPT, now=NOW)

    assert lines(settlement.supplier_order) == [("SHIPPING", 2, 0, 0, 0)]
    assert settlement.supplier_order.lines[0].remainder == 0
    assert settlement.moves == (StockMove("off_1", 2, -2),)
    assert settlement.supplier_order.attempt.status == "ACCEPTED"


def test_a_supplier_that_ships_what_another_has_taken_over_is_for_a_person() -> None:
    part = expired(2)
    moved = replace(part, lines=(replace(part.lines[0], remainder=0, moved=2),))
    settlement = notices.answered(moved, KEPT, now=NOW)
    after = notices.answered(settlement.supplier_order, LET_GO, now=NOW).supplier_order

    attempt = settlement.supplier_order.attempt
    assert (attempt.status, attempt.needs_settlement, attempt.reason) == ("EXPIRED", True, "VOID_REFUSED")
    assert settlement.moves == ()
    assert (after.attempt.needs_settlement, lines(after)) == (False, [("REFUSED", 0, 0, 0, 0)])


def test_a_supplier_that_ships_what_the_shopper_canceled_is_for_a_person() -> None:
    part = cancel(a_part(2, attempt="SENT")).supplier_order
    after = notices.answered(part, KEPT, now=NOW).supplier_order

    assert lines(after) == [("CANCELED", 0, 2, 0, 2)]
    assert (after.attempt.status, after.attempt.needs_settlement) == ("CANCELLATION_REJECTED", True)


def test_a_person_gives_a_canceled_order_to_the_supplier_that_ships_it_or_not() -> None:
    refused = notices.answered(cancel(a_part(2, attempt="SENT")).supplier_order, KEPT, now=NOW).supplier_order
    by_hand = ByHand("admin-1", "it has left")
    kept = refused_voids.settle_by_hand(refused, Answer("ACCEPTED"), by_hand=by_hand, now=NOW)
    stopped = refused_voids.settle_by_hand(refused, Answer("REJECTED"), by_hand=by_hand, now=NOW)

    assert lines(kept.supplier_order) == [("SHIPPING", 2, 0, 0, 0)]
    assert kept.moves == (StockMove("off_1", 2, -2),)
    attempt = kept.supplier_order.attempt
    assert (attempt.status, attempt.needs_settlement) == ("ACCEPTED", False)
    assert (lines(stopped.supplier_order), stopped.moves) == ([("CANCELED", 0, 2, 0, 0)], ())


def test_a_person_gives_no_line_to_two_suppliers() -> None:
    part = expired(2)
    moved = replace(part, lines=(replace(part.lines[0], remainder=0, moved=2),))

    with pytest.raises(IllegalMove):
        refused_voids.settle_by_hand(moved, Answer("ACCEPTED"), by_hand=ByHand("admin-1", "-"), now=NOW)


def test_nobody_answers_what_was_not_asked() -> None:
    with pytest.raises(NothingAsked):
        notices.answered(an_accepted_part(1), LET_GO, now=NOW)


@pytest.mark.parametrize(
    ("status", "said", "found"),
    [
        (
            "ACCEPTED",
            [LetGo("lin_x_2")],
            [(0, "line_id", "UNKNOWN_LINE"), (None, "status", "CONTRADICTS_LINES")],
        ),
        ("ACCEPTED", [LetGo("lin_x_1"), LetGo("lin_x_1")], [(1, "line_id", "DUPLICATE_LINE")]),
        ("ACCEPTED", [LetGo("lin_x_1", 3)], [(0, "quantity", "QUANTITY_TOO_HIGH")]),
        ("ACCEPTED", [LetGo("lin_x_1", 0)], [(None, "status", "CONTRADICTS_LINES")]),
        ("REJECTED", [LetGo("lin_x_1", 1)], [(None, "status", "CONTRADICTS_LINES")]),
    ],
    ids=["unknown", "twice", "more than asked", "accepts nothing", "rejects and lets go"],
)
def test_an_answer_that_does_not_fit_changes_nothing(
    status: str, said: list[LetGo], found: list[tuple[int | None, str, str]]
) -> None:
    asked = cancel(an_accepted_part(3, 1), Unwanted("lin_x_1", 2)).supplier_order
    answer = CancellationAnswer(f"CANCELLATION_{status}", tuple(said))

    assert faults(lambda: notices.answered(asked, answer, now=NOW)) == found


def test_without_an_answer_in_time_accepted_pieces_are_shipped_and_void_ones_stay_so() -> None:
    asked = notices.run_out(cancel(an_accepted_part(3)).supplier_order, now=NOW)
    void = notices.run_out(expired(2), now=NOW)

    assert (asked.attempt.status, asked.attempt.notice) == ("CANCELLATION_REJECTED", "GIVEN_UP")
    assert lines(asked) == [("SHIPPING", 3, 0, 0, 0)]
    assert (void.attempt.status, lines(void)) == ("EXPIRED", [("REFUSED", 0, 0, 0, 2)])


class OneSupplierOrder(RuleBasedStateMachine):
    """Everything that may happen to a supplier order of two lines, in any order, with the stock beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.part = a_part(3, 2)
        self.stock = {"off_1": [7, 3, 0], "off_2": [8, 2, 0]}

    def store(self, settlement: Settlement) -> None:
        for move in settlement.moves:
            available, reserved, sold = self.stock[move.offer_id]
            self.stock[move.offer_id] = [
                available + move.released,
                reserved - move.released - move.sold,
                sold + move.sold,
            ]
        self.part = settlement.supplier_order

    def is_waiting(self) -> bool:
        return self.part.attempt.status in acceptance.OPEN_ATTEMPT

    @precondition(is_waiting)
    @rule()
    def send(self) -> None:
        self.part = acceptance.mark_sent(self.part, now=NOW)

    @precondition(is_waiting)
    @rule(first=st.integers(0, 3), second=st.integers(0, 2), may_move=st.booleans())
    def answer(self, first: int, second: int, may_move: bool) -> None:
        said = (LineAnswer("lin_x_1", "ACCEPTED", first), LineAnswer("lin_x_2", "ACCEPTED", second))
        asked = acceptance.Asked(may_change_supplier=may_move)
        try:
            settled = acceptance.settle(self.part, Answer(None, said), now=NOW, asked=asked)
        except InvalidLines:
            return
        after = refused_voids.still_refused(settled.supplier_order)
        self.store(replace(settled, supplier_order=after))

    @precondition(is_waiting)
    @rule()
    def expire(self) -> None:
        ended = acceptance.give_up(self.part, status="EXPIRED", reason="NO_ANSWER", now=NOW)
        self.store(
            replace(ended, supplier_order=notices.voided(ended.supplier_order, before=self.part, now=NOW))
        )

    @rule()
    def move_remainders(self) -> None:
        lines = (replace(line, moved=line.moved + line.remainder, remainder=0) for line in self.part.lines)
        self.part = replace(self.part, lines=tuple(lines))

    @rule(
        unwanted=st.none()
        | st.lists(
            st.builds(Unwanted, st.sampled_from(["lin_x_1", "lin_x_2"]), st.none() | st.integers(1, 3)),
            min_size=1,
            max_size=2,
        )
    )
    def cancel(self, unwanted: list[Unwanted] | None) -> None:
        try:
            changes = cancellation.cancel(of(self.part), unwanted, now=NOW)
        except (NotCancelable, InvalidLines):
            return
        for change in changes:
            self.store(change)
        assert cancellation.cancel(of(self.part), unwanted, now=NOW) == ()

    @precondition(lambda self: notices.is_open(self.part))
    @rule(
        status=st.sampled_from(sorted(notices.STATUSES)),
        said=st.none()
        | st.lists(
            st.builds(LetGo, st.sampled_from(["lin_x_1", "lin_x_2"]), st.none() | st.integers(0, 3)),
            max_size=2,
        ),
    )
    def hear(self, status: str, said: list[LetGo] | None) -> None:
        answer = CancellationAnswer(status, None if said is None else tuple(said))
        try:
            self.store(notices.answered(self.part, answer, now=NOW))
        except InvalidLines:
            return

    @precondition(lambda self: self.part.attempt.needs_settlement and not self.is_waiting())
    @rule(decision=st.sampled_from(["ACCEPTED", "REJECTED"]))
    def decide(self, decision: str) -> None:
        by_hand = ByHand("admin-1", "called them")
        try:
            self.store(refused_voids.settle_by_hand(self.part, Answer(decision), by_hand=by_hand, now=NOW))
        except IllegalMove:
            return
        assert not any(line.void for line in self.part.lines)

    @precondition(lambda self: notices.is_open(self.part))
    @rule()
    def run_out(self) -> None:
        self.part = notices.run_out(self.part, now=NOW)

    @rule(line_id=st.sampled_from(["lin_x_1", "lin_x_2"]), quantity=st.integers(1, 3))
    def ship(self, line_id: str, quantity: int) -> None:
        try:
            shipped = shipping.ship(self.part, [{"line_id": line_id, "quantity": quantity}], now=NOW)
        except InvalidLines:
            return
        self.part = notices.overtaken(shipped)

    @invariant()
    def no_piece_is_lost(self) -> None:
        for line in self.part.lines:
            assert line.accepted + line.canceled + line.remainder + line.moved <= line.quantity
            assert 0 <= line.shipped <= line.accepted
            assert 0 <= line.cancel_requested <= line.accepted - line.shipped

    @invariant()
    def stock_adds_up(self) -> None:
        for line in self.part.lines:
            available, reserved, sold = self.stock[line.offer_id]
            assert available + reserved + sold == 10
            assert reserved == notices.waiting(self.part, line)
            assert sold == line.accepted

    @invariant()
    def a_supplier_is_told_of_what_is_open(self) -> None:
        if notices.is_open(self.part):
            assert self.part.attempt.notice is not None
        if self.part.attempt.notice == "REFUSED" and notices.is_open(self.part):
            assert self.part.attempt.needs_settlement
        if any(line.cancel_requested for line in self.part.lines):
            assert (self.part.attempt.status, self.part.attempt.notice) == ("CANCELLATION_REQUESTED", "DUE")


TestOneSupplierOrder = OneSupplierOrder.TestCase
TestOneSupplierOrder.settings = settings(stateful_step_count=20, deadline=None)
