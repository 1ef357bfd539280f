"""Checks of an offer's price."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import CheckRule, Place, Record, at, check

STEP = "offer_price"
FAR = 5
"""A price so many times above or below the median of the other offers is taken for a mistake."""


def price_of(record: Record) -> Money | None:
    """The offer's price, or None where it has none that can be read."""
    return _money(record.get("price"))


def _money(value: Any) -> Money | None:
    try:
        return Money.parse(value) if isinstance(value, dict) else None
    except InvalidMoney:
        return None


@check(
    "price.missing",
    step=STEP,
    code="MISSING_PRICE",
    message="There is no price that can be read.",
    expected='money such as {{"amount": "12.99", "currency": "USD"}}',
)
def price_missing(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    if price_of(record) is None:
        yield at("/price")


@check(
    "price.not_positive",
    step=STEP,
    code="INVALID_PRICE",
    message="Nothing is sold for nothing. Send the price that a shopper pays.",
    expected="an amount above zero",
)
def price_not_positive(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    price = price_of(record)
    if price is not None and price.minor <= 0:
        yield at("/price")


@check(
    "price.far_from_others",
    step=STEP,
    code="INVALID_PRICE",
    message="Other offers of this product are around {median} in minor units, this one is {minor}. "
    "Check amount, currency and pack size.",
    expected="a price not {far} times above or below the other offers'",
)
def price_far_from_others(record: Record, facts: OfferFacts) -> Iterator[Place]:
    price = price_of(record)
    if price is None or price.minor <= 0 or not facts.other_prices:
        return
    usual = int(median(facts.other_prices))
    if not usual <= price.minor * FAR or not price.minor <= usual * FAR:
        yield at("/price", median=usual, minor=price.minor, far=FAR)


@check(
    "list_price.not_above",
    step=STEP,
    code="INVALID_PRICE",
    message="The list price is what the product costs without the reduction, in the same currency: it must "
    "be above the price.",
    expected="an amount above the price, in its currency",
)
def list_price_not_above(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    price, listed = price_of(record), _money(record.get("list_price"))
    if price is None or record.get("list_price") is None:
        return
    if listed is None or listed.currency != price.currency or listed.minor <= price.minor:
        yield at("/list_price")


PRICE_CHECKS: tuple[CheckRule[OfferFacts], ...] = (
    price_missing,
    price_not_positive,
    price_far_from_others,
    list_price_not_above,
)
