"""An order that waits for its payment: nothing of it is sent until the payment is confirmed, and when that
does not come in time it ends, with its stock back on sale.
"""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain import notices
from chalicelib.domain.acceptance import OPEN_ATTEMPT
from chalicelib.domain.errors import DomainError
from chalicelib.domain.order import SupplierOrder
from chalicelib.domain.settlement import Settlement

CONFIRMED, PENDING, EXPIRED, VOID = "CONFIRMED", "PENDING", "EXPIRED", "VOID"
STATUSES = (CONFIRMED, PENDING, EXPIRED, VOID)
"""An order that was canceled whole while its payment was pending is to be paid no more: VOID."""

PAYMENT_EXPIRED = "PAYMENT_EXPIRED"
"""The reason of an attempt that was ended for it."""


class PaymentExpired(DomainError):
    """The order has ended because its payment was not confirmed in time."""


class PaymentVoid(DomainError):
    """The order was canceled before it was paid for."""


def status_of(parts: Sequence[SupplierOrder]) -> str:
    """Whether the order of these supplier orders is paid for."""
    if any(part.attempt.reason == PAYMENT_EXPIRED for part in parts):
        return EXPIRED
    held = [part for part in parts if part.held_until]
    if not held:
        return CONFIRMED
    return PENDING if any(part.attempt.status in OPEN_ATTEMPT for part in held) else VOID


def confirm(parts: Sequence[SupplierOrder], *, now: str, accept_by: str) -> tuple[SupplierOrder, ...]:
    """The supplier orders that change, to be sent from now on; none where the payment was confirmed before.

    It counts though its time is over, as long as the order has not ended for it. Raises PaymentExpired,
    PaymentVoid.
    """
    status = status_of(parts)
    if status == EXPIRED:
        raise PaymentExpired
    if status == VOID:
        raise PaymentVoid
    return tuple(
        replace(part, held_until=None, accept_by=accept_by, updated_at=now)
        for part in parts
        if part.held_until
    )


def expire(parts: Sequence[SupplierOrder], *, now: str) -> tuple[Settlement, ...]:
    """What changes where the order's time to be paid is over: nothing unless it still waits for that."""
    return tuple(
        _ended(part, now)
        for part in parts
        if part.held_until and part.held_until <= now and part.attempt.status == "PLANNED"
    )


def _ended(part: SupplierOrder, now: str) -> Settlement:
    lines = tuple(
        notices.stated(replace(line, canceled=line.canceled + notices.waiting(part, line)))
        for line in part.lines
    )
    attempt = replace(part.attempt, status=notices.ACCEPTED, reason=PAYMENT_EXPIRED)
    return notices.settlement(part, lines, attempt, now)
