"""Orders, their buyers, supplier orders and shipments: one partition an order."""

from dataclasses import asdict, replace
from typing import Any

from chalicelib import ids
from chalicelib.domain.money import Money
from chalicelib.domain.order import (
    Attempt,
    Buyer,
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    Shipment,
    SupplierOrder,
    derived_status,
)
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import AnyItem, BuyerItem, Item, OrderItem, ShipmentItem, SupplierOrderItem
from chalicelib.storage.transaction import Write


def get(order_id: str) -> OrderRecord | None:
    """The order with everything under it, as last written, or None; one round trip."""
    order, buyer, supplier_orders, shipments = None, None, [], []
    for item in Item.query(keys.order(order_id).pk, consistent_read=True):
        if isinstance(item, OrderItem):
            order = from_item(item)
        elif isinstance(item, BuyerItem):
            buyer = buyer_from_item(item)
        elif isinstance(item, SupplierOrderItem):
            supplier_orders.append(supplier_order_from_item(item))
        elif isinstance(item, ShipmentItem):
            shipments.append(_shipment_from(item))
    if order is None:
        return None
    supplier_orders.sort(key=lambda each: _number(each.supplier_order_id))
    shipments.sort(key=lambda each: each.shipped_at)
    return OrderRecord(order, buyer, tuple(supplier_orders), tuple(shipments))


def get_supplier_order(supplier_order_id: str) -> SupplierOrder | None:
    place = ids.order_of_part(supplier_order_id)
    item = reads.get_one(keys.supplier_order(*place)) if place else None
    return supplier_order_from_item(item) if isinstance(item, SupplierOrderItem) else None


def get_shipment(order_id: str, shipment_id: str) -> Shipment | None:
    item = reads.get_one(keys.shipment(order_id, shipment_id))
    return _shipment_from(item) if isinstance(item, ShipmentItem) else None


def page_of_supplier(
    supplier_id: str, *, status: str | None, updated_since: str | None, limit: int, cursor: str | None
) -> pages.Page[SupplierOrder]:
    """The supplier's orders by time of placing, oldest first. Raises BadCursor."""
    condition = None
    if status:
        condition = SupplierOrderItem.status == status
    if updated_since:
        fresh = SupplierOrderItem.updated_at >= updated_since
        condition = fresh if condition is None else condition & fresh
    return reads.page_by_status(
        keys.orders_of_supplier(supplier_id),
        supplier_order_from_item,
        limit=limit,
        cursor=cursor,
        filter_condition=condition,
    )


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
    """Ids of the supplier's orders that it has accepted and not wholly shipped, oldest first."""
    found = AnyItem.due.query(keys.orders_to_ship(supplier_id), limit=limit)
    return [str(item.due_sort).rpartition("#")[2] for item in found]


def adding(order: Order) -> Write:
    """Place the order; its id is the idempotency key's, so a refusal is a replay. Label `order`,
    found: Order."""
    return Write("order", _to_item(order), OrderItem.pk.does_not_exist(), reader=from_item)


def adding_buyer(buyer: Buyer, *, now: str, correlation_id: str) -> Write:
    """Label `buyer`."""
    item = BuyerItem(
        *keys.buyer(buyer.order_id),
        order_id=buyer.order_id,
        ship_to=buyer.ship_to,
        contact=buyer.contact,
        correlation_id=correlation_id,
        created_at=now,
        updated_at=now,
    )
    return Write("buyer", item)


def adding_supplier_order(supplier_order: SupplierOrder) -> Write:
    """Label `supplier_order`."""
    item = _supplier_order_item(supplier_order)
    return Write("supplier_order", item, SupplierOrderItem.pk.does_not_exist())


def replacing_supplier_order(supplier_order: SupplierOrder, *, expected_version: int) -> Write:
    """Write it if it still has `expected_version`; the stored version is one higher.
    Label `supplier_order`."""
    item = _supplier_order_item(replace(supplier_order, version=expected_version + 1))
    return Write("supplier_order", item, SupplierOrderItem.version == expected_version)


def adding_shipment(shipment: Shipment) -> Write:
    """Its id stands for its content or idempotency key, so a refusal is a replay. Label `shipment`,
    found: Shipment."""
    item = ShipmentItem(
        *keys.shipment(shipment.order_id, shipment.shipment_id),
        shipment_id=shipment.shipment_id,
        supplier_order_id=shipment.supplier_order_id,
        order_id=shipment.order_id,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        tracking_url=shipment.tracking_url,
        lines=shipment.lines,
        shipped_at=shipment.shipped_at,
        correlation_id=shipment.correlation_id,
        created_at=shipment.created_at,
        updated_at=shipment.updated_at,
    )
    return Write("shipment", item, ShipmentItem.pk.does_not_exist(), reader=_shipment_from)


