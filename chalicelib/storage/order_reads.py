"""Reads across kinds that orders need in one round trip."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib import ids
from chalicelib.domain.circuit import Endpoint
from chalicelib.domain.fee_schedule import Schedule
from chalicelib.domain.health import SupplierHealth
from chalicelib.domain.offer import Product, Terms
from chalicelib.domain.order import Buyer, Order, SupplierOrder
from chalicelib.domain.supplier import Supplier
from chalicelib.storage import (
    endpoints,
    fee_rules,
    keys,
    offer_terms,
    orders,
    products,
    reads,
    supplier_orders,
    suppliers,
)
from chalicelib.storage.items import ProductItem, SupplierItem, TermsItem
from chalicelib.storage.order_items import BuyerItem, OrderItem, SupplierOrderItem


@dataclass(frozen=True)
class Concerned:
    """What placing an order needs to know: the order itself where it stands already, which commission rules
    hold when, and by id what exists of the rest."""

    order: Order | None
    fee_rules: Schedule
    terms: dict[str, Terms]
    products: dict[str, Product]
    suppliers: dict[str, Supplier]


@dataclass(frozen=True)
class Part:
    """One supplier's part of an order, with what it is a part of. `handling_days` are those of its offers, by
    id, where they were asked for."""

    supplier_order: SupplierOrder
    order: Order
    buyer: Buyer | None
    supplier: Supplier | None = None
    handling_days: Mapping[str, int] = field(default_factory=dict)
    endpoint: Endpoint | None = None
    health: SupplierHealth | None = None


def read_for_placing(order_id: str, *, offer_ids: Iterable[str], product_ids: Iterable[str]) -> Concerned:
    """The order that stands under this id, the terms, the offers' suppliers, the products; the commission
    rules' schedule."""
    offer_ids = set(offer_ids)
    supplier_ids = {supplier for offer in offer_ids if (supplier := ids.supplier_of_offer(offer))}
    held = reads.get_many(
        [
            keys.order(order_id),
            keys.commission_rules(),
            *map(keys.terms, offer_ids),
            *map(keys.product, set(product_ids)),
            *map(keys.supplier, supplier_ids),
        ]
    )
    schedule = fee_rules.schedule_of(held.get(keys.commission_rules()))
    found = held.values()
    order = next((orders.from_item(item) for item in found if isinstance(item, OrderItem)), None)
    terms = [offer_terms.from_item(item) for item in found if isinstance(item, TermsItem)]
    shown = [products.from_item(item) for item in found if isinstance(item, ProductItem)]
    selling = [suppliers.from_item(item) for item in found if isinstance(item, SupplierItem)]
    return Concerned(
        order,
        schedule,
        {each.offer_id: each for each in terms},
        {each.product_id: each for each in shown},
        {each.supplier_id: each for each in selling},
    )


def get_part(
    supplier_order_id: str, *, supplier_id: str | None = None, offer_ids: Iterable[str] = ()
) -> Part | None:
    """The supplier order with its order and buyer; the offers, and the supplier with its endpoint and health,
    where their ids are given."""
    place = ids.order_of_part(supplier_order_id)
    if place is None:
        return None
    part_key, order_key, buyer_key = keys.supplier_order(*place), keys.order(place[0]), keys.buyer(place[0])
    supplier_key = keys.supplier(supplier_id) if supplier_id else None
    of_supplier = [keys.supplier(supplier_id), *endpoints.wanted(supplier_id)] if supplier_id else []
    found = reads.get_many([part_key, order_key, buyer_key, *of_supplier, *map(keys.terms, offer_ids)])
    part, order, buyer = found.get(part_key), found.get(order_key), found.get(buyer_key)
    supplier = found.get(supplier_key) if supplier_key else None
    if not isinstance(part, SupplierOrderItem) or not isinstance(order, OrderItem):
        return None
    if part.supplier_order_id != supplier_order_id:  # another text that leads to the same place
        return None
    endpoint, health = endpoints.among(found.values(), supplier_id) if supplier_id else (None, None)
    return Part(
        supplier_orders.from_item(part),
        orders.from_item(order),
        orders.buyer_from_item(buyer) if isinstance(buyer, BuyerItem) else None,
        suppliers.from_item(supplier) if isinstance(supplier, SupplierItem) else None,
        {item.offer_id: int(item.handling_days) for item in found.values() if isinstance(item, TermsItem)},
        endpoint,
        health,
    )


def with_orders(supplier_orders: Sequence[SupplierOrder]) -> list[Part]:
    """The supplier orders of a page, each with its order and buyer."""
    order_ids = {each.order_id for each in supplier_orders}
    found = reads.get_many(key(order_id) for order_id in order_ids for key in (keys.order, keys.buyer))
    parts = []
    for each in supplier_orders:
        order, buyer = found.get(keys.order(each.order_id)), found.get(keys.buyer(each.order_id))
        if isinstance(order, OrderItem):
            shipped_to = orders.buyer_from_item(buyer) if isinstance(buyer, BuyerItem) else None
            parts.append(Part(each, orders.from_item(order), shipped_to))
    return parts
