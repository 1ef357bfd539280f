"""Orders and their buyers: one partition an order, with everything under it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from chalicelib import ids
from chalicelib.domain.money import Money
from chalicelib.domain.order import Buyer, Order, OrderRecord, PlacedLine
from chalicelib.storage import fee_terms, keys, reads, refunds, returns, shipments, supplier_orders
from chalicelib.storage.items import Item
from chalicelib.storage.order_items import (
    BuyerItem,
    OrderItem,
    RefundItem,
    ReturnItem,
    ShipmentItem,
    SupplierOrderItem,
)
from chalicelib.storage.transaction import Write


def get(order_id: str) -> OrderRecord | None:
    """The order with everything under it, as last written, or None; one round trip."""
    found: dict[type[Item], list[Any]] = defaultdict(list)
    for item in Item.query(keys.order(order_id).pk, consistent_read=True):
        found[type(item)].append(item)
    if not found[OrderItem]:
        return None
    parts = map(supplier_orders.from_item, found[SupplierOrderItem])
    sent = map(shipments.from_item, found[ShipmentItem])
    sent_back = map(returns.from_item, found[ReturnItem])
    paid_back = map(refunds.from_item, found[RefundItem])
    return OrderRecord(
        from_item(found[OrderItem][0]),
        next(map(buyer_from_item, found[BuyerItem]), None),
        tuple(sorted(parts, key=lambda each: ids.part_number(each.supplier_order_id))),
        tuple(sorted(sent, key=lambda each: each.shipped_at)),
        tuple(sorted(sent_back, key=lambda each: each.created_at)),
        tuple(sorted(paid_back, key=lambda each: each.created_at)),
    )


def get_many(order_ids: Iterable[str]) -> dict[str, Order]:
    """Those that exist, by id, without what stands under them; a round trip for every 100."""
    found = reads.get_many(keys.order(order_id) for order_id in order_ids).values()
    return {item.order_id: from_item(item) for item in found if isinstance(item, OrderItem)}


def adding(order: Order) -> Write:
    """Place the order; its id is the idempotency key's, so a refusal is a replay. Label `order`,
    found: Order."""
    return Write("order", _to_item(order), OrderItem.pk.does_not_exist(), reader=from_item)


def replacing(order: Order, *, expected_version: int) -> Write:
    """Write it if it still has `expected_version`; the stored version is one higher. Label `order`."""
    item = _to_item(replace(order, version=expected_version + 1))
    return Write("order", item, OrderItem.version == expected_version)


def replacing_buyer(buyer: Buyer, *, now: str, correlation_id: str) -> Write:
    """Together with the order, whose version guards it. Label `buyer`."""
    actions = [
        BuyerItem.ship_to.set(buyer.ship_to),
        BuyerItem.contact.set(buyer.contact),
        BuyerItem.correlation_id.set(correlation_id),
        BuyerItem.updated_at.set(now),
    ]
    return Write("buyer", BuyerItem(*keys.buyer(buyer.order_id)), BuyerItem.pk.exists(), actions)


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
        allocation=order.allocation,
        history=order.history or None,
        tax_included=order.tax_included or None,
        tax_collector=order.tax_collector,
        rules_version=order.rules_version,
        version=order.version,
        correlation_id=order.correlation_id,
        created_at=order.created_at,
        updated_at=order.updated_at,
    )


def _line_row(line: PlacedLine) -> list[Any]:
    """The line without what its place and ids say already: an order of two lines then fits into the one KB
    that a write is charged by."""
    row = line.offer_id, line.product_id, line.sku, line.gtin, line.title, line.quantity
    return [
        *row,
        line.unit_price.minor,
        ids.part_number(line.supplier_order_id),
        ids.part_number(line.line_id),
        [line.shipping, line.tax, line.shipping_tax],
        fee_terms.packed(line.fee),
    ]


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
        allocation=item.allocation,
        history=tuple(item.history or ()),
        tax_included=bool(item.tax_included),
        tax_collector=item.tax_collector,
        rules_version=int(item.rules_version),
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )


def _line_from(row: list[Any], order_id: str, currency: str) -> PlacedLine:
    offer_id, product_id, sku, gtin, title, quantity, minor, part, number, beside, fee = row
    shipping, tax, shipping_tax = beside
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
        shipping=shipping,
        tax=tax,
        shipping_tax=shipping_tax,
        fee=fee_terms.unpacked(fee),
    )


def buyer_from_item(item: BuyerItem) -> Buyer:
    """The buyer that a table item holds."""
    return Buyer(item.order_id, item.ship_to, item.contact)
