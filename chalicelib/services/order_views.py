"""Orders as clients read them."""

from collections.abc import Mapping
from typing import Any

from chalicelib import clock
from chalicelib.domain import carriers, payment, shipping
from chalicelib.domain.after_sales import Refund, Return, Shipment
from chalicelib.domain.order import (
    Buyer,
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    SupplierOrder,
    current_lines,
    derived_status,
    served_lines,
)
from chalicelib.services import order_money

_PLACE = ("city", "region", "postal_code", "country")


def order_view(record: OrderRecord, *, with_attempts: bool = False) -> dict[str, Any]:
    """The order as its shopper reads it; the attempts at suppliers, and who changed what, are for
    administrators."""
    order = record.order
    lines = current_lines(record)
    view = {
        "order_id": order.order_id,
        "status": derived_status([line.status for line in lines]),
        "currency": order.currency,
        "lines": [_line(order, line.served, line.state) | {"status": line.status} for line in lines],
        "supplier_orders": [_part(order, part) for part in record.supplier_orders],
        "shipments": [shipment_view(shipment) for shipment in record.shipments],
        "returns": [return_view(returned) for returned in record.returns],
        "refunds": [refund_view(refund) for refund in record.refunds],
        "totals": order_money.totals(order, lines),
        "payable": order_money.to_pay(record),
        "refunded": order_money.refunded(record),
        "tax_included": order.tax_included,
        "tax_collector": order.tax_collector,
        "payment": {
            "reference": order.payment_reference,
            "authorized_amount": order.authorized.as_json(),
            **_payment(record),
        },
        **_buyer(record.buyer),
        "channel_reference": order.channel_reference,
        "promise": order.promise,
        **_stamps(record),
    }
    if with_attempts:
        view["attempts"] = [attempt_view(part) for part in record.supplier_orders]
        view["history"] = list(order.history)
    return _present(view)


def supplier_order_view(
    part: SupplierOrder, order: Order, buyer: Buyer | None, *, with_address: bool
) -> dict[str, Any]:
    """A supplier's part of an order as that supplier reads it. Before it has accepted a line it learns where
    the order goes, not to whom."""
    ship_to = buyer.ship_to if buyer else {}
    return {
        **_part(order, part),
        "order_id": part.order_id,
        "currency": order.currency,
        "tax_included": order.tax_included,
        "tax_collector": order.tax_collector,
        "attempt": attempt_view(part) if with_address else _for_supplier(attempt_view(part)),
        "ship_to": ship_to if with_address or has_accepted(part) else _place_of(ship_to),
        "correlation_id": part.correlation_id,
        "version": part.version,
    }


def has_accepted(part: SupplierOrder) -> bool:
    return any(line.accepted for line in part.lines)


def _for_supplier(attempt: Mapping[str, Any]) -> dict[str, Any]:
    """Without what administrators keep among themselves."""
    hidden = {"by", "moved_by", "moved_because", *(["reason"] if "by" in attempt else [])}
    return {name: value for name, value in attempt.items() if name not in hidden}


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
            "notice": attempt.notice,
            "notice_at": attempt.notice_at,
            "note": attempt.note,
            "by": attempt.by,
            "moved_by": part.moved_by,
            "moved_because": part.moved_because,
        }
    )


def shipment_view(shipment: Shipment) -> dict[str, Any]:
    return _present(
        {
            "shipment_id": shipment.shipment_id,
            "supplier_order_id": shipment.supplier_order_id,
            **_tracking(shipment),
            "lines": [dict(line) for line in shipment.lines],
            "shipped_at": shipment.shipped_at,
            "delivered_at": shipment.delivered_at,
            "created_at": shipment.created_at,
            "updated_at": shipment.updated_at,
            "version": shipment.version,
        }
    )


def return_view(returned: Return) -> dict[str, Any]:
    return _present(
        {
            "return_id": returned.return_id,
            "order_id": returned.order_id,
            "supplier_order_id": returned.supplier_order_id,
            "supplier_id": returned.supplier_id,
            "status": returned.status,
            "lines": [dict(line) for line in returned.lines],
            "refusal_reason": returned.refusal_reason,
            "created_at": returned.created_at,
            "updated_at": returned.updated_at,
            "version": returned.version,
        }
    )


