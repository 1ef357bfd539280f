"""Going through stored records page by page, for a replay: by indexes, with a cursor, and with a bound."""

import base64
import binascii
import json
from typing import NamedTuple

from chalicelib.domain.offer import Offer
from chalicelib.domain.supplier import Supplier
from chalicelib.storage import offers, suppliers
from chalicelib.storage.errors import BadCursor

STATUSES = ("OPEN", "PENDING_APPROVAL", "SUSPENDED", "ONBOARDING", "REJECTED")
"""Suppliers are gone through in this order, each status oldest first."""
_PAGES = 60
"""Round trips at most: of many suppliers with nothing to sell, few at a time."""
_PAGE = 100
_END = "END"
"""In place of a page of suppliers: there is no further one."""


class Place(NamedTuple):
    """Where a walk goes on: which supplier's offers (or which status of suppliers), the page there, and for
    offers the page of the list of suppliers; None is the beginning."""

    at: str
    page: str | None = None
    then: str | None = None


def offers_of(supplier_id: str, place: Place | None, *, limit: int) -> tuple[list[Offer], Place | None]:
    """The supplier's next offers, by SKU. Raises BadCursor."""
    cursor = place.page if place else None
    page = offers.page_of_supplier(supplier_id, limit=limit, cursor=cursor)
    return list(page.items), Place(supplier_id, page.next_cursor) if page.next_cursor else None


def offers_beginning_with(
    supplier_id: str, place: Place | None, *, limit: int
) -> tuple[list[Offer], Place | None]:
    """The next offers: this supplier's, then those of the open suppliers, oldest first. Raises BadCursor."""
    found: list[Offer] = []
    here: Place | None = place or Place(supplier_id)
    for _ in range(_PAGES):
        if here is None or len(found) >= limit:
            break
        page = offers.page_of_supplier(here.at, limit=min(_PAGE, limit - len(found)), cursor=here.page)
        is_second_time = here.then is not None and here.at == supplier_id
        found += () if is_second_time else page.items
        goes_on = page.next_cursor is not None and not is_second_time
        here = Place(here.at, page.next_cursor, here.then) if goes_on else _next_supplier(here)
    return found, here


def suppliers_by_status(place: Place | None, *, limit: int) -> tuple[list[Supplier], Place | None]:
    """The next suppliers. Raises BadCursor."""
    found: list[Supplier] = []
    here: Place | None = place or Place(STATUSES[0])
    while here is not None and len(found) < limit:
        page = suppliers.page(here.at, limit=min(_PAGE, limit - len(found)), cursor=here.page)
        found += page.items
        here = Place(here.at, page.next_cursor) if page.next_cursor else _next_status(here.at)
    return found, here


def decoded(cursor: str | None) -> Place | None:
    """The place that a cursor stands for. Raises BadCursor for a text that `encoded` did not make."""
    if cursor is None:
        return None
    try:
        at, page, then = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=="))
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor from error
    if not _is_key(at) or not all(each is None or isinstance(each, str) for each in (page, then)):
        raise BadCursor
    return Place(at, page, then)


def encoded(place: Place | None) -> str | None:
    if place is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _is_key(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and 0 < len(text) <= 128


def _next_supplier(here: Place) -> Place | None:
    """The beginning of the next open supplier's offers."""
    if here.then == _END:
        return None
    page = suppliers.page("OPEN", limit=1, cursor=here.then or None)
    return next((Place(each.supplier_id, None, page.next_cursor or _END) for each in page.items), None)


def _next_status(status: str) -> Place | None:
    if status not in STATUSES:
        raise BadCursor
    following = STATUSES[STATUSES.index(status) + 1 :]
    return Place(following[0]) if following else None
