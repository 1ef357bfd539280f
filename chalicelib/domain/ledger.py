"""The ledger: double entry, append-only. What is owed to a supplier is the sum of its entries.

A posting is what one cause moves, all at once; a move takes an amount from one account to another, so that
every posting adds up to zero as it is made. Nothing of it changes later: the state of money is the account it
stands in, and what was wrong is reversed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from chalicelib.domain.money import Money

Account = Literal[
    "SUPPLIER_PENDING",
    "SUPPLIER_PAYABLE",
    "SHOPPER",
    "MARKETPLACE",
    "FEE_VAT",
    "TAX",
    "PAYOUTS",
    "BANK",
]
"""What a supplier is owed, not yet (the goods have not arrived) or now; what the shopper paid; the
marketplace's fees and the tax on them; taxes on sales that the marketplace hands on; payouts under way, and
those that the bank has made."""

SUPPLIER_STATES = {"SUPPLIER_PENDING": "PENDING", "SUPPLIER_PAYABLE": "PAYABLE"}
"""The accounts that are one supplier's, by the state that its money is in there."""

OF_ORDERS = (
    "ORDER_AMOUNT",
    "ORDER_SHIPPING_AMOUNT",
    "ORDER_TAX_AMOUNT",
    "COMMISSION_FEE",
    "COMMISSION_VAT",
)
OF_THE_MARKETPLACE = ("LISTING_FEE", "SUBSCRIPTION_FEE", "PENALTY_FEE", "MANUAL_CREDIT", "MANUAL_INVOICE")
TYPES = (*OF_ORDERS, *(f"REFUND_{each}" for each in OF_ORDERS), *OF_THE_MARKETPLACE, "PAYMENT")
"""Of entries. The tax on any fee is a COMMISSION_VAT; what takes it back a REFUND_COMMISSION_VAT."""


Sums = Mapping[tuple[str, Account], int]
"""Minor units by currency and account."""


@dataclass(frozen=True)
class Standing:
    """What stood in the accounts of a supplier's ledger at the `cutoff` of the last period that was closed:
    all that was posted before it, to which nothing is added any more. None: from the beginning, nothing."""

    cutoff: str | None = None
    sums: Sums = field(default_factory=dict)


@dataclass(frozen=True)
class Move:
    """`minor` units, more than none, from `source` to `target`. `number` is its own within the posting.
    A fee names its rule; a refund `reverses` a move, by posting and number."""

    number: int
    type: str
    minor: int
    source: Account
    target: Account
    line_id: str | None = None
    rules_version: int | None = None
    rule: str | None = None
    reverses: tuple[str, int] | None = None


@dataclass(frozen=True)
class Posting:
    """What one cause moves. `posting_id` begins with the time, so that postings sort by it; `cause` names
    what happened, and nothing is posted twice for it. `by` and `reason` are of one made by hand."""

    posting_id: str
    cause: str
    supplier_id: str
    at: str
    currency: str
    moves: tuple[Move, ...]
    order_id: str | None = None
    supplier_order_id: str | None = None
    by: str | None = None
    reason: str | None = None
    correlation_id: str = ""


@dataclass(frozen=True)
class Entry:
    """One side of a move: what it takes from its account (less than nothing) or gives to it."""

    entry_id: str
    account: Account
    amount: Money
    move: Move
    posting: Posting

    @property
    def reverses(self) -> str | None:
        """The id of the entry that this one takes back: that of the same account."""
        if self.move.reverses is None:
            return None
        posting_id, number = self.move.reverses
        # What is given back goes the other way: its source was the target.
        return entry_id(posting_id, number, is_target=self.amount.minor < 0)


def posting_id(at: str, cause: str) -> str:
    """The id of what `cause` posts at that moment (a timestamp of the table)."""
    return f"led_{_digits(at)}_{cause}"


def earliest_id(at: str) -> str:
    """What sorts before all that is posted at that moment or later, and behind all earlier."""
    return f"led_{_digits(at)}"


def entry_id(posting_id: str, number: int, *, is_target: bool) -> str:
    return f"{posting_id}.{2 * number + is_target}"


def entries(posting: Posting) -> Iterator[Entry]:
    """Both sides of every move, in order; they add up to nothing."""
    for move in posting.moves:
        for is_target, account in enumerate((move.source, move.target)):
            amount = Money(move.minor if is_target else -move.minor, posting.currency)
            found = entry_id(posting.posting_id, move.number, is_target=bool(is_target))
            yield Entry(found, account, amount, move, posting)


def sums(postings: Iterable[Posting]) -> Sums:
    """What the postings leave in each account, by currency and account."""
    found: Counter[tuple[str, Account]] = Counter()
    for _ in summed(postings, found):
        pass
    return found


def summed(postings: Iterable[Posting], into: Counter[tuple[str, Account]]) -> Iterator[Posting]:
    """The same postings; what each leaves in the accounts is added `into` the sums as it goes by."""
    for posting in postings:
        for move in posting.moves:
            into[posting.currency, move.source] -= move.minor
            into[posting.currency, move.target] += move.minor
        yield posting


def _digits(at: str) -> str:
    return at.replace("-", "").replace(":", "").replace(".", "")
