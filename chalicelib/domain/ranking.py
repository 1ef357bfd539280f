"""The order in which a product's offers are shown, the first of them featured. docs/domain.md publishes it.

Offers are compared by one criterion after the other; the first that tells them apart decides.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain import periods
from chalicelib.domain.money import Money
from chalicelib.domain.offer import PriceWindow, Product, Terms, packed, price_at, unpacked

MOST_SHOWN = 100
"""Of a product's offers: nobody reads further, and a product's item holds 400 KB."""

MOST_LATER = 20
"""Kept of those that are not for sale yet; the others are found when the view is built anew."""

LEAST_HEALTH = 70
"""Below it an offer stands behind all others of its condition: a price is worth nothing if every third order
is refused."""

ENOUGH_STOCK = 10
"""More than this decides nothing: equal offers would take turns at every sale."""

CONDITIONS = ("NEW", "REFURBISHED", "USED")
"""Who says nothing of the condition expects a new one."""

Entry = Mapping[str, Any]
"""An offer in a view: what clients read, and under `inputs` what it was ranked by and what time changes."""

CLIENTS_READ = (
    "offer_id",
    "supplier_id",
    "supplier_name",
    "sku",
    "price",
    "shipping_price",
    "available",
    "handling_days",
    "condition",
    "featured",
    "rank_reason",
)


class Criterion(NamedTuple):
    """`value` is less for the better offer; its second argument counts the currencies that the product is
    offered in. `won` and `lost` say that this criterion decided. `shown` is the value as people read it;
    where it `is_private`, of their own offers only."""

    name: str
    value: Callable[[Entry, Mapping[str, int]], Any]
    won: str
    lost: str
    shown: Callable[[Entry], Any]
    is_private: bool = False


def _condition(entry: Entry, _currencies: Mapping[str, int]) -> int:
    known = entry["condition"] in CONDITIONS
    return CONDITIONS.index(entry["condition"]) if known else len(CONDITIONS)


def _currency(entry: Entry, currencies: Mapping[str, int]) -> tuple[int, str]:
    currency = entry["price"]["currency"]
    return (-currencies[currency], currency)


def _unreliability(health: int) -> int:
    """Nobody can be asked to take an order whose health is 0."""
    return 0 if health >= LEAST_HEALTH else 1 if health else 2


def landed_price(entry: Entry) -> Money:
    """What a piece costs at the shopper's door, as far as it is known."""
    price, shipping = Money.parse(entry["price"]), entry.get("shipping_price")
    return price + Money.parse(shipping) if shipping else price


CRITERIA = (
    Criterion(
        "condition",
        _condition,
        "BETTER_CONDITION",
        "LESSER_CONDITION",
        lambda entry: entry["condition"],
    ),
    Criterion(
        "reliability",
        lambda entry, _: _unreliability(entry["inputs"]["health"]),
        "ACCEPTS_ORDERS",
        "REFUSES_ORDERS",
        lambda entry: entry["inputs"]["health"] >= LEAST_HEALTH,
        is_private=True,
    ),
    # Currencies do not compare: the one that most offers are in comes first.
    Criterion(
        "currency",
        _currency,
        "COMMON_CURRENCY",
        "OTHER_CURRENCY",
        lambda entry: entry["price"]["currency"],
    ),
    Criterion(
        "landed_price",
        lambda entry, _: landed_price(entry).minor,
        "LOWEST_PRICE",
        "HIGHER_PRICE",
        lambda entry: landed_price(entry).as_json(),
    ),
    Criterion(
        "handling_days",
        lambda entry, _: entry["handling_days"],
        "FASTEST_HANDLING",
        "SLOWER_HANDLING",
        lambda entry: entry["handling_days"],
    ),
    Criterion(
        "health",
        lambda entry, _: -entry["inputs"]["health"],
        "BEST_HEALTH",
        "LOWER_HEALTH",
        lambda entry: entry["inputs"]["health"],
        is_private=True,
    ),
    Criterion(
        "stock",
        lambda entry, _: -min(entry["available"], ENOUGH_STOCK),
        "MOST_STOCK",
        "LESS_STOCK",
        lambda entry: entry["available"],
    ),
    # Nothing tells them apart: the order of their ids is as good as any, and stays.
    Criterion("offer_id", lambda entry, _: entry["offer_id"], "TIE", "TIE", lambda entry: entry["offer_id"]),
)


@dataclass(frozen=True)
class View:
    """A product's offers: `shown` now, best first; `later` those that time alone keeps out; good `until` the
    next moment at which time changes something."""

    shown: tuple[Entry, ...]
    later: tuple[Entry, ...]
    until: str | None


