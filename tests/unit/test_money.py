import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money, total

CURRENCIES = st.sampled_from(["JPY", "USD", "EUR", "BHD"])


@given(minor=st.integers(-(10**12), 10**12), currency=CURRENCIES)
def test_what_money_writes_it_reads_back(minor, currency):
    money = Money(minor, currency)
    assert Money.parse(money.as_json()) == money


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.99", "USD", 1299),
        ("0.05", "EUR", 5),
        ("-0.05", "EUR", -5),
        ("150", "JPY", 150),
        ("1.234", "BHD", 1234),
    ],
)
def test_an_amount_has_exactly_its_currencys_digits(amount, currency, minor):
    assert Money.parse({"amount": amount, "currency": currency}) == Money(minor, currency)


@pytest.mark.parametrize(
    "value",
    [
        {"amount": 12.99, "currency": "USD"},
        {"amount": "12.9", "currency": "USD"},
        {"amount": "12.990", "currency": "USD"},
        {"amount": "12", "currency": "USD"},
        {"amount": "1.50", "currency": "JPY"},
        {"amount": "012.99", "currency": "USD"},
        {"amount": "1,299.00", "currency": "USD"},
        {"amount": " 12.99", "currency": "USD"},
        {"amount": "١٢.٩٩", "currency": "USD"},
        {"amount": "12.99", "currency": "usd"},
        {"amount": "12.99", "currency": "XAU"},
        {"amount": "12.99", "currency": "QQQ"},
        {"amount": "12.99"},
        {"currency": "USD"},
    ],
)
def test_anything_else_is_refused(value):
    with pytest.raises(InvalidMoney):
        Money.parse(value)


def test_currencies_do_not_mix():
    with pytest.raises(InvalidMoney):
        Money(1, "USD") + Money(1, "EUR")


@given(st.lists(st.integers(0, 10**9)))
def test_a_total_is_the_exact_sum(amounts):
    assert total([Money(amount, "USD") for amount in amounts], "USD") == Money(sum(amounts), "USD")
