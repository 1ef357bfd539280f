"""How an order stands once other suppliers have taken over what one did not take.

A line that nobody has taken any piece of moves whole and keeps its id. The rest of one that was taken, or
canceled, in part moves as a new line, so that at most one supplier ships a line.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from chalicelib.domain import notices
from chalicelib.domain.allocation import Candidate
from chalicelib.domain.allocation_notes import of_lines
from chalicelib.domain.line_charges import tax_at
from chalicelib.domain.order import Attempt, OrderLine, OrderRecord, SupplierOrder
from chalicelib.domain.placement import FeeOf, NamePart
from chalicelib.domain.reallocation import Found, Remainder


@dataclass(frozen=True)
class Move:
    """How the order stands once its remainders have moved: supplier orders that are written anew, and those
    that are added."""

    changed: tuple[SupplierOrder, ...]
    added: tuple[SupplierOrder, ...]


def move(
    record: OrderRecord,
    waiting: Sequence[Remainder],
    found: Found,
    *,
    name_part: NamePart,
    accept_by: Callable[[str, int], str],
    now: str,
    fee_of: Callable[[Remainder], FeeOf] | None = None,
) -> Move:
    """Give each remainder to the offer that was `found` for it; one without is refused for good.

    `accept_by` says by when a supplier has to answer, from its id and the longest handling time of what it is
    asked for. The lines of one new supplier share a supplier order. `fee_of` gives what a remainder's
    commission is reckoned by.
    """
    going = {each.line_id: each for each in waiting}
    changed = tuple(
        replace(
            part, lines=tuple(_left_behind(line, going, found.offers) for line in part.lines), updated_at=now
        )
        for part in record.supplier_orders
        if any(line.remainder and line.line_id in going for line in part.lines)
    )
    added = _added(record, waiting, found, name_part=name_part, accept_by=accept_by, now=now, fee_of=fee_of)
    return Move(changed, added)


def _left_behind(
    line: OrderLine, going: Mapping[str, Remainder], found: Mapping[str, Candidate]
) -> OrderLine:
    if not line.remainder or line.line_id not in going:
        return line
    moved = line.remainder if line.line_id in found else 0
    return notices.stated(replace(line, remainder=0, moved=line.moved + moved))


def _added(
    record: OrderRecord,
    waiting: Sequence[Remainder],
    found: Found,
    *,
    name_part: NamePart,
    accept_by: Callable[[str, int], str],
    now: str,
    fee_of: Callable[[Remainder], FeeOf] | None,
) -> tuple[SupplierOrder, ...]:
    numbers = _free_numbers(record)
    lines: dict[str, list[OrderLine]] = {}
    new_ids: dict[str, str] = {}
    handling: dict[str, int] = {}
    for remainder in waiting:
        candidate = found.offers.get(remainder.line_id)
        if candidate is None:
            continue
        line_id = remainder.line_id if remainder.is_whole else name_part("lin", next(numbers))
        new_ids[remainder.line_id], supplier_id = line_id, candidate.supplier_id
        line = _new_line(remainder, candidate, line_id, tax_included=record.order.tax_included)
        fee = fee_of(remainder)(candidate) if fee_of else None
        lines.setdefault(supplier_id, []).append(replace(line, fee=fee))
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
            allocation=of_lines(found.notes, _ids_of(its, new_ids)),
            created_at=now,
            updated_at=now,
        )
        for number, (supplier_id, its) in enumerate(lines.items(), start=first)
    )


def _ids_of(lines: Sequence[OrderLine], new_ids: Mapping[str, str]) -> dict[str, str]:
    its = {line.line_id for line in lines}
    return {old: new for old, new in new_ids.items() if new in its}


def _new_line(remainder: Remainder, candidate: Candidate, line_id: str, *, tax_included: bool) -> OrderLine:
    origin, share = remainder.placed.line_id, remainder.share
    return OrderLine(
        line_id,
        candidate.offer_id,
        remainder.pieces,
        sku=candidate.sku,
        unit_minor=candidate.price.minor,
        shipping=share.shipping,
        tax=tax_at(candidate.price, share.tax, told_at=share.unit_price, is_included=tax_included),
        shipping_tax=share.shipping_tax,
        split_from=origin if line_id != origin else None,
    )


def _free_numbers(record: OrderRecord) -> Iterator[int]:
    """The numbers of lines that are not in use yet: each line has been numbered in its turn."""
    known = {line.line_id for part in record.supplier_orders for line in part.lines}
    return count(len(known) + 1)
