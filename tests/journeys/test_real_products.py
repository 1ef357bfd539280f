"""500 rows of real products, as one supplier would send them: every row ends somewhere, and says why."""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import actors
import pytest
from stdnum import ean

from examples.client import Client
from localaws.instance import PROJECT

DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", PROJECT.parent / "shared" / "data"))
FOOD = DATA / "usda-branded-food" / "branded_food.csv"
ROWS = 500


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    if not FOOD.exists():
        pytest.skip(f"{FOOD} is not here")
    with FOOD.open(newline="", encoding="utf-8") as file:
        return list(islice(csv.DictReader(file), ROWS))


@pytest.fixture(scope="module")
def supplier(stack) -> Iterator[actors.Supplier]:
    with actors.a_supplier(Client(stack.base_url)) as supplier:
        yield supplier


def as_offer(row: dict[str, str], supplier: actors.Supplier) -> dict[str, Any]:
    """The row as it is, with a price, a stock and a picture that it lacks."""
    return actors.an_offer(
        supplier.server,
        gtin=row["gtin_upc"],
        title=f"{row['brand_owner']} {row['branded_food_category']}",
        description=row["ingredients"],
        brand=row["brand_owner"],
        category=row["branded_food_category"],
        attributes={},
    )


@pytest.mark.timeout(300)
def test_every_real_row_ends_accepted_corrected_or_in_review_with_its_true_reason(supplier, rows):
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda row: put(supplier, row), rows)) == {201}
        judged_offers = list(pool.map(lambda row: judged(supplier, row), rows))
    outcomes = Counter()
    for row, offer in zip(rows, judged_offers, strict=True):
        faults = {(issue["field"], issue["code"]) for issue in actors.errors(offer)}
        assert faults == damage_of(row), row
        assert (offer["acceptance"] == "TO_REVIEW") == bool(faults), row
        outcomes[outcome(offer)] += 1
    assert outcomes == {"ACCEPTED": 183, "CORRECTED": 238, "TO_REVIEW": 79}


def test_leading_zeros_that_a_spreadsheet_lost_are_back(supplier, rows):
    lost = next(row for row in rows if len(row["gtin_upc"]) == 11 and not damage_of(row))
    offer = supplier.client.call("GET", f"{supplier.path}/offers/{lost['fdc_id']}", token=supplier.api_key)
    assert offer["gtin"] == "0" + lost["gtin_upc"]
    (correction,) = (each for each in offer["corrections"] if each["field"] == "/gtin")
    assert (correction["before"], correction["after"]) == (lost["gtin_upc"], offer["gtin"])


def damage_of(row: dict[str, str]) -> set[tuple[str, str]]:
    """What is wrong with a row, found without any of the project's rules."""
    texts = {
        "/title": row["brand_owner"] + row["branded_food_category"],
        "/brand": row["brand_owner"],
        "/category": row["branded_food_category"],
    }
    faults = {(field, "MISSING_ATTRIBUTE") for field, text in texts.items() if not text.strip()}
    code = row["gtin_upc"]
    if len(code) < 8 or not (is_upc_e(code) or ean.is_valid(code.zfill(12) if len(code) > 8 else code)):
        faults.add(("/gtin", "INVALID_IDENTIFIER"))
    elif is_for_use_in_one_store(code):
        faults.add(("/gtin", "RESTRICTED"))
    return faults


def is_for_use_in_one_store(code: str) -> bool:
    if len(code) == 8:
        return code.startswith(("0", "2")) and not is_upc_e(code)
    return code.zfill(14)[1:].startswith(("02", "04", "05", "2", "98", "99"))


def is_upc_e(code: str) -> bool:
    """Whether a zero-suppressed code's check digit fits the long form that its sixth digit stands for."""
    if len(code) != 8 or code[0] != "0":
        return False
    maker, last, check = code[1:6], code[6], code[7]
    if last in "012":
        middle = f"{maker[:2]}{last}0000{maker[2:]}"
    elif last in "34":
        middle = f"{maker[: int(last)]}00000{maker[int(last) :]}"
    else:
        middle = f"{maker}0000{last}"
    return ean.is_valid(f"0{middle}{check}")


def put(supplier: actors.Supplier, row: dict[str, str]) -> int:
    path = f"{supplier.path}/offers/{row['fdc_id']}"
    return supplier.client.send("PUT", path, token=supplier.api_key, json=as_offer(row, supplier)).status_code


def judged(supplier: actors.Supplier, row: dict[str, str]) -> dict[str, Any]:
    return supplier.client.read_until(
        f"{supplier.path}/offers/{row['fdc_id']}",
        lambda found: found["acceptance"] != "NEW",
        token=supplier.api_key,
        patience_s=120,
    )


def outcome(offer: dict[str, Any]) -> str:
    if offer["acceptance"] == "ACCEPTED":
        return "CORRECTED" if offer["corrections"] else "ACCEPTED"
    return offer["acceptance"]
