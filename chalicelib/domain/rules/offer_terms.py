"""Checks of when, how much and how heavy: what an offer promises besides its words and price."""

from collections.abc import Iterator
from datetime import date

from chalicelib.domain import measures
from chalicelib.domain.rules import offer_content
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Place, Record, at, check

STEP = offer_content.STEP


@check(
    "availability.reversed",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="The offer ends before it begins. Check both times.",
    expected="a time after available_from",
)
def availability_reversed(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Mirakl, offer availability dates: an end after the start."""
    start, end = _moment(record, "available_from"), _moment(record, "available_until")
    if start and end and end <= start:
        yield at("/available_until")


@check(
    "availability.over",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="This time is past, so the offer is not for sale.",
    expected="a time to come, or none",
)
def availability_over(record: Record, facts: OfferFacts) -> Iterator[Place]:
    """Mirakl, offer availability dates: a date left over from an earlier feed is the usual reason why an
    offer is not shown."""
    end = _moment(record, "available_until")
    if end and facts.now and end <= facts.now:
        yield at("/available_until")


@check(
    "availability.far",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="The offer begins in {days} days. Check the year.",
    expected="a time within {most} days",
)
def availability_far(record: Record, facts: OfferFacts, *, most: int = 365) -> Iterator[Place]:
    """Google Merchant Center, `availability_date`: within a year."""
    start = _moment(record, "available_from")
    if start and facts.now and start > facts.now:
        days = (date.fromisoformat(start[:10]) - date.fromisoformat(facts.now[:10])).days
        if days > most:
            yield at("/available_from", days=days, most=most)


@check(
    "handling.long",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="Shoppers wait {days} days before this is even sent. Other offers will be shown first.",
    expected="at most {most} days",
)
def handling_long(record: Record, _facts: OfferFacts, *, most: int = 30) -> Iterator[Place]:
    """Amazon, handling time: 30 days at most."""
    days = record.get("handling_days")
    if isinstance(days, int) and days > most:
        yield at("/handling_days", days=days, most=most)


@check(
    "quantity.placeholder",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="A row of nines looks like a stand-in for a stock that nobody counted. Shoppers are sold what is "
    "said here.",
    expected="what can be sent",
)
def quantity_placeholder(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """House rule: shop systems without stock keeping export 9999, and orders beyond the shelf are
    refused later."""
    quantity = str(record.get("quantity"))
    if len(quantity) >= 4 and not quantity.strip("9"):
        yield at("/quantity")


@check(
    "weight.unit_unknown",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="This unit of weight is not known here, so the weight is not used.",
    expected="g, kg, oz or lb",
)
def weight_unit_unknown(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `shipping_weight`: lb, oz, g and kg."""
    if record.get("shipping_weight") and measures.weight_in_grams(record["shipping_weight"]) is None:
        yield at("/shipping_weight")


@check(
    "weight.implausible",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="No parcel weighs that. Check number and unit.",
    expected="more than nothing, and at most {most} kg",
)
def weight_implausible(record: Record, _facts: OfferFacts, *, most: int = 1000) -> Iterator[Place]:
    """Google Merchant Center, `shipping_weight`: 0 to 1000 kg."""
    grams = measures.weight_in_grams(record.get("shipping_weight"))
    if grams is not None and not 0 < grams <= most * 1000:
        yield at("/shipping_weight", most=most)


def _moment(record: Record, name: str) -> str | None:
    """The time as it is stored (RFC 3339 in UTC, milliseconds), which sorts by time."""
    value = record.get(name)
    return value if isinstance(value, str) else None


TERMS_CHECKS: tuple[CheckRule[OfferFacts], ...] = (
    availability_reversed,
    availability_over,
    availability_far,
    handling_long,
    quantity_placeholder,
    weight_unit_unknown,
    weight_implausible,
)
