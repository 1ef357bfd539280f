"""What others are told of a change: the domain events that follow from an item before and after."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.domain.after_sales import Refund, Return
from chalicelib.domain.announce_after_sales import of_refund, of_return
from chalicelib.domain.announce_money import of_payout, of_statement
from chalicelib.domain.announce_offers import of_offer, of_product, of_terms
from chalicelib.domain.announce_orders import of_order, of_supplier_order
from chalicelib.domain.announce_suppliers import of_health, of_import, of_review, of_supplier
from chalicelib.domain.announcement import Announcement
from chalicelib.domain.health import SupplierHealth
from chalicelib.domain.imports import Import
from chalicelib.domain.offer import Offer, Product, Terms
from chalicelib.domain.order import Order, SupplierOrder
from chalicelib.domain.payouts import Payout
from chalicelib.domain.review import Review
from chalicelib.domain.statements import Statement
from chalicelib.domain.supplier import Supplier

_TELLERS: Mapping[type, Callable[[object | None, Any], Iterator[Announcement]]] = {
    Supplier: of_supplier,
    SupplierHealth: of_health,
    Review: of_review,
    Import: of_import,
    Offer: of_offer,
    Terms: of_terms,
    Product: of_product,
    Order: of_order,
    SupplierOrder: of_supplier_order,
    Return: of_return,
    Refund: of_refund,
    Statement: of_statement,
    Payout: of_payout,
}


def announcements(before: object | None, after: object | None) -> Iterator[Announcement]:
    """The facts that became true when `before` became `after`."""
    tell = _TELLERS.get(type(after))
    return tell(before, after) if tell else iter(())
