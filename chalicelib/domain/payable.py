"""What the shopper has to pay for a line as it stands, and for an order."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain import notices
from chalicelib.domain.order import Order, OrderLine, OrderRecord, PlacedLine, served_lines
from chalicelib.domain.shares import left


@dataclass(frozen=True)
class Cost:
    """In minor units, as prices are told: with `tax_included` goods and shipping hold their taxes."""

    goods: int
    shipping: int
    goods_tax: int
    shipping_tax: int
    tax_included: bool

    @property
    def tax(self) -> int:
        return self.goods_tax + self.shipping_tax

    @property
    def total(self) -> int:
        return self.goods + self.shipping + (0 if self.tax_included else self.tax)


def of_accepted(order: Order, served: PlacedLine, line: OrderLine) -> Cost:
    """What the pieces cost that the supplier has accepted, less what was paid back for them, and the taxes on
    that. Shipping that was paid back is not given back again with pieces that are canceled later."""
    whole = served.pieces(0, line.accepted)
    goods, shipping = whole.line_total.minor, whole.shipping
    refunded_shipping = min(line.refunded_shipping, shipping)
    return Cost(
        goods=goods - line.refunded,
        shipping=shipping - refunded_shipping,
        goods_tax=left(whole.tax, line.refunded, goods),
        shipping_tax=left(whole.shipping_tax, refunded_shipping, shipping),
        tax_included=order.tax_included,
    )


def of_order(record: OrderRecord) -> Cost:
    """What the order costs if every supplier takes what it is asked for, and another one what is looked for;
    once nothing waits, what its shopper has paid by the ledger."""
    order, costs = record.order, list(_costs(record))
    return Cost(
        goods=sum(cost.goods for cost in costs),
        shipping=sum(cost.shipping for cost in costs),
        goods_tax=sum(cost.goods_tax for cost in costs),
        shipping_tax=sum(cost.shipping_tax for cost in costs),
        tax_included=order.tax_included,
    )


def _costs(record: OrderRecord) -> Iterator[Cost]:
    order = record.order
    for part in record.supplier_orders:
        served = served_lines(order, part)
        for line in part.lines:
            its, end = served[line.line_id], line.quantity - line.moved
            yield of_accepted(order, its, line)
            yield _of_pieces(order, its.pieces(0, notices.waiting(part, line)))
            yield _of_pieces(order, its.pieces(end - line.remainder, end))


def _of_pieces(order: Order, pieces: PlacedLine) -> Cost:
    goods = pieces.line_total.minor
    return Cost(goods, pieces.shipping, pieces.tax, pieces.shipping_tax, order.tax_included)
