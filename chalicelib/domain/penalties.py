"""What a supplier has to answer for: what a write of its supplier order says that it did."""

from chalicelib.domain.order import SupplierOrder
from chalicelib.domain.settlement import NOT_ITS_FAULT

LATE, REFUSED = EVENTS = "LATE_SHIPMENT", "REFUSED"

_UNTAKEN = frozenset({"REJECTED", "EXPIRED", "UNREACHABLE"})
_MARKETPLACE_CLOSED_IT = "SUPPLIER_NOT_OPEN"


def event(before: SupplierOrder, after: SupplierOrder) -> str | None:
    """What the write over `before` says, once in the life of a supplier order: that something has not left in
    time; or that the supplier was asked and took nothing of it, by its answer or by none.

    It does not answer for what a person decided, what it was never sent, what it was kept from, or what no
    supplier could take (the buyer's own address).
    """
    if after.late_at is not None and before.late_at is None:
        return LATE
    was_asked = before.attempt.status == "SENT" and after.attempt.status in _UNTAKEN
    by_others = after.attempt.by is not None or after.attempt.reason == _MARKETPLACE_CLOSED_IT
    return REFUSED if was_asked and not by_others and _failed(before, after) else None


def _failed(before: SupplierOrder, after: SupplierOrder) -> bool:
    return any(
        old.status == "WAITING_ACCEPTANCE"
        and new.status == "REFUSED"
        and new.acceptance_code not in NOT_ITS_FAULT
        for old, new in zip(before.lines, after.lines, strict=True)
    )
