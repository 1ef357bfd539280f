"""What others are told of a change: the domain events that follow from an item before and after."""

from collections.abc import Iterator

from chalicelib.domain import announce_offers, announce_orders, announce_suppliers
from chalicelib.domain.announcement import Announcement
from chalicelib.domain.imports import Import
from chalicelib.domain.offer import Offer, Product, Terms
from chalicelib.domain.order import Order, SupplierOrder
from chalicelib.domain.review import Review
from chalicelib.domain.supplier import Supplier


def announcements(before: object | None, after: object | None) -> Iterator[Announcement]:
    """The facts that became true when `before` became `after`."""
    match after:
        case Supplier():
            yield from announce_suppliers.of_supplier(before, after)
        case Review():
            yield from announce_suppliers.of_review(before, after)
        case Import():
            yield from announce_suppliers.of_import(before, after)
        case Offer():
            yield from announce_offers.of_offer(before, after)
        case Terms():
            yield from announce_offers.of_terms(before, after)
        case Product():
            yield from announce_offers.of_product(before, after)
        case Order():
            yield from announce_orders.of_order(before, after)
        case SupplierOrder():
            yield from announce_orders.of_supplier_order(before, after)
