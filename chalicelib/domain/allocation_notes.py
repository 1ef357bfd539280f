"""What is kept of why an order's offers were chosen. It stands in the order's item, and of offers that took
over in their supplier orders': short, and nothing where there was nothing to choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from chalicelib.domain.allocation import Allocation, Candidate, Costs, LineCost
from chalicelib.domain.order import Order, OrderLine, PlacedLine, SupplierOrder

Notes = Mapping[str, Any]
"""As stored: the `costs` that counted, the `total` and the `bound` of the whole, and for `lines` by their
number (in a supplier order, by their id) how many offers were considered, how the chosen one, which the line
names, was weighed, and how the next best."""


@dataclass(frozen=True)
class Weighed:
    """An offer as it was weighed for a line, at this price in minor units."""

    offer_id: str
    unit_minor: int
    health: int
    handling_days: int
    available: int
    cost: LineCost


@dataclass(frozen=True)
class Reason:
    """Why an offer was chosen: of all `considered` it made the order cost the least, or as little as was
    found, with `total` and `bound` in minor units."""

    considered: int
    chosen: Weighed
    runner_up: Weighed | None
    costs: Costs
    total: int
    bound: int


def notes_of(allocation: Allocation, costs: Costs, *, keys: Sequence[str] | None = None) -> Notes | None:
    """What to keep of it, the lines by `keys` or else by their number; None where no line had a choice."""
    keys = keys or [str(number) for number in range(1, len(allocation.choices) + 1)]
    lines = {
        key: [
            choice.considered,
            _packed(choice.candidate, choice.cost),
            [choice.runner_up.offer_id, *_packed(choice.runner_up, choice.runner_up_cost)]
            if choice.runner_up and choice.runner_up_cost
            else None,
        ]
        for key, choice in zip(keys, allocation.choices, strict=True)
        if choice.considered > 1
    }
    if not lines:
        return None
    return {"costs": astuple(costs), "total": allocation.total, "bound": allocation.bound, "lines": lines}


def reason_of(order: Order, line: PlacedLine) -> Reason | None:
    """Why the line's offer was chosen when the order was placed; None where there was no other."""
    return _reason(order.allocation or {}, str(order.lines.index(line) + 1), line)


def reason_of_takeover(supplier_order: SupplierOrder, line: OrderLine) -> Reason | None:
    """Why this supplier's offer took the line over; None where there was no other, or it was placed here."""
    return _reason(supplier_order.allocation or {}, line.line_id, line)


def of_lines(notes: Notes | None, new_ids: Mapping[str, str]) -> Notes | None:
    """The notes of these lines alone, by their new ids."""
    if notes is None:
        return None
    lines = {new: notes["lines"][old] for old, new in new_ids.items() if old in notes["lines"]}
    return {**notes, "lines": lines} if lines else None


def _reason(notes: Notes, key: str, line: PlacedLine | OrderLine) -> Reason | None:
    if key not in notes.get("lines", {}):
        return None
    considered, chosen, second = notes["lines"][key]
    return Reason(
        considered=considered,
        chosen=_unpacked(line.offer_id, chosen, line.quantity),
        runner_up=_unpacked(second[0], second[1:], line.quantity) if second else None,
        costs=Costs(*notes["costs"]),
        total=notes["total"],
        bound=notes["bound"],
    )


def _packed(candidate: Candidate, cost: LineCost) -> list[Any]:
    weighed = (candidate.price.minor, candidate.health, candidate.handling_days, candidate.available)
    return [*weighed, cost.shipping, cost.handling, cost.risk, cost.split]


def _unpacked(offer_id: str, row: Sequence[Any], quantity: int) -> Weighed:
    unit_minor, health, handling_days, available, *rest = row
    return Weighed(
        offer_id, unit_minor, health, handling_days, available, LineCost(unit_minor * quantity, *rest)
    )
