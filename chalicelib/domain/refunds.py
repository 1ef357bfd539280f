"""Refunds: money that goes back to the shopper, never more than was paid.

A line was paid at the price of the supplier order that serves it, times the pieces that were accepted there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain.acceptance import Fault, InvalidLines
from chalicelib.domain.money import Money
from chalicelib.domain.order import OrderLine, RefundLine, SupplierOrder


def lines_of(wanted: Sequence[Mapping[str, Any]], prices: Mapping[str, Money]) -> tuple[RefundLine, ...]:
    """The refund's lines, as the request has them: `quantity` pieces at their price, or an `amount`. Raises
    InvalidLines for lines without a price and amounts in another currency than theirs."""
    faults: list[Fault] = []
    lines: list[RefundLine] = []
    for index, each in enumerate(wanted):
        price = prices.get(each["line_id"])
        amount = Money.parse(each["amount"]) if "amount" in each else None
        if price is None:
            faults.append(Fault(index, "line_id", "UNKNOWN_LINE"))
        elif amount is not None and amount.currency != price.currency:
            faults.append(Fault(index, "amount/currency", "CURRENCY_MISMATCH"))
        else:
            money = price * each["quantity"] if amount is None else amount
            lines.append(RefundLine(each["line_id"], money, each["reason"], each.get("quantity")))
    if faults:
        raise InvalidLines(faults)
    return tuple(lines)


def refund(
    supplier_order: SupplierOrder, lines: Sequence[RefundLine], prices: Mapping[str, Money], *, now: str
) -> SupplierOrder:
    """The supplier order after these refunds; a line of which all is paid back is REFUNDED.

    Raises InvalidLines for a line that stands there twice, or where more would be paid back than was paid.
    """
    faults = list(_faults(supplier_order, lines, prices))
    if faults:
        raise InvalidLines(faults)
    amounts = {line.line_id: line.amount.minor for line in lines}
    after = tuple(
        _refunded(line, amounts[line.line_id], prices[line.line_id]) if line.line_id in amounts else line
        for line in supplier_order.lines
    )
    return replace(supplier_order, lines=after, updated_at=now)


def pieces_refunded(line: OrderLine, price: Money) -> int:
    """Of how many pieces the money is paid back, whole or in part."""
    return -(-line.refunded // price.minor) if price.minor else 0


def _faults(
    supplier_order: SupplierOrder, lines: Iterable[RefundLine], prices: Mapping[str, Money]
) -> Iterable[Fault]:
    known = {line.line_id: line for line in supplier_order.lines}
    seen = set()
    for index, each in enumerate(lines):
        line = known[each.line_id]
        if each.line_id in seen:
            yield Fault(index, "line_id", "DUPLICATE_LINE")
        elif not line.accepted:
            yield Fault(index, "line_id", "LINE_NOT_ACCEPTED")
        elif line.refunded + each.amount.minor > _most(line, prices[each.line_id]):
            yield Fault(index, "amount" if each.quantity is None else "quantity", "REFUND_TOO_HIGH")
        seen.add(each.line_id)


def _most(line: OrderLine, price: Money) -> int:
    """What may be paid back, in minor units: for pieces that the supplier is asked to let go of the shopper
    may never have to pay."""
    return price.minor * (line.accepted - line.cancel_requested)


def _refunded(line: OrderLine, minor: int, price: Money) -> OrderLine:
    refunded = line.refunded + minor
    is_all = refunded == price.minor * line.accepted
    return replace(line, refunded=refunded, status="REFUNDED" if is_all else line.status)
