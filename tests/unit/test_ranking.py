"""How a product's offers are ranked, now and when time changes them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import ranking
from chalicelib.domain.money import Money
from chalicelib.domain.offer import PriceWindow, Product, Terms, inactivity_reasons

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRODUCT = Product("prd_1", "0001", "Pen", "Fjord", "Pens")


def at(hours: int) -> str:
    return (NOON + timedelta(hours=hours)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def terms(name: str, **fields: Any) -> Terms:
    defaults: dict[str, Any] = {"price": euros(500), "available": 20, "handling_days": 2}
    return Terms(f"off_{name}", f"sup_{name}", "A", **{**defaults, **fields})


def ranked(*offered: Terms, now: datetime = NOON) -> list[tuple[str, str]]:
    shown = ranking.view_of(offered, now).shown
    return [(entry["offer_id"].removeprefix("off_"), entry["rank_reason"]) for entry in shown]


@pytest.mark.parametrize(
    ("better", "worse", "won", "lost"),
    [
        ({"price": euros(900)}, {"condition": "USED"}, "BETTER_CONDITION", "LESSER_CONDITION"),
        ({"condition": "REFURBISHED"}, {"condition": "USED"}, "BETTER_CONDITION", "LESSER_CONDITION"),
        ({"price": euros(900)}, {"lines_refused": 6}, "ACCEPTS_ORDERS", "REFUSES_ORDERS"),
        ({"price": euros(499)}, {"handling_days": 0}, "LOWEST_PRICE", "HIGHER_PRICE"),
        ({"price": euros(510)}, {"shipping_price": euros(11)}, "LOWEST_PRICE", "HIGHER_PRICE"),
        ({"handling_days": 1, "lines_refused": 2}, {}, "FASTEST_HANDLING", "SLOWER_HANDLING"),
        ({"available": 1}, {"lines_accepted": 30, "lines_refused": 4}, "BEST_HEALTH", "LOWER_HEALTH"),
        ({"available": 10}, {"available": 9}, "MOST_STOCK", "LESS_STOCK"),
        ({}, {"available": 99}, "TIE", "TIE"),
    ],
)
def test_the_first_criterion_that_tells_offers_apart_decides(
    better: dict[str, Any], worse: dict[str, Any], won: str, lost: str
) -> None:
    one, other = terms("a", **better), terms("b", **worse)

    assert ranked(other, one) == [("a", won), ("b", lost)]


def test_currencies_do_not_compare_and_the_commonest_comes_first() -> None:
    dollars = terms("c", price=Money(1, "USD"))

    assert ranked(dollars, terms("a"), terms("b", price=euros(600))) == [
        ("a", "LOWEST_PRICE"),
        ("b", "HIGHER_PRICE"),
        ("c", "OTHER_CURRENCY"),
    ]


def test_a_few_refusals_at_first_ruin_no_offer_and_many_do() -> None:
    assert [terms("a", lines_refused=refused).health for refused in (0, 1, 2, 4, 6)] == [100, 90, 85, 70, 60]
    assert terms("a", lines_refused=4, lines_accepted=90).health == 95


def test_a_sale_begins_and_ends_by_itself() -> None:
    sale = terms("a", price=euros(600), windows=(PriceWindow(euros(400), at(1), at(2)),))
    view = ranking.view_of([sale, terms("b")], NOON)
    product = replace(PRODUCT, offers_view=view.shown, offers_later=view.later, view_until=view.until)

    assert view.until == at(1)
    for hours, first, price in ((0, "off_b", 500), (1, "off_a", 400), (2, "off_b", 500)):
        shown = ranking.shown(product, NOON + timedelta(hours=hours))
        assert (shown[0]["offer_id"], ranking.landed_price(shown[0]).minor) == (first, price)
        assert shown[0]["featured"]


def test_what_is_not_for_sale_yet_waits_out_of_sight() -> None:
    later = terms("a", price=None, windows=(PriceWindow(euros(400), at(1), None),))
    view = ranking.view_of([later], NOON)

    assert (view.shown, view.until, len(view.later)) == ((), at(1), 1)


def test_clients_do_not_read_how_well_a_supplier_accepts() -> None:
    shown = ranking.for_clients(ranking.view_of([terms("a", lines_refused=3)], NOON).shown)

    assert set(shown[0]) == set(ranking.CLIENTS_READ) - {"shipping_price"}


def test_of_very_many_offers_the_best_are_shown() -> None:
    many = [terms(f"{number:04}", price=euros(1000 - number)) for number in range(500)]

    shown = ranking.view_of(many, NOON).shown

    assert (len(shown), shown[0]["offer_id"]) == (ranking.MOST_SHOWN, "off_0499")


HOURS = st.integers(-3, 3) | st.none()


@st.composite
def some_terms(draw: st.DrawFn) -> Terms:
    edges = sorted(draw(st.lists(st.integers(-3, 3), max_size=4, unique=True)))
    windows = [
        PriceWindow(euros(300), at(start), at(end))
        for start, end in zip(edges[::2], edges[1::2], strict=False)
    ]
    start, end = draw(HOURS), draw(HOURS)
    return terms(
        draw(st.sampled_from("abc")),
        price=draw(st.sampled_from([None, euros(500)])),
        windows=tuple(windows),
        available=draw(st.integers(-1, 2)),
        blocks=draw(st.sampled_from([(), ("WITHDRAWN",)])),
        available_from=None if start is None else at(start),
        available_until=None if end is None else at(end),
    )


@given(st.lists(some_terms(), max_size=3, unique_by=lambda each: each.offer_id), st.integers(0, 4))
def test_a_view_shows_at_any_later_time_what_one_built_then_would(offered: list[Terms], hours: int) -> None:
    then = NOON + timedelta(hours=hours)
    view = ranking.view_of(offered, NOON)
    product = replace(PRODUCT, offers_view=view.shown, offers_later=view.later, view_until=view.until)

    assert ranking.shown(product, then) == ranking.view_of(offered, then).shown
    on_sale = {each.offer_id for each in offered if not inactivity_reasons(each, then)}
    assert {entry["offer_id"] for entry in ranking.shown(product, then)} == on_sale
