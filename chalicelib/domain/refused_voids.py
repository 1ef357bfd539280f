"""What a supplier ships although it was taken back from it, as a person decides."""

from dataclasses import replace

from chalicelib.domain import notices
from chalicelib.domain.acceptance import TAKING, Answer, ByHand
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.order import OrderLine, SupplierOrder
from chalicelib.domain.settlement import Settlement


def still_refused(supplier_order: SupplierOrder) -> SupplierOrder:
    """The supplier order, just settled: where its supplier had said before that it ships void pieces, a
    person has to decide on those all the same."""
    if supplier_order.attempt.notice != "REFUSED" or not any(line.void for line in supplier_order.lines):
        return supplier_order
    attempt = replace(supplier_order.attempt, needs_settlement=True, reason=notices.VOID_REFUSED)
    return replace(supplier_order, attempt=attempt)


def settle_by_hand(supplier_order: SupplierOrder, answer: Answer, *, by_hand: ByHand, now: str) -> Settlement:
    """Decide on what the supplier ships although it was taken back: what the answer accepts is its after all,
    the rest it does not ship. Raises IllegalMove for pieces that another supplier has taken over."""
    lines = tuple(_decided(line, _kept(line, answer)) for line in supplier_order.lines)
    keeps = any(new.accepted > old.accepted for old, new in zip(supplier_order.lines, lines, strict=True))
    attempt = replace(
        supplier_order.attempt,
        needs_settlement=False,
        reason=by_hand.reason,
        by=by_hand.actor,
        notice="REFUSED" if keeps else "DONE",
    )
    if keeps:
        attempt = replace(attempt, status=notices.status_of(lines), answered_at=now)
    return notices.settlement(supplier_order, lines, attempt, now)


def _kept(line: OrderLine, answer: Answer) -> int:
    """How many of the line's void pieces the answer accepts."""
    if answer.lines is None:
        return line.void if answer.status in TAKING else 0
    said = (each for each in answer.lines if each.line_id == line.line_id and each.code in TAKING)
    return sum(line.void if each.quantity is None else min(each.quantity, line.void) for each in said)


def _decided(line: OrderLine, kept: int) -> OrderLine:
    accepted, remainder = line.accepted + kept, line.remainder - min(kept, line.remainder)
    free = line.quantity - line.moved - remainder - accepted
    if free < 0:
        raise IllegalMove("line", "moved to another supplier", "accepted")
    after = replace(line, accepted=accepted, remainder=remainder, canceled=min(line.canceled, free), void=0)
    return replace(after, status="SHIPPING", acceptance_code="ACCEPTED") if kept else notices.stated(after)
