"""Which supplier's offer serves a line, and the order in which a product's offers are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.money import Money
from chalicelib.domain.offer import Product, Terms, inactivity_reasons


@dataclass(frozen=True)
class Candidate:
    """An offer that may serve a line, as it was when it was read."""

    offer_id: str
    product_id: str
    supplier_id: str
    sku: str
    gtin: str | None
    title: str
    price: Money
    available: int
    handling_days: int


def of_terms(terms: Terms, now: datetime) -> Candidate | None:
    """The candidate that these terms are at `now`, None where they are not for sale."""
    if terms.price is None or inactivity_reasons(terms, now):
        return None
    return Candidate(
        offer_id=terms.offer_id,
        product_id=terms.product_id or "",
        supplier_id=terms.supplier_id,
        sku=terms.sku,
        gtin=terms.gtin,
        title=terms.title,
        price=terms.price,
        available=terms.may_be_ordered,
        handling_days=terms.handling_days,
    )


def of_product(product: Product) -> tuple[Candidate, ...]:
    """The candidates that a product's view shows."""
    return tuple(
        Candidate(
            offer_id=shown["offer_id"],
            product_id=product.product_id,
            supplier_id=shown["supplier_id"],
            sku=shown["sku"],
            gtin=product.gtin,
            title=product.title,
            price=Money.parse(shown["price"]),
            available=int(shown["available"]),
            handling_days=int(shown["handling_days"]),
        )
        for shown in product.offers_view
    )


def choose(
    candidates: Iterable[Candidate], *, quantity: int, currency: str, taken: Mapping[str, int]
) -> Candidate | None:
    """The cheapest candidate in `currency` that has `quantity` beside what earlier lines have `taken` of it;
    among equals the one that hands over sooner."""
    able = [
        candidate
        for candidate in candidates
        if candidate.price.currency == currency
        and candidate.available - taken.get(candidate.offer_id, 0) >= quantity
    ]
    return min(able, key=lambda each: (each.price.minor, each.handling_days, each.offer_id), default=None)


def ranked_view(terms: Iterable[Terms], now: datetime) -> list[dict[str, Any]]:
    """What a product shows of its offers: those for sale at `now`, best first, the first one featured.

    Ranked by price, then handling time, then stock; currencies do not compare, so the product's commonest
    comes first.
    """
    active = [each for each in terms if each.price is not None and not inactivity_reasons(each, now)]
    ranked = sorted(active, key=lambda each: _rank(each, active))
    return [_shown(each, ranked, place) for place, each in enumerate(ranked)]


def _rank(terms: Terms, active: list[Terms]) -> tuple[int, str, int, int, int, str]:
    currency, minor = _price(terms)
    common = sum(_price(other)[0] == currency for other in active)
    return (-common, currency, minor, terms.handling_days, -terms.may_be_ordered, terms.offer_id)


def _price(terms: Terms) -> tuple[str, int]:
    return (terms.price.currency, terms.price.minor) if terms.price else ("", 0)


def _shown(terms: Terms, ranked: list[Terms], place: int) -> dict[str, Any]:
    return {
        "offer_id": terms.offer_id,
        "supplier_id": terms.supplier_id,
        "supplier_name": terms.supplier_name,
        "sku": terms.sku,
        "price": terms.price.as_json() if terms.price else None,
        "available": terms.may_be_ordered,
        "handling_days": terms.handling_days,
        "condition": terms.condition,
        "featured": place == 0,
        "rank_reason": _reason(terms, ranked, place),
    }


def _reason(terms: Terms, ranked: list[Terms], place: int) -> str:
    """What decided between this offer and its neighbour: the one below the featured one, else above."""
    if len(ranked) == 1:
        return "ONLY_OFFER"
    other = ranked[1] if place == 0 else ranked[place - 1]
    won = place == 0
    if _price(terms)[0] != _price(other)[0]:
        return "COMMON_CURRENCY" if won else "OTHER_CURRENCY"
    if _price(terms) != _price(other):
        return "LOWEST_PRICE" if won else "HIGHER_PRICE"
    if terms.handling_days != other.handling_days:
        return "FASTEST_HANDLING" if won else "SLOWER_HANDLING"
    if terms.may_be_ordered != other.may_be_ordered:
        return "MOST_STOCK" if won else "LESS_STOCK"
    return "TIE"
