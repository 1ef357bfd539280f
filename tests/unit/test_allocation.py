"""Which offers serve an order: what counts, what binds, and that there is nothing cheaper."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from chalicelib.domain import allocation_search
from chalicelib.domain.allocation import Allocation, Candidate, Costs, Demand, LineCost, allocate
from chalicelib.domain.allocation_problem import Option, Problem
from chalicelib.domain.allotment import Choices, Conditions, Obstacle, Promise, Refusal, WantedLine, allot
from chalicelib.domain.money import Money

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPLIT = Costs(split=350)


def an_offer(supplier: str, price: int, *, product: str = "tea", stock: int = 10, **fields: Any) -> Candidate:
    return Candidate(
        offer_id=f"off_{supplier}_{product}",
        product_id=product,
        supplier_id=supplier,
        sku=product,
        gtin=None,
        title=product,
        price=Money(price, "EUR"),
        available=stock,
        **{"handling_days": 1, **fields},
    )


def suppliers_of(allocation: Allocation | None) -> list[str]:
    assert allocation is not None
    return [candidate.supplier_id for candidate in allocation.candidates]


def test_the_cheapest_offer_serves_a_line() -> None:
    demand = Demand(2, [an_offer("a", 501), an_offer("b", 500), an_offer("c", 400, stock=1)])

    allocated = allocate([demand], SPLIT)

    assert suppliers_of(allocated) == ["b"]
    assert allocated is not None
    assert (allocated.total, allocated.is_exact) == (1000, True)


@pytest.mark.parametrize(("dearer", "expected"), [(849, ["b", "b"]), (851, ["a", "b"])], ids=["less", "more"])
def test_a_parcel_is_saved_where_that_costs_less_than_the_split(dearer: int, expected: list[str]) -> None:
    tea = Demand(1, [an_offer("a", 500), an_offer("b", dearer)])
    pot = Demand(1, [an_offer("b", 3000, product="pot")])

    assert suppliers_of(allocate([tea, pot], SPLIT)) == expected


def test_a_supplier_that_serves_the_order_already_is_no_split() -> None:
    tea = Demand(1, [an_offer("a", 500), an_offer("b", 800)])

    assert suppliers_of(allocate([tea], SPLIT)) == ["a"]
    assert suppliers_of(allocate([tea], SPLIT, used_suppliers=frozenset("b"))) == ["b"]


def test_time_risk_and_shipping_are_money() -> None:
    costs = Costs(handling_day=25, refusal_percent=10)
    slow = an_offer("slow", 1000, handling_days=5)
    doubtful = an_offer("doubtful", 1000, handling_days=0, health=70)
    posted = an_offer("posted", 1000, handling_days=0, shipping_price=Money(20, "EUR"))

    allocated = allocate([Demand(2, [slow, doubtful, posted])], costs)

    assert allocated is not None
    (choice,) = allocated.choices
    assert (choice.candidate, choice.cost) == (posted, LineCost(2000, 40, 0, 0))
    assert (choice.runner_up, choice.runner_up_cost) == (doubtful, LineCost(2000, 0, 0, 60))
    assert choice.considered == 3


def test_an_order_that_may_not_be_split_is_served_by_one_or_not_at_all() -> None:
    tea = Demand(1, [an_offer("a", 100), an_offer("b", 900), an_offer("c", 950)])
    pot = Demand(1, [an_offer("b", 3000, product="pot"), an_offer("c", 2900, product="pot")])
    cup = Demand(1, [an_offer("d", 300, product="cup")])

    assert suppliers_of(allocate([tea, pot], Costs(), may_split=False)) == ["c", "c"]
    assert allocate([tea, pot, cup], Costs(), may_split=False) is None


def test_the_goods_stay_within_what_they_may_cost_though_a_split_be_dearer() -> None:
    tea = Demand(1, [an_offer("a", 500), an_offer("b", 700)])
    pot = Demand(1, [an_offer("b", 3000, product="pot")])

    assert suppliers_of(allocate([tea, pot], SPLIT, at_most=3700)) == ["b", "b"]
    assert suppliers_of(allocate([tea, pot], SPLIT, at_most=3699)) == ["a", "b"]
    assert allocate([tea, pot], SPLIT, at_most=3499) is None


def test_lines_share_the_stock_of_an_offer() -> None:
    offers = [an_offer("a", 500, stock=5), an_offer("b", 900, stock=3)]

    allocated = allocate([Demand(2, offers), Demand(3, offers), Demand(3, offers)], Costs())

    assert sorted(suppliers_of(allocated)) == ["a", "a", "b"]
    assert allocate([Demand(3, offers)] * 3, Costs()) is None


def test_nothing_to_choose_is_told_at_once() -> None:
    allocated = allocate([Demand(1, [an_offer("a", 500)]), Demand(1, [an_offer("b", 1)])], SPLIT)

    assert allocated is not None
    assert (allocated.total, allocated.is_exact) == (851, True)
    assert all(choice.runner_up is None for choice in allocated.choices)


def problems(seed: int) -> Iterator[Problem]:
    """Small ones of every kind: scarce stock shared by lines, two offers of one supplier, suppliers that are
    in the order, limits that bind, equal costs."""
    rng = random.Random(seed)
    while True:
        suppliers = [f"s{number}" for number in range(rng.randint(1, 4))]
        products = [_offers(rng, f"o{number}", suppliers) for number in range(rng.randint(1, 4))]
        stock = {offer: rng.randint(2, 7) for offers in products for offer, *_ in offers}
        lines, quantities = [], []
        for _ in range(rng.randint(1, 4)):
            quantity = rng.randint(1, 4)
            lines.append(
                [
                    Option(price * quantity + extra, price * quantity, supplier, offer)
                    for offer, supplier, price, extra in rng.choice(products)
                    if stock[offer] >= quantity
                ]
            )
            quantities.append(quantity)
        yield Problem(
            lines,
            quantities,
            stock,
            opening=rng.choice([0, 1, 3, 7, 15]),
            opened=frozenset(rng.sample(suppliers, rng.randint(0, 1))),
            at_most=rng.choice([None, None, rng.randint(0, 120)]),
            may_split=rng.random() < 0.8,
        )


def _offers(rng: random.Random, name: str, suppliers: list[str]) -> list[tuple[str, str, int, int]]:
    return [
        (f"{name}_{supplier}_{number}", supplier, rng.randint(0, 12), rng.choice([0, rng.randint(0, 5)]))
        for supplier in suppliers
        for number in range(rng.choice([0, 1, 1, 2]))
    ][:4]


def least_cost(problem: Problem) -> int | None:
    """By trying every choice, from the words of the rules alone."""
    costs = []
    for choice in product(*problem.lines):
        left = dict(problem.stock)
        for option, quantity in zip(choice, problem.quantities, strict=True):
            left[option.offer] -= quantity
        suppliers = {option.supplier for option in choice}
        is_too_dear = problem.at_most is not None and sum(each.goods for each in choice) > problem.at_most
        if min(left.values()) < 0 or is_too_dear or (not problem.may_split and len(suppliers) > 1):
            continue
        new = suppliers - problem.opened
        costs.append(sum(option.cost for option in choice) + problem.opening * len(new))
    return min(costs, default=None)


def test_ten_thousand_small_orders_cost_what_trying_every_choice_finds() -> None:
    possible = 0
    for problem, _ in zip(problems(seed=4), range(10_000), strict=False):
        expected = least_cost(problem)

        found = allocation_search.cheapest(problem)

        assert (found.cost if found else None) == expected, problem
        if found is not None:
            possible += 1
            assert found.bound == found.cost == problem.cost(found.chosen)
            assert problem.allows(found.chosen)
    assert possible > 5_000


def a_large_problem(lines: int, offers: int, suppliers: int, *, spread: int, seed: int = 1) -> Problem:
    rng = random.Random(seed)
    options = []
    for line in range(lines):
        price = rng.randint(500, 5000)
        options.append(
            [
                Option(price + rng.randint(0, spread), price, f"s{supplier:04}", f"o{line}_{supplier}")
                for supplier in rng.sample(range(suppliers), offers)
            ]
        )
    stock = {option.offer: 10 for line in options for option in line}
    return Problem(options, [1] * lines, stock, opening=350)


LARGE = [(spread, suppliers) for spread in (0, 60, 500) for suppliers in (1, 2, 8)]


@pytest.mark.parametrize(("spread", "suppliers"), LARGE, ids=str)
def test_ten_lines_of_fifty_offers_are_solved_exactly(spread: int, suppliers: int) -> None:
    found = allocation_search.cheapest(a_large_problem(10, 50, 50 * suppliers, spread=spread))

    assert found is not None
    assert found.cost == found.bound


def test_where_the_effort_ends_the_best_so_far_is_given_with_its_distance_from_the_bound() -> None:
    problem = a_large_problem(40, 200, 400, spread=60)

    found = allocation_search.cheapest(problem)

    assert found is not None
    assert found == allocation_search.cheapest(problem)
    assert 0 < found.cost - found.bound < found.cost / 100
    assert problem.cost(found.chosen) == found.cost


def test_a_large_order_keeps_within_a_limit_that_binds() -> None:
    problem = a_large_problem(20, 60, 120, spread=60)
    problem = replace(
        problem, lines=[[each._replace(goods=each.cost) for each in line] for line in problem.lines]
    )
    free = allocation_search.cheapest(problem)
    assert free is not None
    least = sum(min(each.goods for each in options) for options in problem.lines)
    limit = (least + sum(each.goods for each in free.chosen)) // 2

    found = allocation_search.cheapest(replace(problem, at_most=limit))

    assert found is not None
    assert sum(each.goods for each in found.chosen) <= limit
    assert free.bound <= found.bound <= found.cost


def conditions(**fields: Any) -> Conditions:
    promise = Promise(**fields.pop("promise", {}))
    return Conditions(promise, **{"costs": SPLIT, "at_most": Money(10**6, "EUR"), "now": NOW, **fields})


def refusal_of(
    *lines: WantedLine,
    offers: Mapping[str, Candidate | None] | None = None,
    products: Mapping[str, tuple[Candidate, ...]] | None = None,
    **fields: Any,
) -> Refusal:
    found = allot(lines, Choices(offers or {}, products or {}), conditions(**fields))
    assert isinstance(found, Refusal)
    return found


def wanting(quantity: int = 1, price: int = 500, **thing: str) -> WantedLine:
    return WantedLine(quantity, Money(price, "EUR"), **(thing or {"product_id": "tea"}))


def test_every_lines_obstacle_is_told() -> None:
    offers = {"a": an_offer("a", 500, stock=3), "gone": None, "dear": an_offer("b", 501)}

    refused = refusal_of(
        wanting(2, offer_id="a"),
        wanting(2, offer_id="a"),
        wanting(offer_id="gone"),
        wanting(offer_id="dear"),
        wanting(offer_id="none"),
        wanting(product_id="none"),
        offers=offers,
    )

    assert refused.obstacles == (
        Obstacle(1, "OUT_OF_STOCK"),
        Obstacle(2, "OUT_OF_STOCK"),
        Obstacle(3, "PRICE_CHANGED", Money(501, "EUR")),
        Obstacle(4, "UNKNOWN_OFFER"),
        Obstacle(5, "UNKNOWN_PRODUCT"),
    )


def test_without_a_highest_price_a_line_is_sold_at_the_expected_one_only() -> None:
    offers = (an_offer("a", 400), an_offer("b", 500), an_offer("c", 510))
    choices = Choices({}, {"tea": offers})

    assert suppliers_of(_placed(wanting(), choices)) == ["b"]
    assert suppliers_of(_placed(wanting(price=510), choices, max_unit_price=Money(505, "EUR"))) == ["a"]
    assert refusal_of(wanting(price=450), products=choices.products).obstacles == (
        Obstacle(0, "PRICE_CHANGED", Money(400, "EUR")),
    )


def _placed(line: WantedLine, choices: Choices, **promise: Any) -> Allocation:
    found = allot([line], choices, conditions(promise=promise))
    assert isinstance(found, Allocation)
    return found


@pytest.mark.parametrize(
    ("deliver_by", "transit_days", "expected"),
    [
        ("2026-03-04T12:00:00.000Z", 0, "b"),
        ("2026-03-05T12:00:00.000Z", 0, "a"),
        ("2026-03-05T12:00:00.000Z", 1, "b"),
        ("2026-03-03T23:59:59.999Z", 0, None),
    ],
    ids=["only the fast", "both", "a day on its way", "neither"],
)
def test_only_offers_that_arrive_in_time_are_taken(
    deliver_by: str, transit_days: int, expected: str | None
) -> None:
    offers = (an_offer("a", 500, handling_days=3), an_offer("b", 500, handling_days=2))
    promise = {"deliver_by": deliver_by}
    costs = Costs(handling_day=-1)

    found = allot(
        [wanting()],
        Choices({}, {"tea": offers}),
        conditions(promise=promise, transit_days=transit_days, costs=costs),
    )

    if expected is None:
        assert found == Refusal((Obstacle(0, "PROMISE_NOT_KEPT"),))
    else:
        assert isinstance(found, Allocation)
        assert suppliers_of(found) == [expected]


def test_what_one_supplier_cannot_serve_alone_keeps_no_promise_of_one_parcel() -> None:
    products = {"tea": (an_offer("a", 500),), "pot": (an_offer("b", 500, product="pot"),)}

    refused = refusal_of(
        wanting(), wanting(product_id="pot"), products=products, promise={"may_split": False}
    )

    assert refused.obstacles == (Obstacle(0, "PROMISE_NOT_KEPT"), Obstacle(1, "PROMISE_NOT_KEPT"))


def test_goods_that_cost_more_than_is_authorised_are_told_with_what_they_would_cost() -> None:
    promise = {"max_unit_price": Money(600, "EUR")}

    refused = refusal_of(
        wanting(2), products={"tea": (an_offer("a", 550),)}, promise=promise, at_most=Money(1099, "EUR")
    )

    assert refused == Refusal(needed=Money(1100, "EUR"))


def test_an_offer_found_to_be_otherwise_is_chosen_as_it_is() -> None:
    tea, other = an_offer("a", 500), an_offer("b", 500)
    choices = Choices({tea.offer_id: tea, "gone": None}, {"tea": (tea, other)})

    less = replace(tea, available=1)

    assert choices.corrected({tea.offer_id: None}) == Choices(
        {tea.offer_id: None, "gone": None}, {"tea": (other,)}
    )
    assert choices.corrected({tea.offer_id: less}).products == {"tea": (less, other)}
