"""What the end of an attempt leaves: the supplier order as it is then, and what that moves in stock."""

from dataclasses import dataclass, replace

from chalicelib.domain.order import OrderLine, SupplierOrder

NOT_ITS_FAULT = frozenset({"CUSTOMER_CANCELED", "BAD_ADDRESS", "UNDELIVERABLE", "DUPLICATE"})
"""Refusals that say nothing of how well the supplier serves its offers."""


@dataclass(frozen=True)
class StockMove:
    """The end of a reservation of `sold + released` pieces of one offer, and how many of the lines that ended
    the supplier took whole, or failed to."""

    offer_id: str
    sold: int
    released: int
    lines_accepted: int = 0
    lines_refused: int = 0


@dataclass(frozen=True)
class Settlement:
    """The supplier order as it is after an answer, and what that moves in stock, once per offer."""

    supplier_order: SupplierOrder
    moves: tuple[StockMove, ...]


def pieces_asked(line: OrderLine) -> int:
    """How many pieces the supplier may take: what was canceled before it answered is not among them."""
    return line.quantity - line.canceled


def moves_of(
    before: tuple[OrderLine, ...], after: tuple[OrderLine, ...], *, was_asked: bool
) -> tuple[StockMove, ...]:
    """What the lines that are no longer as they were move, once an offer."""
    moves: dict[str, StockMove] = {}
    for old, new in zip(before, after, strict=True):
        if old.status == new.status:
            continue
        so_far = moves.get(new.offer_id, StockMove(new.offer_id, 0, 0))
        asked = pieces_asked(new)
        whole = new.accepted == asked
        failed = was_asked and not whole and new.acceptance_code not in NOT_ITS_FAULT
        moves[new.offer_id] = replace(
            so_far,
            sold=so_far.sold + new.accepted,
            released=so_far.released + asked - new.accepted,
            lines_accepted=so_far.lines_accepted + whole,
            lines_refused=so_far.lines_refused + failed,
        )
    return tuple(moves.values())
