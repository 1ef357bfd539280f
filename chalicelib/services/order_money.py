"""What an order costs, as clients read it."""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain import payable
from chalicelib.domain.after_sales import RefundLine
from chalicelib.domain.money import Money, total
from chalicelib.domain.order import CurrentLine, Order, OrderRecord, PlacedLine


def line_money(order: Order, line: PlacedLine) -> dict[str, Any]:
    """What the line costs: its goods without tax (`net`), the tax on them, and both (`gross`); its shipping,
    told as prices are, and the tax on that."""
    goods, tax = line.line_total, Money(line.tax, order.currency)
    return {
        "unit_price": line.unit_price.as_json(),
        "line_total": goods.as_json(),
        "net": (goods - tax if order.tax_included else goods).as_json(),
        "tax": tax.as_json(),
        "gross": (goods if order.tax_included else goods + tax).as_json(),
        "shipping": Money(line.shipping, order.currency).as_json(),
        "shipping_tax": Money(line.shipping_tax, order.currency).as_json(),
    }


def totals(order: Order, lines: Sequence[CurrentLine]) -> dict[str, Any]:
    """What the lines come to at the suppliers that serve them, whatever became of them there."""
    currency = order.currency
    items = total((line.served.line_total for line in lines), currency)
    shipping = Money(sum(line.served.shipping for line in lines), currency)
    tax = Money(sum(line.served.tax + line.served.shipping_tax for line in lines), currency)
    all_of_it = items + shipping if order.tax_included else items + shipping + tax
    return {
        "items": items.as_json(),
        "shipping": shipping.as_json(),
        "tax": tax.as_json(),
        "grand_total": all_of_it.as_json(),
    }


def to_pay(record: OrderRecord) -> dict[str, Any]:
    """What is to be paid as things stand: without what was canceled, refused or paid back."""
    cost, currency = payable.of_order(record), record.order.currency
    amounts = {"items": cost.goods, "shipping": cost.shipping, "tax": cost.tax, "total": cost.total}
    return {name: Money(minor, currency).as_json() for name, minor in amounts.items()}


def refunded(record: OrderRecord) -> dict[str, str]:
    """All that was paid back."""
    return total((refund.amount for refund in record.refunds), record.order.currency).as_json()


def refunded_line(line: RefundLine) -> dict[str, Any]:
    """What a refund has paid back of a line: for the goods, of its shipping, and the tax on both."""
    currency = line.amount.currency
    pieces, shipping = line.quantity, if_any(line.shipping, currency)
    return {
        "line_id": line.line_id,
        **({"quantity": pieces} if pieces is not None else {}),
        "amount": line.amount.as_json(),
        **({"shipping": shipping} if shipping else {}),
        "tax": Money(line.tax, currency).as_json(),
    }


def if_any(minor: int, currency: str) -> dict[str, str] | None:
    """The amount, or None where there is nothing."""
    return Money(minor, currency).as_json() if minor else None
