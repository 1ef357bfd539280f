"""What is told of orders and of what becomes of their lines."""

from collections.abc import Iterator
from typing import Any

from chalicelib.domain.announcement import Announcement, change, present
from chalicelib.domain.order import Order, OrderLine, SupplierOrder
from chalicelib.domain.placement import grand_total

_OF_LINE = {
    "SHIPPING": "order.line_accepted",
    "REFUSED": "order.line_refused",
    "CANCELED": "order.line_canceled",
    "SHIPPED": "order.line_shipped",
}


def of_order(before: object | None, after: Order) -> Iterator[Announcement]:
    if before is None:
        yield Announcement("order.placed", after.order_id, after.created_at, _placed(after))


def of_supplier_order(before: object | None, after: SupplierOrder) -> Iterator[Announcement]:
    old = {line.line_id: line for line in before.lines} if isinstance(before, SupplierOrder) else {}
    for line in after.lines:
        had = old.get(line.line_id)
        if line.status in _OF_LINE and (had is None or had.status != line.status):
            about = {
                "order_id": after.order_id,
                "supplier_order_id": after.supplier_order_id,
                "supplier_id": after.supplier_id,
                "line_id": line.line_id,
                "offer_id": line.offer_id,
                "code": line.acceptance_code,
            }
            about = {**present(about), **change(_line_state(had) if had else None, _line_state(line))}
            yield Announcement(_OF_LINE[line.status], line.line_id, after.updated_at, about)


def _line_state(line: OrderLine) -> dict[str, Any]:
    return {
        "status": line.status,
        "quantity": line.quantity,
        "accepted": line.accepted,
        "shipped": line.shipped,
    }


def _placed(order: Order) -> dict[str, Any]:
    lines = [
        {
            "line_id": line.line_id,
            "offer_id": line.offer_id,
            "product_id": line.product_id,
            "supplier_id": line.supplier_id,
            "supplier_order_id": line.supplier_order_id,
            "quantity": line.quantity,
            "unit_price": line.unit_price.as_json(),
        }
        for line in order.lines
    ]
    return {"order_id": order.order_id, "total": grand_total(order).as_json(), "lines": lines}
