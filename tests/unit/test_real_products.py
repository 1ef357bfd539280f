"""Products as real files have them: every correction that is made, every finding of the checks.

The counts were looked through by hand. A correction that nobody would have made, or a finding that nobody
would mind, would be a fault of its rule.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from unit.records import CLEAN_OFFER, names, offer_findings

from chalicelib.domain import corrections, prices
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS

DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", "../shared/data"))

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real data is not here")


def foods() -> Iterator[dict[str, Any]]:
    with (DATA / "usda-branded-food/branded_food.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            named = f"{row['brand_name']} {row['short_description']}".strip()
            yield {
                **CLEAN_OFFER,
                "gtin": row["gtin_upc"],
                "title": named or row["branded_food_category"],
                "description": row["ingredients"],
                "brand": row["brand_owner"],
                "category": row["branded_food_category"],
            }


def books() -> Iterator[dict[str, Any]]:
    for path in sorted((DATA / "django-oscar-books").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for _kind, category, gtin, title, description, seller, _sku, price, stock in csv.reader(file):
                yield {
                    **CLEAN_OFFER,
                    "gtin": gtin,
                    "title": title,
                    "description": description,
                    "brand": seller,
                    "category": category,
                    "price": prices.read(price, currency="GBP").as_json(),
                    "quantity": int(stock),
                }


def judged(offers: Iterable[dict[str, Any]]) -> tuple[int, Counter[str], Counter[tuple[str, str]]]:
    """How many there are, what is corrected, and what is found in the corrected ones."""
    made: Counter[str] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    number = 0
    for offer in offers:
        corrected, applied = corrections.apply(offer, OFFER_CORRECTIONS)
        assert corrections.apply(corrected, OFFER_CORRECTIONS) == (corrected, [])
        assert corrections.revert(corrected, applied) == offer
        made.update(each.rule for each in applied)
        found.update(names(offer_findings(corrected, OfferFacts())))
        number += 1
    return number, made, found


def test_9541_foods_are_mended_and_judged() -> None:
    number, made, found = judged(foods())

    assert number == 9541
    assert made == {
        "gtin.leading_zeros": 5048,
        "text.white_space": 618,
        "text.paragraphs": 159,
        "text.mojibake": 45,
        "gtin.upc_e": 15,
    }
    assert found == {
        ("title.all_caps", "/title"): 3218,
        ("gtin.length", "/gtin"): 219,
        ("content.missing", "/brand"): 66,
        ("content.missing", "/category"): 64,
        ("content.missing", "/title"): 64,
        ("description.missing", "/description"): 30,
        ("gtin.restricted", "/gtin"): 25,
        ("gtin.check_digit", "/gtin"): 5,
        ("content.markup", "/description"): 2,  # <sup>
        ("title.decorated", "/title"): 2,  # P$$T...
        ("description.repeats_title", "/description"): 1,
        ("description.web_address", "/description"): 1,
        ("title.promotional", "/title"): 1,  # LIMITED TIME ORIGINALS: a name, and only warned about
        ("title.repeats_words", "/title"): 1,
    }


def test_201_books_are_mended_and_judged() -> None:
    number, made, found = judged(books())

    assert number == 201
    assert made == {"text.paragraphs": 22}
    assert found == {("description.missing", "/description"): 16, ("content.markup", "/description"): 2}


def test_every_price_of_a_shops_export_is_read() -> None:
    with (DATA / "shopify-packt/Product-data.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Variant Price"]]

    assert rows
    for row in rows:
        for column in ("Variant Price", "Variant Compare At Price"):
            text = row[column]
            assert not text or prices.read(text, currency="USD").as_json()["amount"] == f"{float(text):.2f}"