def _number(part_id: str) -> int:
    place = ids.order_of_part(part_id)
    return place[1] if place else 0


def _to_item(order: Order) -> OrderItem:
    return OrderItem(
        *keys.order(order.order_id),
        order_id=order.order_id,
        currency=order.currency,
        lines=[_line_row(line) for line in order.lines],
        shipping_minor=order.shipping.minor,
        tax_minor=order.tax.minor,
        payment_reference=order.payment_reference,
        authorized_minor=order.authorized.minor,
        request_hash=order.request_hash,
        promise=order.promise,
        channel_reference=order.channel_reference,
        version=order.version,
        correlation_id=order.correlation_id,
        created_at=order.created_at,
        updated_at=order.updated_at,
    )


def _line_row(line: PlacedLine) -> list[Any]:
    """The line without what its place and ids say already: an order of two lines then fits into the one KB
    that a write is charged by."""
    row = line.offer_id, line.product_id, line.sku, line.gtin, line.title, line.quantity
    return [*row, line.unit_price.minor, _number(line.supplier_order_id), _number(line.line_id)]


def from_item(item: OrderItem) -> Order:
    """The order that a table item holds."""
    return Order(
        order_id=item.order_id,
        currency=item.currency,
        lines=tuple(_line_from(row, item.order_id, item.currency) for row in item.lines),
        shipping=Money(int(item.shipping_minor), item.currency),
        tax=Money(int(item.tax_minor), item.currency),
        payment_reference=item.payment_reference,
        authorized=Money(int(item.authorized_minor), item.currency),
        request_hash=item.request_hash,
        promise=item.promise,
        channel_reference=item.channel_reference,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )


def _line_from(row: list[Any], order_id: str, currency: str) -> PlacedLine:
    offer_id, product_id, sku, gtin, title, quantity, minor, part, number = row
    return PlacedLine(
        line_id=ids.part_id("lin", order_id, number),
        offer_id=offer_id,
        product_id=product_id,
        supplier_id=ids.supplier_of_offer(offer_id) or "",
        supplier_order_id=ids.part_id("so", order_id, part),
        sku=sku,
        gtin=gtin,
        title=title,
        quantity=quantity,
        unit_price=Money(minor, currency),
    )


def buyer_from_item(item: BuyerItem) -> Buyer:
    """The buyer that a table item holds."""
    return Buyer(item.order_id, item.ship_to, item.contact)


def _supplier_order_item(supplier_order: SupplierOrder) -> SupplierOrderItem:
    place = ids.order_of_part(supplier_order.supplier_order_id)
    if place is None:
        raise ValueError(f"{supplier_order.supplier_order_id} is no id of a supplier order")
    attempt = asdict(supplier_order.attempt)
    status = derived_status([line.status for line in supplier_order.lines])
    time = f"{supplier_order.created_at}#{supplier_order.supplier_order_id}"
    to_ship = status == "SHIPPING"
    return SupplierOrderItem(
        *keys.supplier_order(*place),
        supplier_order_id=supplier_order.supplier_order_id,
        order_id=supplier_order.order_id,
        supplier_id=supplier_order.supplier_id,
        lines=[asdict(line) for line in supplier_order.lines],
        status=status,
        attempt_status=attempt["status"],
        attempt=attempt,
        accept_by=supplier_order.accept_by,
        supplier_reference=supplier_order.supplier_reference,
        version=supplier_order.version,
        status_partition=keys.orders_of_supplier(supplier_order.supplier_id),
        status_sort=time,
        due_partition=keys.orders_to_ship(supplier_order.supplier_id) if to_ship else None,
        due_sort=time if to_ship else None,
        correlation_id=supplier_order.correlation_id,
        created_at=supplier_order.created_at,
        updated_at=supplier_order.updated_at,
    )


def supplier_order_from_item(item: SupplierOrderItem) -> SupplierOrder:
    """The supplier order that a table item holds."""
    return SupplierOrder(
        supplier_order_id=item.supplier_order_id,
        order_id=item.order_id,
        supplier_id=item.supplier_id,
        lines=tuple(OrderLine(**line) for line in item.lines),
        attempt=Attempt(**item.attempt),
        accept_by=item.accept_by,
        supplier_reference=item.supplier_reference,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )


def _shipment_from(item: ShipmentItem) -> Shipment:
    return Shipment(
        shipment_id=item.shipment_id,
        supplier_order_id=item.supplier_order_id,
        order_id=item.order_id,
        carrier=item.carrier,
        lines=tuple(item.lines),
        tracking_number=item.tracking_number,
        tracking_url=item.tracking_url,
        shipped_at=item.shipped_at,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
