"""Who may sell restricted categories and brands."""

import pytest

from chalicelib.domain.authorizations import Authorizations, duplicates

RESTRICTED = Authorizations(
    1,
    {
        "categories": [{"name": "Health > Contact lenses", "suppliers": ["sup_optician"]}],
        "brands": [{"name": "Nordlicht", "suppliers": ["sup_nord", "sup_optician"]}],
    },
)


@pytest.mark.parametrize(
    ("supplier", "category", "brand", "reasons"),
    [
        ("sup_any", "Health", "Fjord", ()),
        ("sup_any", "health>contact-lenses", "Fjord", ("CATEGORY_UNAUTHORIZED_TO_SELL",)),
        ("sup_any", "Health > Contact lenses > Daily", "Fjord", ("CATEGORY_UNAUTHORIZED_TO_SELL",)),
        ("sup_any", "Health > Contact lenses care", "Fjord", ()),
        ("sup_any", "Pens", "NORD LICHT", ("BRAND_UNAUTHORIZED_TO_SELL",)),
        ("sup_nord", "Pens", "Nordlicht", ()),
        (
            "sup_any",
            "Health > Contact lenses",
            "Nordlicht",
            ("CATEGORY_UNAUTHORIZED_TO_SELL", "BRAND_UNAUTHORIZED_TO_SELL"),
        ),
        ("sup_optician", "Health > Contact lenses", "Nordlicht", ()),
    ],
)
def test_only_those_who_are_named_may_sell_what_is_restricted(
    supplier: str, category: str, brand: str, reasons: tuple[str, ...]
) -> None:
    assert RESTRICTED.forbid({"category": category, "brand": brand}, supplier) == reasons


def test_without_restrictions_everybody_may_sell_everything() -> None:
    assert Authorizations().forbid({"category": "Any", "brand": "Any"}, "sup_any") == ()
    assert Authorizations().forbid({}, "sup_any") == ()


def test_a_name_that_means_an_earlier_one_is_pointed_out() -> None:
    twice = [{"name": name, "suppliers": []} for name in ("A > B", "A", "a>b")]

    assert duplicates({"categories": twice, "brands": twice[:2]}) == ["/categories/2/name"]
