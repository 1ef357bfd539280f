"""What all corrections and checks of an offer cost, without what their facts cost to fetch."""

import itertools
from collections.abc import Iterator
from typing import Any

from bench.measure import cpu_microseconds
from chalicelib.domain import corrections, gtin
from chalicelib.domain.rules.catalog import OFFER_CHECKS
from chalicelib.domain.rules.facts import REACHED, Image, OfferFacts
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS

_DIFFERENT = 2_000
"""More than anything in the rules remembers."""


def microseconds_per_offer() -> float:
    """The median CPU time of one offer, of which every fourth has stray white space and lost its zeros."""
    offers = itertools.cycle(list(_offers()))
    return cpu_microseconds(lambda: _judge(next(offers)))


def _judge(offer: dict[str, Any]) -> int:
    corrected, _ = corrections.apply(offer, OFFER_CORRECTIONS)
    facts = OfferFacts(
        product_brand=corrected["brand"],
        other_prices=(1250, 1399),
        images={url: Image(REACHED, 800, 600) for url in corrected["image_urls"]},
        now="2026-01-31T09:30:00.000Z",
    )
    rules = itertools.chain.from_iterable(OFFER_CHECKS.values())
    return sum(1 for rule in rules for _ in rule.findings(corrected, facts))


def _offers() -> Iterator[dict[str, Any]]:
    for number in range(_DIFFERENT):
        body = f"03600{number:06}"
        damaged = number % 4 == 0
        code = body + gtin.check_digit(body)
        yield {
            "gtin": code.lstrip("0") if damaged else code,
            "title": f"Émaillé tea pot {number}, 1.2 l{'  ' * damaged}",
            "description": f"Holds {number} cups. " + "It keeps its colour for years, and" * 8,
            "brand": "Nordlicht",
            "category": "Home > Kitchen > Tea",
            "condition": "new",
            "price": {"amount": f"{10 + number % 5}.99", "currency": "EUR"},
            "quantity": number,
            "handling_days": 2,
            "image_urls": [f"https://img.example.com/{number}-{view}.jpg" for view in range(2)],
            "attributes": {"colour": "blue"},
            "shipping_weight": {"value": 1.2, "unit": "kg"},
        }
