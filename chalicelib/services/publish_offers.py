"""An offer's decision reaches the shop: its terms, and its place in a product."""

from dataclasses import replace

from chalicelib.domain.offer import Offer, Product, Terms, blocks
from chalicelib.domain.rules.offer_identifiers import key_of
from chalicelib.domain.rules.offer_price import price_of
from chalicelib.domain.supplier import Supplier
from chalicelib.services.validate_offers import is_source, product_id_of
from chalicelib.storage import offers, products
from chalicelib.storage.transaction import Write


def terms_write(offer: Offer, supplier: Supplier, *, now: str) -> Write:
    """Sell the offer at what it says, or block its sale, as its acceptance and its supplier's status have it.
    Stock stands. Label `terms:<offer_id>`."""
    price = price_of(offer.content)
    terms = Terms(
        offer_id=offer.offer_id,
        supplier_id=offer.supplier_id,
        sku=offer.sku,
        product_id=offer.product_id,
        title=offer.content["title"],
        gtin=key_of(offer.content),
        price=price,
        blocks=blocks(
            acceptance=offer.acceptance,
            supplier_is_open=supplier.is_open,
            has_price=price is not None,
            withdrawn=offer.withdrawn,
        ),
        handling_days=offer.content["handling_days"],
        condition=offer.content["condition"],
        supplier_name=supplier.display_name,
        available_from=offer.content.get("available_from"),
        available_until=offer.content.get("available_until"),
        correlation_id=offer.correlation_id,
    )
    return offers.changing_terms(terms, now=now)


def joined(offer: Offer, known: Product | None, *, now: str) -> tuple[Product, list[Write]]:
    """The product as it will be with the (accepted) offer in it, and the writes that put it there (labels
    `product` and `product:leave`). `known` is the product as it stands, None where nobody offers it yet.
    `offer` still has the product that it was in before."""
    product = _product_of(offer, known, now=now)
    member = {"offer_id": offer.offer_id, "sku": offer.sku}
    product = replace(product, offer_ids={**product.offer_ids, offer.supplier_id: member})
    if known is None:
        writes = [products.adding(product)]
    else:
        writes = [
            products.joining(
                product, supplier_id=offer.supplier_id, offer_id=offer.offer_id, sku=offer.sku, now=now
            )
        ]
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


def _product_of(offer: Offer, known: Product | None, *, now: str) -> Product:
    """The product with this offer's content where the offer is its source."""
    if known is not None and not is_source(known, offer):
        return replace(known, correlation_id=offer.correlation_id)
    content = offer.content
    blank = Product(
        product_id=product_id_of(offer, content),
        gtin=key_of(content),
        title="",
        brand="",
        category="",
        created_at=now,
        updated_at=now,
    )
    return replace(
        known or blank,
        title=content["title"],
        brand=content["brand"],
        category=content["category"],
        description=content.get("description", ""),
        image_urls=tuple(content.get("image_urls", ())),
        attributes=content.get("attributes", {}),
        source_offer_id=offer.offer_id,
        correlation_id=offer.correlation_id,
    )
