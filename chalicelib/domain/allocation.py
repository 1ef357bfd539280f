"""Which supplier's offer serves each line of an order: the cheapest whole, all that counts put into money.
docs/domain.md publishes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain import allocation_search, periods, ranking
from chalicelib.domain.allocation_problem import Option, Problem
from chalicelib.domain.fees import NO_FACTS, FeeFacts
from chalicelib.domain.money import Money
from chalicelib.domain.offer import PriceWindow, Product, Terms, inactivity_reasons

_UNREACHABLE = 100
"""So many times its price a line costs at a supplier that cannot be reached."""


@dataclass(frozen=True)
class Candidate:
    """An offer that may serve a line, as it was when it was read: at `price` then, which follows from its
    base price and windows. `shipping_price` is what its supplier says that a piece costs to send; `health` is
    of a hundred."""

    offer_id: str
    product_id: str
    supplier_id: str
    sku: str
    gtin: str | None
    title: str
    price: Money
    available: int
    handling_days: int
    base_price: Money | None = None
    windows: tuple[PriceWindow, ...] = ()
    shipping_price: Money | None = None
    health: int = 100
    condition: str = "NEW"
    fee_facts: FeeFacts = NO_FACTS

    def arrives_by(self, deliver_by: str | None, now: datetime, *, transit_days: int = 0) -> bool:
        """Whether it is with the buyer in time, if it is ordered `now` and takes so long on its way."""
        days = timedelta(days=self.handling_days + transit_days)
        return deliver_by is None or now + days <= periods.moment(deliver_by)


@dataclass(frozen=True)
class Costs:
    """What allocation counts beside prices. `split`, in minor units, is what each supplier order beyond the
    first costs, `handling_day` what a line costs by each day that its supplier takes to send it;
    `refusal_percent` of its price is what a line costs that its supplier does not accept."""

    split: int = 0
    handling_day: int = 0
    refusal_percent: int = 0


@dataclass(frozen=True)
class LineCost:
    """What a candidate costs on a line, in minor units. `split` is the further supplier that it would bring
    in, 0 where another line or the order has that supplier already."""

    goods: int
    shipping: int
    handling: int
    risk: int
    split: int = 0

    @property
    def total(self) -> int:
        return self.goods + self.shipping + self.handling + self.risk + self.split


@dataclass(frozen=True)
class Demand:
    """A line, or the rest of one, with the offers that it may take: those whose price and time keep what the
    buyer was promised, in the order's currency. It takes all pieces of one of them."""

    quantity: int
    candidates: Sequence[Candidate]


@dataclass(frozen=True)
class Choice:
    """The offer that serves a line, how many could have, and the next best beside all other choices."""

    candidate: Candidate
    cost: LineCost
    considered: int
    runner_up: Candidate | None = None
    runner_up_cost: LineCost | None = None


@dataclass(frozen=True)
class Allocation:
    """One choice for each line. In minor units, all of them cost `total`, and nothing could cost less than
    `bound`."""

    choices: tuple[Choice, ...]
    total: int
    bound: int

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return tuple(choice.candidate for choice in self.choices)

    @property
    def is_exact(self) -> bool:
        """Whether it is proven that there is no cheaper one."""
        return self.total == self.bound


def allocate(
    demands: Sequence[Demand],
    costs: Costs,
    *,
    may_split: bool = True,
    at_most: int | None = None,
    used_suppliers: frozenset[str] = frozenset(),
    effort: int = allocation_search.EFFORT,
) -> Allocation | None:
    """The offers that serve all of `demands` at the least total cost, None where nothing does.

    Lines share the stock of an offer, no line is served by two. Without `may_split` one supplier serves all
    lines. The prices of the goods may come to `at_most`, in minor units. `used_suppliers` serve the order
    already, so that they cost no split (placing an order has none yet, finding another supplier for the rest
    of one has). The same demands always get the same answer, with as much `effort` spent on it.
    """
    options = [
        [
            _option(each, demand.quantity, costs)
            for each in demand.candidates
            if each.available >= demand.quantity
        ]
        for demand in demands
    ]
    offered = {each.offer_id: each for demand in demands for each in demand.candidates}
    problem = Problem(
        options,
        [demand.quantity for demand in demands],
        {offer_id: each.available for offer_id, each in offered.items()},
        opening=costs.split,
        opened=used_suppliers,
        at_most=at_most,
        may_split=may_split,
    )
    found = allocation_search.cheapest(problem, effort=effort)
    if found is None:
        return None
    # The first supplier order is no split.
    first = costs.split if demands and not used_suppliers else 0
    choices = tuple(_choice(problem, found.chosen, line, offered, costs) for line in range(len(demands)))
    return Allocation(choices, found.cost - first, found.bound - first)


