"""Holding the ledger against what it is of: the supplier orders, and the statements made of it.

A supplier may have more orders than fit in memory. So both sides are first added up to one number for each of
a few thousand buckets of orders; only the orders of buckets that differ are looked at one by one.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.ledger import Account, Posting
from chalicelib.domain.sales import Stands, posted
from chalicelib.domain.statements import Statement, Tally

BUCKETS = 4096


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


KINDS = ("ENTRIES_DIFFER", "ORDER_UNKNOWN", "STATEMENT_DIFFERS", "STATEMENT_MISSING", "BALANCE_DIFFERS")
"""The entries of a supplier order are not what its lines come to; entries name a supplier order that there is
not; a statement is not what its entries come to; entries of a closed period are on no statement; what was
kept as the balance at the last closing is not the sum of the entries until then."""


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


def _figures(statement: Statement, opening: int, tally: Tally) -> Iterable[tuple[str, int, int]]:
    """The statement's figures by name: as they should be, and as they are."""
    yield "opening_balance", opening, statement.opening
    yield "rows", tally.rows, statement.tally.rows
    for name in sorted(tally.totals.keys() | statement.tally.totals.keys()):
        yield name, tally.totals.get(name, 0), statement.tally.totals.get(name, 0)
    yield "handed_on", tally.handed_on, statement.tally.handed_on


def _weight(place: str) -> int:
    return int.from_bytes(hashlib.blake2b(place.encode(), digest_size=8).digest(), "big")
