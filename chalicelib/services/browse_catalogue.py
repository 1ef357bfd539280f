"""The catalogue's lists as shoppers page through them.

A page of a category, a brand or of all is one query of ready-made cards. Words are looked up in a list that
has no cards, so a search is two round trips. A cursor goes on behind a place that never changes, or, where
places move, carries the moment of its first page: the pages behind show everything where it stood then.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import clock
from chalicelib.domain import catalogue as lists
from chalicelib.domain.catalogue import Listed, Place
from chalicelib.domain.rules.text import essence
from chalicelib.problems import BadRequest
from chalicelib.services.read_catalogue import id_of_gtin
from chalicelib.services.relist_products import LASTS
from chalicelib.storage import catalogue, pages
from chalicelib.storage.catalogue import Only

RELEVANCE, PRICE, PRICE_DOWN, NEWEST = "relevance", "price", "-price", "newest"
SORTS = (RELEVANCE, PRICE, PRICE_DOWN, NEWEST)

_LONGEST_SORT = 1024
"""Bytes; DynamoDB's limit of a sort key."""

_DRIFT = timedelta(seconds=10)
"""How far the clocks of two functions may be apart."""

MOST_SORTED = 200
"""What has the words is brought into another order than by relevance only so far: the most relevant ones."""


@dataclass(frozen=True)
class Wanted:
    """What a client asks for. `words` are as `domain.catalogue.words` gives them; none means all products."""

    category: str | None = None
    brand: str | None = None
    words: tuple[str, ...] = ()
    sort: str = RELEVANCE

    @property
    def digest(self) -> str:
        asked = json.dumps([self.category, self.brand, self.words, self.sort])
        return hashlib.sha256(asked.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class CardPage:
    """Cards, each one JSON text. `as_of` is the moment that they were in this order, empty where the order is
    one that never changes."""

    cards: tuple[str, ...]
    next_cursor: str | None
    as_of: str


@dataclass(frozen=True)
class _Start:
    as_of: str
    after: str | None


def page(wanted: Wanted, *, limit: int, cursor: str | None, now: datetime) -> CardPage:
    """A page of active products. Raises BadRequest for a cursor of another list, or one that is too old."""
    start = _start(wanted, cursor, now)
    only = _only(wanted, as_of=start.as_of or None)
    if only is None:
        return CardPage((), None, start.as_of)
    if not wanted.words:
        cards, after = _listed(wanted, only, start.after, limit)
    elif wanted.sort == RELEVANCE:
        cards, after = _found(wanted, only, start.after, limit)
    else:
        cards, after = _sorted(wanted, only, start, limit)
    next_cursor = None if after is None else _cursor(wanted, _Start(start.as_of, after))
    return CardPage(cards, next_cursor, start.as_of)


def by_gtin(gtin: str) -> CardPage:
    """The one active product of a GTIN-8, -12, -13 or -14, or none."""
    product_id = id_of_gtin(gtin)
    known = catalogue.get_many([product_id] if product_id else [], consistent=False)
    return CardPage(tuple(each.card for each in known.values() if each.begun), None, "")


def _only(wanted: Wanted, *, as_of: str | None) -> Only | None:
    """What to pass over besides; None where nothing can be in such a category or of such a brand."""
    category = None if wanted.category is None else lists.category_path(wanted.category)
    brand = None if wanted.brand is None else essence(wanted.brand)
    if category == "" or brand == "":
        return None
    return Only(as_of, category or "", brand or "")


def _listed(wanted: Wanted, only: Only, after: str | None, limit: int) -> tuple[tuple[str, ...], str | None]:
    """Cards of the narrowest list."""
    if only.brand:
        name, only = lists.of_brand(only.brand), replace(only, brand="")
    elif only.category:
        name = lists.of_category(only.category)
        only = only if only.category.count(">") > lists.DEEPEST else replace(only, category="")
    else:
        name = lists.ALL
    by_price = wanted.sort in (PRICE, PRICE_DOWN)
    stretch = catalogue.read(
        lists.by_price(name) if by_price else lists.by_age(name),
        only,
        after=after,
        descending=wanted.sort != PRICE,
        limit=limit,
    )
    return tuple(card for _, card in stretch.entries), stretch.next_after


def _found(wanted: Wanted, only: Only, after: str | None, limit: int) -> tuple[tuple[str, ...], str | None]:
    """Cards of what has the words, by relevance."""
    found, next_after = _with_words(wanted, only, after, limit)
    return tuple(listed.card for listed in found.values()), next_after


def _sorted(wanted: Wanted, only: Only, start: _Start, limit: int) -> tuple[tuple[str, ...], str | None]:
    """Cards of what has the words, in another order: brought into it here, as of the first page's moment."""
    found, _ = _with_words(wanted, only, None, MOST_SORTED)
    ascending = wanted.sort == PRICE
    keyed = {_sort_key(listed, wanted.sort, start.as_of): listed.card for listed in found.values()}
    behind = [key for key in keyed if start.after is None or _comes_after(key, start.after, ascending)]
    behind.sort(reverse=not ascending)
    shown = behind[:limit]
    return tuple(keyed[key] for key in shown), shown[-1] if len(behind) > limit else None


def _comes_after(key: str, other: str, ascending: bool) -> bool:
    return key > other if ascending else key < other


def _sort_key(listed: Listed, sort: str, as_of: str) -> str:
    listing = listed.begun[-1]
    key = listing.created_at if sort == NEWEST else listing.price_at(as_of)
    return f"{key}#{listing.product_id}"


def _with_words(
    wanted: Wanted, only: Only, after: str | None, limit: int
) -> tuple[dict[str, Listed], str | None]:
    """Products that have all the words, in the order of the longest one's list: likely the shortest list."""
    longest = max(wanted.words, key=len)
    others = tuple(word for word in wanted.words if word != longest)
    name = lists.by_word(longest)
    stretch = catalogue.read(name, replace(only, words=others), after=after, descending=False, limit=limit)
    ids = [lists.product_of(Place(name, sort)) for sort, _ in stretch.entries]
    known = catalogue.get_many(ids, consistent=False)
    there = {each: known[each] for each in ids if each in known and known[each].begun}
    return there, stretch.next_after


def _start(wanted: Wanted, cursor: str | None, now: datetime) -> _Start:
    moves = bool(wanted.words) or wanted.sort in (PRICE, PRICE_DOWN)
    if cursor is None:
        return _Start(clock.timestamp(now) if moves else "", None)
    try:
        digest, as_of, after = pages.unpacked(cursor)
        moment = clock.parse(as_of) if as_of else now
        usable = (
            digest == wanted.digest
            and bool(as_of) == moves
            and moment <= now + _DRIFT
            and 0 < len(after.encode()) <= _LONGEST_SORT
        )
    except (ValueError, TypeError, AttributeError, OverflowError):
        usable = False
    if not usable:
        raise BadRequest("INVALID_CURSOR", "Send the next_cursor of a page of this very list.")
    if now - moment > LASTS:
        raise BadRequest("CURSOR_EXPIRED", "Prices have moved since this page's list began; begin it anew.")
    return _Start(as_of, after)


def _cursor(wanted: Wanted, start: _Start) -> str:
    return pages.packed([wanted.digest, start.as_of, start.after])
