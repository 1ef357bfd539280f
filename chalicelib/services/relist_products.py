"""Products take their places in the catalogue's lists, and leave them.

Called with the images of changed products as the table's stream tells of them, so in order for each product
and never for one product twice at a time. What may stand is written down before it is written, so whoever
comes after a crash closes what it left: an entry that nobody knows of would show a product twice.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import clock
from chalicelib.domain import catalogue as lists
from chalicelib.domain.catalogue import Listed, Listing, Place
from chalicelib.domain.offer import Product
from chalicelib.storage import catalogue
from chalicelib.storage.catalogue import Raw

LASTS = timedelta(hours=1)
"""How long a list can be read as of a moment that is past."""
GRACE = timedelta(seconds=5)
"""Within this a product's move is written at all its places, and seen by every reader: it holds from then."""


@dataclass(frozen=True)
class _Moments:
    now: str
    moved_at: str
    kept_from: str
    expires_at: int


@dataclass(frozen=True)
class _Steps:
    """Requests, each group made before the next."""

    before: tuple[Raw, ...] = ()
    entries: tuple[Raw, ...] = ()
    after: tuple[Raw, ...] = ()


def relist(products: Iterable[Product], *, now: datetime, anew: Collection[str] = ()) -> None:
    """Have the lists show each product as it is here, unless they show it as it was later. Writes nothing for
    one that they show so already, but for those whose ids are in `anew`. Raises Contention."""
    newest = {product.product_id: product for product in products}
    known = catalogue.get_many(newest, consistent=True)
    moments = _moments(now)
    steps = [
        _steps(product, known.get(product_id), moments, anew=product_id in anew)
        for product_id, product in newest.items()
    ]
    catalogue.write([request for each in steps for request in each.before])
    catalogue.write([request for each in steps for request in each.entries])
    catalogue.write([request for each in steps for request in each.after])


def _moments(now: datetime) -> _Moments:
    moved = now + GRACE
    return _Moments(
        now=clock.timestamp(now),
        moved_at=clock.timestamp(moved),
        kept_from=clock.timestamp(now - LASTS),
        expires_at=int((moved + 2 * LASTS).timestamp()),
    )


def _steps(product: Product, known: Listed | None, moments: _Moments, *, anew: bool) -> _Steps:
    if known is not None and known.stamp > lists.stamp(product):
        return _Steps()
    card = lists.card(product)
    if card is None:
        return _leaving(known, lists.stamp(product), moments)
    if known is None or not known.begun:
        return _joining(product, card, holds_from=max(moments.now, known.free_at if known else ""))
    listing = lists.listing(
        product, known.begun[-1], holds_from=moments.moved_at, kept_from=moments.kept_from
    )
    wanted, standing = lists.placed(listing, card), _standing(known)
    opened = _openings(wanted, {} if anew or known.pending else standing)
    closed = [_closing(*each, listing, moments) for each in standing.items() if each[0] not in wanted]
    if not opened and not closed:
        return _Steps()
    free_at = moments.moved_at if closed else known.free_at
    begun = replace(known, pending=(*known.pending, listing), free_at=free_at)
    moves = wanted.keys() - standing.keys()
    listed = Listed(product.product_id, lists.stamp(product), card, listing, free_at=free_at)
    before = (catalogue.keeping(begun),) if moves or closed else ()
    return _Steps(before, (*opened, *closed), (catalogue.keeping(listed),))


def _joining(product: Product, card: str, *, holds_from: str) -> _Steps:
    """Not confirmed: that would cost a write for every product of an import, and what it saves is small, once
    all entries written anew when the product first changes."""
    listing = lists.listing(product, None, holds_from=holds_from, kept_from=holds_from)
    begun = Listed(product.product_id, lists.stamp(product), card, pending=(listing,))
    return _Steps((catalogue.keeping(begun),), _openings(lists.placed(listing, card), {}))


def _leaving(known: Listed | None, stamp: int, moments: _Moments) -> _Steps:
    if known is None or not known.begun:
        return _Steps()
    removals = tuple(catalogue.removing(place) for place in _standing(known))
    left = Listed(known.product_id, stamp, "", free_at=known.free_at)
    return _Steps(
        (catalogue.keeping(replace(known, pending=known.begun)),),
        removals,
        (catalogue.keeping(left, expires_at=moments.expires_at),),
    )


def _standing(known: Listed) -> dict[Place, dict[str, str]]:
    """Every place where the product may stand, with what stood there last."""
    return {place: stands for each in known.begun for place, stands in lists.placed(each, known.card).items()}


def _openings(wanted: dict[Place, dict[str, str]], standing: dict[Place, dict[str, str]]) -> tuple[Raw, ...]:
    return tuple(
        catalogue.opening(place, stands) for place, stands in wanted.items() if standing.get(place) != stands
    )


def _closing(place: Place, stands: dict[str, str], listing: Listing, moments: _Moments) -> Raw:
    """A place that a reader may still be shown as of before is closed; one by age is simply left."""
    if "opened_at" not in stands:
        return catalogue.removing(place)
    closed_at = listing.ended(place, stands["opened_at"]) or moments.moved_at
    return catalogue.closing(place, stands, closed_at=closed_at, expires_at=moments.expires_at)
