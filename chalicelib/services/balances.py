"""What a supplier is owed: the sums of its ledger."""

from collections import Counter
from typing import Any

from chalicelib import clock
from chalicelib.domain import ledger as domain
from chalicelib.domain.ledger import Account, Sums
from chalicelib.domain.money import Money
from chalicelib.services import supplier_records
from chalicelib.storage import ledger

_SHOWN: dict[str, Account] = {
    "pending": "SUPPLIER_PENDING",
    "payable": "SUPPLIER_PAYABLE",
    "in_payout": "PAYOUTS",
}


def read(supplier_id: str) -> dict[str, Any]:
    """The supplier's balance in each currency that it has entries in. Raises NotFound."""
    supplier_records.existing(supplier_id)
    now = clock.timestamp()
    sums = of_supplier(supplier_id)
    currencies = sorted({currency for currency, _ in sums})
    return {
        "supplier_id": supplier_id,
        "as_of": now,
        "balances": [{"currency": each, **_shown(sums, each)} for each in currencies],
    }


def of_supplier(supplier_id: str) -> Sums:
    """What stands in each account of the supplier's ledger: what stood there when a period was last closed,
    and what was posted since."""
    closed = ledger.standing(supplier_id)
    found = Counter(closed.sums)
    found.update(domain.sums(ledger.walk(supplier_id, since=closed.cutoff)))
    return found


def _shown(sums: Sums, currency: str) -> dict[str, Any]:
    return {
        name: Money(sums.get((currency, account), 0), currency).as_json() for name, account in _SHOWN.items()
    }
