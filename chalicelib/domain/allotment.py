"""Which offer each line of an order that is to be placed takes, or what keeps it from being placed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain.allocation import Allocation, Candidate, Costs, Demand, allocate
from chalicelib.domain.line_charges import NO_CHARGES, Charges
from chalicelib.domain.money import Money

_EFFORT_OF_A_LINE = 20_000
"""To tell which lines lack stock there is a search for each; forty are to take no longer than one."""


@dataclass(frozen=True)
class WantedLine:
    """A line as the shopper sent it: an offer, or a product to choose an offer for; and what it costs beside
    its goods."""

    quantity: int
    expected_price: Money
    offer_id: str | None = None
    product_id: str | None = None
    charges: Charges = NO_CHARGES


@dataclass(frozen=True)
class Promise:
    """What the buyer agreed to. Without `max_unit_price` a line is sold at exactly the price expected."""

    max_unit_price: Money | None = None
    deliver_by: str | None = None
    may_split: bool = True

    def is_price(self, price: Money, expected: Money) -> bool:
        """Whether a piece may be sold at this price."""
        if self.max_unit_price is None:
            return price == expected
        return price.minor <= self.max_unit_price.minor


def promise_of(sent: Mapping[str, Any] | None) -> Promise:
    """The promise as it stands in the body of an order."""
    promise = sent or {}
    price = promise.get("max_unit_price")
    return Promise(
        max_unit_price=Money.parse(price) if price else None,
        deliver_by=promise.get("deliver_by"),
        may_split=promise.get("may_split", True),
    )


@dataclass(frozen=True)
class Conditions:
    """What an order is placed under: the promise, what allocation counts beside prices, what the goods may
    cost together, when it is, and how long the way to the buyer takes."""

    promise: Promise
    costs: Costs
    at_most: Money
    now: datetime
    transit_days: int = 0


@dataclass(frozen=True)
class Obstacle:
    """Why a line cannot be placed: UNKNOWN_OFFER, UNKNOWN_PRODUCT, OUT_OF_STOCK, PROMISE_NOT_KEPT, or
    PRICE_CHANGED with the least price that it would have now."""

    line: int
    code: str
    price: Money | None = None


@dataclass(frozen=True)
class Refusal:
    """What keeps an order from being placed: obstacles of its lines; or, without any, that its goods would
    cost `needed`."""

    obstacles: tuple[Obstacle, ...] = ()
    needed: Money | None = None


@dataclass(frozen=True)
class Choices:
    """What may be sold as it was read. An offer or product that does not exist is not in the mapping; one
    that is not for sale has no candidate."""

    offers: Mapping[str, Candidate | None]
    products: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)

    def corrected(self, fresh: Mapping[str, Candidate | None]) -> "Choices":
        """With these offers as they were found to be meanwhile."""

        def newest(candidate: Candidate | None) -> Candidate | None:
            return fresh.get(candidate.offer_id, candidate) if candidate else None

        return Choices(
            {offer_id: newest(candidate) for offer_id, candidate in self.offers.items()},
            {
                product_id: tuple(each for each in map(newest, candidates) if each)
                for product_id, candidates in self.products.items()
            },
        )


def allot(wanted: Sequence[WantedLine], choices: Choices, conditions: Conditions) -> Allocation | Refusal:
    """An offer for each line, the cheapest whole that keeps the promise, or everything that is in the way."""
    judged = [_demand(index, line, choices, conditions) for index, line in enumerate(wanted)]
    obstacles = [each for each in judged if isinstance(each, Obstacle)]
    demands = {index: each for index, each in enumerate(judged) if isinstance(each, Demand)}
    found = None if obstacles else _allocated(demands, conditions, at_most=conditions.at_most.minor)
    return found or _refusal(demands, obstacles, conditions)


def _demand(index: int, line: WantedLine, choices: Choices, conditions: Conditions) -> Demand | Obstacle:
    offered = _offered(line, choices)
    if offered is None:
        return Obstacle(index, "UNKNOWN_OFFER" if line.offer_id else "UNKNOWN_PRODUCT")
    promise, currency = conditions.promise, line.expected_price.currency
    in_stock = [
        each for each in offered if each.available >= line.quantity and each.price.currency == currency
    ]
    if not in_stock:
        return Obstacle(index, "OUT_OF_STOCK")
    at_price = [each for each in in_stock if promise.is_price(each.price, line.expected_price)]
    if not at_price:
        return Obstacle(index, "PRICE_CHANGED", min(each.price for each in in_stock))
    in_time = [
        each
        for each in at_price
        if each.arrives_by(promise.deliver_by, conditions.now, transit_days=conditions.transit_days)
    ]
    return Demand(line.quantity, in_time) if in_time else Obstacle(index, "PROMISE_NOT_KEPT")


def _offered(line: WantedLine, choices: Choices) -> Sequence[Candidate] | None:
    """None where what the line names does not exist."""
    if line.offer_id is None:
        return choices.products.get(line.product_id or "")
    if line.offer_id not in choices.offers:
        return None
    candidate = choices.offers[line.offer_id]
    return [candidate] if candidate else []


def _allocated(
    demands: Mapping[int, Demand], conditions: Conditions, *, at_most: int | None
) -> Allocation | None:
    may_split = conditions.promise.may_split
    return allocate(list(demands.values()), conditions.costs, may_split=may_split, at_most=at_most)


def _refusal(demands: Mapping[int, Demand], obstacles: Sequence[Obstacle], conditions: Conditions) -> Refusal:
    """Which of the lines that could be served alone cannot be served beside the others, and why."""
    short = _short_of_stock(demands)
    if obstacles or short:
        missing = (Obstacle(index, "OUT_OF_STOCK") for index in short)
        return Refusal(tuple(sorted((*obstacles, *missing), key=lambda each: each.line)))
    dearer = _allocated(demands, conditions, at_most=None)
    if dearer is None:
        return Refusal(tuple(Obstacle(index, "PROMISE_NOT_KEPT") for index in demands))
    goods = sum(choice.cost.goods for choice in dearer.choices)
    return Refusal(needed=Money(goods, conditions.at_most.currency))


def _short_of_stock(demands: Mapping[int, Demand]) -> list[int]:
    """The lines that find no stock beside those before them."""
    served: list[Demand] = []
    short = []
    for index, demand in demands.items():
        if allocate([*served, demand], Costs(), effort=_EFFORT_OF_A_LINE) is None:
            short.append(index)
        else:
            served.append(demand)
    return short
