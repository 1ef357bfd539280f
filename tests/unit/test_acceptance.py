from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import acceptance
from chalicelib.domain.acceptance import Answer, InvalidLines, LineAnswer
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder
from chalicelib.domain.settlement import NOT_ITS_FAULT, Settlement, StockMove

NOW = "2026-11-23T09:00:00.000Z"


def a_supplier_order(*quantities: int, attempt: str = "SENT") -> SupplierOrder:
    lines = tuple(OrderLine(f"lin_{n}", f"off_{n}", quantity) for n, quantity in enumerate(quantities, 1))
    return SupplierOrder("so_x_1", "ord_x", "sup_1", lines, Attempt("att_x_1", attempt), accept_by=NOW)


def settle(before: SupplierOrder, answer: Answer) -> Settlement:
    return acceptance.settle(before, answer, now=NOW)


def states(settlement: Settlement) -> list[tuple[str, int, str | None]]:
    return [(line.status, line.accepted, line.acceptance_code) for line in settlement.supplier_order.lines]


def test_an_acceptance_without_lines_takes_every_line_whole() -> None:
    settlement = settle(a_supplier_order(2, 3), Answer("ACCEPTED", supplier_reference="R-1"))

    assert states(settlement) == [("SHIPPING", 2, "ACCEPTED"), ("SHIPPING", 3, "ACCEPTED")]
    assert settlement.moves == (StockMove("off_1", 2, 0, 1), StockMove("off_2", 3, 0, 1))
    assert settlement.supplier_order.attempt.status == "ACCEPTED"
    assert settlement.supplier_order.attempt.answered_at == NOW
    assert settlement.supplier_order.supplier_reference == "R-1"


def test_a_rejection_gives_all_stock_back() -> None:
    settlement = settle(a_supplier_order(2), Answer("REJECTED"))

    assert states(settlement) == [("REFUSED", 0, "OTHER")]
    assert settlement.moves == (StockMove("off_1", 0, 2, lines_refused=1),)
    assert settlement.supplier_order.attempt.status == "REJECTED"


def test_a_line_that_the_answer_leaves_out_is_refused() -> None:
    settlement = settle(a_supplier_order(2, 3), Answer("ACCEPTED", (LineAnswer("lin_1", "ACCEPTED", 2),)))

    assert states(settlement) == [("SHIPPING", 2, "ACCEPTED"), ("REFUSED", 0, "OTHER")]
    assert settlement.supplier_order.attempt.status == "PARTIALLY_ACCEPTED"


def test_the_part_of_a_line_that_is_not_taken_goes_back_to_stock() -> None:
    settlement = settle(a_supplier_order(5), Answer(None, (LineAnswer("lin_1", "ACCEPTED", 3),)))

    assert states(settlement) == [("SHIPPING", 3, "ACCEPTED")]
    assert settlement.moves == (StockMove("off_1", 3, 2, lines_refused=1),)
    assert settlement.supplier_order.attempt.status == "PARTIALLY_ACCEPTED"


def test_taking_nothing_is_a_refusal() -> None:
    assert states(settle(a_supplier_order(5), Answer(None, (LineAnswer("lin_1", "ACCEPTED", 0),)))) == [
        ("REFUSED", 0, "OUT_OF_STOCK")
    ]


def test_backordered_lines_keep_their_date() -> None:
    answer = Answer("BACKORDERED", (LineAnswer("lin_1", "BACKORDERED", 1, "2026-12-01"),))
    settlement = settle(a_supplier_order(1), answer)

    assert settlement.supplier_order.attempt.status == "BACKORDERED"
    assert settlement.supplier_order.lines[0].available_on == "2026-12-01"


def test_two_lines_of_one_offer_move_its_stock_once() -> None:
    before = a_supplier_order(2, 3)
    same = replace(before, lines=tuple(replace(line, offer_id="off_1") for line in before.lines))

    assert settle(same, Answer(None, (LineAnswer("lin_1", "ACCEPTED", 2),))).moves == (
        StockMove("off_1", 2, 3, lines_accepted=1, lines_refused=1),
    )


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (Answer("PARTIALLY_ACCEPTED"), ["MISSING_FIELD"]),
        (Answer(None), ["MISSING_FIELD"]),
        (Answer(None, (LineAnswer("lin_9", "ACCEPTED", 1),)), ["UNKNOWN_LINE"]),
        (Answer(None, (LineAnswer("lin_1", "ACCEPTED", 3),)), ["QUANTITY_TOO_HIGH"]),
        (Answer(None, (LineAnswer("lin_1", "ACCEPTED", -1),)), ["QUANTITY_NEGATIVE"]),
        (Answer(None, (LineAnswer("lin_1", "MAYBE", 1),)), ["UNKNOWN_CODE"]),
        (Answer("REJECTED", (LineAnswer("lin_1", "ACCEPTED", 1),)), ["CONTRADICTS_STATUS"]),
        (
            Answer(None, (LineAnswer("lin_1", "ACCEPTED", 1), LineAnswer("lin_1", "OTHER"))),
            ["DUPLICATE_LINE"],
        ),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(answer: Answer, codes: list[str]) -> None:
    with pytest.raises(InvalidLines) as caught:
        settle(a_supplier_order(2), answer)

    assert [fault.code for fault in caught.value.faults] == codes


