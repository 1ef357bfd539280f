"""Why a supplier serves an order line: what was weighed at placing, who was tried since, and what the fee is
by."""

from dataclasses import asdict
from typing import Any

from chalicelib import ids
from chalicelib.domain.allocation import LineCost
from chalicelib.domain.allocation_notes import Reason, Weighed, reason_of, reason_of_takeover
from chalicelib.domain.money import Money
from chalicelib.domain.order import (
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    SupplierOrder,
    current_lines,
    served_line,
)
from chalicelib.problems import NotFound
from chalicelib.services import fee_views
from chalicelib.storage import orders


def explain(order_id: str, line_id: str) -> dict[str, Any]:
    """The line's way through suppliers, with the inputs of each decision as they were. Raises NotFound."""
    record = orders.get(order_id)
    current = {line.served.line_id: line for line in current_lines(record)} if record else {}
    if record is None or line_id not in current:
        raise NotFound
    line = current[line_id]
    origin = line.state.split_from or line_id
    placed = next(each for each in record.order.lines if each.line_id == origin)
    return {
        "order_id": order_id,
        "line_id": line_id,
        "status": line.status,
        "supplier_id": line.served.supplier_id,
        "offer_id": line.served.offer_id,
        "promise": record.order.promise or {},
        "placed": _placing(record.order, placed),
        "fee": _fee(record, line.served),
        "suppliers_tried": _tried(record, {line_id, origin}),
    }


def _fee(record: OrderRecord, served: PlacedLine) -> dict[str, Any] | None:
    parts = {part.supplier_order_id: part for part in record.supplier_orders}
    return fee_views.fee_of_line(record.order, parts[served.supplier_order_id], served.line_id)


def _placing(order: Order, placed: PlacedLine) -> dict[str, Any]:
    reason = reason_of(order, placed)
    return {
        "decided_at": order.created_at,
        "decided_by": "CHEAPEST_WHOLE" if reason else "ONLY_OFFER",
        "offer_id": placed.offer_id,
        "supplier_id": placed.supplier_id,
        "quantity": placed.quantity,
        "unit_price": placed.unit_price.as_json(),
        **(_weighing(reason, order.currency) if reason else {}),
    }


def _weighing(reason: Reason, currency: str) -> dict[str, Any]:
    return {
        "considered": reason.considered,
        "chosen": _weighed(reason.chosen, currency),
        "runner_up": _weighed(reason.runner_up, currency) if reason.runner_up else None,
        "whole_order": {
            "cost": Money(reason.total, currency).as_json(),
            "no_less_than": Money(reason.bound, currency).as_json(),
            "proven": reason.total == reason.bound,
        },
        "counted": {
            "split": Money(reason.costs.split, currency).as_json(),
            "handling_day": Money(reason.costs.handling_day, currency).as_json(),
            "refusal_percent": reason.costs.refusal_percent,
        },
    }


def _weighed(weighed: Weighed, currency: str) -> dict[str, Any]:
    return {
        "offer_id": weighed.offer_id,
        "supplier_id": ids.supplier_of_offer(weighed.offer_id),
        "unit_price": Money(weighed.unit_minor, currency).as_json(),
        "health": weighed.health,
        "handling_days": weighed.handling_days,
        "available": weighed.available,
        "cost": _cost(weighed.cost, currency),
    }


def _cost(cost: LineCost, currency: str) -> dict[str, Any]:
    parts = {**asdict(cost), "total": cost.total}
    return {name: Money(minor, currency).as_json() for name, minor in parts.items()}


def _tried(record: OrderRecord, line_ids: set[str]) -> list[dict[str, Any]]:
    """Every supplier that was asked for the line, or for the one that it was split from, in turn."""
    placed = {line.line_id: line for line in record.order.lines}
    return [
        _asked(part, line, served_line(placed, part, line))
        for part in record.supplier_orders
        for line in part.lines
        if line.line_id in line_ids
    ]


def _asked(part: SupplierOrder, line: OrderLine, served: PlacedLine) -> dict[str, Any]:
    attempt = part.attempt
    told = {
        "supplier_order_id": part.supplier_order_id,
        "supplier_id": part.supplier_id,
        "line_id": line.line_id,
        "offer_id": line.offer_id,
        "sku": served.sku,
        "unit_price": served.unit_price.as_json(),
        "quantity": line.quantity,
        "planned_at": part.created_at,
        "accept_by": part.accept_by,
        "attempt_id": attempt.attempt_id,
        "attempt_status": attempt.status,
        "sent_at": attempt.sent_at,
        "answered_at": attempt.answered_at,
        "reason": attempt.reason,
        "line_status": line.status,
        "acceptance_code": line.acceptance_code,
        "accepted_quantity": line.accepted,
        "moved_quantity": line.moved,
        "canceled_quantity": line.canceled,
    }
    known = {name: value for name, value in told.items() if value is not None}
    reason = reason_of_takeover(part, line)
    return {**known, **(_weighing(reason, served.unit_price.currency) if reason else {})}
