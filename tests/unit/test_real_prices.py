"""1,184 price texts as shops print them, with the amount that was meant."""

import json
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from chalicelib.domain import prices
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import currency_digits

DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", "../shared/data")) / "price-strings/vectors.json"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real data is not here")

IN_A_PRICE_COLUMN = {("of", "16.00 ft")}
"""Feet for the vector; in a column of prices `ft` are forints."""


def test_every_real_price_is_read_rightly_or_refused_with_the_reason() -> None:
    rows = json.loads(DATA.read_text())["rows"]
    outcomes = Counter(outcome(*row[:5]) for row in rows if row[1] is not None)

    assert sum(outcomes.values()) == 1177
    assert outcomes == {
        "read": 821,
        # Words beside the amount: "from", "per piece", currencies that ISO 4217 retired or that have no code.
        "the amount stands with words that are no currency": 271,
        # Ranges, old and new price, two currencies, 35€ 99.
        "there is more than one number": 29,
        # No digit, or a text of more than 80 characters.
        "there is no amount": 26,
        # A space within the amount as in 36. 24, dates, $..75.
        "this is no amount": 12,
        # 1.290: the shops meant thousands, but software writes decimals so.
        "three digits behind the only separator can be thousands or decimals": 9,
        # Rupees of four countries and crowns of four, where the usual currency is none of them.
        "which currency is meant is not certain": 6,
        "an amount of GBP has at most 2 decimal digits": 2,
        "a price is not negative": 1,
    }


def outcome(beside: str | None, text: str, _symbol: str | None, _written: str | None, meant: float) -> str:
    try:
        money = prices.read(text, currency=prices.currency_of(beside or "") or "USD")
    except InvalidMoney as refused:
        return str(refused).partition(";")[0]
    if (beside, text) not in IN_A_PRICE_COLUMN:
        assert Decimal(str(meant)).scaleb(currency_digits(money.currency)) == money.minor
    return "read"
