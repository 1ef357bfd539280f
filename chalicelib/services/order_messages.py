"""The messages that have an order gone on with: ids only, and the correlation id of what caused them."""

from typing import Any

from chalicelib.domain.order import SupplierOrder

NOTICE = "NOTICE"
"""The kind of message on the dispatch queue that does not bring an order."""


def to_dispatch(part: SupplierOrder) -> dict[str, Any]:
    """Has the attempt brought one step forward."""
    return {
        "supplier_order_id": part.supplier_order_id,
        "attempt_id": part.attempt.attempt_id,
        "supplier_id": part.supplier_id,
        "offer_ids": sorted({line.offer_id for line in part.lines}),
        "correlation_id": part.correlation_id,
    }


def to_tell(part: SupplierOrder) -> dict[str, Any]:
    """Has the supplier told what it is not to ship: the notice of this number, as long as it is due."""
    return {
        "kind": NOTICE,
        "supplier_order_id": part.supplier_order_id,
        "supplier_id": part.supplier_id,
        "notice": part.attempt.notices,
        "correlation_id": part.correlation_id,
    }


def to_reallocate(part: SupplierOrder) -> dict[str, str]:
    """Has another supplier looked for, for all of the order that waits for one."""
    return {"order_id": part.order_id, "correlation_id": part.correlation_id}
