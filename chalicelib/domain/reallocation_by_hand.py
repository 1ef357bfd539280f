"""An administrator has lines tried at another supplier: those that wait for an answer, and what was refused
for good. What a supplier has accepted is its to ship, or to cancel.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from chalicelib.domain import acceptance, notices
from chalicelib.domain.acceptance import ByHand
from chalicelib.domain.errors import DomainError
from chalicelib.domain.order import OrderLine, OrderRecord, SupplierOrder
from chalicelib.domain.settlement import StockMove

MOVED_BY_HAND = "MOVED_BY_HAND"
"""The reason of an attempt that was ended for it."""


class CannotMove(DomainError):
    """Lines that are not there (`unknown`), or of which nothing waits or was refused (`fixed`)."""

    def __init__(self, unknown: Collection[str], fixed: Collection[str]) -> None:
        self.unknown, self.fixed = tuple(sorted(unknown)), tuple(sorted(fixed))
        super().__init__(f"{len(self.unknown)} unknown, {len(self.fixed)} not to be moved")


@dataclass(frozen=True)
class Opened:
    """The order with the chosen pieces as remainders, what that moves in stock, the lines concerned, and the
    suppliers that they were taken from."""

    record: OrderRecord
    moves: tuple[StockMove, ...]
    line_ids: frozenset[str]
    left: frozenset[str]


def open_up(record: OrderRecord, line_ids: Collection[str] | None, *, by_hand: ByHand, now: str) -> Opened:
    """Take these lines back, all that can be without `line_ids`. An attempt is ended whole: what waits beside
    a chosen line moves along. Raises CannotMove."""
    _check(record, line_ids)
    parts: list[SupplierOrder] = []
    moves: list[StockMove] = []
    opened: set[str] = set()
    left: set[str] = set()
    for part in record.supplier_orders:
        chosen = {each.line_id for each in part.lines if line_ids is None or each.line_id in line_ids}
        waiting = {each.line_id for each in part.lines if _waits(part, each)}
        if chosen & waiting:
            ended = acceptance.give_up(
                part,
                status="EXPIRED" if part.attempt.status == "SENT" else "UNREACHABLE",
                reason=MOVED_BY_HAND,
                by=by_hand.actor,
                now=now,
            )
            part = notices.voided(ended.supplier_order, before=part, now=now)  # noqa: PLW2901 - as it goes on
            moves += ended.moves
            opened |= waiting
            left.add(part.supplier_id)
        refused = {each.line_id for each in part.lines if each.line_id in chosen and refused_pieces(each)}
        opened |= refused
        parts.append(replace(part, lines=tuple(_with_refused(each, refused) for each in part.lines)))
    return Opened(
        replace(record, supplier_orders=tuple(parts)), tuple(moves), frozenset(opened), frozenset(left)
    )


def refused_pieces(line: OrderLine) -> int:
    """How many pieces of an answered line were refused for good."""
    if line.status in ("WAITING_ACCEPTANCE", "CANCELED"):
        return 0
    return line.quantity - line.accepted - line.canceled - line.remainder - line.moved


def _check(record: OrderRecord, line_ids: Collection[str] | None) -> None:
    known = {line.line_id for part in record.supplier_orders for line in part.lines}
    movable = {
        line.line_id
        for part in record.supplier_orders
        for line in part.lines
        if _waits(part, line) or refused_pieces(line)
    }
    wanted = known if line_ids is None else set(line_ids)
    fixed = (wanted & known) - movable
    if wanted - known or (fixed and line_ids is not None) or not movable:
        raise CannotMove(wanted - known, fixed)


def _waits(part: SupplierOrder, line: OrderLine) -> bool:
    """One that waits to be paid for is not to be brought to anybody."""
    asked = part.attempt.status in acceptance.OPEN_ATTEMPT and not part.held_until
    return line.status == "WAITING_ACCEPTANCE" and asked


def _with_refused(line: OrderLine, refused: Collection[str]) -> OrderLine:
    if line.line_id not in refused:
        return line
    return replace(line, remainder=line.remainder + refused_pieces(line))
