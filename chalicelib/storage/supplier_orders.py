"""The parts of orders that one supplier ships, each with its dispatch attempt."""

import functools
import operator
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

from chalicelib import ids, settings
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder
from chalicelib.domain.periods import later
from chalicelib.storage import fee_terms, keys, pages, reads
from chalicelib.storage.items import AnyItem, Due, Item
from chalicelib.storage.order_items import SupplierOrderItem
from chalicelib.storage.transaction import Write

_DUE_KEY = ("PK", "SK", "GSI3PK", "GSI3SK")


def get(supplier_order_id: str) -> SupplierOrder | None:
    place = ids.order_of_part(supplier_order_id)
    item = reads.get_one(keys.supplier_order(*place)) if place else None
    return from_item(item) if isinstance(item, SupplierOrderItem) else None


def page_of_supplier(
    supplier_id: str,
    *,
    status: str | None,
    attempt_status: str | None,
    updated_since: str | None,
    limit: int,
    cursor: str | None,
) -> pages.Page[SupplierOrder]:
    """The supplier's orders by time of placing, oldest first. Raises BadCursor."""
    conditions = []
    if status:
        conditions.append(SupplierOrderItem.status == status)
    if attempt_status:
        conditions.append(SupplierOrderItem.attempt_status == attempt_status)
    if updated_since:
        conditions.append(SupplierOrderItem.updated_at >= updated_since)
    condition = functools.reduce(operator.and_, conditions) if conditions else None
    return reads.page_by_status(
        keys.orders_of_supplier(supplier_id),
        from_item,
        limit=limit,
        cursor=cursor,
        filter_condition=condition,
    )


def walk(supplier_id: str) -> Iterator[SupplierOrder]:
    """All of the supplier's orders by time of placing; an index gives them, a MB in each round trip, a moment
    behind the table."""
    return map(from_item, Item.by_status.query(keys.orders_of_supplier(supplier_id)))


def waiting(supplier_id: str, *, placed_since: str, limit: int) -> list[str]:
    """Ids of the supplier's orders of that time that wait for its answer, oldest first."""
    found = Item.by_status.query(
        keys.orders_of_supplier(supplier_id),
        Item.status_sort >= placed_since,
        filter_condition=SupplierOrderItem.status == "WAITING_ACCEPTANCE",
        limit=limit,
    )
    return [item.supplier_order_id for item in found]


def to_ship(supplier_id: str, *, limit: int) -> list[str]:
    """Ids of the supplier's orders that it has accepted and not wholly shipped, the most urgent first."""
    return _ids(AnyItem.due.query(keys.orders_to_ship(supplier_id), limit=limit))


def overdue(supplier_id: str, now: str, *, limit: int) -> list[str]:
    """Ids of the supplier's orders that should have left and are not known to be late, oldest first."""
    return _ids(AnyItem.due.query(keys.orders_to_ship(supplier_id), AnyItem.due_sort < now, limit=limit))


def deliveries_due(now: str, *, shard: int, limit: int) -> list[str]:
    """Ids of this shard's shipped or received orders that time moves on, the longest due first."""
    return _ids(AnyItem.due.query(keys.deliveries_due_shard(shard), AnyItem.due_sort < now, limit=limit))


def _ids(found: Iterable[AnyItem]) -> list[str]:
    return [str(item.due_sort).rpartition("#")[2] for item in found]


def answers_due(until: str, *, shard: int, limit: int) -> list[keys.Key]:
    """Keys of supplier orders of one shard whose time to be answered was over by then, longest first."""
    found = AnyItem.due.query(keys.answers_due_shard(shard), Due.sort <= until, limit=limit)
    return [keys.Key(item.pk, item.sk) for item in found]


def payments_due(until: str, *, shard: int, limit: int) -> list[keys.Key]:
    """Keys of supplier orders of one shard that were held for a payment until then, longest first."""
    found = AnyItem.due.query(keys.payments_due_shard(shard), Due.sort <= until, limit=limit)
    return [keys.Key(item.pk, item.sk) for item in found]


def page_of_unsettled(*, limit: int, cursor: str | None) -> pages.Page[SupplierOrder]:
    """Those whose answer waits for an administrator, by when its time is over. Raises BadCursor."""
    partition = keys.settlements_due()
    start = pages.decode(cursor, partition=("GSI3PK", partition), attributes=_DUE_KEY)
    found = AnyItem.due.query(partition, limit=limit, last_evaluated_key=start)
    page = pages.read(found, lambda item: keys.Key(item.pk, item.sk))
    # The index is a moment behind: some may be settled meanwhile.
    unsettled = [each for each in get_many(page.items) if each.attempt.needs_settlement]
    unsettled.sort(key=lambda each: (each.accept_by, each.supplier_order_id))
    return pages.Page(tuple(unsettled), page.next_cursor)


def unsettled_due(until: str, *, limit: int) -> list[keys.Key]:
    """Keys of those whose answer waited for an administrator until its time was over."""
    found = AnyItem.due.query(keys.settlements_due(), Due.sort <= until, limit=limit)
    return [keys.Key(item.pk, item.sk) for item in found]


def get_by_ids(supplier_order_ids: Iterable[str]) -> list[SupplierOrder]:
    """Those that exist, as last written; a round trip for every 100."""
    places = filter(None, map(ids.order_of_part, supplier_order_ids))
    return get_many(keys.supplier_order(*place) for place in places)


