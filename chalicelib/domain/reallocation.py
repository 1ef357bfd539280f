"""What one supplier did not take is looked for at another: which, within what the buyer was promised, and how
the order stands then.

A line that nobody has taken any piece of moves whole and keeps its id. The rest of one that was taken, or
canceled, in part moves as a new line, so that at most one supplier ships a line.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from chalicelib.domain import periods
from chalicelib.domain.acceptance import pieces_asked
from chalicelib.domain.allocation import Candidate
from chalicelib.domain.money import Money
from chalicelib.domain.order import (
    Attempt,
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    SupplierOrder,
    served_line,
)

NamePart = Callable[[str, int], str]
"""Gives the id of the order's n-th line (`lin`), supplier order (`so`), attempt (`att`)."""


@dataclass(frozen=True)
class Remainder:
    """Pieces of a line that another supplier is to be found for. `asked` is the line at the supplier that has
    not taken them, `placed` the line as the shopper placed it; `tried` are the suppliers that were asked for
    any piece of it, and are not to be asked again; those of `last_resort` only where nobody else can."""

    asked: PlacedLine
    placed: PlacedLine
    pieces: int
    tried: frozenset[str]
    last_resort: frozenset[str] = frozenset()

    @property
    def line_id(self) -> str:
        return self.asked.line_id

    @property
    def is_whole(self) -> bool:
        return self.pieces == self.asked.quantity


@dataclass(frozen=True)
class Limits:
    """What the buyer was promised, and how long and often others are tried: `until` no more are asked, and
    `suppliers` in all for a line (None: no limit)."""

    until: datetime | None = None
    suppliers: int | None = None
    deliver_by: str | None = None
    max_unit_price: Money | None = None
    may_split: bool = True


def limits_of(order: Order, *, until: datetime | None, suppliers: int | None) -> Limits:
    promise = order.promise or {}
    price = promise.get("max_unit_price")
    return Limits(
        until=until,
        suppliers=suppliers,
        deliver_by=promise.get("deliver_by"),
        max_unit_price=Money.parse(price) if price else None,
        may_split=promise.get("may_split", True),
    )


def remainders(record: OrderRecord) -> tuple[Remainder, ...]:
    """All that waits for another supplier."""
    placed = {line.line_id: line for line in record.order.lines}
    tried: dict[str, set[str]] = {}
    for part in record.supplier_orders:
        for line in part.lines:
            tried.setdefault(line.split_from or line.line_id, set()).add(part.supplier_id)
    return tuple(
        Remainder(
            asked=served_line(placed, part, line),
            placed=placed[root],
            pieces=line.remainder,
            tried=frozenset(tried[root]),
        )
        for part in record.supplier_orders
        for line in part.lines
        if line.remainder
        for root in [line.split_from or line.line_id]
    )


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
    now: datetime,
) -> dict[str, Candidate]:
    """The offer that takes over each remainder that one can be found for, by line id.

    `candidates` are the offers of each product, best first, of the condition that was ordered. One takes all
    pieces of a remainder or none; all prices together stay within what was authorised. An order that may not
    be split goes on with the suppliers that serve the rest of it, else with the one that can serve most.
    """
    room = _room(record, waiting)
    may_ask = [each for each in waiting if may_be_tried(each, limits, now)]

    def choose(suppliers: Collection[str] | None = None) -> dict[str, Candidate]:
        found: dict[str, Candidate] = {}
        for remainder in may_ask:
            left = _left(room, may_ask, found)
            offered = sorted(
                candidates.get(remainder.placed.product_id, ()),
                key=lambda each: each.supplier_id in remainder.last_resort,
            )
            able = (
                each
                for each in offered
                if each.supplier_id not in remainder.tried
                and (suppliers is None or each.supplier_id in suppliers)
                and keeps_promise(each, remainder, limits, now)
                and each.price.minor * remainder.pieces <= left
                and each.available - _taken(each, may_ask, found) >= remainder.pieces
            )
            if (best := next(able, None)) is not None:
                found[remainder.line_id] = best
        return found

    if limits.may_split:
        return choose()
    if serving := _serving(record):
        return choose(serving)
    offering = dict.fromkeys(each.supplier_id for offered in candidates.values() for each in offered)
    return max((choose({supplier_id}) for supplier_id in offering), key=len, default={})


def keeps_promise(candidate: Candidate, remainder: Remainder, limits: Limits, now: datetime) -> bool:
    """Whether the offer's price and handling time are what the buyer agreed to."""
    limit = price_limit(remainder, limits)
    if candidate.price.currency != limit.currency or candidate.price.minor > limit.minor:
        return False
    if limits.deliver_by is None:
        return True
    return now + timedelta(days=candidate.handling_days) <= periods.moment(limits.deliver_by)


