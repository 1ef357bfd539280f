"""The manual review queue, oldest first, each case with the record it is about."""

from collections.abc import Sequence
from typing import Any

from chalicelib import clock
from chalicelib.domain.review import Review
from chalicelib.services import offer_records, review_records, supplier_records
from chalicelib.services.paging import Listing, fitting, read_page
from chalicelib.services.similar_cases import similar_to
from chalicelib.storage import offer_terms, offers, reviews, suppliers


def page(*, status: str | None, kind: str | None, limit: int, cursor: str | None) -> Listing:
    """Reviews of one status, or all that wait where none is given. Large records make a page shorter.
    Raises BadRequest."""
    now = clock.timestamp()
    found = read_page(lambda: reviews.page(status=status, kind=kind, limit=limit, cursor=cursor, now=now))
    shown = with_records(found.items)
    kept = fitting(shown)
    cut = kept < len(shown)
    return {
        "items": shown[:kept],
        "next_cursor": reviews.cursor_behind(found.items[kept - 1]) if cut else found.next_cursor,
    }


def read(review_id: str) -> dict[str, Any]:
    """One review, with past cases like it beside it. Raises NotFound."""
    review = review_records.existing(review_id)
    shown = with_records([review])[0]
    return {**shown, "similar_cases": similar_to(review, shown["record"] or {})}


def with_records(found: Sequence[Review]) -> list[dict[str, Any]]:
    """The reviews as administrators read them, in the order given."""
    records = _suppliers(found) | _offers(found)
    return [review_records.shown(review, records.get((review.supplier_id, review.sku))) for review in found]


def _suppliers(found: Sequence[Review]) -> dict[tuple[str, str | None], dict[str, Any]]:
    wanted = {review.supplier_id for review in found if review.sku is None}
    stored = suppliers.get_many(wanted) if wanted else {}
    return {(supplier_id, None): supplier_records.shown(each) for supplier_id, each in stored.items()}


def _offers(found: Sequence[Review]) -> dict[tuple[str, str | None], dict[str, Any]]:
    wanted = [(review.supplier_id, review.sku) for review in found if review.sku is not None]
    if not wanted:
        return {}
    stored = offers.get_many(wanted)
    terms = offer_terms.get_many(offer.offer_id for offer in stored.values())
    now = clock.now()
    return {
        key: offer_records.shown(offer, terms[offer.offer_id], now)
        for key, offer in stored.items()
        if offer.offer_id in terms
    }
