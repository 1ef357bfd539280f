"""9,541 GTINs as a real file has them. The expected counts were worked out apart from this code, with
python-stdnum's check digit and a spelled-out table of the prefixes."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from chalicelib.domain import corrections, gtin
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS

DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", "../shared/data")) / "usda-branded-food/branded_food.csv"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real data is not here")


def test_every_real_gtin_is_right_mended_or_has_its_damage_named() -> None:
    with DATA.open(encoding="utf-8-sig", newline="") as file:
        outcomes = Counter(classified(row) for row in csv.DictReader(file))

    assert sum(outcomes.values()) == 9541
    assert outcomes == {
        "fine": 4229,
        "gtin.leading_zeros": 5048,
        "gtin.upc_e": 15,
        "LENGTH": 219,
        "CHECK_DIGIT": 5,
        "RESTRICTED": 25,
    }


def classified(row: dict[str, str]) -> str:
    record = {"gtin": row["gtin_upc"], "category": row["branded_food_category"]}
    corrected, applied = corrections.apply(record, OFFER_CORRECTIONS)
    fault = gtin.fault(corrected["gtin"])
    return fault or ",".join(each.rule for each in applied if each.field == "/gtin") or "fine"