def _room(record: OrderRecord, waiting: Sequence[Remainder]) -> int:
    """What is left of the authorised amount, in minor units, beside all that is served or asked for."""
    placed = {line.line_id: line for line in record.order.lines}
    moving = {each.line_id: each.pieces for each in waiting}
    total = record.order.shipping.minor + record.order.tax.minor
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


def _left(room: int, waiting: Iterable[Remainder], found: Mapping[str, Candidate]) -> int:
    return room - sum(
        found[each.line_id].price.minor * each.pieces for each in waiting if each.line_id in found
    )


def _taken(candidate: Candidate, waiting: Iterable[Remainder], found: Mapping[str, Candidate]) -> int:
    return sum(
        each.pieces
        for each in waiting
        if each.line_id in found and found[each.line_id].offer_id == candidate.offer_id
    )


def _serving(record: OrderRecord) -> set[str]:
    """The suppliers that have accepted some of the order, or may yet."""
    return {
        part.supplier_id
        for part in record.supplier_orders
        if any(line.accepted or line.status == "WAITING_ACCEPTANCE" for line in part.lines)
    }


@dataclass(frozen=True)
class Move:
    """How the order stands once its remainders have moved: supplier orders that are written anew, and those
    that are added."""

    changed: tuple[SupplierOrder, ...]
    added: tuple[SupplierOrder, ...]


def move(
    record: OrderRecord,
    waiting: Sequence[Remainder],
    found: Mapping[str, Candidate],
    *,
    name_part: NamePart,
    accept_by: Callable[[str, int], str],
    now: str,
) -> Move:
    """Give each remainder to the offer that was `found` for it; one without is refused for good.

    `accept_by` says by when a supplier has to answer, from its id and the longest handling time of what it is
    asked for. The lines of one new supplier share a supplier order.
    """
    going = {each.line_id: each for each in waiting}
    changed = tuple(
        replace(part, lines=tuple(_left_behind(line, going, found) for line in part.lines), updated_at=now)
        for part in record.supplier_orders
        if any(line.remainder and line.line_id in going for line in part.lines)
    )
    return Move(changed, _added(record, waiting, found, name_part=name_part, accept_by=accept_by, now=now))


def _left_behind(
    line: OrderLine, going: Mapping[str, Remainder], found: Mapping[str, Candidate]
) -> OrderLine:
    if not line.remainder or line.line_id not in going:
        return line
    moved = line.remainder if line.line_id in found else 0
    return replace(line, remainder=0, moved=line.moved + moved)


def _added(
    record: OrderRecord,
    waiting: Sequence[Remainder],
    found: Mapping[str, Candidate],
    *,
    name_part: NamePart,
    accept_by: Callable[[str, int], str],
    now: str,
) -> tuple[SupplierOrder, ...]:
    numbers = _free_numbers(record)
    lines: dict[str, list[OrderLine]] = {}
    handling: dict[str, int] = {}
    for remainder in waiting:
        candidate = found.get(remainder.line_id)
        if candidate is None:
            continue
        line_id = remainder.line_id if remainder.is_whole else name_part("lin", next(numbers))
        supplier_id = candidate.supplier_id
        lines.setdefault(supplier_id, []).append(_new_line(remainder, candidate, line_id))
        handling[supplier_id] = max(handling.get(supplier_id, 0), candidate.handling_days)
    first = len(record.supplier_orders) + 1
    return tuple(
        SupplierOrder(
            supplier_order_id=name_part("so", number),
            order_id=record.order.order_id,
            supplier_id=supplier_id,
            lines=tuple(its),
            attempt=Attempt(name_part("att", number)),
            accept_by=accept_by(supplier_id, handling[supplier_id]),
            created_at=now,
            updated_at=now,
        )
        for number, (supplier_id, its) in enumerate(lines.items(), start=first)
    )


def _new_line(remainder: Remainder, candidate: Candidate, line_id: str) -> OrderLine:
    origin = remainder.placed.line_id
    return OrderLine(
        line_id,
        candidate.offer_id,
        remainder.pieces,
        sku=candidate.sku,
        unit_minor=candidate.price.minor,
        split_from=origin if line_id != origin else None,
    )


def _free_numbers(record: OrderRecord) -> Iterator[int]:
    """The numbers of lines that are not in use yet: each line has been numbered in its turn."""
    known = {line.line_id for part in record.supplier_orders for line in part.lines}
    return count(len(known) + 1)
