"""Holding the ledger against what it is of: the supplier orders, and the statements made of it.

A supplier may have more orders than fit in memory. So both sides are first added up to one number for each of
a few thousand buckets of orders; only the orders of buckets that differ are looked at one by one.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.ledger import Account, Posting
from chalicelib.domain.payouts import FAILED, PAID, TO_PAY, Payout
from chalicelib.domain.sales import Stands, posted
from chalicelib.domain.statements import Statement, Tally

BUCKETS = 4096

Paid = Mapping[str, tuple[str, int]]
"""Currency and minor units of each payment that was posted, by its cause."""


@dataclass(frozen=True)
class Difference:
    """What was `expected` in the books and what was `found`, in minor units, or in rows where `field` is
    `rows`. `kind` is one of `KINDS`; the ids and the period say of what."""

    kind: str
    supplier_id: str
    currency: str
    expected: int
    found: int
    order_id: str | None = None
    supplier_order_id: str | None = None
    line_id: str | None = None
    account: Account | None = None
    period: str | None = None
    field: str | None = None
    payout_id: str | None = None


KINDS = (
    "ENTRIES_DIFFER",
    "ORDER_UNKNOWN",
    "STATEMENT_DIFFERS",
    "STATEMENT_MISSING",
    "PAYOUT_DIFFERS",
    "BALANCE_DIFFERS",
)
"""The entries of a supplier order are not what its lines come to; entries name an order that there is
not; a statement is not what its entries come to; entries of a closed period are on no statement; a payout is
not what its statement says, or what was posted for it; what was kept as the balance at the last closing is
not the sum of the entries until then."""


class Fingerprint:
    """A number for each bucket of supplier orders, zero where both sides agree. Amounts count with a weight
    that each place in the books has for itself, so what is missing in one does not hide what is too much in
    another."""

    def __init__(self) -> None:
        self._sums = [0] * BUCKETS
        self._orders = [0] * BUCKETS

    def expect(self, supplier_order_id: str, currency: str, stands: Stands) -> None:
        """A supplier order comes to this."""
        self._orders[bucket(supplier_order_id)] += 1
        self._add(supplier_order_id, currency, stands, 1)

    def find(self, supplier_order_id: str, posting: Posting) -> None:
        """This was posted for it."""
        self._add(supplier_order_id, posting.currency, posted(posting), -1)

    def groups(self, *, most: int) -> Iterator[frozenset[int]]:
        """The buckets that differ, together those of so many orders, or one that has more."""
        group: list[int] = []
        size = 0
        for number, _ in filter(lambda each: each[1], enumerate(self._sums)):
            size += self._orders[number]
            if group and size > most:
                yield frozenset(group)
                group, size = [], self._orders[number]
            group.append(number)
        if group:
            yield frozenset(group)

    def _add(self, supplier_order_id: str, currency: str, stands: Stands, sign: int) -> None:
        number = bucket(supplier_order_id)
        for (line_id, account), minor in stands.items():
            if minor:
                self._sums[number] += (
                    sign * minor * _weight(f"{supplier_order_id}|{line_id}|{account}|{currency}")
                )


def bucket(supplier_order_id: str) -> int:
    return zlib.crc32(supplier_order_id.encode()) % BUCKETS


def of_statements(
    statements: Sequence[Statement], tallies: Mapping[str, Mapping[str, Tally]], *, supplier_id: str
) -> Iterator[Difference]:
    """What is wrong in a supplier's closed statements. `tallies` are the entries by the cutoff that they come
    before and by currency."""
    made = {(statement.cutoff, statement.currency): statement for statement in statements}
    periods = {statement.cutoff: statement.period for statement in statements}
    balances: dict[str, int] = {}
    for cutoff in sorted(periods):
        for currency in sorted(balances.keys() | tallies.get(cutoff, {}).keys()):
            tally, opening = tallies.get(cutoff, {}).get(currency, Tally()), balances.get(currency, 0)
            balances[currency] = opening + tally.total
            statement = made.pop((cutoff, currency), None)
            shared = supplier_id, currency
            if statement is None:
                yield Difference("STATEMENT_MISSING", *shared, balances[currency], 0, period=periods[cutoff])
                continue
            for field, expected, found in _figures(statement, opening, tally):
                if expected != found:
                    yield Difference(
                        "STATEMENT_DIFFERS", *shared, expected, found, period=statement.period, field=field
                    )
    for statement in made.values():  # of currencies without any entry
        for field, expected, found in _figures(statement, 0, Tally()):
            if expected != found:
                yield Difference(
                    "STATEMENT_DIFFERS", supplier_id, statement.currency, expected, found,
                    period=statement.period, field=field,
                )  # fmt: skip


def of_payouts(
    statements: Sequence[Statement], payouts: Mapping[str, Payout], paid: Paid, *, supplier_id: str
) -> Iterator[Difference]:
    """What is wrong in a supplier's payouts: those that its statements tell of, as they were stored, and what
    was `paid`."""
    told = {each.payout_id: each for each in statements if each.payout_id}
    for payout_id in sorted(told.keys() | set(map(payout_of, paid))):
        statement, payout = told.get(payout_id), payouts.get(payout_id)
        its = {cause: each for cause, each in paid.items() if payout_of(cause) == payout_id}
        currency = statement.currency if statement else next(iter(its.values()))[0]
        stored = payout.minor if payout else 0
        figures = [("amount", statement.payout_minor if statement else 0, stored)]
        causes = _causes(payout) if payout else set()
        for cause in sorted(causes | its.keys()):
            status = cause.removeprefix(payout_id).lstrip("-") or TO_PAY
            found = its[cause][1] if cause in its else 0
            figures.append((status, stored if cause in causes else 0, found))
        for field, expected, found in figures:
            if expected != found:
                yield Difference(
                    "PAYOUT_DIFFERS", supplier_id, currency, expected, found,
                    period=statement.period if statement else None, field=field, payout_id=payout_id,
                )  # fmt: skip


def payout_of(cause: str) -> str:
    """The payout that a payment was posted for."""
    return cause.removesuffix(f"-{PAID}").removesuffix(f"-{FAILED}")


def _causes(payout: Payout) -> set[str]:
    """What its payments are posted by."""
    settled = set() if payout.status == TO_PAY else {f"{payout.payout_id}-{payout.status}"}
    return {payout.payout_id} | settled


def _figures(statement: Statement, opening: int, tally: Tally) -> Iterable[tuple[str, int, int]]:
    """The statement's figures by name: as they should be, and as they are."""
    yield "opening_balance", opening, statement.opening
    yield "rows", tally.rows, statement.tally.rows
    for name in sorted(tally.totals.keys() | statement.tally.totals.keys()):
        yield name, tally.totals.get(name, 0), statement.tally.totals.get(name, 0)
    yield "handed_on", tally.handed_on, statement.tally.handed_on


def _weight(place: str) -> int:
    return int.from_bytes(hashlib.blake2b(place.encode(), digest_size=8).digest(), "big")
