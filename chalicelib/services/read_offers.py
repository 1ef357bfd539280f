"""The offers of a supplier, page by page."""

from collections.abc import Sequence

from chalicelib import clock
from chalicelib.domain.offer import Offer
from chalicelib.services import offer_records, supplier_records
from chalicelib.services.paging import Listing, read_page
from chalicelib.storage import offer_terms, offers
from chalicelib.storage.pages import Page


def page(
    supplier_id: str, *, acceptance: str | None, active: bool | None, limit: int, cursor: str | None
) -> Listing:
    """Offers by SKU, of one acceptance or of all. `active` filters what is on the page, so a page may be
    shorter than `limit` while there is another. Raises NotFound, BadRequest."""
    supplier_records.existing(supplier_id)
    found = read_page(lambda: _read(supplier_id, acceptance, limit=limit, cursor=cursor))
    items = _shown(found.items)
    if active is not None:
        items = [item for item in items if item["active"] == active]
    return {"items": items, "next_cursor": found.next_cursor}


def _read(supplier_id: str, acceptance: str | None, *, limit: int, cursor: str | None) -> Page[Offer]:
    if acceptance is None:
        return offers.page_of_supplier(supplier_id, limit=limit, cursor=cursor)
    return offers.page(supplier_id, acceptance, limit=limit, cursor=cursor)


def _shown(found: Sequence[Offer]) -> list[dict[str, object]]:
    terms = offer_terms.get_many(offer.offer_id for offer in found)
    now = clock.now()
    return [
        offer_records.shown(offer, terms[offer.offer_id], now) for offer in found if offer.offer_id in terms
    ]
