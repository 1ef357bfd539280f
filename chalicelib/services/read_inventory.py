"""How much there is of offers: on hand, reserved, sold, to be had."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chalicelib import clock, ids
from chalicelib.domain.offer import Product, Terms, inactivity_reasons
from chalicelib.storage import offer_terms, products

_OF_A_PRODUCT = 100

Inventory = dict[str, Any]
"""`{"items": […], "unknown": […]}`, the second what was asked for and does not exist."""


def of_skus(supplier_id: str, skus: Sequence[str]) -> Inventory:
    """Of one supplier's offers, in one round trip for up to a hundred."""
    named = {ids.offer_id(supplier_id, sku): sku for sku in skus}
    found = offer_terms.get_many(named)
    unknown = [sku for offer_id, sku in named.items() if offer_id not in found]
    return _shown(found.values(), unknown)


def of_offers(offer_ids: Sequence[str], product_ids: Sequence[str]) -> Inventory:
    """Of these offers, and of those of these products, up to a hundred each: a round trip for the products
    and one for every hundred offers."""
    known = products.get_many(product_ids) if product_ids else {}
    members = [offer_id for each in known.values() for offer_id in _offers_of(each)]
    found = offer_terms.get_many([*offer_ids, *members])
    unknown = [each for each in offer_ids if each not in found]
    unknown += [each for each in product_ids if each not in known]
    return _shown(found.values(), unknown)


def _offers_of(product: Product) -> list[str]:
    return sorted(member["offer_id"] for member in product.offer_ids.values())[:_OF_A_PRODUCT]


def _shown(found: Iterable[Terms], unknown: Sequence[str]) -> Inventory:
    now = clock.now()
    items = sorted((_item(terms, now) for terms in found), key=lambda item: str(item["offer_id"]))
    return {"items": items, "unknown": list(dict.fromkeys(unknown))}


def _item(terms: Terms, now: datetime) -> dict[str, Any]:
    """`on_hand` is what the supplier counted, less what was accepted since."""
    view = {
        "offer_id": terms.offer_id,
        "supplier_id": terms.supplier_id,
        "sku": terms.sku,
        "product_id": terms.product_id,
        "on_hand": max(0, terms.quantity),
        "reserved": terms.reserved,
        "sold": terms.sold,
        "available": terms.may_be_ordered,
        "active": not inactivity_reasons(terms, now),
        "stock_as_of": terms.stock_as_of or None,
        "updated_at": terms.updated_at,
    }
    return {name: value for name, value in view.items() if value is not None}
