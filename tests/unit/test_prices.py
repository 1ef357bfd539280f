"""Price texts: read where there is one way to read them, refused with a hint where there are two."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import prices
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12.99 EUR", "12.99", "EUR"),
        ("12,99 EUR", "12.99", "EUR"),
        ("EUR12.99", "12.99", "EUR"),
        ("599 CZK", "599.00", "CZK"),
        ("599 Kč", "599.00", "CZK"),
        ("32.0 USD", "32.00", "USD"),
        ("12.9900 USD", "12.99", "USD"),
        ("US$1,290.50", "1290.50", "USD"),
        ("$1,190.00 AUD", "1190.00", "AUD"),
        ("€ 1.234,56", "1234.56", "EUR"),
        ("1 234,56\u00a0zł", "1234.56", "PLN"),
        ("CHF 1'049.95", "1049.95", "CHF"),
        ("12,- €", "12.00", "EUR"),
        ("0.290 EUR", "0.29", "EUR"),
        (".75 €", "0.75", "EUR"),
        ("1,290 EUR", "1290.00", "EUR"),
        ("1.290.000 EUR", "1290000.00", "EUR"),
        ("3,500円", "3500", "JPY"),
        ("1.290 JPY", "1290", "JPY"),
        ("12.5 KWD", "12.500", "KWD"),
        ("1,234.567 KWD", "1234.567", "KWD"),
        ("'12.99 EUR", "12.99", "EUR"),
        ('="12.99 EUR"', "12.99", "EUR"),
    ],
)
def test_a_price_with_one_reading_is_read(text: str, amount: str, currency: str) -> None:
    assert prices.read(text).as_json() == {"amount": amount, "currency": currency}


@pytest.mark.parametrize(
    ("text", "currency", "meant"),
    [
        ("12.99", "GBP", Money(1299, "GBP")),
        ("1,290", "USD", Money(129000, "USD")),
        ("$12.99", "CAD", Money(1299, "CAD")),
        ("150 kr", "SEK", Money(15000, "SEK")),
        ("12.99 EUR", "USD", Money(1299, "EUR")),
        ("€12.99", "USD", Money(1299, "EUR")),
    ],
)
def test_the_usual_currency_holds_where_the_text_leaves_it_open(
    text: str, currency: str, meant: Money
) -> None:
    assert prices.read(text, currency=currency) == meant


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "no amount"),
        ("free", "no amount"),
        ("call us", "no amount"),
        ("1 " * 5_000 + "EUR", "no amount"),
        ("12.99", "which currency"),
        ("$12.99", "which currency"),
        ("150 kr", "which currency"),
        ("€ 12.99 USD", "which currency"),
        ("1.290 EUR", "exactly 2 decimal digits"),
        ("1,290 KWD", "exactly 3 decimal digits"),
        ("12.999 JPY 5", "more than one number"),
        ("10 - 20 EUR", "more than one number"),
        ("AED 8000 (USD 2179)", "more than one number"),
        ("1e5 USD", "more than one number"),
        ("12²", "more than one number|no currency|no amount"),
        ("from 39.95 EUR", "no currency"),
        ("3.99 EUR per kg", "no currency"),
        ("12.345 GBP 6", "more than one number"),
        ("29.1583 GBP", "at most 2 decimal digits"),
        ("12.50 JPY", "at most 0 decimal digits"),
        ("1,2,3 EUR", "no amount"),
        ("15.08.2017", "which currency|no amount"),
        ("-5.00 EUR", "not negative"),
        ("(5.00) EUR", "not negative"),
        ("5.00-", "not negative"),
        ("12.99 XXX", "not a currency|no currency"),
        ("9" * 16 + ".00 EUR", "too large"),
    ],
)
def test_what_is_no_price_or_could_be_two_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(InvalidMoney, match=hint):
        prices.read(text)


@given(st.integers(0, 10**14), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_what_money_is_written_as_reads_as_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    written = money.as_json()

    if currency != "KWD" or minor < 1000 or minor >= 1_000_000:
        assert prices.read(f"{written['amount']} {currency}") == money


@given(st.text(max_size=30) | st.text(alphabet="0123456789.,' -€$", max_size=20))
def test_any_text_is_money_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidMoney):
        assert prices.read(text, currency="EUR").minor >= 0


@pytest.mark.parametrize(
    ("name", "code"), [("€", "EUR"), ("eur", "EUR"), ("руб.", "RUB"), ("US$", "USD"), ("Fr.", "CHF")]
)
def test_a_currency_by_symbol_or_name_has_its_code(name: str, code: str) -> None:
    assert prices.currency_of(name) == code


@pytest.mark.parametrize("name", ["$", "kr", "", "dollars", "XXX"])
def test_what_names_no_one_currency_has_no_code(name: str) -> None:
    assert prices.currency_of(name) is None