def line_cost(candidate: Candidate, quantity: int, costs: Costs, *, split: int = 0) -> LineCost:
    goods = candidate.price.minor * quantity
    shipping = candidate.shipping_price
    return LineCost(
        goods=goods,
        shipping=shipping.minor * quantity if shipping else 0,
        handling=candidate.handling_days * costs.handling_day,
        risk=_risk(goods, candidate.health, costs),
        split=split,
    )


def _risk(goods: int, health: int, costs: Costs) -> int:
    """Whoever cannot be reached is taken only where nobody else is."""
    if health == 0:
        return goods * _UNREACHABLE
    return _rounded(goods * costs.refusal_percent * (100 - health), 10_000)


def _rounded(dividend: int, divisor: int) -> int:
    """Half up."""
    return (2 * dividend + divisor) // (2 * divisor)


def of_terms(terms: Terms, now: datetime) -> Candidate | None:
    """The candidate that these terms are at `now`, None where they are not for sale."""
    price = terms.price_at(now)
    if price is None or inactivity_reasons(terms, now):
        return None
    return Candidate(
        offer_id=terms.offer_id,
        product_id=terms.product_id or "",
        supplier_id=terms.supplier_id,
        sku=terms.sku,
        gtin=terms.gtin,
        title=terms.title,
        price=price,
        available=terms.may_be_ordered,
        handling_days=terms.handling_days,
        base_price=terms.price,
        windows=terms.windows,
        shipping_price=terms.shipping_price,
        health=terms.health,
        condition=terms.condition,
        fee_facts=terms.fee_facts,
    )


def of_product(product: Product, now: datetime) -> tuple[Candidate, ...]:
    """The candidates that a product shows at `now`, best first."""
    return tuple(_of_entry(product, entry) for entry in ranking.shown(product, now))


def _option(candidate: Candidate, quantity: int, costs: Costs) -> Option:
    cost = line_cost(candidate, quantity, costs)
    return Option(cost.total, cost.goods, candidate.supplier_id, candidate.offer_id)


def _choice(
    problem: Problem, chosen: Sequence[Option], line: int, offered: Mapping[str, Candidate], costs: Costs
) -> Choice:
    taken, before, after = chosen[line], chosen[:line], chosen[line + 1 :]
    others = problem.opened | {each.supplier for each in (*before, *after)}

    def split(option: Option) -> int:
        return costs.split if others and option.supplier not in others else 0

    def cost(option: Option) -> LineCost:
        return line_cost(offered[option.offer], problem.quantities[line], costs, split=split(option))

    rivals = (each for each in problem.lines[line] if each != taken)
    ranked = sorted(rivals, key=lambda each: (each.cost + split(each), each))
    second = next((each for each in ranked if problem.allows((*before, each, *after))), None)
    return Choice(
        candidate=offered[taken.offer],
        cost=cost(taken),
        considered=len(problem.lines[line]),
        runner_up=offered[second.offer] if second else None,
        runner_up_cost=cost(second) if second else None,
    )


def _of_entry(product: Product, entry: ranking.Entry) -> Candidate:
    base_price, windows = ranking.prices_of(entry)
    shipping = entry.get("shipping_price")
    return Candidate(
        offer_id=entry["offer_id"],
        product_id=product.product_id,
        supplier_id=entry["supplier_id"],
        sku=entry["sku"],
        gtin=product.gtin,
        title=product.title,
        price=Money.parse(entry["price"]),
        available=int(entry["available"]),
        handling_days=int(entry["handling_days"]),
        base_price=base_price,
        windows=windows,
        shipping_price=Money.parse(shipping) if shipping else None,
        health=int(entry["inputs"]["health"]),
        condition=entry["condition"],
        fee_facts=FeeFacts(*entry["inputs"].get("fee", ())),
    )
