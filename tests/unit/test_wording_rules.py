"""What shoppers should not be shown, what a category asks for, what an offer may promise."""

from typing import Any

import pytest
from unit.records import CLEAN_OFFER, changed, names, offer_findings

from chalicelib.domain.rule_documents import compiled
from chalicelib.domain.rules.catalog import OFFER_CHECKS
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import Finding


def found_under(settings: dict[str, Any], record: dict[str, Any]) -> list[Finding]:
    judged_by = compiled({"rules": settings}, version=1, set_at="")
    rules = [rule for step in OFFER_CHECKS.values() for rule in step]
    return [each for rule in rules for each in rule.findings(record, OfferFacts(), judged_by)]


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"title": "Caf\ufffd au lait"}, "content.characters_lost", "/title"),
        ({"description": "from â€œbbâ€? on"}, "content.characters_lost", "/description"),
        ({"title": "N/A"}, "content.placeholder", "/title"),
        ({"category": "None"}, "content.placeholder", "/category"),
        ({"category": "#REF!"}, "content.placeholder", "/category"),
        ({"title": "---"}, "content.placeholder", "/title"),
        ({"description": "Ask joerg@nordlicht.de"}, "content.contact_data", "/description"),
        ({"description": "Questions? +49 (0)30 901820"}, "content.contact_data", "/description"),
        ({"description": "Call: 030 901820 now"}, "content.contact_data", "/description"),
        ({"title": "Fine liner www.pens.com"}, "content.contact_data", "/title"),
        ({"description": "More at https://pens.com/a"}, "description.web_address", "/description"),
        ({"description": "Fine Liner, 0.4 mm - black!"}, "description.repeats_title", "/description"),
        ({"title": "FINE LINER BLACK"}, "title.all_caps", "/title"),
        ({"title": "Fine liner, free shipping"}, "title.promotional", "/title"),
        ({"title": "Fine liner 50% OFF"}, "title.promotional", "/title"),
        ({"title": "Fine liner ★ black"}, "title.decorated", "/title"),
        ({"title": "Fine liner!!"}, "title.decorated", "/title"),
        ({"title": "Pens pens black pens fine"}, "title.repeats_words", "/title"),
        ({"category": "Outdoor > Hunting > Firearms"}, "category.restricted", "/category"),
        (
            {"category": "Apparel", "attributes": {"Color": "red"}},
            "attribute.recommended",
            "/attributes/size",
        ),
        (
            {"category": "Men's Shoes", "attributes": {"color": "", "size": 44}},
            "attribute.recommended",
            "/attributes/color",
        ),
        (
            {"available_from": "2026-06-01T00:00:00.000Z", "available_until": "2026-05-31T00:00:00.000Z"},
            "availability.reversed",
            "/available_until",
        ),
        ({"available_until": "2026-05-04T11:59:59.999Z"}, "availability.over", "/available_until"),
        ({"available_from": "2027-05-05T12:00:00.000Z"}, "availability.far", "/available_from"),
        ({"handling_days": 31}, "handling.long", "/handling_days"),
        ({"quantity": 99999}, "quantity.placeholder", "/quantity"),
        ({"shipping_weight": {"value": 3, "unit": "stone"}}, "weight.unit_unknown", "/shipping_weight"),
        ({"shipping_weight": {"value": 0, "unit": "kg"}}, "weight.implausible", "/shipping_weight"),
        ({"shipping_weight": {"value": 1001, "unit": "kg"}}, "weight.implausible", "/shipping_weight"),
    ],
)
def test_one_fault_is_one_finding(changes: dict[str, Any], rule: str, field: str) -> None:
    assert names(offer_findings(changed(CLEAN_OFFER, **changes))) == [(rule, field)]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "1984"},
        {"title": "NASA NOW"},
        {"title": "STABILO"},
        {"title": "Café crème, 40 °C, BIC® 4-in-1 – 5 for 3!"},
        {"title": "The pen of the king of the pens"},
        {"title": "Wholesale discounter's pen"},
        {"description": "Writes 10 000 000 cycles at +40 C, EAN 4006381333931, since 1999-2024."},
        {"description": "Made by Call & Co, 12 in a box @ home"},
        {"category": "Toys > Water gunsmith kits"},
        {"category": "Apparel", "attributes": {"COLOR": "red", "size": ["S", "M"]}},
        {"available_from": "2026-05-01T00:00:00.000Z", "available_until": "2026-06-01T00:00:00.000Z"},
        {"available_from": "2027-05-04T12:00:00.000Z"},
        {"handling_days": 30},
        {"quantity": 999},
        {"quantity": 10_000},
        {"shipping_weight": {"value": 1000, "unit": "kg"}},
        {"shipping_weight": {"value": 0.5, "unit": "Lb."}},
    ],
)
def test_what_is_just_within_the_rules_passes(changes: dict[str, Any]) -> None:
    assert offer_findings(changed(CLEAN_OFFER, **changes)) == []


def test_a_marketplace_names_its_restricted_brands_and_required_attributes() -> None:
    settings = {
        "brand.restricted": {"parameters": {"names": ["STABILO®"]}},
        "attribute.missing": {"parameters": {"required": {"pens": "ink colour, a/b"}}},
    }

    assert names(found_under(settings, CLEAN_OFFER)) == [
        ("brand.restricted", "/brand"),
        ("attribute.missing", "/attributes/ink colour"),
        ("attribute.missing", "/attributes/a~1b"),
    ]
    complete = changed(CLEAN_OFFER, brand="Pelikan", attributes={"Ink Colour": "blue", "a/b": 1})
    assert found_under(settings, complete) == []


def test_parameters_replace_the_limits_that_rules_come_with() -> None:
    settings = {
        "handling.long": {"parameters": {"most": 0}},
        "content.too_long": {"parameters": {"limits": {"title": 10, "brand": 3}}},
        "category.restricted": {"parameters": {"names": ["pens"]}},
        "title.repeats_words": {"enabled": False},
    }
    record = changed(CLEAN_OFFER, title="liner liner liner liner")

    assert names(found_under(settings, record)) == [
        ("content.too_long", "/title"),
        ("content.too_long", "/brand"),
        ("category.restricted", "/category"),
        ("handling.long", "/handling_days"),
    ]