def view_of(terms: Iterable[Terms], now: datetime) -> View:
    """The view that these terms make."""
    entries = [_entry(each) for each in terms if not each.blocks and each.may_be_ordered and each.currency]
    return _view(entries, now)


def shown(product: Product, now: datetime) -> tuple[Entry, ...]:
    """The product's offers as they are at `now`, as far as its view knows."""
    if product.view_until is None or now < periods.moment(product.view_until):
        return tuple(product.offers_view)
    return _view([*product.offers_view, *product.offers_later], now).shown


def for_clients(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The entries without what is not for everybody to read."""
    return [{name: entry[name] for name in CLIENTS_READ if name in entry} for entry in entries]


def prices_of(entry: Entry) -> tuple[Money | None, tuple[PriceWindow, ...]]:
    """The base price of an entry's offer, and its windows."""
    inputs = entry["inputs"]
    currency, minor = inputs["currency"], inputs.get("minor")
    base = Money(minor, currency) if minor is not None else None
    return base, unpacked(inputs.get("windows", ()), currency)


def decided_by(one: Entry, other: Entry, among: Iterable[Entry]) -> Criterion:
    """The criterion that tells two entries of a product apart, `among` all that it shows."""
    currencies = _currencies(among)
    return next(each for each in CRITERIA if each.value(one, currencies) != each.value(other, currencies))


def _view(entries: Sequence[Entry], now: datetime) -> View:
    at_now = [_at(entry, now) for entry in entries]
    until = periods.next_edge((edge for entry in entries for edge in _edges(entry)), now)
    later = [entry for entry in at_now if entry["price"] is None and periods.next_edge(_edges(entry), now)]
    for_sale = [entry for entry in at_now if entry["price"] is not None]
    currencies = _currencies(for_sale)
    for_sale.sort(key=lambda entry: [each.value(entry, currencies) for each in CRITERIA])
    for_sale = for_sale[:MOST_SHOWN]
    ranked = [
        {**entry, "featured": place == 0, "rank_reason": _reason(for_sale, place)}
        for place, entry in enumerate(for_sale)
    ]
    return View(tuple(ranked), tuple(later[:MOST_LATER]), until)


def _currencies(entries: Iterable[Entry]) -> Counter[str]:
    return Counter(entry["price"]["currency"] for entry in entries)


def _reason(ranked: Sequence[Entry], place: int) -> str:
    """What decided between this offer and its neighbour: the one below the featured one, else above."""
    if len(ranked) == 1:
        return "ONLY_OFFER"
    if place == 0:
        return decided_by(ranked[0], ranked[1], ranked).won
    return decided_by(ranked[place], ranked[place - 1], ranked).lost


def _entry(terms: Terms) -> Entry:
    inputs = {
        "health": terms.health,
        "currency": terms.currency,
        "minor": terms.price.minor if terms.price else None,
        "windows": packed(terms.windows) or None,
        "available_from": terms.available_from,
        "available_until": terms.available_until,
        "closed_from": terms.closed_from,
        "closed_until": terms.closed_until,
        "fee": terms.fee_facts.packed or None,
    }
    entry = {
        "offer_id": terms.offer_id,
        "supplier_id": terms.supplier_id,
        "supplier_name": terms.supplier_name,
        "sku": terms.sku,
        "available": terms.may_be_ordered,
        "handling_days": terms.handling_days,
        "condition": terms.condition,
        "inputs": {name: value for name, value in inputs.items() if value is not None},
    }
    return entry | ({"shipping_price": terms.shipping_price.as_json()} if terms.shipping_price else {})


def _at(entry: Entry, now: datetime) -> Entry:
    """The entry at its price of `now`; the price is None where the offer is not for sale then."""
    inputs = entry["inputs"]
    in_period = periods.contains(inputs.get("available_from"), inputs.get("available_until"), now)
    closed = periods.is_closed(inputs.get("closed_from"), inputs.get("closed_until"), now)
    price = price_at(*prices_of(entry), now) if in_period and not closed else None
    kept = {name: value for name, value in entry.items() if name not in ("featured", "rank_reason")}
    return {**kept, "price": price.as_json() if price else None}


def _edges(entry: Entry) -> Iterable[str | None]:
    inputs = entry["inputs"]
    for name in ("available_from", "available_until", "closed_from", "closed_until"):
        yield inputs.get(name)
    for _, start, end in inputs.get("windows", ()):
        yield from (start, end)
