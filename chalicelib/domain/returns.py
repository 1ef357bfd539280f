"""Returns: pieces that go back to the supplier that shipped them.

A piece is in one return at most: it is held (`returned` of its line) from the moment the return is opened
until the return ends without it. Returned pieces do not come back on sale by themselves: the supplier looks
at them and counts its stock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib.domain import line_faults
from chalicelib.domain.acceptance import Fault
from chalicelib.domain.after_sales import Return
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.line_faults import Said
from chalicelib.domain.order import OrderLine, SupplierOrder
from chalicelib.domain.periods import later

STATUSES = (
    "WAITING_ACCEPTANCE",
    "IN_PROGRESS",
    "RECEIVED",
    "NO_RECEPTION",
    "CLOSED",
    "REFUSED",
    "CANCELED",
)
_MOVES = {
    "WAITING_ACCEPTANCE": frozenset({"IN_PROGRESS", "RECEIVED", "REFUSED", "CANCELED"}),
    "IN_PROGRESS": frozenset({"RECEIVED", "NO_RECEPTION", "CANCELED"}),
    "NO_RECEPTION": frozenset({"RECEIVED", "CLOSED"}),
    "RECEIVED": frozenset({"CLOSED"}),
}
_BY_TIME = {
    "WAITING_ACCEPTANCE": ("IN_PROGRESS", timedelta(days=7)),
    "IN_PROGRESS": ("NO_RECEPTION", timedelta(days=30)),
    "NO_RECEPTION": ("CLOSED", timedelta(days=30)),
    "RECEIVED": ("CLOSED", timedelta(days=30)),
}
"""What a return becomes by time alone, and how long after its last move: a supplier that does not answer
keeps no shopper from sending something back."""
_MAY_RETURN = frozenset({"SHIPPING", "SHIPPED", "RECEIVED"})
_PAST_RETURNING = {"CLOSED": "RETURN_WINDOW_OVER", "REFUNDED": "LINE_REFUNDED"}


@dataclass(frozen=True)
class Moved:
    """A return after a move, and its supplier order: another one where pieces are free again."""

    returned: Return
    supplier_order: SupplierOrder


def faults(supplier_order: SupplierOrder, lines: Sequence[Said]) -> Iterator[Fault]:
    """What keeps these lines (`line_id`, `quantity`) from being sent back."""
    return line_faults.faults(lines, {line.line_id: line for line in supplier_order.lines}, _fault)


def _fault(sent_back: Said, line: OrderLine) -> tuple[str, str] | None:
    if line.status in _PAST_RETURNING:
        return "line_id", _PAST_RETURNING[line.status]
    if line.status not in _MAY_RETURN or not line.shipped:
        return "line_id", "LINE_NOT_SHIPPED"
    if sent_back["quantity"] > line.shipped - line.returned:
        return "quantity", "QUANTITY_TOO_HIGH"
    return None


def hold(supplier_order: SupplierOrder, lines: Iterable[Mapping[str, Any]], *, now: str) -> SupplierOrder:
    """The supplier order with the pieces of a new return held."""
    return _with_returned(supplier_order, {each["line_id"]: each["quantity"] for each in lines}, now)


def move(
    returned: Return, supplier_order: SupplierOrder, status: str, *, now: str, reason: str | None = None
) -> Moved:
    """The return with its new status; the pieces are free again where it ends without them. Raises
    IllegalMove."""
    if status not in _MOVES.get(returned.status, ()):
        raise IllegalMove("return", returned.status, status)
    after = replace(returned, status=status, moved_at=now, refusal_reason=reason, updated_at=now)
    ends = status in ("REFUSED", "CANCELED") or (status == "CLOSED" and not was_received(returned))
    if not ends:
        return Moved(after, supplier_order)
    free = {line["line_id"]: -line["quantity"] for line in returned.lines}
    return Moved(after, _with_returned(supplier_order, free, now))


def receive(
    returned: Return, supplier_order: SupplierOrder, received: Sequence[Mapping[str, Any]], *, now: str
) -> Moved:
    """The return as it came back: every line with its `received` pieces; those that did not come are free
    again. Raises IllegalMove."""
    moved = move(returned, supplier_order, "RECEIVED", now=now).returned
    missing = {
        line["line_id"]: came["received"] - line["quantity"]
        for line, came in zip(returned.lines, received, strict=True)
        if came["received"] < line["quantity"]
    }
    after = replace(moved, lines=tuple(received))
    if not missing:
        return Moved(after, supplier_order)
    return Moved(after, _with_returned(supplier_order, missing, now))


def receipt_faults(returned: Return, lines: Sequence[Said]) -> Iterator[Fault]:
    """What keeps these lines (`line_id`, `quantity`) from being what came back of the return."""

    def too_many(came: Said, sent: int) -> tuple[str, str] | None:
        return ("quantity", "QUANTITY_TOO_HIGH") if came.get("quantity", 0) > sent else None

    return line_faults.faults(lines, {line["line_id"]: line["quantity"] for line in returned.lines}, too_many)


def as_received(returned: Return, lines: Sequence[Mapping[str, Any]] | None) -> tuple[dict[str, Any], ...]:
    """The return's lines as the supplier says they came: whole without `lines`; one not named is missing."""
    if lines is None:
        return tuple({**line, "received": line["quantity"]} for line in returned.lines)
    said = {each["line_id"]: each for each in lines}
    return tuple(_came(line, said.get(line["line_id"])) for line in returned.lines)


def was_received(returned: Return) -> bool:
    return any("received" in line for line in returned.lines)


def due_at(returned: Return) -> str | None:
    """When time alone moves the return on, or None where it has ended."""
    step = _BY_TIME.get(returned.status)
    return later(returned.moved_at, step[1]) if step else None


def next_by_time(returned: Return, now: str) -> str | None:
    """What the return becomes by time alone, or None where that moment has not come."""
    moment = due_at(returned)
    return _BY_TIME[returned.status][0] if moment is not None and moment <= now else None


def _came(line: Mapping[str, Any], said: Mapping[str, Any] | None) -> dict[str, Any]:
    if said is None:
        return {**line, "received": 0}
    came = {**line, "received": said.get("quantity", line["quantity"])}
    return came | {"condition": said["condition"]} if said.get("condition") else came


def _with_returned(supplier_order: SupplierOrder, change: Mapping[str, int], now: str) -> SupplierOrder:
    lines = tuple(_returned(line, change.get(line.line_id, 0)) for line in supplier_order.lines)
    return replace(supplier_order, lines=lines, updated_at=now)


def _returned(line: OrderLine, pieces: int) -> OrderLine:
    return replace(line, returned=line.returned + pieces) if pieces else line
