"""Refunds, in the partitions of their orders: written once, never changed."""

from typing import Any

from chalicelib.domain.after_sales import Refund, RefundLine
from chalicelib.domain.money import Money
from chalicelib.storage import keys, reads
from chalicelib.storage.order_items import RefundItem
from chalicelib.storage.transaction import Write


def get(order_id: str, refund_id: str) -> Refund | None:
    item = reads.get_one(keys.refund(order_id, refund_id))
    return from_item(item) if isinstance(item, RefundItem) else None


def adding(refund: Refund) -> Write:
    """Its id stands for its content or idempotency key, so a refusal is a replay. Label `refund`,
    found: Refund."""
    item = RefundItem(
        *keys.refund(refund.order_id, refund.refund_id),
        refund_id=refund.refund_id,
        order_id=refund.order_id,
        supplier_order_id=refund.supplier_order_id,
        supplier_id=refund.supplier_id,
        lines=[_row(line) for line in refund.lines],
        tax_included=refund.tax_included or None,
        currency=refund.tax.currency,
        by=refund.by,
        return_id=refund.return_id,
        request_hash=refund.request_hash,
        version=refund.version,
        correlation_id=refund.correlation_id,
        created_at=refund.created_at,
        updated_at=refund.updated_at,
    )
    return Write("refund", item, RefundItem.pk.does_not_exist(), reader=from_item)


def _row(line: RefundLine) -> list[Any]:
    return [line.line_id, line.amount.minor, line.reason, line.quantity, line.shipping, line.tax]


def from_item(item: RefundItem) -> Refund:
    """The refund that a table item holds."""
    return Refund(
        refund_id=item.refund_id,
        order_id=item.order_id,
        supplier_order_id=item.supplier_order_id,
        supplier_id=item.supplier_id,
        lines=tuple(
            RefundLine(line_id, Money(minor, item.currency), *rest) for line_id, minor, *rest in item.lines
        ),
        by=item.by,
        return_id=item.return_id,
        tax_included=bool(item.tax_included),
        request_hash=item.request_hash,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
