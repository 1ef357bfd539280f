"""Which supplier's offer serves an order line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import ranking
from chalicelib.domain.money import Money
from chalicelib.domain.offer import PriceWindow, Product, Terms, inactivity_reasons


@dataclass(frozen=True)
class Candidate:
    """An offer that may serve a line, as it was when it was read: at `price` then, which follows from its
    base price and windows."""

    offer_id: str
    product_id: str
    supplier_id: str
    sku: str
    gtin: str | None
    title: str
    price: Money
    available: int
    handling_days: int
    base_price: Money | None = None
    windows: tuple[PriceWindow, ...] = ()


def of_terms(terms: Terms, now: datetime) -> Candidate | None:
    """The candidate that these terms are at `now`, None where they are not for sale."""
    price = terms.price_at(now)
    if price is None or inactivity_reasons(terms, now):
        return None
    return Candidate(
        offer_id=terms.offer_id,
        product_id=terms.product_id or "",
        supplier_id=terms.supplier_id,
        sku=terms.sku,
        gtin=terms.gtin,
        title=terms.title,
        price=price,
        available=terms.may_be_ordered,
        handling_days=terms.handling_days,
        base_price=terms.price,
        windows=terms.windows,
    )


def of_product(product: Product, now: datetime) -> tuple[Candidate, ...]:
    """The candidates that a product shows at `now`, best first."""
    return tuple(_of_entry(product, entry) for entry in ranking.shown(product, now))


def choose(
    candidates: Iterable[Candidate], *, quantity: int, currency: str, taken: Mapping[str, int]
) -> Candidate | None:
    """The first candidate in `currency` that has `quantity` beside what earlier lines have `taken` of it."""
    able = (
        candidate
        for candidate in candidates
        if candidate.price.currency == currency
        and candidate.available - taken.get(candidate.offer_id, 0) >= quantity
    )
    return next(able, None)


def _of_entry(product: Product, entry: ranking.Entry) -> Candidate:
    base_price, windows = ranking.prices_of(entry)
    return Candidate(
        offer_id=entry["offer_id"],
        product_id=product.product_id,
        supplier_id=entry["supplier_id"],
        sku=entry["sku"],
        gtin=product.gtin,
        title=product.title,
        price=Money.parse(entry["price"]),
        available=int(entry["available"]),
        handling_days=int(entry["handling_days"]),
        base_price=base_price,
        windows=windows,
    )