@pytest.mark.parametrize("ended", ["ACCEPTED", "REJECTED", "EXPIRED", "UNREACHABLE"])
def test_an_attempt_that_has_ended_takes_no_answer(ended: str) -> None:
    before = a_supplier_order(1, attempt=ended)

    with pytest.raises(IllegalMove):
        settle(before, Answer("ACCEPTED"))
    with pytest.raises(IllegalMove):
        acceptance.mark_sent(before, now=NOW)


def test_an_attempt_may_be_answered_before_it_was_sent() -> None:
    after = settle(a_supplier_order(1, attempt="PLANNED"), Answer("ACCEPTED")).supplier_order

    assert after.attempt.status == "ACCEPTED"


def test_a_line_that_no_longer_waits_stays_as_it_is() -> None:
    before = a_supplier_order(1, 1)
    canceled = replace(before.lines[1], status="CANCELED")
    settlement = settle(replace(before, lines=(before.lines[0], canceled)), Answer("ACCEPTED"))

    assert settlement.supplier_order.lines[1] == canceled
    assert settlement.moves == (StockMove("off_1", 1, 0, lines_accepted=1),)


def test_giving_up_refuses_all_that_waits() -> None:
    settlement = acceptance.give_up(a_supplier_order(2), status="EXPIRED", reason="NO_ANSWER", now=NOW)

    assert states(settlement) == [("REFUSED", 0, "OTHER")]
    assert settlement.moves == (StockMove("off_1", 0, 2, lines_refused=1),)
    attempt = settlement.supplier_order.attempt
    assert (attempt.status, attempt.reason, attempt.answered_at) == ("EXPIRED", "NO_ANSWER", None)


def test_what_was_never_sent_is_no_refusal_of_the_supplier() -> None:
    unsent = a_supplier_order(2, attempt="PLANNED")
    settlement = acceptance.give_up(unsent, status="UNREACHABLE", reason="SUPPLIER_NOT_OPEN", now=NOW)

    assert settlement.moves == (StockMove("off_1", 0, 2),)


@pytest.mark.parametrize("code", sorted(NOT_ITS_FAULT))
def test_a_refusal_for_the_buyers_sake_is_none_of_the_supplier(code: str) -> None:
    settlement = settle(a_supplier_order(2), Answer(None, (LineAnswer("lin_1", code),)))

    assert settlement.moves == (StockMove("off_1", 0, 2),)


def test_each_sending_counts_as_a_try_and_forgets_the_last_reason() -> None:
    before = acceptance.note(a_supplier_order(1), reason="HTTP_503", now=NOW)
    attempt = acceptance.mark_sent(before, now=NOW).attempt

    assert (before.attempt.reason, attempt.reason) == ("HTTP_503", None)
    assert (attempt.status, attempt.tries, attempt.sent_at) == ("SENT", 1, NOW)


answers = st.builds(
    LineAnswer,
    line_id=st.sampled_from(["lin_1", "lin_2", "lin_3"]),
    code=st.sampled_from(sorted(acceptance.CODES)),
    quantity=st.none() | st.integers(0, 9),
)


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.lists(answers, max_size=3, unique_by=lambda each: each.line_id),
)
def test_no_piece_is_lost_or_gained_whatever_the_answer(
    quantities: list[int], spoken: list[LineAnswer]
) -> None:
    before = a_supplier_order(*quantities)
    answer = Answer(None, tuple(spoken))
    try:
        settlement = settle(before, answer)
    except InvalidLines:
        return

    assert sum(move.sold + move.released for move in settlement.moves) == sum(quantities)
    assert all(0 <= line.accepted <= line.quantity for line in settlement.supplier_order.lines)
    assert all(line.status in ("SHIPPING", "REFUSED") for line in settlement.supplier_order.lines)
    assert acceptance.repeats(settlement.supplier_order, answer)


def test_another_answer_is_no_repetition() -> None:
    after = settle(a_supplier_order(2), Answer("ACCEPTED")).supplier_order

    assert not acceptance.repeats(after, Answer(None, (LineAnswer("lin_1", "ACCEPTED", 1),)))
