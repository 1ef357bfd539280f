"""The catalogue's lists: in which of them a product stands, and at which place.

A list is read in one of three orders: newest first, by price, or, for a word, by how much of the title the
word is. A place is a sort key that ends in the product's id. The place by age never changes. The other two
do, so such a place also says since when it holds: a reader who goes through a list as of one moment finds
every product at the one place that it had then, whatever moves meanwhile.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from chalicelib.domain.money import Money
from chalicelib.domain.offer import Product
from chalicelib.domain.rules.text import essence

ALL = "ALL"
DEEPEST = 3
"""Levels of a category path that have a list each; what is deeper is filtered out of the third level's."""
MAX_WORDS = 12
"""Words of one product that it is found by: those of its brand, then those of its title."""
LONGEST_WORD = 32
PRICES_KEPT = 24
"""Prices of the last hour that a product is known to have had."""

_WORD = re.compile(r"[^\W_]+")
_WORD_LIST = "WORD#"
_LONGEST_NAME = 150
_REVERSED = str.maketrans("0123456789", "9876543210")


class Place(NamedTuple):
    """A place in a list: the list in its order, and the sort key in it."""

    list: str
    sort: str


@dataclass(frozen=True)
class Listing:
    """Where a product stands.

    `prices` are the sort keys of the featured offer's prices within the last hour, each with the moment from
    which it holds, the last one the current; `words` those that find it, each with its rank and that moment.
    """

    product_id: str
    created_at: str
    category: str
    brand: str
    prices: tuple[tuple[str, str], ...]
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def price_at(self, moment: str) -> str:
        """The price's sort key as of `moment`; the earliest known where that is later."""
        return next((key for key, since in reversed(self.prices) if since <= moment), self.prices[0][0])

    def ended(self, place: Place, opened_at: str) -> str | None:
        """When a place that opened at that moment ended, as far as what took its place here says so."""
        if place.list.startswith(_WORD_LIST):
            return self.words.get(place.list.removeprefix(_WORD_LIST), (None, None))[1]
        moments = [since for _, since in self.prices]
        return next((end for start, end in pairwise(moments) if start == opened_at), None)


@dataclass(frozen=True)
class Listed:
    """What is known of a product's places: where it was listed last, and what may stand besides.

    `pending` are listings that were begun: whether their places were written is not known. `card` is the one
    shown last, `stamp` the state of the product that it shows. One that has left all lists has neither
    listings nor a card. From `free_at` on no new reader is shown a place that it moved away from.
    """

    product_id: str
    stamp: int
    card: str
    listing: Listing | None = None
    pending: tuple[Listing, ...] = ()
    free_at: str = ""

    @property
    def begun(self) -> tuple[Listing, ...]:
        """Every listing whose places may be standing, the latest last."""
        return (self.listing, *self.pending) if self.listing else self.pending


def stamp(product: Product) -> int:
    """Grows with every change of the product."""
    return product.version + product.view_version


def card(product: Product) -> str | None:
    """What lists show of a product, as JSON; None where it is in none, for nothing of it is for sale."""
    if not product.offers_view:
        return None
    featured = product.offers_view[0]
    shown = {
        "product_id": product.product_id,
        "gtin": product.gtin,
        "title": product.title,
        "brand": product.brand,
        "category": product.category,
        "image_url": next(iter(product.image_urls), None),
        "price": featured["price"],
        "offer_count": len(product.offers_view),
    }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def listing(product: Product, known: Listing | None, *, holds_from: str, kept_from: str) -> Listing:
    """Where an active product stands. Places that it did not have in `known` hold from `holds_from`; prices
    that ended before `kept_from` are forgotten."""
    price = Money.parse(product.offers_view[0]["price"])
    key = f"{price.currency}{price.minor:017}"
    before = known.words if known else {}
    return Listing(
        product.product_id,
        product.created_at,
        category=category_path(product.category),
        brand=essence(product.brand),
        prices=_prices(key, known.prices if known else (), holds_from=holds_from, kept_from=kept_from),
        words={
            word: before[word] if word in before and before[word][0] == rank else (rank, holds_from)
            for word, rank in _ranks(product).items()
        },
    )


