"""An offer's decision reaches the shop: its terms, and its place in a product."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain import golden
from chalicelib.domain.authorizations import Authorizations
from chalicelib.domain.fees import LONGEST_BRAND, LONGEST_CATEGORY, FeeFacts
from chalicelib.domain.offer import Offer, Product, Terms, blocks
from chalicelib.domain.rules import text
from chalicelib.domain.rules.kinds import Record
from chalicelib.domain.rules.offer_identifiers import key_of
from chalicelib.domain.rules.offer_price import money_of, price_of, windows_of
from chalicelib.domain.supplier import Supplier
from chalicelib.services.validate_offers import product_id_of
from chalicelib.storage import offer_terms, products, suppliers
from chalicelib.storage.transaction import Write

_LONGEST_BRAND = 400
"""Unusual characters may fold to many; a key of the table holds 2 KB."""


def terms_write(offer: Offer, supplier: Supplier, authorizations: Authorizations, *, now: str) -> Write:
    """Sell the offer at what it says, or block its sale, as its acceptance, its supplier's status and what
    that is authorised for have it. Stock stands. Label `terms:<offer_id>`."""
    return offer_terms.changing(terms_of(offer, supplier, authorizations), now=now)


def terms_of(offer: Offer, supplier: Supplier, authorizations: Authorizations) -> Terms:
    """What the offer is sold at, but for its stock: none of it says how many there are."""
    price, windows = price_of(offer.content), windows_of(offer.content)
    return Terms(
        offer_id=offer.offer_id,
        supplier_id=offer.supplier_id,
        sku=offer.sku,
        product_id=offer.product_id,
        title=offer.content["title"],
        gtin=key_of(offer.content),
        price=price,
        windows=windows,
        shipping_price=money_of(offer.content.get("shipping_price")),
        blocks=blocks(
            acceptance=offer.acceptance,
            supplier_is_open=supplier.is_open,
            has_price=price is not None or bool(windows),
            withdrawn=offer.withdrawn,
            unauthorized=authorizations.forbid(offer.content, offer.supplier_id),
        ),
        handling_days=offer.content["handling_days"],
        condition=offer.content["condition"],
        supplier_name=supplier.display_name,
        closed_from=supplier.closed_from,
        closed_until=supplier.closed_until,
        fee_facts=fee_facts_of(offer.content, supplier),
        available_from=offer.content.get("available_from"),
        available_until=offer.content.get("available_until"),
        correlation_id=offer.correlation_id,
    )


def fee_facts_of(content: Mapping[str, Any], supplier: Supplier | None) -> FeeFacts:
    """What the commission on an offer of this content goes by."""
    return FeeFacts(
        category=(content.get("commission_category") or content.get("category", ""))[:LONGEST_CATEGORY],
        brand=content.get("brand", "")[:LONGEST_BRAND],
        plan=supplier.plan if supplier else "",
        country=supplier.country if supplier else "",
    )


def brand_holders(contents: Iterable[Record]) -> dict[str, str]:
    """Which supplier holds each brand of these contents, for `holds_brand`; a round trip for every 100."""
    return suppliers.brand_holders(name for name in map(_brand_of, contents) if len(name) <= _LONGEST_BRAND)


def holds_brand(offer: Offer, holders: Mapping[str, str]) -> bool:
    """Whether the offer is by the supplier that holds its brand, where `holders` has it."""
    return holders.get(_brand_of(offer.content)) == offer.supplier_id


def _brand_of(content: Record) -> str:
    return text.essence(str(content.get("brand", "")))


def joined(
    offer: Offer, known: Product | None, *, now: str, holds_brand: bool
) -> tuple[Product, list[Write]]:
    """The product as it will be with the (accepted) offer in it, and the writes that put it there (labels
    `product` and `product:leave`). `known` is the product as it stands, None where nobody offers it yet;
    `holds_brand` whether the offer's supplier holds its brand. `offer` still has the product that it was in
    before."""
    before = known or Product(
        product_id_of(offer, offer.content),
        gtin=key_of(offer.content),
        title="",
        brand="",
        category="",
        created_at=now,
        updated_at=now,
    )
    member = _member(offer, before, now=now, holds_brand=holds_brand)
    product = golden.with_member(before, offer.supplier_id, member, offer.content)
    product = replace(product, correlation_id=offer.correlation_id)
    if known is None:
        writes = [products.adding(product)]
    else:
        writes = [products.joining(product, offer.supplier_id, now=now)]
    if offer.product_id and offer.product_id != product.product_id:
        writes.append(
            products.leaving(
                offer.product_id,
                supplier_id=offer.supplier_id,
                sku=offer.sku,
                now=now,
                correlation_id=offer.correlation_id,
            )
        )
    return product if known is None else replace(product, version=known.version + 1), writes


def _member(offer: Offer, product: Product, *, now: str, holds_brand: bool) -> dict[str, Any]:
    earlier = product.offer_ids.get(offer.supplier_id)
    return {
        "offer_id": offer.offer_id,
        "sku": offer.sku,
        "since": earlier["since"] if earlier else now,
        "at": now,
        "owns_brand": holds_brand,
    }
