"""What leaving and arriving do to the lines of a supplier order, and by when it should have left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from chalicelib.domain.acceptance import Fault, InvalidLines
from chalicelib.domain.line_faults import Said, faults
from chalicelib.domain.order import OrderLine, SupplierOrder
from chalicelib.domain.periods import later

DAY = timedelta(days=1)
_ON_THE_WAY = frozenset({"SHIPPING", "SHIPPED"})
_LAST_YEAR = 9000


def promise(supplier_order: SupplierOrder, handling_days: Mapping[str, int]) -> SupplierOrder:
    """The supplier order, just accepted, with the time by which each accepted line should have left.

    `handling_days` are those of the offers, by id, in calendar days of 24 hours, a day at least. They count
    from the acceptance, or from the day on which a backordered line becomes available.
    """
    lines = tuple(
        replace(line, ship_by=_ship_by(line, handling_days.get(line.offer_id, 0), supplier_order.updated_at))
        if line.status == "SHIPPING" and line.ship_by is None
        else line
        for line in supplier_order.lines
    )
    return replace(supplier_order, lines=lines)


def ship(supplier_order: SupplierOrder, lines: Sequence[Mapping[str, Any]], *, now: str) -> SupplierOrder:
    """The supplier order after `lines` (`line_id`, `quantity`) left the supplier.

    A line is SHIPPED when all of it that was accepted has left. What has left is no longer to be canceled.
    Raises InvalidLines for a line that is not in the order, stands there twice, was not accepted, or would
    ship more than was accepted.
    """
    found = list(faults(lines, {line.line_id: line for line in supplier_order.lines}, _fault))
    if found or not lines:
        raise InvalidLines(found or [Fault(None, "lines", "MISSING_FIELD")])
    leaving = _pieces(lines)
    after = tuple(_shipped(line, leaving.get(line.line_id, 0)) for line in supplier_order.lines)
    return replace(supplier_order, lines=after, shipped_at=now, updated_at=now)


def deliver(supplier_order: SupplierOrder, lines: Sequence[Mapping[str, Any]], *, now: str) -> SupplierOrder:
    """The supplier order after a shipment of `lines` arrived; a line is RECEIVED when all of it has.

    What time has made RECEIVED before stays as it is.
    """
    arriving = _pieces(lines)
    after = tuple(_delivered(line, arriving.get(line.line_id, 0)) for line in supplier_order.lines)
    return replace(supplier_order, lines=after, received_at=now, updated_at=now)


def after_time(
    supplier_order: SupplierOrder, *, now: str, delivered_after: timedelta, return_window: timedelta
) -> SupplierOrder | None:
    """The supplier order as time alone moves it on, or None where that moment has not come.

    What was shipped counts as received `delivered_after` the last shipment, and what was received is closed
    when the `return_window` is over.
    """
    status = supplier_order.status
    if status == "SHIPPED" and _is_over(supplier_order.shipped_at, delivered_after, now):
        lines = tuple(_delivered(line, line.shipped) for line in supplier_order.lines)
        return replace(supplier_order, lines=lines, received_at=now, updated_at=now)
    if status == "RECEIVED" and _is_over(supplier_order.received_at, return_window, now):
        lines = tuple(map(_closed, supplier_order.lines))
        return replace(supplier_order, lines=lines, updated_at=now)
    return None


def progress(line: OrderLine) -> OrderLine:
    """The line with the status that its pieces give it, once the supplier has accepted some."""
    if line.status not in _ON_THE_WAY:
        return line
    if line.shipped < line.accepted:
        return replace(line, status="SHIPPING")
    return replace(line, status="RECEIVED" if line.delivered >= line.shipped else "SHIPPED")


def is_late(supplier_order: SupplierOrder, now: str) -> bool:
    """Whether anything should have left by now that has not."""
    return supplier_order.ship_by is not None and supplier_order.ship_by < now


def late_lines(supplier_order: SupplierOrder, now: str) -> list[OrderLine]:
    """The lines that should have left by now."""
    return [line for line in supplier_order.lines if line.is_to_ship and line.ship_by and line.ship_by < now]


def _ship_by(line: OrderLine, handling_days: int, accepted_at: str) -> str:
    start = max(accepted_at, _start_of(line.available_on))
    return later(start, max(1, handling_days) * DAY)


def _start_of(day: str | None) -> str:
    """The first moment of the day that a supplier named, maybe with an hour; empty where it is none, or
    beyond all reckoning."""
    try:
        parsed = date.fromisoformat((day or "")[:10])
    except ValueError:
        return ""
    return f"{parsed}T00:00:00.000Z" if parsed.year < _LAST_YEAR else ""


def _is_over(since: str | None, period: timedelta, now: str) -> bool:
    return since is not None and later(since, period) <= now


def _fault(leaving: Said, line: OrderLine) -> tuple[str, str] | None:
    on_the_way = line.status in _ON_THE_WAY
    if not on_the_way and not line.shipped:
        return "line_id", "LINE_NOT_ACCEPTED"
    if not on_the_way or line.shipped + leaving["quantity"] > line.accepted:
        return "quantity", "QUANTITY_TOO_HIGH"
    return None


def _pieces(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return {each["line_id"]: each["quantity"] for each in lines}


def _shipped(line: OrderLine, quantity: int) -> OrderLine:
    shipped = line.shipped + quantity
    asked_back = min(line.cancel_requested, line.accepted - shipped)
    return progress(replace(line, shipped=shipped, cancel_requested=asked_back)) if quantity else line


def _closed(line: OrderLine) -> OrderLine:
    return replace(line, status="CLOSED") if line.status == "RECEIVED" else line


def _delivered(line: OrderLine, quantity: int) -> OrderLine:
    return progress(replace(line, delivered=min(line.shipped, line.delivered + quantity)))
