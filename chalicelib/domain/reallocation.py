"""What one supplier did not take is looked for at another: at which, within what the buyer was promised."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.domain.allocation import Allocation, Candidate, Costs, Demand, allocate
from chalicelib.domain.allocation_notes import Notes, notes_of
from chalicelib.domain.money import Money
from chalicelib.domain.order import (
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    served_line,
)
from chalicelib.domain.settlement import pieces_asked

_SILENT = frozenset({"EXPIRED", "UNREACHABLE"})
"""Attempts that nobody has answered: who is silent on one line is so on all."""


@dataclass(frozen=True)
class Remainder:
    """Pieces of a line that another supplier is to be found for. `asked` is the line at the supplier that has
    not taken them, `placed` the line as the shopper placed it; `tried` are the suppliers that were asked for
    any piece of it. Neither they nor those that are `unable`, as another line has shown, are to be asked;
    those of `last_resort` only where nobody else can. `moved` pieces of the line went before them."""

    asked: PlacedLine
    placed: PlacedLine
    pieces: int
    tried: frozenset[str]
    unable: frozenset[str] = frozenset()
    last_resort: frozenset[str] = frozenset()
    moved: int = 0

    @property
    def line_id(self) -> str:
        return self.asked.line_id

    @property
    def is_whole(self) -> bool:
        return self.pieces == self.asked.quantity

    @property
    def share(self) -> PlacedLine:
        """What goes along with its pieces: they are the last that are still there."""
        end = self.asked.quantity - self.moved
        return self.asked.pieces(end - self.pieces, end)


@dataclass(frozen=True)
class Found:
    """The offers that take over, by line id, and what to keep of why."""

    offers: Mapping[str, Candidate] = field(default_factory=dict)
    notes: Notes | None = None


@dataclass(frozen=True)
class Limits:
    """What the buyer was promised, and how long and often others are tried: until then, and so many suppliers
    in all for a line (None: no limit). `transit_days` is how long the way to the buyer takes."""

    until: datetime | None = None
    suppliers: int | None = None
    deliver_by: str | None = None
    max_unit_price: Money | None = None
    may_split: bool = True
    transit_days: int = 0


def limits_of(
    order: Order, *, until: datetime | None, suppliers: int | None, transit_days: int = 0
) -> Limits:
    promise = order.promise or {}
    price = promise.get("max_unit_price")
    return Limits(
        until=until,
        suppliers=suppliers,
        deliver_by=promise.get("deliver_by"),
        max_unit_price=Money.parse(price) if price else None,
        may_split=promise.get("may_split", True),
        transit_days=transit_days,
    )


def remainders(record: OrderRecord) -> tuple[Remainder, ...]:
    """All that waits for another supplier, but what its supplier says that it ships after all: first a person
    decides on that."""
    placed = {line.line_id: line for line in record.order.lines}
    tried: dict[str, set[str]] = {}
    unable: dict[str, set[str]] = {}
    for part in record.supplier_orders:
        for line in part.lines:
            root = placed[line.split_from or line.line_id]
            tried.setdefault(root.line_id, set()).add(part.supplier_id)
            if _was_short(line):
                unable.setdefault(root.product_id, set()).add(part.supplier_id)
    silent = {part.supplier_id for part in record.supplier_orders if part.attempt.status in _SILENT}
    return tuple(
        Remainder(
            asked=served_line(placed, part, line),
            placed=placed[root],
            pieces=line.remainder,
            tried=frozenset(tried[root]),
            unable=frozenset(silent | unable.get(placed[root].product_id, set())),
            moved=line.moved,
        )
        for part in record.supplier_orders
        for line in part.lines
        if line.remainder and not (line.void and part.attempt.needs_settlement)
        for root in [line.split_from or line.line_id]
    )


def _was_short(line: OrderLine) -> bool:
    """Whether the supplier has answered, and not taken all."""
    return line.acceptance_code is not None and line.accepted + line.canceled < line.quantity


def price_limit(remainder: Remainder, limits: Limits) -> Money:
    """The most that a piece may cost elsewhere: what was promised, else what was ordered."""
    return limits.max_unit_price or remainder.placed.unit_price


def may_be_tried(remainder: Remainder, limits: Limits, now: datetime) -> bool:
    """Whether there are tries and time left."""
    if limits.suppliers is not None and len(remainder.tried) >= limits.suppliers:
        return False
    if limits.until is not None and now >= limits.until:
        return False
    # Its line would be shipped by two.
    return limits.may_split or remainder.is_whole


def next_best(
    waiting: Sequence[Remainder],
    candidates: Mapping[str, Sequence[Candidate]],
    *,
    record: OrderRecord,
    limits: Limits,
    costs: Costs,
    now: datetime,
) -> Found:
    """The offer that takes over each remainder that one can be found for: together the cheapest.

    `candidates` are the offers that may take over each, by line id. One takes all pieces of a remainder or
    none; all prices together stay within what was authorised. An order that may not be split goes on with the
    suppliers that serve the rest of it, else with one for all.
    """
    serving = _serving(record)
    only = serving if serving and not limits.may_split else None
    demands: dict[str, Demand] = {}
    for each in waiting:
        able = _able(each, candidates.get(each.line_id, ()), limits, now)
        able = [candidate for candidate in able if only is None or candidate.supplier_id in only]
        if able:
            demands[each.line_id] = Demand(each.pieces, able)

    def allocated(line_ids: Sequence[str]) -> Allocation | None:
        return allocate(
            [demands[line_id] for line_id in line_ids],
            costs,
            may_split=limits.may_split or only is not None,
            at_most=_room(record, waiting),
            used_suppliers=frozenset(serving),
        )

    served, found = list(demands), allocated(list(demands))
    if found is None:
        served = _serveable(demands, allocated)
        found = allocated(served)
    if found is None or not served:
        return Found()
    offers = dict(zip(served, found.candidates, strict=True))
    return Found(offers, notes_of(found, costs, keys=served))


def _serveable(
    demands: Mapping[str, Demand], allocated: Callable[[Sequence[str]], Allocation | None]
) -> list[str]:
    """The lines that can be served beside those before them, where all cannot be."""
    served: list[str] = []
    for line_id in demands:
        if allocated([*served, line_id]) is not None:
            served.append(line_id)
    return served


def _able(
    remainder: Remainder, offered: Iterable[Candidate], limits: Limits, now: datetime
) -> list[Candidate]:
    """The offers that may take it over; those of a last resort where there are no others."""
    if not may_be_tried(remainder, limits, now):
        return []
    able = [
        each
        for each in offered
        if each.supplier_id not in remainder.tried | remainder.unable
        and each.available >= remainder.pieces
        and keeps_promise(each, remainder, limits, now)
    ]
    return [each for each in able if each.supplier_id not in remainder.last_resort] or able


def keeps_promise(candidate: Candidate, remainder: Remainder, limits: Limits, now: datetime) -> bool:
    """Whether the offer's price and time are what the buyer agreed to."""
    limit = price_limit(remainder, limits)
    if candidate.price.currency != limit.currency or candidate.price.minor > limit.minor:
        return False
    return candidate.arrives_by(limits.deliver_by, now, transit_days=limits.transit_days)


def _room(record: OrderRecord, waiting: Sequence[Remainder]) -> int:
    """What is left of the authorised amount, in minor units, beside all that is served or asked for."""
    placed = {line.line_id: line for line in record.order.lines}
    moving = {each.line_id: each.pieces for each in waiting}
    total = record.order.beside_goods.minor
    for part in record.supplier_orders:
        for line in part.lines:
            pieces = _live(line) - (moving.get(line.line_id, 0) if line.remainder else 0)
            total += served_line(placed, part, line).unit_price.minor * pieces
    return record.order.authorized.minor - total


def _live(line: OrderLine) -> int:
    """Pieces that are to be paid as things stand."""
    if line.status == "WAITING_ACCEPTANCE":
        return pieces_asked(line)
    return line.accepted + line.remainder


def _serving(record: OrderRecord) -> set[str]:
    """The suppliers that have accepted some of the order, or may yet."""
    return {
        part.supplier_id
        for part in record.supplier_orders
        if any(line.accepted or line.status == "WAITING_ACCEPTANCE" for line in part.lines)
    }
