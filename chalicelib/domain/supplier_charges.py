"""What the marketplace charges a supplier, or credits it, besides the commission on its sales.

Each is an amount, with the tax on it where there is any, that is payable at once. What was charged is taken
back, in part or whole, by another posting that names the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from chalicelib.domain import ledger
from chalicelib.domain.errors import DomainError
from chalicelib.domain.ledger import OF_THE_MARKETPLACE, Account, Move, Posting
from chalicelib.domain.shares import of_first

CREDIT = "MANUAL_CREDIT"
BY_HAND = (CREDIT, "MANUAL_INVOICE", "PENALTY_FEE")
_VAT, _VAT_BACK = "COMMISSION_VAT", "REFUND_COMMISSION_VAT"


class NotReversible(DomainError):
    """Sales follow their order and payouts the bank; what takes something back stands; what was taken back is
    gone."""


class ReversesTooMuch(DomainError):
    """More would be taken back than is left: `left` minor units."""

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(f"only {left} are left")


@dataclass(frozen=True)
class Charge:
    """`minor` units, more than none, before the tax on them, `vat`. `rule` is of the version `rules_version`
    of the commission rules; `by` and `reason` are of one made by hand."""

    type: str
    minor: int
    currency: str
    vat: int = 0
    rules_version: int | None = None
    rule: str | None = None
    order_id: str | None = None
    supplier_order_id: str | None = None
    line_id: str | None = None
    by: str | None = None
    reason: str | None = None


def post(*charges: Charge, supplier_id: str, at: str, cause: str) -> Posting:
    """The posting of charges in one currency. A MANUAL_CREDIT goes to the supplier, all others to the
    marketplace."""
    first = charges[0]
    return Posting(
        posting_id=ledger.posting_id(at, cause),
        cause=cause,
        supplier_id=supplier_id,
        at=at,
        currency=first.currency,
        moves=tuple(move for place, charge in enumerate(charges) for move in _moves(2 * place, charge)),
        order_id=first.order_id,
        supplier_order_id=first.supplier_order_id,
        by=first.by,
        reason=first.reason,
    )


def take_back(
    posting: Posting, minor: int | None, *, taken_back: int, at: str, cause: str, by: str, reason: str
) -> Posting:
    """The posting that takes back so much of what was charged, or without `minor` all that is left, with its
    share of the tax; `taken_back` was so much before. Of several charges the first goes back first. Raises
    NotReversible for what is no charge, or has nothing left, and ReversesTooMuch."""
    charged = [move for move in posting.moves if move.type in OF_THE_MARKETPLACE]
    whole = sum(move.minor for move in charged)
    left = whole - taken_back
    if not charged or charged[0].reverses is not None or (minor is None and not left):
        raise NotReversible(posting.posting_id)
    after = taken_back + (left if minor is None else minor)
    if after > whole:
        raise ReversesTooMuch(left)
    return replace(
        posting,
        posting_id=ledger.posting_id(at, cause),
        cause=cause,
        at=at,
        moves=tuple(_moves_back(posting, taken_back, after)),
        by=by,
        reason=reason,
    )


def _moves(number: int, charge: Charge) -> Iterator[Move]:
    is_credit = charge.type == CREDIT
    parts: tuple[tuple[str, int, Account], ...] = (
        (charge.type, charge.minor, "MARKETPLACE"),
        (_VAT_BACK if is_credit else _VAT, charge.vat, "FEE_VAT"),
    )
    for place, (entry_type, minor, account) in enumerate(parts, number):
        way: tuple[Account, Account] = ("SUPPLIER_PAYABLE", account)
        source, target = reversed(way) if is_credit else way
        of = charge.line_id, charge.rules_version, charge.rule
        if minor:
            yield Move(place, entry_type, minor, source, target, *of)


def _moves_back(posting: Posting, before: int, after: int) -> Iterator[Move]:
    """What takes back the charges from the `before`-th minor unit of them all to the `after`-th."""
    start, charge = 0, posting.moves[0]
    for move in posting.moves:
        if move.type in OF_THE_MARKETPLACE:
            start, charge = start + (charge.minor if move is not charge else 0), move
        was, now = (min(max(place - start, 0), charge.minor) for place in (before, after))
        back = of_first(move.minor, now, charge.minor) - of_first(move.minor, was, charge.minor)
        if back:
            yield _reversed(posting, move, back)


def _reversed(posting: Posting, move: Move, minor: int) -> Move:
    """A charge keeps its type when it is taken back; a tax has one for that."""
    other = {_VAT: _VAT_BACK, _VAT_BACK: _VAT}
    return replace(
        move,
        type=other.get(move.type, move.type),
        minor=minor,
        source=move.target,
        target=move.source,
        reverses=(posting.posting_id, move.number),
    )
