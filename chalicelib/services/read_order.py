"""Orders and their parts, for those who may read them."""

from typing import Any

from chalicelib.problems import NotFound
from chalicelib.services import paging
from chalicelib.services.order_views import order_view, supplier_order_view
from chalicelib.storage import order_reads, orders, supplier_orders
from chalicelib.storage.order_reads import Part


def read_order(order_id: str, *, is_admin: bool) -> dict[str, Any]:
    """The order with everything under it; attempts for administrators only. Raises NotFound."""
    record = orders.get(order_id)
    if record is None:
        raise NotFound
    return order_view(record, with_attempts=is_admin)


def read_supplier_order(
    supplier_id: str, supplier_order_id: str, *, is_admin: bool = False
) -> dict[str, Any]:
    """The supplier's part of an order. Raises NotFound, also for another supplier's."""
    return view_of(own_part(supplier_id, supplier_order_id), is_admin=is_admin)


def list_supplier_orders(
    supplier_id: str,
    *,
    status: str | None = None,
    attempt_status: str | None = None,
    updated_since: str | None = None,
    limit: int,
    cursor: str | None = None,
    is_admin: bool = False,
) -> paging.Listing:
    """The supplier's orders, oldest first. Raises BadRequest for a cursor of another list."""
    page = paging.read_page(
        lambda: supplier_orders.page_of_supplier(
            supplier_id,
            status=status,
            attempt_status=attempt_status,
            updated_since=updated_since,
            limit=limit,
            cursor=cursor,
        )
    )
    parts = order_reads.with_orders(page.items)
    return {"items": [view_of(part, is_admin=is_admin) for part in parts], "next_cursor": page.next_cursor}


def own_part(supplier_id: str, supplier_order_id: str) -> Part:
    """The supplier order with its order and buyer. Raises NotFound unless it is this supplier's."""
    part = order_reads.get_part(supplier_order_id)
    if part is None or part.supplier_order.supplier_id != supplier_id:
        raise NotFound
    return part


def view_of(part: Part, *, is_admin: bool = False) -> dict[str, Any]:
    """The part as its supplier reads it; an administrator reads the address at any time."""
    return supplier_order_view(part.supplier_order, part.order, part.buyer, with_address=is_admin)
