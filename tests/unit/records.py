"""Records that break no rule, for tests to break one thing at a time, and what the rules find then."""

from typing import Any

from chalicelib.domain import pointers
from chalicelib.domain.rules.catalog import OFFER_CHECKS, SUPPLIER_CHECKS
from chalicelib.domain.rules.facts import REACHED, Image, OfferFacts, Probe, SupplierFacts
from chalicelib.domain.rules.kinds import Finding

CLEAN_SUPPLIER: dict[str, Any] = {
    "legal_name": "Nordlicht Handels GmbH",
    "display_name": "Nordlicht",
    "brands": [{"name": "Polar Star", "owned": True}, {"name": "Fjord", "owned": False}],
    "tax_id": "DE136695976",
    "country": "DE",
    "website": "https://www.nordlicht-handel.de",
    "contact": {"name": "Jörg Berg", "email": "joerg@nordlicht-handel.de", "phone": "+4930901820"},
    "address": {"line1": "Am Hafen 1", "city": "Berlin", "postal_code": "10115", "country": "DE"},
    "accepts_image_standard": True,
    "order_api": {"url": "https://api.nordlicht-handel.de/orders"},
    "payout_account": {"iban": "DE89370400440532013000"},
}
CLEAN_OFFER: dict[str, Any] = {
    "gtin": "4006381333931",
    "title": "Fine liner 0.4 mm, black",
    "description": "Writes for 8 hours without its cap.",
    "brand": "Stabilo",
    "category": "Office > Pens",
    "condition": "NEW",
    "price": {"amount": "1.20", "currency": "EUR"},
    "quantity": 40,
    "handling_days": 1,
    "image_urls": ["https://img.example.com/pen.png"],
    "attributes": {},
}


def changed(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The record with other values at pointers, written with `__` for `/`; None takes the value away."""
    for name, value in changes.items():
        *way, last = name.split("__")
        parent = dict(pointers.find(record, "".join(f"/{part}" for part in way)))
        parent[last] = value
        if value is None:
            del parent[last]
        record = pointers.replace(record, "".join(f"/{part}" for part in way), parent)
    return record


IMAGE = CLEAN_OFFER["image_urls"][0]
ANSWERS = SupplierFacts(order_api=Probe(REACHED, 202))
NOW = "2026-05-04T12:00:00.000Z"
KNOWN = OfferFacts(
    product_brand="STABILO®",
    other_prices=(110, 125, 140),
    images={IMAGE: Image(REACHED, 800, 600)},
    now=NOW,
)


def supplier_findings(record: dict[str, Any], facts: SupplierFacts = ANSWERS) -> list[Finding]:
    return [
        found
        for rules in SUPPLIER_CHECKS.values()
        for rule in rules
        for found in rule.findings(record, facts)
    ]


def offer_findings(record: dict[str, Any], facts: OfferFacts = KNOWN) -> list[Finding]:
    return [
        found for rules in OFFER_CHECKS.values() for rule in rules for found in rule.findings(record, facts)
    ]


def names(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.rule, each.field) for each in found]
