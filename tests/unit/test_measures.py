"""Weights, lengths and availability, as feeds word them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import measures
from chalicelib.domain.availability import availability_of


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2.5 kg", (2.5, "kg")),
        ("2,5kg", (2.5, "kg")),
        ("12 oz.", (12, "oz.")),
        ('20 "', (20, '"')),
        ("0.250 kg", (0.25, "kg")),
        ("1,250 g", None),
        ("about 3 kg", None),
        ("3 kg 200 g", None),
        ("3 stones", None),
        ("kg", None),
        ("3", None),
        ("-3 kg", None),
    ],
)
def test_a_measure_is_read_where_it_is_certain(text: str, read: tuple[float, str] | None) -> None:
    assert measures.read(text) == read


@pytest.mark.parametrize(
    ("value", "unit", "meant"),
    [
        (1.2, "kg", (1200, "g")),
        (1, "LB", (453.592, "g")),
        (8, "Ounces", (226.796, "g")),
        (250, "g", (250, "g")),
        (0.1234567, "g", (0.1234567, "g")),
        (20, "in", (508, "mm")),
        (1, "ft.", (304.8, "mm")),
        (3, "furlongs", None),
        (3, "", None),
    ],
)
def test_a_measure_is_written_in_its_base_unit(
    value: float, unit: str, meant: tuple[float, str] | None
) -> None:
    assert measures.in_base_unit(value, unit) == meant


@given(
    st.integers(0, 10**9) | st.floats(0, 1e9), st.sampled_from(["g", "kg", "lb", "oz", "mm", "in", "yards"])
)
def test_a_measure_in_its_base_unit_stays(value: float, unit: str) -> None:
    once = measures.in_base_unit(value, unit)

    assert once is not None
    assert measures.in_base_unit(*once) == once


@pytest.mark.parametrize(
    ("text", "availability"),
    [
        ("in stock", "IN_STOCK"),
        ("in_stock", "IN_STOCK"),
        ("https://schema.org/InStock", "IN_STOCK"),
        ("Auf Lager", "IN_STOCK"),
        ("OUT OF STOCK", "OUT_OF_STOCK"),
        ("Rupture de stock", "OUT_OF_STOCK"),
        ("pre-order", "PREORDER"),
        ("on_backorder", "BACKORDER"),
        ("maybe", None),
        ("", None),
    ],
)
def test_availability_by_any_of_its_names_is_one_word(text: str, availability: str | None) -> None:
    assert availability_of(text) == availability
