import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.fees import FeeTerms, fee, vat
from chalicelib.domain.shares import of_first, spread

amounts = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("terms", "goods", "pieces", "expected"),
    [
        (FeeTerms(1, "r", percent_ppm=150_000), 1999, 1, 300),
        (FeeTerms(1, "r", percent_ppm=150_000), 10, 1, 2),
        (FeeTerms(1, "r", percent_ppm=85_000, flat=30), 1000, 2, 145),
        (FeeTerms(1, "r", percent_ppm=80_000, floor=100), 1000, 3, 300),
        (FeeTerms(1, "r", percent_ppm=80_000, cap=20), 1000, 3, 60),
        (FeeTerms(1, "r", flat=25), 0, 4, 100),
        (FeeTerms(1, "r", percent_ppm=150_000, floor=30), 0, 0, 0),
    ],
    ids=["percent", "half up", "and flat a piece", "floor a piece", "cap a piece", "only flat", "no piece"],
)
def test_a_fee_is_a_percentage_and_an_amount_a_piece(
    terms: FeeTerms, goods: int, pieces: int, expected: int
) -> None:
    assert fee(terms, goods=goods, shipping=0, pieces=pieces) == expected


def test_shipping_counts_only_where_the_rule_says_so() -> None:
    terms = FeeTerms(1, "r", percent_ppm=100_000)

    assert fee(terms, goods=1000, shipping=500, pieces=1) == 100
    assert fee(terms._replace(on_shipping=True), goods=1000, shipping=500, pieces=1) == 150


def test_the_tax_on_a_fee_is_rounded_half_up() -> None:
    assert vat(FeeTerms(1, "r", vat_ppm=190_000), 150) == 29


@given(whole=amounts, weights=st.lists(amounts, min_size=1, max_size=40))
def test_parts_add_up_to_the_whole_and_are_less_than_one_unit_off(whole: int, weights: list[int]) -> None:
    parts = spread(whole, weights)

    assert sum(parts) == whole
    if total := sum(weights):
        assert all(
            abs(part * total - whole * weight) < total for part, weight in zip(parts, weights, strict=True)
        )


@given(whole=amounts, of=st.integers(1, 999), data=st.data())
def test_the_pieces_of_a_line_share_what_it_has(whole: int, of: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, of))

    assert of_first(whole, of, of) == whole
    assert 0 <= of_first(whole, first, of) <= whole
