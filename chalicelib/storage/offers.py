"""Offers: their content, and what was decided on it."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.domain.offer import Offer, Terms
from chalicelib.storage import keys, offer_terms, pages, reads
from chalicelib.storage.items import OfferItem, TermsItem
from chalicelib.storage.transaction import Write


def get(supplier_id: str, sku: str) -> Offer | None:
    item = reads.get_one(keys.offer(supplier_id, sku))
    return from_item(item) if isinstance(item, OfferItem) else None


def get_with_terms(supplier_id: str, sku: str, offer_id: str) -> tuple[Offer | None, Terms | None]:
    """An offer and its terms in one round trip."""
    offer_key, terms_key = keys.offer(supplier_id, sku), keys.terms(offer_id)
    found = reads.get_many([offer_key, terms_key])
    offer, terms = found.get(offer_key), found.get(terms_key)
    return (
        from_item(offer) if isinstance(offer, OfferItem) else None,
        offer_terms.from_item(terms) if isinstance(terms, TermsItem) else None,
    )


def get_many(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Offer]:
    """Those that exist of the `(supplier_id, sku)` asked for."""
    found = reads.get_many(keys.offer(supplier_id, sku) for supplier_id, sku in wanted)
    offers = [from_item(item) for item in found.values() if isinstance(item, OfferItem)]
    return {(offer.supplier_id, offer.sku): offer for offer in offers}


def page(supplier_id: str, acceptance: str, *, limit: int, cursor: str | None) -> pages.Page[Offer]:
    """The supplier's offers of one acceptance state, by SKU. Raises BadCursor."""
    partition = keys.offers_of_supplier(supplier_id, acceptance)
    return reads.page_by_status(partition, from_item, limit=limit, cursor=cursor)


def page_of_skus(supplier_id: str, acceptance: str, *, limit: int, cursor: str | None) -> pages.Page[str]:
    """The SKUs alone of the supplier's offers of one acceptance state, in order. Raises BadCursor."""
    return reads.page_by_status(
        keys.offers_of_supplier(supplier_id, acceptance),
        lambda item: str(item.sku),
        limit=limit,
        cursor=cursor,
        attributes_to_get=["kind", "sku"],
    )


def page_of_supplier(supplier_id: str, *, limit: int, cursor: str | None) -> pages.Page[Offer]:
    """All the supplier's offers, by SKU. Raises BadCursor."""
    pk, prefix = keys.offer(supplier_id, "")
    start = pages.decode(cursor, partition=("PK", pk), attributes=("PK", "SK"))
    results = OfferItem.query(
        pk, OfferItem.sk.startswith(prefix), limit=limit, last_evaluated_key=pages.within(start, prefix)
    )
    return pages.read(results, from_item)


def adding(offer: Offer) -> Write:
    """Write a new offer. Label `offer`."""
    return Write("offer", _to_item(offer), OfferItem.pk.does_not_exist())


def replacing(offer: Offer, *, expected_version: int) -> Write:
    """Write the offer if it still has `expected_version`; the stored version is one higher. Label `offer`."""
    item = _to_item(replace(offer, version=expected_version + 1))
    return Write("offer", item, OfferItem.version == expected_version)


def _to_item(offer: Offer) -> OfferItem:
    item = OfferItem(
        *keys.offer(offer.supplier_id, offer.sku),
        offer_id=offer.offer_id,
        supplier_id=offer.supplier_id,
        sku=offer.sku,
        content=offer.content,
        acceptance=offer.acceptance,
        validation_state=offer.validation_state,
        withdrawn=offer.withdrawn,
        issues=offer.issues,
        corrections=offer.corrections,
        review_id=offer.review_id,
        rules_version=offer.rules_version,
        judged_version=offer.judged_version,
        judged_at=offer.judged_at,
        overtaken_corrections=offer.overtaken_corrections or None,
        product_id=offer.product_id,
        version=offer.version,
        status_partition=keys.offers_of_supplier(offer.supplier_id, offer.acceptance),
        status_sort=offer.sku,
        correlation_id=offer.correlation_id,
        created_at=offer.created_at,
        updated_at=offer.updated_at,
    )
    reads.mark_due(item, pending=offer.validation_state == "PENDING")
    return item


def from_item(item: OfferItem) -> Offer:
    """The offer that a table item holds."""
    return Offer(
        offer_id=item.offer_id,
        supplier_id=item.supplier_id,
        sku=item.sku,
        content=item.content,
        acceptance=item.acceptance,
        validation_state=item.validation_state,
        version=int(item.version),
        withdrawn=item.withdrawn,
        issues=tuple(item.issues),
        corrections=tuple(item.corrections),
        review_id=item.review_id,
        rules_version=int(item.rules_version),
        judged_version=None if item.judged_version is None else int(item.judged_version),
        judged_at=item.judged_at,
        overtaken_corrections=tuple(item.overtaken_corrections or ()),
        product_id=item.product_id,
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
