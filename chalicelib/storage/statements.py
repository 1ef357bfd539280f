"""Closed statements, in the ledgers of their suppliers, and the runs that close periods.

A run's partition holds the run and a receipt of each supplier that it has come to.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.domain.statements import Statement, Tally
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import Item, JSONText
from chalicelib.storage.transaction import Write

_KEY = ("PK", "SK")


class StatementItem(Item, discriminator="STATEMENT"):
    supplier_id = UnicodeAttribute()
    period = UnicodeAttribute()
    currency = UnicodeAttribute()
    since = UnicodeAttribute(null=True)
    cutoff = UnicodeAttribute()
    opening_minor = NumberAttribute()
    rows = NumberAttribute()
    totals = JSONText()
    handed_on_minor = NumberAttribute(default=0)
    payout_id = UnicodeAttribute(null=True)
    payout_minor = NumberAttribute(default=0)
    withheld = JSONText()


class ClosingItem(Item, discriminator="CLOSING"):
    period = UnicodeAttribute()
    cutoff = UnicodeAttribute()
    by = UnicodeAttribute()
    suppliers = NumberAttribute(null=True)


class ReceiptItem(Item, discriminator="CLOSING_RECEIPT"):
    supplier_id = UnicodeAttribute()
    currencies = JSONText()


@dataclass(frozen=True)
class Closing:
    """The run that closes a period, of all that was posted before `cutoff`. `suppliers` is how many it has to
    come to, once that is known; `by` is who closed it."""

    period: str
    cutoff: str
    by: str
    suppliers: int | None = None
    created_at: str = ""


@dataclass(frozen=True)
class Receipt:
    """A supplier that a run has come to, and the currencies of the statements that it has made."""

    supplier_id: str
    currencies: tuple[str, ...]


def get(supplier_id: str, period: str) -> list[Statement]:
    """The supplier's closed statements of the period, one for each currency."""
    key = keys.statement(supplier_id, period)
    found = Item.query(key.pk, Item.sk.startswith(key.sk), consistent_read=True)
    return [from_item(item) for item in found]


def page(supplier_id: str, *, limit: int, cursor: str | None) -> pages.Page[Statement]:
    """The supplier's closed statements, newest first. Raises BadCursor."""
    pk, prefix = keys.statement(supplier_id)
    start = pages.within(pages.decode(cursor, partition=("PK", pk), attributes=_KEY), prefix)
    found = Item.query(
        pk,
        Item.sk.startswith(prefix),
        scan_index_forward=False,
        limit=limit,
        last_evaluated_key=start,
    )
    return pages.read(found, from_item)


def walk(supplier_id: str) -> Iterator[Statement]:
    """All of the supplier's closed statements, by period."""
    pk, prefix = keys.statement(supplier_id)
    return map(from_item, Item.query(pk, Item.sk.startswith(prefix), consistent_read=True))


def adding(statement: Statement) -> Write:
    """Once for its supplier, period and currency. Label `statement`."""
    item = StatementItem(
        *keys.statement(statement.supplier_id, statement.period, statement.currency),
        supplier_id=statement.supplier_id,
        period=statement.period,
        currency=statement.currency,
        since=statement.since,
        cutoff=statement.cutoff,
        opening_minor=statement.opening,
        rows=statement.tally.rows,
        totals=dict(statement.tally.totals),
        handed_on_minor=statement.tally.handed_on,
        payout_id=statement.payout_id,
        payout_minor=statement.payout_minor,
        withheld=list(statement.withheld),
        correlation_id=statement.correlation_id,
        created_at=statement.created_at,
        updated_at=statement.updated_at,
    )
    return Write("statement", item, StatementItem.pk.does_not_exist())


def get_closing(period: str) -> Closing | None:
    item = reads.get_one(keys.closing(period))
    return _closing_from(item) if isinstance(item, ClosingItem) else None


def opening_run(closing: Closing) -> Write:
    """Begin the run, once. Label `closing`."""
    item = ClosingItem(
        *keys.closing(closing.period),
        period=closing.period,
        cutoff=closing.cutoff,
        by=closing.by,
        created_at=closing.created_at,
        updated_at=closing.created_at,
    )
    return Write("closing", item, ClosingItem.pk.does_not_exist())


def counted(period: str, suppliers: int) -> Write:
    """Note how many suppliers the run has to come to. Label `closing`."""
    actions = [ClosingItem.suppliers.set(suppliers)]
    return Write("closing", ClosingItem(*keys.closing(period)), ClosingItem.pk.exists(), actions)


def receipt(period: str, supplier_id: str, currencies: Iterable[str], *, now: str) -> Write:
    """Note that the run has come to the supplier, once. Label `receipt`."""
    item = ReceiptItem(
        *keys.closing_receipt(period, supplier_id),
        supplier_id=supplier_id,
        currencies=list(currencies),
        created_at=now,
        updated_at=now,
    )
    return Write("receipt", item, ReceiptItem.pk.does_not_exist())


def has_receipt(period: str, supplier_id: str) -> bool:
    """Whether the run has come to the supplier."""
    return reads.get_one(keys.closing_receipt(period, supplier_id)) is not None


def receipts(period: str, *, limit: int, cursor: str | None) -> pages.Page[Receipt]:
    """The suppliers that the run has come to. Raises BadCursor."""
    pk, prefix = keys.closing_receipt(period, "")
    start = pages.within(pages.decode(cursor, partition=("PK", pk), attributes=_KEY), prefix)
    found = Item.query(pk, Item.sk.startswith(prefix), limit=limit, last_evaluated_key=start)
    return pages.read(found, lambda item: Receipt(item.supplier_id, tuple(item.currencies)))


def count_receipts(period: str) -> int:
    """How many suppliers the run has come to; a round trip for every MB, 5,000 of them or so."""
    pk, prefix = keys.closing_receipt(period, "")
    return int(Item.count(pk, Item.sk.startswith(prefix), consistent_read=True))


def of_suppliers(period: str, wanted: Sequence[Receipt]) -> list[Statement]:
    """The statements that these receipts tell of, in their order."""
    places = [
        keys.statement(each.supplier_id, period, currency) for each in wanted for currency in each.currencies
    ]
    found = reads.get_many(places)
    return [from_item(found[place]) for place in places if place in found]


def from_item(item: Any) -> Statement:
    """The statement that a table item holds."""
    return Statement(
        supplier_id=item.supplier_id,
        period=item.period,
        currency=item.currency,
        since=item.since,
        cutoff=item.cutoff,
        opening=int(item.opening_minor),
        tally=Tally(int(item.rows), item.totals, int(item.handed_on_minor)),
        payout_id=item.payout_id,
        payout_minor=int(item.payout_minor),
        withheld=tuple(item.withheld),
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )


def _closing_from(item: ClosingItem) -> Closing:
    suppliers = None if item.suppliers is None else int(item.suppliers)
    return Closing(item.period, item.cutoff, item.by, suppliers, item.created_at or "")
