"""What a shipment does to the lines of its supplier order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain.acceptance import Fault, InvalidLines
from chalicelib.domain.order import OrderLine, SupplierOrder

_MAY_SHIP = frozenset({"SHIPPING", "SHIPPED"})


def ship(supplier_order: SupplierOrder, lines: Sequence[Mapping[str, Any]], *, now: str) -> SupplierOrder:
    """The supplier order after `lines` (`line_id`, `quantity`) left the supplier.

    A line is SHIPPED when all of it that was accepted has left. Raises InvalidLines for a line that is not
    in the order, stands there twice, was not accepted, or would ship more than was accepted.
    """
    faults = list(_faults(supplier_order, lines))
    if faults:
        raise InvalidLines(faults)
    leaving = {each["line_id"]: each["quantity"] for each in lines}
    after = tuple(_shipped(line, leaving.get(line.line_id, 0)) for line in supplier_order.lines)
    return replace(supplier_order, lines=after, updated_at=now)


def _faults(supplier_order: SupplierOrder, lines: Sequence[Mapping[str, Any]]) -> Iterable[Fault]:
    known = {line.line_id: line for line in supplier_order.lines}
    seen = set()
    for index, each in enumerate(lines):
        line = known.get(each["line_id"])
        if line is None:
            yield Fault(index, "line_id", "UNKNOWN_LINE")
        elif line.line_id in seen:
            yield Fault(index, "line_id", "DUPLICATE_LINE")
        elif line.status not in _MAY_SHIP:
            yield Fault(index, "line_id", "LINE_NOT_ACCEPTED")
        elif line.shipped + each["quantity"] > line.accepted:
            yield Fault(index, "quantity", "QUANTITY_TOO_HIGH")
        seen.add(each["line_id"])
    if not lines:
        yield Fault(None, "lines", "MISSING_FIELD")


def _shipped(line: OrderLine, quantity: int) -> OrderLine:
    if not quantity:
        return line
    shipped = line.shipped + quantity
    return replace(line, shipped=shipped, status="SHIPPED" if shipped == line.accepted else "SHIPPING")
