"""What a supplier is told that it is not to ship, and what it says to that.

Pieces that it has accepted it is asked to let go of; until it answers they are its to ship. Pieces that it
was asked for and that were taken back before it answered are void: it is told so, and may be too late.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.acceptance import (
    OPEN_ATTEMPT,
    Fault,
    InvalidLines,
)
from chalicelib.domain.errors import DomainError
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder
from chalicelib.domain.settlement import Settlement, StockMove, pieces_asked
from chalicelib.domain.shipping import progress

REQUESTED = "CANCELLATION_REQUESTED"
ACCEPTED, REJECTED = "CANCELLATION_ACCEPTED", "CANCELLATION_REJECTED"
STATUSES = frozenset({ACCEPTED, REJECTED})
"""What a supplier answers."""

CUSTOMER_CANCELED = "CUSTOMER_CANCELED"
VOID_REFUSED = "VOID_REFUSED"
"""Why an attempt needs a person: the supplier ships what was taken back."""

_UNANSWERED = frozenset({"EXPIRED", "UNREACHABLE"})


@dataclass(frozen=True)
class LetGo:
    """What a supplier says of one line: how many pieces it does not ship, by default all it was told of."""

    line_id: str
    quantity: int | None = None


@dataclass(frozen=True)
class CancellationAnswer:
    """A supplier's answer. Without `lines`, `status` speaks for all that it was told of; with them, what they
    leave out is rejected."""

    status: str
    lines: tuple[LetGo, ...] | None = None


class NothingAsked(DomainError):
    """A supplier answers what it was not asked."""


def is_open(supplier_order: SupplierOrder) -> bool:
    """Whether the supplier has yet to say that it does not ship something."""
    return any(map(told, supplier_order.lines))


def told(line: OrderLine) -> int:
    """Pieces that the supplier is told of."""
    return line.void + line.cancel_requested


def to_tell(attempt: Attempt, *, now: str) -> Attempt:
    """The attempt with something new that the supplier has to be told."""
    return replace(attempt, notice="DUE", notice_at=now, notices=attempt.notices + 1)


def message_id(attempt: Attempt) -> str:
    """What a notice is known by, however often it is sent."""
    return f"{attempt.attempt_id.replace('att_', 'can_', 1)}_{attempt.notices}"


def message(supplier_order: SupplierOrder) -> dict[str, object]:
    """What the supplier is told: why (`reason`) it is not to ship the pieces of `lines`. That is how its
    attempt has ended, unless the shopper has canceled. A supplier may not know that an earlier notice was
    heard, and we not that it was: so `remaining_quantity` says what is to be shipped of the line in all."""
    attempt, lines = supplier_order.attempt, supplier_order.lines
    canceled = attempt.status not in _UNANSWERED and any(
        line.canceled or line.cancel_requested for line in lines
    )
    return {
        "attempt_id": attempt.attempt_id,
        "supplier_order_id": supplier_order.supplier_order_id,
        "order_id": supplier_order.order_id,
        "reason": CUSTOMER_CANCELED if canceled else attempt.status,
        "lines": [
            {
                "line_id": line.line_id,
                "quantity": told(line),
                "remaining_quantity": waiting(supplier_order, line) + line.accepted - line.cancel_requested,
            }
            for line in lines
            if told(line)
        ],
        **({"note": attempt.note} if canceled and attempt.note else {}),
    }


def answered(supplier_order: SupplierOrder, answer: CancellationAnswer, *, now: str) -> Settlement:
    """Apply the supplier's answer to all that it is told of.

    What it was asked to let go of and does not, it ships as before. What it ships although its time to answer
    was over, it has accepted, as long as nobody else has taken the line; for anything else a person decides.
    Raises InvalidLines for an answer that does not fit what was asked, NothingAsked where nothing was.
    """
    if not is_open(supplier_order):
        raise NothingAsked
    agreed = _agreed(supplier_order, answer)
    may_keep = supplier_order.attempt.status in _UNANSWERED
    lines = tuple(
        _answered(line, agreed.get(line.line_id, 0), may_keep=may_keep) for line in supplier_order.lines
    )
    return settlement(supplier_order, lines, _after_answer(supplier_order.attempt, lines, agreed, now), now)


def repeats(supplier_order: SupplierOrder, answer: CancellationAnswer) -> bool:
    """Whether the supplier has said so before."""
    return supplier_order.attempt.notice == ("DONE" if answer.status == ACCEPTED else "REFUSED")


def needs_person(supplier_order: SupplierOrder, *, now: str) -> SupplierOrder:
    """The supplier order for a person to decide on: the supplier ships what was taken back."""
    attempt = replace(supplier_order.attempt, notice="REFUSED", needs_settlement=True, reason=VOID_REFUSED)
    return replace(supplier_order, attempt=attempt, updated_at=now)


def status_of(lines: Sequence[OrderLine]) -> str:
    """The status of an attempt whose supplier has accepted these lines, by word of what it ships."""
    whole = all(line.accepted == pieces_asked(line) for line in lines)
    return "ACCEPTED" if whole else "PARTIALLY_ACCEPTED"


def run_out(supplier_order: SupplierOrder, *, now: str) -> SupplierOrder:
    """The supplier order once the time to answer is over. What was accepted is shipped, as nobody knows that
    it is not, and may be asked for again; what was taken back stays so."""
    attempt = supplier_order.attempt
    asked = any(line.cancel_requested for line in supplier_order.lines)
    return replace(
        supplier_order,
        lines=tuple(replace(line, cancel_requested=0) for line in supplier_order.lines),
        attempt=replace(attempt, status=REJECTED if asked else attempt.status, notice="GIVEN_UP"),
        updated_at=now,
    )


def overtaken(supplier_order: SupplierOrder) -> SupplierOrder:
    """The supplier order after a shipment: a request of which nothing is left is rejected by it."""
    attempt = supplier_order.attempt
    if attempt.status != REQUESTED or any(line.cancel_requested for line in supplier_order.lines):
        return supplier_order
    notice = attempt.notice if is_open(supplier_order) else "REFUSED"
    return replace(supplier_order, attempt=replace(attempt, status=REJECTED, notice=notice))


def voided(ended: SupplierOrder, *, before: SupplierOrder, now: str) -> SupplierOrder:
    """The supplier order whose attempt was ended without its supplier, with what it has to be told: the
    pieces that waited before, and were not taken, are not its to ship. One that was never asked needs to hear
    nothing."""
    if before.attempt.status != "SENT":
        return ended
    lines = tuple(
        replace(new, void=new.void + waiting(before, old) - new.accepted)
        for old, new in zip(before.lines, ended.lines, strict=True)
    )
    if lines == ended.lines:
        return ended
    return replace(ended, lines=lines, attempt=to_tell(ended.attempt, now=now))


def waiting(supplier_order: SupplierOrder, line: OrderLine) -> int:
    """Pieces of its line that wait for the supplier's answer."""
    waits = line.status == "WAITING_ACCEPTANCE" and supplier_order.attempt.status in OPEN_ATTEMPT
    return pieces_asked(line) if waits else 0


