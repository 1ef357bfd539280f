"""What a shopper does without: which pieces are canceled at once, and which a supplier is asked to let go of.

What no supplier has accepted is canceled at once, also where one was asked and has not answered. What one has
accepted and not shipped it is asked for. What has left is for a return.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain import notices
from chalicelib.domain.acceptance import OPEN_ATTEMPT, Fault, InvalidLines
from chalicelib.domain.errors import DomainError
from chalicelib.domain.notices import CUSTOMER_CANCELED, told, waiting
from chalicelib.domain.order import Attempt, OrderLine, OrderRecord, SupplierOrder, served_line
from chalicelib.domain.refunds import pieces_refunded
from chalicelib.domain.settlement import Settlement

Places = Mapping[str, tuple[SupplierOrder, OrderLine, int]]
"""Where each line is now, by its id: at the last supplier that was asked for it. The number is how many of
its accepted pieces are paid back, whole or in part: the money for them is not given back a second time."""


@dataclass(frozen=True)
class Unwanted:
    """A line as the shopper names it. `quantity` counts the pieces canceled of it in all, so that the same
    request twice is one; None is all that can be."""

    line_id: str
    quantity: int | None = None


class NotCancelable(DomainError):
    """Nothing of these lines can be canceled any more, or not so much; or nothing of the whole order, then
    with no faults. `faults` names the lines."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(fault.code for fault in self.faults))


def cancel(
    record: OrderRecord, unwanted: Sequence[Unwanted] | None, *, now: str, note: str | None = None
) -> tuple[Settlement, ...]:
    """The supplier orders that change where the shopper wants `unwanted` no more (None: all of the order).
    Raises InvalidLines for lines that are not the order's, NotCancelable."""
    places = {
        line.line_id: (part, line, _paid_back(record, part, line))
        for part in record.supplier_orders
        for line in part.lines
    }
    pieces = _all(places) if unwanted is None else _named(places, unwanted)
    changes = []
    for part in record.supplier_orders:
        its = {line.line_id for line in part.lines if places[line.line_id][0] is part}
        less = {line_id: pieces[line_id] for line_id in its if pieces.get(line_id)}
        if less:
            changes.append(_without(part, less, now=now, note=note))
    return tuple(changes)


def _paid_back(record: OrderRecord, part: SupplierOrder, line: OrderLine) -> int:
    if not line.refunded:
        return 0
    placed = {each.line_id: each for each in record.order.lines}
    return pieces_refunded(line, served_line(placed, part, line).unit_price)


def _all(places: Places) -> Mapping[str, int]:
    pieces = {line_id: _cancelable(*place) for line_id, place in places.items()}
    if not any(pieces.values()) and not any(_gone(line) for _, line, _ in places.values()):
        raise NotCancelable
    return pieces


def _named(places: Places, unwanted: Sequence[Unwanted]) -> Mapping[str, int]:
    unknown = list(_unknown(places, unwanted))
    if unknown:
        raise InvalidLines(unknown)
    pieces, faults = {}, []
    for index, each in enumerate(unwanted):
        able, gone = _cancelable(*places[each.line_id]), _gone(places[each.line_id][1])
        more = able if each.quantity is None else max(0, each.quantity - gone)
        if not able and not gone:
            faults.append(Fault(index, "line_id", "NOT_CANCELABLE"))
        elif more > able:
            faults.append(Fault(index, "quantity", "NOT_CANCELABLE"))
        pieces[each.line_id] = more
    if faults:
        raise NotCancelable(faults)
    return pieces


def _unknown(places: Places, unwanted: Sequence[Unwanted]) -> Iterable[Fault]:
    seen = set()
    for index, each in enumerate(unwanted):
        if each.line_id not in places:
            yield Fault(index, "line_id", "UNKNOWN_LINE")
        elif each.line_id in seen:
            yield Fault(index, "line_id", "DUPLICATE_LINE")
        elif each.quantity is not None and each.quantity > _size(places[each.line_id][1]):
            yield Fault(index, "quantity", "QUANTITY_TOO_HIGH")
        seen.add(each.line_id)


def _size(line: OrderLine) -> int:
    return line.quantity - line.moved


def _gone(line: OrderLine) -> int:
    """Pieces that are canceled, or that the supplier is asked for."""
    return line.canceled + line.cancel_requested


def _cancelable(part: SupplierOrder, line: OrderLine, paid_back: int) -> int:
    held = line.accepted - max(line.shipped, paid_back) - line.cancel_requested
    return waiting(part, line) + line.remainder + max(0, held)


def _without(part: SupplierOrder, less: Mapping[str, int], *, now: str, note: str | None) -> Settlement:
    lines = tuple(_less(part, line, less.get(line.line_id, 0)) for line in part.lines)
    attempt = replace(_attempt(part, lines, now=now), note=note)
    return notices.settlement(part, lines, attempt, now)


def _less(part: SupplierOrder, line: OrderLine, pieces: int) -> OrderLine:
    """The line without so many pieces: first those that wait for this supplier, or for another."""
    of_waiting = min(pieces, waiting(part, line))
    of_remainder = min(pieces - of_waiting, line.remainder)
    at_once = of_waiting + of_remainder
    return notices.stated(
        replace(
            line,
            canceled=line.canceled + at_once,
            remainder=line.remainder - of_remainder,
            void=line.void + (of_waiting if part.attempt.status == "SENT" else 0),
            cancel_requested=line.cancel_requested + pieces - at_once,
        )
    )


def _attempt(part: SupplierOrder, lines: tuple[OrderLine, ...], *, now: str) -> Attempt:
    attempt = part.attempt
    if sum(map(told, lines)) > sum(map(told, part.lines)):
        attempt = notices.to_tell(attempt, now=now)
    if attempt.status in OPEN_ATTEMPT and not any(waiting(part, line) for line in lines):
        ended = notices.ACCEPTED if attempt.status == "PLANNED" else notices.REQUESTED
        return replace(attempt, status=ended, reason=CUSTOMER_CANCELED, needs_settlement=False)
    if any(line.cancel_requested for line in lines):
        return replace(attempt, status=notices.REQUESTED)
    return attempt
