"""What a supplier has to answer for: what a write of its supplier order says that it did."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.domain.money import Money
from chalicelib.domain.order import SupplierOrder
from chalicelib.domain.settlement import NOT_ITS_FAULT

LATE, REFUSED = EVENTS = "LATE_SHIPMENT", "REFUSED"

_UNTAKEN = {"PLANNED": ("REJECTED",), "SENT": ("REJECTED", "EXPIRED", "UNREACHABLE")}
"""How an attempt ends of which a supplier has taken nothing: one that was never sent, by its answer only."""
_MARKETPLACE_CLOSED_IT = "SUPPLIER_NOT_OPEN"


def event(before: SupplierOrder, after: SupplierOrder) -> str | None:
    """What the write over `before` says, once in the life of a supplier order: that something has not left in
    time; or that the supplier was asked and took nothing of it, by its answer or by none.

    It does not answer for what a person decided, what it was never sent, what it was kept from, or what no
    supplier could take (the buyer's own address).
    """
    if after.late_at is not None and before.late_at is None:
        return LATE
    took_nothing = after.attempt.status in _UNTAKEN.get(before.attempt.status, ())
    by_others = after.attempt.by is not None or after.attempt.reason == _MARKETPLACE_CLOSED_IT
    return REFUSED if took_nothing and not by_others and _failed(before, after) else None


def amount(rules: Iterable[Mapping[str, Any]], event: str, currency: str) -> int | None:
    """What the `penalties` of a version of the commission rules ask for, in minor units; None where they ask
    for nothing in this currency."""
    amounts = (each for rule in rules if rule["event"] == event for each in rule["amounts"])
    return next((Money.parse(each).minor for each in amounts if each["currency"] == currency), None) or None


def _failed(before: SupplierOrder, after: SupplierOrder) -> bool:
    return any(
        old.status == "WAITING_ACCEPTANCE"
        and new.status == "REFUSED"
        and new.acceptance_code not in NOT_ITS_FAULT
        for old, new in zip(before.lines, after.lines, strict=True)
    )