def stated(line: OrderLine) -> OrderLine:
    """The line with the status that its pieces give it, once some are canceled: where nothing of it goes on,
    the end of most of them."""
    if line.status == "WAITING_ACCEPTANCE":
        return line if pieces_asked(line) else replace(line, status="CANCELED")
    if line.accepted:
        return progress(line)
    refused = line.quantity - line.moved - line.canceled
    is_canceled = line.canceled and not line.remainder and line.canceled >= refused
    return replace(line, status="CANCELED") if is_canceled else line


def settlement(before: SupplierOrder, lines: tuple[OrderLine, ...], attempt: Attempt, now: str) -> Settlement:
    """The supplier order with these lines, and what they move in stock. What waits is reserved, what is
    accepted is sold; the stock of everything else is back."""
    moves = []
    for old, new in zip(before.lines, lines, strict=True):
        sold = new.accepted - old.accepted
        ended = pieces_asked(old) - pieces_asked(new) if waiting(before, old) else 0
        moves.append(StockMove(new.offer_id, sold=sold, released=ended - sold))
    return Settlement(replace(before, lines=lines, attempt=attempt, updated_at=now), merged(moves))


def merged(moves: Iterable[StockMove]) -> tuple[StockMove, ...]:
    """One move an offer, as a transaction writes its terms once."""
    found: dict[str, StockMove] = {}
    for move in moves:
        so_far = found.get(move.offer_id, StockMove(move.offer_id, 0, 0))
        found[move.offer_id] = replace(
            so_far, sold=so_far.sold + move.sold, released=so_far.released + move.released
        )
    return tuple(move for move in found.values() if move.sold or move.released)


def _agreed(supplier_order: SupplierOrder, answer: CancellationAnswer) -> Mapping[str, int]:
    """How many pieces of each line the supplier does not ship. Raises InvalidLines."""
    open_ = {line.line_id: told(line) for line in supplier_order.lines if told(line)}
    if answer.lines is None:
        return open_ if answer.status == ACCEPTED else {}
    faults, agreed = [], {}
    for index, each in enumerate(answer.lines):
        asked = open_.get(each.line_id, 0)
        pieces = asked if each.quantity is None else each.quantity
        if not asked:
            faults.append(Fault(index, "line_id", "UNKNOWN_LINE"))
        elif each.line_id in agreed:
            faults.append(Fault(index, "line_id", "DUPLICATE_LINE"))
        elif pieces > asked:
            faults.append(Fault(index, "quantity", "QUANTITY_TOO_HIGH"))
        elif pieces < 0:
            faults.append(Fault(index, "quantity", "QUANTITY_NEGATIVE"))
        agreed[each.line_id] = pieces
    if any(agreed.values()) != (answer.status == ACCEPTED):
        faults.append(Fault(None, "status", "CONTRADICTS_LINES"))
    if faults:
        raise InvalidLines(faults)
    return agreed


def _answered(line: OrderLine, agreed: int, *, may_keep: bool) -> OrderLine:
    if not told(line):
        return line
    granted = max(0, min(line.cancel_requested, agreed - line.void))
    refused = max(0, line.void - agreed)
    kept = min(refused, line.remainder) if may_keep else 0
    after = replace(
        line,
        accepted=line.accepted - granted + kept,
        canceled=line.canceled + granted,
        remainder=line.remainder - kept,
        void=refused - kept,
        cancel_requested=0,
    )
    return replace(after, status="SHIPPING", acceptance_code="ACCEPTED") if kept else stated(after)


def _after_answer(
    attempt: Attempt, lines: Sequence[OrderLine], agreed: Mapping[str, int], now: str
) -> Attempt:
    lets_go = any(agreed.values())
    told_so = replace(attempt, notice="DONE" if lets_go else "REFUSED")
    if attempt.status == REQUESTED:
        told_so = replace(told_so, status=ACCEPTED if lets_go else REJECTED)
    elif attempt.status in _UNANSWERED and any(line.accepted for line in lines):
        told_so = replace(told_so, status=status_of(lines), answered_at=now, reason=None)
    if any(line.void for line in lines):
        return replace(told_so, needs_settlement=True, reason=VOID_REFUSED)
    if attempt.reason == VOID_REFUSED:
        return replace(told_so, needs_settlement=False, reason=None)
    return told_so
