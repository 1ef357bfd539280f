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
    return {"supplier_id": supplier_id, "as_of": now, "balances": _balances(sums)}


def unsettled(supplier_id: str) -> list[dict[str, Any]]:
    """The supplier's balances in which anything is pending, payable or in a payout."""
    sums = of_supplier(supplier_id)
    return _balances({place: minor for place, minor in sums.items() if minor and place[1] in _SHOWN.values()})


def of_supplier(supplier_id: str) -> Sums:
    """What stands in each account of the supplier's ledger: what stood there when a period was last closed,
    and what was posted since."""
    closed = ledger.standing(supplier_id)
    found = Counter(closed.sums)
    found.update(domain.sums(ledger.walk(supplier_id, since=closed.cutoff)))
    return found


def _balances(sums: Sums) -> list[dict[str, Any]]:
    currencies = sorted({currency for currency, _ in sums})
    return [{"currency": each, **_shown(sums, each)} for each in currencies]


def _shown(sums: Sums, currency: str) -> dict[str, Any]:
    return {
        name: Money(sums.get((currency, account), 0), currency).as_json() for name, account in _SHOWN.items()
    }
