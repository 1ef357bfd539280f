"""What the marketplace charges a supplier, or credits it, besides the commission on its sales.

Each is a posting of its own: the amount, and the tax on it where there is any; it is payable at once. What
was charged is taken back, in part or whole, by another posting that names the first.
"""

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


def post(charge: Charge, *, supplier_id: str, at: str, cause: str) -> Posting:
    """The posting of the charge. A MANUAL_CREDIT goes to the supplier, all others to the marketplace."""
    is_credit = charge.type == CREDIT
    vat_type = _VAT_BACK if is_credit else _VAT
    moves = [_move(0, charge.type, charge.minor, "MARKETPLACE", charge, to_supplier=is_credit)]
    if charge.vat:
        moves.append(_move(1, vat_type, charge.vat, "FEE_VAT", charge, to_supplier=is_credit))
    return Posting(
        posting_id=ledger.posting_id(at, cause),
        cause=cause,
        supplier_id=supplier_id,
        at=at,
        currency=charge.currency,
        moves=tuple(moves),
        order_id=charge.order_id,
        supplier_order_id=charge.supplier_order_id,
        by=charge.by,
        reason=charge.reason,
    )


def take_back(
    posting: Posting, minor: int | None, *, taken_back: int, at: str, cause: str, by: str, reason: str
) -> Posting:
    """The posting that takes back so much of a charge, or without `minor` all that is left, with its share of
    the tax; `taken_back` was so much before. Raises NotReversible for what is no charge, or has nothing left,
    and ReversesTooMuch."""
    charged, *taxed = posting.moves
    left = charged.minor - taken_back
    if charged.type not in OF_THE_MARKETPLACE or charged.reverses is not None or (minor is None and not left):
        raise NotReversible(charged.type)
    after = taken_back + (left if minor is None else minor)
    if after > charged.minor:
        raise ReversesTooMuch(left)
    moves = [_reversed(posting, charged, after - taken_back)]
    for tax in taxed:
        share = of_first(tax.minor, after, charged.minor) - of_first(tax.minor, taken_back, charged.minor)
        if share:
            moves.append(_reversed(posting, tax, share))
    return replace(
        posting,
        posting_id=ledger.posting_id(at, cause),
        cause=cause,
        at=at,
        moves=tuple(moves),
        by=by,
        reason=reason,
    )


def _move(
    number: int, entry_type: str, minor: int, account: Account, charge: Charge, *, to_supplier: bool
) -> Move:
    way: tuple[Account, Account] = ("SUPPLIER_PAYABLE", account)
    source, target = reversed(way) if to_supplier else way
    return Move(number, entry_type, minor, source, target, charge.line_id, charge.rules_version, charge.rule)


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
