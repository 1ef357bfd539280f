"""Returns, in the partitions of their orders."""

from dataclasses import replace

from chalicelib import ids
from chalicelib.domain.after_sales import Return
from chalicelib.domain.returns import due_at
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import AnyItem
from chalicelib.storage.order_items import ReturnItem
from chalicelib.storage.transaction import Write


def get(return_id: str) -> Return | None:
    order_id = ids.order_of_return(return_id)
    item = reads.get_one(keys.return_(order_id, return_id)) if order_id else None
    return from_item(item) if isinstance(item, ReturnItem) else None


def page_of_supplier(
    supplier_id: str, *, status: str | None, limit: int, cursor: str | None
) -> pages.Page[Return]:
    """The supplier's returns by time of opening, oldest first. Raises BadCursor."""
    return reads.page_by_status(
        keys.returns_of_supplier(supplier_id),
        from_item,
        limit=limit,
        cursor=cursor,
        filter_condition=ReturnItem.status == status if status else None,
    )


def due(now: str, *, shard: int, limit: int) -> list[str]:
    """Ids of the returns of this shard that time has moved on, the longest due first."""
    found = AnyItem.due.query(keys.returns_due_shard(shard), AnyItem.due_sort < now, limit=limit)
    return [item.sk.partition("#")[2] for item in found]


def adding(returned: Return) -> Write:
    """Its id stands for its content or idempotency key, so a refusal is a replay. Label `return`,
    found: Return."""
    return Write("return", _to_item(returned), ReturnItem.pk.does_not_exist(), reader=from_item)


def replacing(returned: Return, *, expected_version: int) -> Write:
    """Write it if it still has `expected_version`; the stored version is one higher. Label `return`."""
    item = _to_item(replace(returned, version=expected_version + 1))
    return Write("return", item, ReturnItem.version == expected_version)


def _to_item(returned: Return) -> ReturnItem:
    due = due_at(returned)
    return ReturnItem(
        *keys.return_(returned.order_id, returned.return_id),
        return_id=returned.return_id,
        order_id=returned.order_id,
        supplier_order_id=returned.supplier_order_id,
        supplier_id=returned.supplier_id,
        lines=returned.lines,
        status=returned.status,
        moved_at=returned.moved_at,
        refusal_reason=returned.refusal_reason,
        request_hash=returned.request_hash,
        status_partition=keys.returns_of_supplier(returned.supplier_id),
        status_sort=f"{returned.created_at}#{returned.return_id}",
        due_partition=keys.returns_due(returned.return_id) if due else None,
        due_sort=f"{due}#{returned.return_id}" if due else None,
        version=returned.version,
        correlation_id=returned.correlation_id,
        created_at=returned.created_at,
        updated_at=returned.updated_at,
    )


def from_item(item: ReturnItem) -> Return:
    """The return that a table item holds."""
    return Return(
        return_id=item.return_id,
        order_id=item.order_id,
        supplier_order_id=item.supplier_order_id,
        supplier_id=item.supplier_id,
        lines=tuple(item.lines),
        status=item.status,
        moved_at=item.moved_at,
        refusal_reason=item.refusal_reason,
        request_hash=item.request_hash,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
