"""What an order moves in the ledger.

The money of a line is a function of how the line stands, so what is posted is the difference that a write
makes: whatever the way there, the entries of a supplier order add up to what its lines come to now.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chalicelib.domain import fees, ledger, payable
from chalicelib.domain.ledger import OF_ORDERS, Account, Move, Posting
from chalicelib.domain.order import Order, OrderLine, PlacedLine, SupplierOrder, served_lines
from chalicelib.domain.shares import left

_PAYABLE = frozenset({"RECEIVED", "CLOSED", "REFUNDED"})

_FEES = frozenset({"COMMISSION_FEE", "COMMISSION_VAT"})

Stands = Counter[tuple[str | None, Account]]
"""Minor units by line and account."""


@dataclass(frozen=True)
class Position:
    """What a line comes to, refunds taken off, in minor units: net of tax what it costs the shopper and its
    shipping, the tax on both, the commission and the tax on that. `is_payable` once it has arrived."""

    goods: int = 0
    shipping: int = 0
    tax: int = 0
    fee: int = 0
    vat: int = 0
    is_payable: bool = False

    @property
    def amounts(self) -> tuple[int, ...]:
        """In the order of `OF_ORDERS`."""
        return self.goods, self.shipping, self.tax, self.fee, self.vat


def position(order: Order, served: PlacedLine, line: OrderLine) -> Position:
    """What the line comes to at the supplier that serves it, for the pieces that it has accepted."""
    cost = payable.of_accepted(order, served, line)
    fee = _fee(served, line)
    return Position(
        goods=cost.goods - (cost.goods_tax if order.tax_included else 0),
        shipping=cost.shipping - (cost.shipping_tax if order.tax_included else 0),
        tax=cost.tax,
        fee=fee,
        vat=fees.vat(served.fee, fee) if served.fee else 0,
        is_payable=line.status in _PAYABLE,
    )


def positions(order: Order, part: SupplierOrder) -> dict[str, Position]:
    """What each line of the supplier order comes to, by its id."""
    served = served_lines(order, part)
    return {line.line_id: position(order, served[line.line_id], line) for line in part.lines}


def stands(order: Order, part: SupplierOrder) -> Stands:
    """What stands for each line in each account as the supplier order is: what all that was posted for it
    comes to."""
    found: Stands = Counter()
    for line_id, its in positions(order, part).items():
        for entry_type, amount in zip(OF_ORDERS, its.amounts, strict=True):
            source, target = _way(entry_type, order, is_payable=its.is_payable)
            found[line_id, source] -= amount
            found[line_id, target] += amount
    return found


def posted(posting: Posting) -> Stands:
    """What the posting adds to that."""
    found: Stands = Counter()
    for move in posting.moves:
        found[move.line_id, move.source] -= move.minor
        found[move.line_id, move.target] += move.minor
    return found


def version_posted(posting: Posting) -> int | None:
    """The version of its supplier order that was written with the posting, None where something else was its
    cause."""
    part_id, _, version = posting.cause.rpartition("-")
    return int(version) if part_id and part_id == posting.supplier_order_id else None


def post(
    order: Order, before: SupplierOrder, after: SupplierOrder, *, now: str
) -> tuple[SupplierOrder, Posting | None]:
    """The supplier order that is written over `before`, and what that posts, if anything; its version is the
    next one, which makes the cause this write's own. Lines note by which posting they were last sold."""
    version = before.version + 1
    cause = f"{before.supplier_order_id}-{version}"
    posting_id = ledger.posting_id(now, cause)
    served = served_lines(order, after)
    old, new = positions(order, before), positions(order, after)
    moves: list[Move] = []
    lines = []
    for place, line in enumerate(after.lines):
        was, is_now = old[line.line_id], new[line.line_id]
        its = tuple(_moves(place, line, served[line.line_id], was, is_now, order=order))
        lines.append(replace(line, sale=posting_id) if _grows(was, is_now) else line)
        moves += its
    if not moves:
        return after, None
    posting = Posting(
        posting_id=posting_id,
        cause=cause,
        supplier_id=after.supplier_id,
        at=now,
        currency=order.currency,
        moves=tuple(moves),
        order_id=order.order_id,
        supplier_order_id=after.supplier_order_id,
    )
    return replace(after, lines=tuple(lines)), posting


def _fee(served: PlacedLine, line: OrderLine) -> int:
    terms = served.fee
    if terms is None:
        return 0
    whole = served.pieces(0, line.accepted)
    goods, shipping = whole.line_total.minor, whole.shipping
    fee = fees.fee(terms, goods=goods, shipping=shipping, pieces=line.accepted)
    if terms.kept_on_refund:
        return fee
    refunded_shipping = min(line.refunded_shipping, shipping)
    refunded = fees.fee_base(terms, goods=line.refunded, shipping=refunded_shipping)
    return left(fee, refunded, fees.fee_base(terms, goods=goods, shipping=shipping))


def _moves(
    place: int, line: OrderLine, served: PlacedLine, old: Position, new: Position, *, order: Order
) -> Iterator[Move]:
    """First what there was goes where it now belongs, then what has changed. What grows is taken back and
    sold anew, whole: so one posting has all that a refund may take back. A line has fifteen numbers."""
    kinds = len(OF_ORDERS)
    first, is_sold_anew = 3 * kinds * place, _grows(old, new)
    for number, (entry_type, was, amount) in enumerate(
        zip(OF_ORDERS, old.amounts, new.amounts, strict=True), start=first
    ):
        its = line.line_id, *_rule(entry_type, served)
        source, target = _way(entry_type, order, is_payable=old.is_payable)
        source_now, target_now = _way(entry_type, order, is_payable=new.is_payable)
        if was and target != target_now:
            yield Move(number, entry_type, was, target, target_now, *its)
        elif was and source != source_now:
            yield Move(number, entry_type, was, source_now, source, *its)
        back, sold, kept = number + kinds, number + 2 * kinds, 0 if is_sold_anew else amount
        if was > kept:
            reverses = (line.sale, sold) if line.sale else None
            yield Move(back, f"REFUND_{entry_type}", was - kept, target_now, source_now, *its, reverses)
        if amount > kept:
            yield Move(sold, entry_type, amount - kept, source_now, target_now, *its)


def _grows(old: Position, new: Position) -> bool:
    return any(amount > was for was, amount in zip(old.amounts, new.amounts, strict=True))


def _way(entry_type: str, order: Order, *, is_payable: bool) -> tuple[Account, Account]:
    """From which account to which an amount goes when something is sold."""
    supplier: Account = "SUPPLIER_PAYABLE" if is_payable else "SUPPLIER_PENDING"
    if entry_type == "COMMISSION_FEE":
        return supplier, "MARKETPLACE"
    if entry_type == "COMMISSION_VAT":
        return supplier, "FEE_VAT"
    is_handed_on = entry_type == "ORDER_TAX_AMOUNT" and order.tax_collector == "MARKETPLACE"
    return "SHOPPER", "TAX" if is_handed_on else supplier


def _rule(entry_type: str, served: PlacedLine) -> tuple[int | None, str | None]:
    """The version and the rule that a fee is by."""
    if entry_type not in _FEES or served.fee is None:
        return None, None
    return served.fee.rules_version, served.fee.rule
