"""Orders as clients read them."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.domain.money import total
from chalicelib.domain.order import (
    Buyer,
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    Shipment,
    SupplierOrder,
    current_lines,
    derived_status,
    served_line,
)

_PLACE = ("city", "region", "postal_code", "country")


def order_view(record: OrderRecord, *, with_attempts: bool = False) -> dict[str, Any]:
    """The order as its shopper reads it; the attempts at suppliers are for administrators."""
    order = record.order
    lines = current_lines(record)
    placed = {line.line_id: line for line in order.lines}
    items = total((line.served.line_total for line in lines), order.currency)
    view = {
        "order_id": order.order_id,
        "status": derived_status([line.status for line in lines]),
        "currency": order.currency,
        "lines": [_line(line.served, line.state) | {"status": line.status} for line in lines],
        "supplier_orders": [_part(part, placed) for part in record.supplier_orders],
        "shipments": [shipment_view(shipment) for shipment in record.shipments],
        "refunds": [],
        "totals": {
            "items": items.as_json(),
            "shipping": order.shipping.as_json(),
            "tax": order.tax.as_json(),
            "grand_total": (items + order.shipping + order.tax).as_json(),
        },
        "payment": {
            "reference": order.payment_reference,
            "authorized_amount": order.authorized.as_json(),
        },
        **_buyer(record.buyer),
        "channel_reference": order.channel_reference,
        "promise": order.promise,
        **_stamps(order, record.supplier_orders, record.shipments),
    }
    if with_attempts:
        view["attempts"] = [attempt_view(part) for part in record.supplier_orders]
    return _present(view)


def supplier_order_view(
    part: SupplierOrder, order: Order, buyer: Buyer | None, *, with_address: bool
) -> dict[str, Any]:
    """A supplier's part of an order as that supplier reads it. Before it has accepted a line it learns where
    the order goes, not to whom."""
    placed = {line.line_id: line for line in order.lines}
    ship_to = buyer.ship_to if buyer else {}
    return {
        **_part(part, placed),
        "order_id": part.order_id,
        "currency": order.currency,
        "attempt": attempt_view(part),
        "ship_to": ship_to if with_address or has_accepted(part) else _place_of(ship_to),
        "correlation_id": part.correlation_id,
        "version": part.version,
    }


def has_accepted(part: SupplierOrder) -> bool:
    return any(line.accepted for line in part.lines)


def attempt_view(part: SupplierOrder) -> dict[str, Any]:
    attempt = part.attempt
    return _present(
        {
            "attempt_id": attempt.attempt_id,
            "supplier_order_id": part.supplier_order_id,
            "supplier_id": part.supplier_id,
            "status": attempt.status,
            "tries": attempt.tries,
            "sent_at": attempt.sent_at,
            "answered_at": attempt.answered_at,
            "reason": attempt.reason,
            "needs_settlement": attempt.needs_settlement or None,
            "by": attempt.by,
        }
    )


def shipment_view(shipment: Shipment) -> dict[str, Any]:
    return _present(
        {
            "shipment_id": shipment.shipment_id,
            "supplier_order_id": shipment.supplier_order_id,
            "carrier": shipment.carrier,
            "tracking_number": shipment.tracking_number,
            "tracking_url": shipment.tracking_url,
            "lines": [dict(line) for line in shipment.lines],
            "shipped_at": shipment.shipped_at,
            "created_at": shipment.created_at,
            "updated_at": shipment.updated_at,
            "version": shipment.version,
        }
    )


def order_version(order: Order, parts: Iterable[SupplierOrder], shipments: Iterable[Shipment]) -> int:
    """Grows with every change of anything under the order."""
    return order.version + sum(part.version - 1 for part in parts) + sum(1 for _ in shipments)


def _part(part: SupplierOrder, placed: Mapping[str, PlacedLine]) -> dict[str, Any]:
    return _present(
        {
            "supplier_order_id": part.supplier_order_id,
            "supplier_id": part.supplier_id,
            "status": derived_status([line.status for line in part.lines]),
            "accept_by": part.accept_by,
            "supplier_reference": part.supplier_reference,
            "lines": [_line(served_line(placed, part, line), line) for line in part.lines],
            "ship_by": part.ship_by,
            "created_at": part.created_at,
            "updated_at": part.updated_at,
            "version": part.version,
        }
    )


def _line(placed: PlacedLine, state: OrderLine) -> dict[str, Any]:
    return _present(
        {
            "line_id": placed.line_id,
            "product_id": placed.product_id,
            "offer_id": placed.offer_id,
            "supplier_id": placed.supplier_id,
            "supplier_order_id": placed.supplier_order_id,
            "sku": placed.sku,
            "gtin": placed.gtin,
            "title": placed.title,
            "quantity": placed.quantity,
            "unit_price": placed.unit_price.as_json(),
            "line_total": placed.line_total.as_json(),
            "status": state.status,
            "accepted_quantity": state.accepted,
            "shipped_quantity": state.shipped,
            "canceled_quantity": state.canceled or None,
            "split_from": state.split_from,
            "acceptance_code": state.acceptance_code,
            "available_on": state.available_on,
        }
    )


def _buyer(buyer: Buyer | None) -> dict[str, Any]:
    """The shopper's own data, absent once it was erased."""
    return {} if buyer is None else {"ship_to": dict(buyer.ship_to), "contact": dict(buyer.contact)}


def _place_of(ship_to: Mapping[str, Any]) -> dict[str, Any]:
    address = ship_to.get("address", {})
    return {"address": {name: address[name] for name in _PLACE if name in address}}


def _stamps(
    order: Order, parts: tuple[SupplierOrder, ...], shipments: tuple[Shipment, ...]
) -> dict[str, Any]:
    changes = [order.updated_at, *(part.updated_at for part in parts)]
    changes += [shipment.updated_at for shipment in shipments]
    return {
        "created_at": order.created_at,
        "updated_at": max(changes),
        "version": order_version(order, parts, shipments),
    }


def _present(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if value is not None}
