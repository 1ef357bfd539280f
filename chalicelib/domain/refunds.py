"""Refunds: money that goes back to the shopper, never more than was paid.

A line was paid at the price of the supplier order that serves it, times the pieces that were accepted there,
with their shares of shipping and tax. The tax on what goes back goes along by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.domain import payable
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.after_sales import RefundLine
from chalicelib.domain.line_faults import Said, faults
from chalicelib.domain.money import Money
from chalicelib.domain.order import Order, OrderLine, PlacedLine, SupplierOrder, served_lines


def refund(
    order: Order, supplier_order: SupplierOrder, wanted: Sequence[Said], *, now: str
) -> tuple[SupplierOrder, tuple[RefundLine, ...]]:
    """The supplier order after paying back what is `wanted` of its lines, and the refund's lines: `quantity`
    pieces at their price, or an `amount`; and `shipping`. A line whose goods are all paid back is REFUNDED.

    Raises InvalidLines for a line that is not in the order, stands there twice or was not accepted, for
    another currency, and where more would be paid back than was paid.
    """
    lines = {line.line_id: line for line in supplier_order.lines}
    served = served_lines(order, supplier_order)

    def fault(each: Said, line: OrderLine) -> tuple[str, str] | None:
        return _fault(each, line, served[line.line_id])

    found = list(faults(wanted, lines, fault))
    if found:
        raise InvalidLines(found)
    paid_back = []
    for each in wanted:
        its, before = served[each["line_id"]], lines[each["line_id"]]
        lines[before.line_id] = after = _after(each, before, its)
        tax = payable.of_accepted(order, its, before).tax - payable.of_accepted(order, its, after).tax
        paid_back.append(_refund_line(each, its, tax=tax))
    return replace(supplier_order, lines=tuple(lines.values()), updated_at=now), tuple(paid_back)


def after_letting_go(supplier_order: SupplierOrder, prices: Mapping[str, Money]) -> SupplierOrder:
    """The supplier order after it let pieces go: a line whose other pieces are all paid back is REFUNDED."""
    lines = tuple(
        _stated(line, prices[line.line_id]) if line.refunded else line for line in supplier_order.lines
    )
    return replace(supplier_order, lines=lines)


def pieces_refunded(line: OrderLine, price: Money) -> int:
    """Of how many pieces the money is paid back, whole or in part."""
    return -(-line.refunded // price.minor) if price.minor else 0


def _fault(each: Said, line: OrderLine, served: PlacedLine) -> tuple[str, str] | None:
    if not line.accepted:
        return "line_id", "LINE_NOT_ACCEPTED"
    for name in ("amount", "shipping"):
        if name in each and each[name]["currency"] != served.unit_price.currency:
            return f"{name}/currency", "CURRENCY_MISMATCH"
    after = _after(each, line, served)
    # For pieces that the supplier is asked to let go of the shopper may never have to pay.
    paid = served.pieces(0, line.accepted - line.cancel_requested)
    if after.refunded > paid.line_total.minor:
        return "amount" if "amount" in each else "quantity", "REFUND_TOO_HIGH"
    if "shipping" in each and after.refunded_shipping > paid.shipping:
        return "shipping", "REFUND_TOO_HIGH"
    return None


def _after(each: Said, line: OrderLine, served: PlacedLine) -> OrderLine:
    after = replace(
        line,
        refunded=line.refunded + _goods(each, served).minor,
        refunded_shipping=line.refunded_shipping + _shipping(each),
    )
    return _stated(after, served.unit_price) if {"amount", "quantity"} & each.keys() else after


def _goods(each: Said, served: PlacedLine) -> Money:
    if "amount" in each:
        return Money.parse(each["amount"])
    return served.unit_price * int(each.get("quantity", 0))


def _shipping(each: Said) -> int:
    return Money.parse(each["shipping"]).minor if "shipping" in each else 0


def _refund_line(each: Said, served: PlacedLine, *, tax: int) -> RefundLine:
    return RefundLine(
        line_id=each["line_id"],
        amount=_goods(each, served),
        reason=each["reason"],
        quantity=each.get("quantity"),
        shipping=_shipping(each),
        tax=tax,
    )


def _stated(line: OrderLine, price: Money) -> OrderLine:
    is_all = line.refunded == price.minor * line.accepted
    return replace(line, status="REFUNDED") if is_all else line