def get_many(wanted: Iterable[keys.Key]) -> list[SupplierOrder]:
    """Those that exist, as last written."""
    found = reads.get_many(wanted).values()
    return [from_item(item) for item in found if isinstance(item, SupplierOrderItem)]


def adding(supplier_order: SupplierOrder) -> Write:
    """Label `supplier_order`."""
    item = _to_item(supplier_order)
    return Write("supplier_order", item, SupplierOrderItem.pk.does_not_exist())


def replacing(supplier_order: SupplierOrder, *, expected_version: int) -> Write:
    """Write it if it still has `expected_version`; the stored version is one higher.
    Label `supplier_order`."""
    item = _to_item(replace(supplier_order, version=expected_version + 1))
    return Write("supplier_order", item, SupplierOrderItem.version == expected_version)


def _to_item(supplier_order: SupplierOrder) -> SupplierOrderItem:
    place = ids.order_of_part(supplier_order.supplier_order_id)
    if place is None:
        raise ValueError(f"{supplier_order.supplier_order_id} is no id of a supplier order")
    status = supplier_order.status
    due = _due(supplier_order, status)
    return SupplierOrderItem(
        *keys.supplier_order(*place),
        supplier_order_id=supplier_order.supplier_order_id,
        order_id=supplier_order.order_id,
        supplier_id=supplier_order.supplier_id,
        lines=[_line_row(line) for line in supplier_order.lines],
        status=status,
        attempt_status=supplier_order.attempt.status,
        attempt=_packed(supplier_order.attempt),
        accept_by=supplier_order.accept_by,
        supplier_reference=supplier_order.supplier_reference,
        held_until=supplier_order.held_until,
        late_at=supplier_order.late_at,
        shipped_at=supplier_order.shipped_at,
        received_at=supplier_order.received_at,
        moved_by=supplier_order.moved_by,
        moved_because=supplier_order.moved_because,
        allocation=supplier_order.allocation,
        version=supplier_order.version,
        status_partition=keys.orders_of_supplier(supplier_order.supplier_id),
        status_sort=f"{supplier_order.created_at}#{supplier_order.supplier_order_id}",
        due_partition=due[0] if due else None,
        due_sort=f"{due[1]}#{supplier_order.supplier_order_id}" if due else None,
        correlation_id=supplier_order.correlation_id,
        created_at=supplier_order.created_at,
        updated_at=supplier_order.updated_at,
    )


def _due(supplier_order: SupplierOrder, status: str) -> tuple[str, str] | None:
    """The partition of the `due` index that the supplier order is in, and the moment it is sorted by. A
    planned attempt is in none: placing would cost a unit more, and its message is on the way."""
    part_id = supplier_order.supplier_order_id
    if supplier_order.held_until and supplier_order.attempt.status == "PLANNED":
        return keys.payments_due(part_id), supplier_order.held_until
    is_sent, accept_by = supplier_order.attempt.status == "SENT", supplier_order.accept_by
    if supplier_order.attempt.needs_settlement:
        # Once the attempt has ended, time acts no more: it stands behind those that time may end.
        return keys.settlements_due(), accept_by if is_sent else f"~{accept_by}"
    if is_sent:
        return keys.answers_due(part_id), accept_by
    if status == "SHIPPING":
        # One that is known to be late, or can never be, stands behind all that may be found late.
        waits = supplier_order.ship_by if supplier_order.late_at is None else None
        return keys.orders_to_ship(supplier_order.supplier_id), waits or f"~{supplier_order.created_at}"
    moment = _delivery_moves_at(supplier_order, status)
    return (keys.deliveries_due(part_id), moment) if moment else None


def _delivery_moves_at(supplier_order: SupplierOrder, status: str) -> str | None:
    if status == "SHIPPED" and supplier_order.shipped_at:
        return later(supplier_order.shipped_at, settings.delivered_after())
    if status == "RECEIVED" and supplier_order.received_at:
        return later(supplier_order.received_at, settings.return_window())
    return None


def _line_row(line: OrderLine) -> dict[str, Any]:
    return _packed(line) | ({"fee": fee_terms.packed(line.fee)} if line.fee else {})


def _packed(value: OrderLine | Attempt) -> dict[str, Any]:
    """Without what has its default: an order of two lines then fits into the one KB that a write is charged
    by."""
    return {
        each.name: getattr(value, each.name)
        for each in fields(value)
        if getattr(value, each.name) != each.default
    }


def from_item(item: SupplierOrderItem) -> SupplierOrder:
    """The supplier order that a table item holds."""
    return SupplierOrder(
        supplier_order_id=item.supplier_order_id,
        order_id=item.order_id,
        supplier_id=item.supplier_id,
        lines=tuple(map(_line_from, item.lines)),
        attempt=Attempt(**item.attempt),
        accept_by=item.accept_by,
        supplier_reference=item.supplier_reference,
        held_until=item.held_until,
        late_at=item.late_at,
        shipped_at=item.shipped_at,
        received_at=item.received_at,
        moved_by=item.moved_by,
        moved_because=item.moved_because,
        allocation=item.allocation,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )


def _line_from(stored: dict[str, Any]) -> OrderLine:
    return OrderLine(**{**stored, "fee": fee_terms.unpacked(stored.get("fee"))})
