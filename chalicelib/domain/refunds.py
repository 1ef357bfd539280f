"""Refunds: money that goes back to the shopper, never more than was paid.

A line was paid at the price of the supplier order that serves it, times the pieces that were accepted there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.line_faults import Said, faults
from chalicelib.domain.money import Money
from chalicelib.domain.order import OrderLine, RefundLine, SupplierOrder


def refund(
    supplier_order: SupplierOrder, wanted: Sequence[Said], prices: Mapping[str, Money], *, now: str
) -> tuple[SupplierOrder, tuple[RefundLine, ...]]:
    """The supplier order after paying back what is `wanted` of its lines, and the refund's lines: `quantity`
    pieces at their price, or an `amount`. A line of which all is paid back is REFUNDED.

    Raises InvalidLines for a line that is not in the order, stands there twice or was not accepted, for
    another currency, and where more would be paid back than was paid.
    """
    lines = {line.line_id: line for line in supplier_order.lines}

    def fault(each: Said, line: OrderLine) -> tuple[str, str] | None:
        return _fault(each, line, prices[line.line_id])

    found = list(faults(wanted, lines, fault))
    if found:
        raise InvalidLines(found)
    paid_back = tuple(_refund_line(each, prices[each["line_id"]]) for each in wanted)
    for each in paid_back:
        lines[each.line_id] = _refunded(lines[each.line_id], each.amount, prices[each.line_id])
    return replace(supplier_order, lines=tuple(lines.values()), updated_at=now), paid_back


def after_letting_go(supplier_order: SupplierOrder, prices: Mapping[str, Money]) -> SupplierOrder:
    """The supplier order after it let pieces go: a line whose other pieces are all paid back is REFUNDED."""
    lines = tuple(
        _refunded(line, Money.zero(prices[line.line_id].currency), prices[line.line_id])
        if line.refunded
        else line
        for line in supplier_order.lines
    )
    return replace(supplier_order, lines=lines)


def pieces_refunded(line: OrderLine, price: Money) -> int:
    """Of how many pieces the money is paid back, whole or in part."""
    return -(-line.refunded // price.minor) if price.minor else 0


def _fault(each: Said, line: OrderLine, price: Money) -> tuple[str, str] | None:
    amount = _refund_line(each, price).amount
    if not line.accepted:
        return "line_id", "LINE_NOT_ACCEPTED"
    if amount.currency != price.currency:
        return "amount/currency", "CURRENCY_MISMATCH"
    # For pieces that the supplier is asked to let go of the shopper may never have to pay.
    if line.refunded + amount.minor > price.minor * (line.accepted - line.cancel_requested):
        return "amount" if "amount" in each else "quantity", "REFUND_TOO_HIGH"
    return None


def _refund_line(each: Said, price: Money) -> RefundLine:
    amount = Money.parse(each["amount"]) if "amount" in each else price * each["quantity"]
    return RefundLine(each["line_id"], amount, each["reason"], each.get("quantity"))


def _refunded(line: OrderLine, amount: Money, price: Money) -> OrderLine:
    refunded = line.refunded + amount.minor
    is_all = refunded == price.minor * line.accepted
    return replace(line, refunded=refunded, status="REFUNDED" if is_all else line.status)
