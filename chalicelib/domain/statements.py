"""Statements: what a supplier's ledger made payable in a period, and what that comes to.

A statement takes in all that was posted behind the one before it, up to its own cutoff, so nothing falls
between two of them; its balance is the sum of all payable entries until then, and a negative one is carried.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.domain.ledger import OF_THE_MARKETPLACE, Entry, Posting, Standing, entries

OPEN, CLOSED = "OPEN", "CLOSED"

PAYABLE = "SUPPLIER_PAYABLE"

_SALES = ("ORDER_AMOUNT", "ORDER_SHIPPING_AMOUNT")
_REFUND = "REFUND_"
_TAXES = frozenset({"ORDER_TAX_AMOUNT", "COMMISSION_VAT"})
_FEES = frozenset({"COMMISSION_FEE", "COMMISSION_VAT", *OF_THE_MARKETPLACE})


@dataclass(frozen=True)
class Tally:
    """The payable entries of a time in one currency, in minor units: how many there are, what each type comes
    to, and the tax on sales of that time that the marketplace hands on, which is not the supplier's."""

    rows: int = 0
    totals: Mapping[str, int] = field(default_factory=dict)
    handed_on: int = 0

    @property
    def total(self) -> int:
        return sum(self.totals.values())


@dataclass(frozen=True)
class Figures:
    """Net of tax, the tax, and both, in minor units as the supplier has them: fees are below zero."""

    net: int
    tax: int

    @property
    def gross(self) -> int:
        return self.net + self.tax


@dataclass(frozen=True)
class Statement:
    """What was posted from `since` on (None: from the beginning) and before `cutoff`. `opening` is the
    balance then; `withheld` says why not all of the balance, or nothing, is paid out by `payout_id`. One that
    is not closed yet is OPEN, and has no payout."""

    supplier_id: str
    period: str
    currency: str
    since: str | None
    cutoff: str
    opening: int
    tally: Tally
    status: str = CLOSED
    payout_id: str | None = None
    payout_minor: int = 0
    withheld: tuple[str, ...] = ()
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def statement_id(self) -> str:
        return f"stm_{self.supplier_id.removeprefix('sup_')}_{self.period}_{self.currency}"

    @property
    def balance(self) -> int:
        return self.opening + self.tally.total

    @property
    def carried_over(self) -> int:
        return self.balance - self.payout_minor


def rows(postings: Iterable[Posting], currency: str) -> Iterable[Entry]:
    """The payable entries in the currency, in order: what a statement lists."""
    for posting in postings:
        if posting.currency == currency:
            yield from (entry for entry in entries(posting) if entry.account == PAYABLE)


def tally(postings: Iterable[Posting]) -> dict[str, Tally]:
    """What the postings come to, by currency, also where nothing in it is payable. Keeps nothing but the
    sums."""
    currencies: set[str] = set()
    numbers: Counter[str] = Counter()
    handed_on: Counter[str] = Counter()
    totals: dict[str, Counter[str]] = {}
    for posting in postings:
        currencies.add(posting.currency)
        for entry in entries(posting):
            if entry.account == PAYABLE:
                numbers[posting.currency] += 1
                totals.setdefault(posting.currency, Counter())[entry.move.type] += entry.amount.minor
            elif entry.account == "TAX":
                handed_on[posting.currency] += entry.amount.minor
    return {
        currency: Tally(
            numbers[currency], dict(sorted(totals.get(currency, {}).items())), handed_on[currency]
        )
        for currency in sorted(currencies)
    }


def following(
    standing: Standing,
    tallies: Mapping[str, Tally],
    *,
    supplier_id: str,
    period: str,
    cutoff: str,
    status: str,
) -> list[Statement]:
    """The supplier's next statements, one for each currency that it has a balance or entries in; one that is
    OPEN is there, too, where all that was posted has yet to arrive. `standing` is what those before have
    left, `tallies` what was posted behind them and before `cutoff`."""
    opening = {currency: minor for (currency, account), minor in standing.sums.items() if account == PAYABLE}
    moved = {currency for currency, each in tallies.items() if status == OPEN or each != Tally()}
    return [
        Statement(
            supplier_id=supplier_id,
            period=period,
            currency=currency,
            since=standing.cutoff,
            cutoff=cutoff,
            opening=opening.get(currency, 0),
            tally=tallies.get(currency, Tally()),
            status=status,
        )
        for currency in sorted(opening.keys() | moved)
    ]


def sales(tally: Tally) -> Figures:
    """What was sold: goods and shipping, and the tax on them that is the supplier's."""
    return Figures(sum(tally.totals.get(each, 0) for each in _SALES), tally.totals.get("ORDER_TAX_AMOUNT", 0))


def refunds(tally: Tally) -> Figures:
    """What was paid back of sales."""
    return Figures(
        sum(tally.totals.get(_REFUND + each, 0) for each in _SALES),
        tally.totals.get("REFUND_ORDER_TAX_AMOUNT", 0),
    )


def fees(tally: Tally) -> Figures:
    """What the marketplace has kept, what it gave back or credited taken off."""
    its = {name: minor for name, minor in tally.totals.items() if name.removeprefix(_REFUND) in _FEES}
    tax = sum(minor for name, minor in its.items() if name.removeprefix(_REFUND) in _TAXES)
    return Figures(sum(its.values()) - tax, tax)


def payments(tally: Tally) -> int:
    """Payouts of statements before, and what came back of them."""
    return tally.totals.get("PAYMENT", 0)
