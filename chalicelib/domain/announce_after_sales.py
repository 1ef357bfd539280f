"""What is told of pieces that go back, and of money that does."""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.domain.after_sales import Refund, RefundLine, Return
from chalicelib.domain.announcement import Announcement, change, present
from chalicelib.domain.money import Money

_OF_RETURN = {
    "WAITING_ACCEPTANCE": "return.requested",
    "IN_PROGRESS": "return.accepted",
    "RECEIVED": "return.received",
    "NO_RECEPTION": "return.not_received",
    "CLOSED": "return.closed",
    "REFUSED": "return.refused",
    "CANCELED": "return.canceled",
}


def of_return(before: object | None, after: Return) -> Iterator[Announcement]:
    was = before if isinstance(before, Return) else None
    if was is not None and was.status == after.status:
        return
    about = {
        **_ids(after),
        "return_id": after.return_id,
        "of_lines": [_returned(line) for line in after.lines],
        **change({"status": was.status} if was else None, {"status": after.status}),
    }
    at = after.moved_at or after.updated_at
    yield Announcement(_OF_RETURN[after.status], after.return_id, at, about)


def of_refund(before: object | None, after: Refund) -> Iterator[Announcement]:
    if before is None:
        about = {
            **_ids(after),
            "refund_id": after.refund_id,
            "return_id": after.return_id,
            "amount": after.amount.as_json(),
            "of_lines": [_refunded(line) for line in after.lines],
        }
        yield Announcement("order.refunded", after.refund_id, after.created_at, present(about))


def _ids(part: Return | Refund) -> dict[str, Any]:
    return {name: getattr(part, name) for name in ("order_id", "supplier_order_id", "supplier_id")}


def _returned(line: Mapping[str, Any]) -> dict[str, Any]:
    return present({name: line.get(name) for name in ("line_id", "quantity", "received")})


def _refunded(line: RefundLine) -> dict[str, Any]:
    currency = line.amount.currency
    about = {
        "line_id": line.line_id,
        "quantity": line.quantity,
        "amount": line.amount.as_json(),
        "shipping": Money(line.shipping, currency).as_json() if line.shipping else None,
        "tax": Money(line.tax, currency).as_json() if line.tax else None,
    }
    return present(about)
