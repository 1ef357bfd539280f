"""The messages that have an order gone on with: ids only, and the correlation id of what caused them."""

from typing import Any

from chalicelib.domain.order import SupplierOrder


def to_dispatch(part: SupplierOrder) -> dict[str, Any]:
    """Has the attempt brought one step forward."""
    return {
        "supplier_order_id": part.supplier_order_id,
        "attempt_id": part.attempt.attempt_id,
        "supplier_id": part.supplier_id,
        "offer_ids": sorted({line.offer_id for line in part.lines}),
        "correlation_id": part.correlation_id,
    }


def to_reallocate(part: SupplierOrder) -> dict[str, str]:
    """Has another supplier looked for, for all of the order that waits for one."""
    return {"order_id": part.order_id, "correlation_id": part.correlation_id}
