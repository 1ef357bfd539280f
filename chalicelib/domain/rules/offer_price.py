"""Checks of an offer's price."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money
from chalicelib.domain.offer import PriceWindow
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Place, Record, at, check

STEP = "offer_price"


def price_of(record: Record) -> Money | None:
    """The offer's price, or None where it has none that can be read."""
    return money_of(record.get("price"))


def windows_of(record: Record) -> tuple[PriceWindow, ...]:
    """The prices that hold for a while, by time; those that cannot be read left out."""
    return tuple(
        sorted(
            (
                PriceWindow(price, window.get("valid_from"), window.get("valid_until"))
                for window in record.get("prices") or ()
                if (price := money_of(window.get("price")))
            ),
            key=lambda window: window.valid_from or "",
        )
    )


def currency_of(record: Record) -> str | None:
    """The currency of all the offer's prices."""
    prices = [price_of(record), *(window.price for window in windows_of(record))]
    return next((price.currency for price in prices if price), None)


def _priced(record: Record) -> Iterator[tuple[str, Record]]:
    """The record itself and each of its windows: what holds a price, and maybe a list price, with its
    pointer."""
    yield "", record
    for index, window in enumerate(record.get("prices") or ()):
        yield f"/prices/{index}", window


def money_of(value: Any) -> Money | None:
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
    """Google Merchant Center, `price`, and ISO 4217."""
    if price_of(record) is None and not windows_of(record):
        yield at("/price")


@check(
    "price.not_positive",
    step=STEP,
    code="INVALID_PRICE",
    message="Nothing is sold for nothing. Send the price that a shopper pays.",
    expected="an amount above zero",
)
def price_not_positive(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `price`: not zero."""
    for pointer, priced in _priced(record):
        price = price_of(priced)
        if price is not None and price.minor <= 0:
            yield at(f"{pointer}/price")


@check(
    "price.far_from_others",
    step=STEP,
    code="INVALID_PRICE",
    message="Other offers of this product are around {median} in minor units, this one is {minor}. "
    "Check amount, currency and pack size.",
    expected="a price not {far} times above or below the other offers'",
)
def price_far_from_others(record: Record, facts: OfferFacts, *, far: int = 5) -> Iterator[Place]:
    """Amazon, potential pricing error: a price `far` times above or below the median of the others."""
    if not facts.other_prices:
        return
    usual = int(median(facts.other_prices))
    for pointer, priced in _priced(record):
        price = price_of(priced)
        if price is None or price.minor <= 0:
            continue
        if not usual <= price.minor * far or not price.minor <= usual * far:
            yield at(f"{pointer}/price", median=usual, minor=price.minor, far=far)


@check(
    "price.token",
    step=STEP,
    severity=WARNING,
    code="INVALID_PRICE",
    message="This is the smallest price there is, as stands in where the real one is missing. "
    "It is sold at that.",
    expected="the price that a shopper pays",
)
def price_token(record: Record, _facts: OfferFacts, *, most: int = 1) -> Iterator[Place]:
    """House rule: exports put 0.01 where a system insists on a price. `most` is in minor units."""
    for pointer, priced in _priced(record):
        price = price_of(priced)
        if price is not None and 0 < price.minor <= most:
            yield at(f"{pointer}/price")


@check(
    "list_price.not_above",
    step=STEP,
    code="INVALID_PRICE",
    message="The list price is what the product costs without the reduction, in the same currency: it must "
    "be above the price.",
    expected="an amount above the price, in its currency",
)
def list_price_not_above(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `sale_price`, and Directive 98/6/EC, Article 6a: a reduction is from a
    higher price."""
    for pointer, priced in _priced(record):
        price, listed = price_of(priced), money_of(priced.get("list_price"))
        if price is None or priced.get("list_price") is None:
            continue
        if listed is None or listed.currency != price.currency or listed.minor <= price.minor:
            yield at(f"{pointer}/list_price")


@check(
    "list_price.implausible",
    step=STEP,
    severity=WARNING,
    code="INVALID_PRICE",
    message="The list price is {times} times the price. Shoppers do not believe that, and authorities ask.",
    expected="a list price at most {most} times the price",
)
def list_price_implausible(record: Record, _facts: OfferFacts, *, most: int = 10) -> Iterator[Place]:
    """Amazon, list price policy, and Directive 98/6/EC, Article 6a: the product was on sale at that price."""
    for pointer, priced in _priced(record):
        price, listed = price_of(priced), money_of(priced.get("list_price"))
        if price is None or listed is None or price.minor <= 0 or listed.currency != price.currency:
            continue
        if listed.minor > most * price.minor:
            yield at(f"{pointer}/list_price", times=listed.minor // price.minor, most=most)


PRICE_CHECKS: tuple[CheckRule[OfferFacts], ...] = (
    price_missing,
    price_not_positive,
    price_far_from_others,
    price_token,
    list_price_not_above,
    list_price_implausible,
)
