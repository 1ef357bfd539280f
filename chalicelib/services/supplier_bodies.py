"""What a supplier is sent about an order."""

from dataclasses import replace
from typing import Any

from chalicelib.domain.order import served_line
from chalicelib.storage.order_reads import Part


def placed(part: Part) -> dict[str, Any]:
    """The order that it is to accept: the lines that it is asked for, and where they go."""
    supplier_order, order = part.supplier_order, part.order
    placed = {line.line_id: line for line in order.lines}
    asked = [
        replace(served_line(placed, supplier_order, line), quantity=line.sent)
        for line in supplier_order.lines
        if line.sent
    ]
    return {
        "attempt_id": supplier_order.attempt.attempt_id,
        "supplier_order_id": supplier_order.supplier_order_id,
        "order_id": order.order_id,
        "accept_by": supplier_order.accept_by,
        "currency": order.currency,
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.sku,
                "gtin": line.gtin,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": line.unit_price.as_json(),
                "line_total": line.line_total.as_json(),
            }
            for line in asked
        ],
        "ship_to": dict(part.buyer.ship_to) if part.buyer else {},
    }
