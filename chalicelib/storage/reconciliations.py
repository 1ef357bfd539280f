"""Runs that hold the ledger against the orders, and what they have found of each supplier."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib import clock
from chalicelib.domain.reconciliation import Difference
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import Item, JSONText
from chalicelib.storage.transaction import Write

KEPT = timedelta(days=90)
_KEY = ("PK", "SK")


class ReconciliationItem(Item, discriminator="RECONCILIATION"):
    by = UnicodeAttribute()
    suppliers = NumberAttribute(null=True)


class ReconciledItem(Item, discriminator="RECONCILED"):
    supplier_id = UnicodeAttribute()
    supplier_orders = NumberAttribute()
    postings = NumberAttribute()
    statements = NumberAttribute()
    differences = NumberAttribute()


class DifferenceItem(Item, discriminator="DIFFERENCE"):
    told = JSONText()


@dataclass(frozen=True)
class Run:
    """`suppliers` is how many it has to come to, once that is known; `by` is who started it."""

    reconciliation_id: str
    by: str
    created_at: str
    suppliers: int | None = None


@dataclass(frozen=True)
class Reconciled:
    """How much was looked at, and how many differences were found, at one supplier or, with `suppliers`, at
    so many."""

    suppliers: int = 1
    supplier_orders: int = 0
    postings: int = 0
    statements: int = 0
    differences: int = 0

    def __add__(self, other: "Reconciled") -> "Reconciled":
        mine, its = asdict(self), asdict(other)
        return Reconciled(**{name: mine[name] + its[name] for name in mine})


def get(reconciliation_id: str) -> Run | None:
    item = reads.get_one(keys.reconciliation(reconciliation_id))
    return _run_from(item) if isinstance(item, ReconciliationItem) else None


def latest() -> Run | None:
    """The run that was started last."""
    found = Item.query(keys.reconciliation("").pk, consistent_read=True, scan_index_forward=False, limit=1)
    return next((_run_from(item) for item in found), None)


def adding(run: Run) -> Write:
    """Label `reconciliation`."""
    item = ReconciliationItem(
        *keys.reconciliation(run.reconciliation_id),
        by=run.by,
        created_at=run.created_at,
        updated_at=run.created_at,
        expires_at=_expiry(run),
    )
    return Write("reconciliation", item, ReconciliationItem.pk.does_not_exist())


def counted(run: Run, suppliers: int) -> Write:
    """Note how many suppliers the run has to come to. Label `reconciliation`."""
    item = ReconciliationItem(*keys.reconciliation(run.reconciliation_id))
    return Write(
        "reconciliation",
        item,
        ReconciliationItem.pk.exists(),
        [ReconciliationItem.suppliers.set(suppliers)],
    )


def reconciled(
    run: Run, supplier_id: str, found: Reconciled, differences: Iterable[Difference]
) -> list[Write]:
    """Note what the run has found of the supplier, once. Label `reconciled`."""
    now, expires_at = clock.timestamp(), _expiry(run)
    result = ReconciledItem(
        *keys.reconciled(run.reconciliation_id, supplier_id),
        supplier_id=supplier_id,
        supplier_orders=found.supplier_orders,
        postings=found.postings,
        statements=found.statements,
        differences=found.differences,
        created_at=now,
        updated_at=now,
        expires_at=expires_at,
    )
    told = [
        DifferenceItem(
            *keys.difference(run.reconciliation_id, supplier_id, number),
            told={name: value for name, value in asdict(difference).items() if value is not None},
            created_at=now,
            updated_at=now,
            expires_at=expires_at,
        )
        for number, difference in enumerate(differences)
    ]
    return [
        Write("reconciled", result, ReconciledItem.pk.does_not_exist()),
        *(Write("difference", item) for item in told),
    ]


def is_reconciled(run: Run, supplier_id: str) -> bool:
    return reads.get_one(keys.reconciled(run.reconciliation_id, supplier_id)) is not None


def summary(run: Run) -> Reconciled:
    """What the run has looked at so far; a round trip for every MB, 3,000 suppliers or so."""
    pk, prefix = keys.reconciled(run.reconciliation_id, "")
    found = Item.query(pk, Item.sk.startswith(prefix), consistent_read=True)
    return sum(map(_reconciled_from, found), start=Reconciled(suppliers=0))


def differences(run: Run, *, limit: int, cursor: str | None) -> pages.Page[Difference]:
    """What the run has found so far, by supplier. Raises BadCursor."""
    pk, prefix = keys.difference(run.reconciliation_id)
    start = pages.within(pages.decode(cursor, partition=("PK", pk), attributes=_KEY), prefix)
    found = Item.query(pk, Item.sk.startswith(prefix), limit=limit, last_evaluated_key=start)
    return pages.read(found, lambda item: Difference(**item.told))


def _expiry(run: Run) -> int:
    return int((clock.parse(run.created_at) + KEPT).timestamp())


def _run_from(item: Any) -> Run:
    suppliers = None if item.suppliers is None else int(item.suppliers)
    return Run(item.sk, item.by, item.created_at, suppliers)


def _reconciled_from(item: Any) -> Reconciled:
    return Reconciled(
        1, int(item.supplier_orders), int(item.postings), int(item.statements), int(item.differences)
    )