def _prices(
    key: str, known: Sequence[tuple[str, str]], *, holds_from: str, kept_from: str
) -> tuple[tuple[str, str], ...]:
    if known and known[-1][0] == key:
        return tuple(known)
    ends = [*(since for _, since in known[1:]), holds_from]
    kept = [price for price, end in zip(known, ends, strict=False) if end > kept_from]
    return (*kept[1 - PRICES_KEPT :], (key, holds_from))


def _ranks(product: Product) -> dict[str, str]:
    """The words of a product, each with its rank: words of the title before those of the brand alone, and the
    fewer others stand beside them the better."""
    title, brand = words(product.title), words(product.brand)
    taken = list(dict.fromkeys([*brand, *title]))[:MAX_WORDS]
    return {word: f"{0 if word in title else 1}{min(len(title), 99):02}" for word in taken}


def placed(listing: Listing, card: str) -> dict[Place, dict[str, str]]:
    """Every place of the listing with what stands there: the card, or for a word what else is asked for
    with it."""
    here, about = listing.product_id, {"category": listing.category}
    price, priced = listing.prices[-1]
    shown = {"card": card, "opened_at": priced, **about}
    found = {**about, "brand": listing.brand, "words": _spaced(listing.words)}
    places: dict[Place, dict[str, str]] = {}
    for name in _lists(listing):
        places[Place(by_age(name), f"{listing.created_at}#{here}")] = {"card": card, **about}
        places[Place(by_price(name), f"{price}#{here}#{priced}")] = shown
    newest_first = listing.created_at.translate(_REVERSED)
    for word, (rank, since) in listing.words.items():
        places[Place(by_word(word), f"{rank}{newest_first}#{here}#{since}")] = {**found, "opened_at": since}
    return places


def _lists(listing: Listing) -> Iterable[str]:
    yield ALL
    if listing.brand:
        yield of_brand(listing.brand)
    levels = listing.category.split(">")[:-1]
    for depth in range(min(len(levels), DEEPEST)):
        yield of_category(">".join(levels[: depth + 1]) + ">")


def of_brand(brand: str) -> str:
    """The list of a brand, `brand` as `essence` gives it."""
    return f"BRAND#{_bounded(brand)}"


def of_category(path: str) -> str:
    """The list of a category and everything below it, at most DEEPEST levels deep."""
    return f"CATEGORY#{_bounded('>'.join(path.split('>')[:DEEPEST]).rstrip('>'))}"


def by_age(name: str) -> str:
    return f"{name}#AGE"


def by_price(name: str) -> str:
    return f"{name}#PRICE"


def by_word(word: str) -> str:
    return f"{_WORD_LIST}{word}"


def product_of(place: Place) -> str:
    return place.sort.split("#")[1]


def category_path(category: str) -> str:
    """A category in the form that lists compare: its levels folded, a `>` behind each; empty for none."""
    levels = [" ".join(level.split()) for level in _folded(category).split(">")]
    return "".join(f"{level}>" for level in levels if level)


def words(text: str) -> list[str]:
    """The distinct words of a text, folded to what is compared: without case and accents. One letter of ASCII
    is no word; a long word counts by its beginning."""
    found = [word[:LONGEST_WORD] for word in _WORD.findall(_folded(text))]
    return list(dict.fromkeys(word for word in found if len(word) > 1 or not word.isascii()))


def spaced(word: str) -> str:
    """How the word stands among the words of a listing."""
    return f" {word} "


def _spaced(found: Iterable[str]) -> str:
    return f" {' '.join(found)} "


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKC", "".join(each for each in apart if not unicodedata.combining(each)))


def _bounded(name: str) -> str:
    """The name, or what stands for one that is longer than a key may be."""
    return name if len(name) <= _LONGEST_NAME else hashlib.sha256(name.encode()).hexdigest()
