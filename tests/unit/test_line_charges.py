"""Shipping and tax of an order, by line: the lines' are always the order's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.line_charges import InvalidCharges, charges_of, tax_at
from chalicelib.domain.money import Money

GOODS = [1500, 0, 333]


def body(
    currency: str = "EUR", of_lines: dict[str, list[int]] | None = None, **of_order: Any
) -> dict[str, Any]:
    amounts = {name: of_order[name] for name in ("shipping", "tax") if name in of_order}
    lines = [
        {name: Money(minors[index], currency).as_json() for name, minors in (of_lines or {}).items()}
        for index in range(len(GOODS))
    ]
    sent = {name: Money(minor, currency).as_json() for name, minor in amounts.items()}
    return {"currency": currency, "lines": lines, **of_order, **sent}


def faults_of(sent: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidCharges) as caught:
        charges_of(sent, GOODS)
    return list(caught.value.faults)


@given(
    st.sampled_from(["JPY", "EUR", "KWD"]),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=40),
    st.integers(0, 10**9),
    st.integers(0, 1_000_000),
    st.booleans(),
)
def test_what_is_said_of_the_order_is_divided_to_the_last_minor_unit(
    currency: str, goods: list[int], shipping: int, tax_ppm: int, included: bool
) -> None:
    tax = (sum(goods) + shipping) * tax_ppm // 1_000_000
    sent = {
        "lines": [{}] * len(goods),
        "shipping": Money(shipping, currency).as_json(),
        "tax": Money(tax, currency).as_json(),
        "tax_included": included,
    }

    charges = charges_of(sent, goods)

    assert sum(each.shipping for each in charges) == shipping
    assert sum(each.tax + each.shipping_tax for each in charges) == tax
    for each, cost in zip(charges, goods, strict=True):
        assert 0 <= each.tax <= cost
        assert 0 <= each.shipping_tax <= each.shipping


def test_what_the_lines_say_stands() -> None:
    of_lines = {"shipping": [100, 200, 0], "tax": [315, 0, 70], "shipping_tax": [21, 42, 0]}

    assert charges_of(body(of_lines=of_lines, shipping=300, tax=448), GOODS) == charges_of(
        body(of_lines=of_lines), GOODS
    )
    assert [tuple(each) for each in charges_of(body(of_lines=of_lines), GOODS)] == [
        (100, 315, 21),
        (200, 0, 42),
        (0, 70, 0),
    ]


def test_a_tax_on_what_costs_nothing_is_on_the_goods() -> None:
    sent = {"lines": [{}, {}], "tax": Money(3, "EUR").as_json()}

    assert [tuple(each) for each in charges_of(sent, [0, 0])] == [(0, 2, 0), (0, 1, 0)]


TAXES = {"tax": [315, 0, 70]}
UNFIT: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "another tax": (body(of_lines=TAXES, tax=384), [("/tax", "TOTAL_MISMATCH")]),
    "no tax": (body(of_lines=TAXES, tax=0), [("/tax", "TOTAL_MISMATCH")]),
    "another shipping": (
        body(of_lines={"shipping": [1, 2, 3]}, shipping=7),
        [("/shipping", "TOTAL_MISMATCH")],
    ),
    "tax above price": (
        body(of_lines=TAXES | {"tax": [1501, 0, 0]}, tax_included=True),
        [("/lines/0/tax", "TAX_TOO_HIGH")],
    ),
    "tax above shipping": (
        body(of_lines={"shipping": [0, 9, 0], "shipping_tax": [0, 0, 1]}, tax_included=True),
        [("/lines/2/shipping_tax", "TAX_TOO_HIGH")],
    ),
    "tax above all": (body(tax=1834, tax_included=True), [("/tax", "TAX_TOO_HIGH")]),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_does_not_fit_is_named_with_its_place(name: str) -> None:
    sent, faults = UNFIT[name]

    assert faults_of(sent) == faults


def test_what_one_line_says_all_have_to_say() -> None:
    sent = body(of_lines=TAXES)
    del sent["lines"][1]["tax"]

    assert faults_of(sent) == [("/lines/1/tax", "MISSING_FIELD")]


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 99))
def test_a_tax_that_the_price_holds_follows_it_and_no_other(
    told_at: int, price: int, ppm: int, pieces: int
) -> None:
    tax = told_at * pieces * ppm // 1_000_000
    was, now = Money(told_at, "EUR"), Money(price, "EUR")

    assert tax_at(now, tax, told_at=was, is_included=False) == tax
    held = tax_at(now, tax, told_at=was, is_included=True)
    assert 0 <= held <= price * pieces
    assert abs(held * told_at - tax * price) * 2 <= told_at