def refund_view(refund: Refund) -> dict[str, Any]:
    return _present(
        {
            "refund_id": refund.refund_id,
            "supplier_order_id": refund.supplier_order_id,
            "supplier_id": refund.supplier_id,
            "return_id": refund.return_id,
            "by": refund.by,
            "amount": refund.amount.as_json(),
            "tax": refund.tax.as_json(),
            "lines": [order_money.refunded_line(line) | {"reason": line.reason} for line in refund.lines],
            "created_at": refund.created_at,
            "updated_at": refund.updated_at,
            "version": refund.version,
        }
    )


def _tracking(shipment: Shipment) -> dict[str, Any]:
    """What the supplier said, and what is known of its carrier besides."""
    carrier, number = carriers.find(shipment.carrier), shipment.tracking_number
    link = carriers.tracking_url(carrier, number) if carrier and number else None
    return {
        "carrier": shipment.carrier,
        "carrier_code": carrier.code if carrier else None,
        "tracking_number": number,
        "tracking_url": shipment.tracking_url or link,
        "issues": carriers.issues(carrier, number) if carrier and number else [],
    }


def _part(order: Order, part: SupplierOrder) -> dict[str, Any]:
    served = served_lines(order, part)
    return _present(
        {
            "supplier_order_id": part.supplier_order_id,
            "supplier_id": part.supplier_id,
            "status": part.status,
            "accept_by": part.accept_by,
            "supplier_reference": part.supplier_reference,
            "lines": [_line(order, served[line.line_id], line) for line in part.lines],
            "ship_by": part.ship_by,
            "is_late": shipping.is_late(part, clock.timestamp()) if part.ship_by else None,
            "late_at": part.late_at,
            "created_at": part.created_at,
            "updated_at": part.updated_at,
            "version": part.version,
        }
    )


def _line(order: Order, placed: PlacedLine, state: OrderLine) -> dict[str, Any]:
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
            **order_money.line_money(order, placed),
            "status": state.status,
            "accepted_quantity": state.accepted,
            "shipped_quantity": state.shipped,
            "canceled_quantity": state.canceled or None,
            "cancel_requested_quantity": state.cancel_requested or None,
            "void_quantity": state.void or None,
            "delivered_quantity": state.delivered or None,
            "returned_quantity": state.returned or None,
            "refunded_amount": order_money.if_any(state.refunded, order.currency),
            "refunded_shipping": order_money.if_any(state.refunded_shipping, order.currency),
            "split_from": state.split_from,
            "acceptance_code": state.acceptance_code,
            "available_on": state.available_on,
        }
    )


def _payment(record: OrderRecord) -> dict[str, Any]:
    """`confirm_by` is there while the order waits for it."""
    status = payment.status_of(record.supplier_orders)
    held = max((part.held_until for part in record.supplier_orders if part.held_until), default=None)
    return {"status": status} | ({"confirm_by": held} if held and status == payment.PENDING else {})


def _buyer(buyer: Buyer | None) -> dict[str, Any]:
    """The shopper's own data, absent once it was erased."""
    return {} if buyer is None else {"ship_to": dict(buyer.ship_to), "contact": dict(buyer.contact)}


def _place_of(ship_to: Mapping[str, Any]) -> dict[str, Any]:
    address = ship_to.get("address", {})
    return {"address": {name: address[name] for name in _PLACE if name in address}}


def _stamps(record: OrderRecord) -> dict[str, Any]:
    return {
        "created_at": record.order.created_at,
        "updated_at": max(each.updated_at for each in (record.order, *_under(record))),
        "version": order_version(record),
    }


def order_version(record: OrderRecord) -> int:
    """Grows with every change of anything under the order."""
    first = record.order.version - len(record.supplier_orders)
    return first + sum(each.version for each in _under(record))


def _under(record: OrderRecord) -> tuple[SupplierOrder | Shipment | Return | Refund, ...]:
    return (*record.supplier_orders, *record.shipments, *record.returns, *record.refunds)


def _present(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if value is not None}
