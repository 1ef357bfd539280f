"""What is told of orders, of the parts that suppliers ship, and of what becomes of their lines.

An order's items may be told of anew without what was before; so a fact is known by its order, its line and by
how many pieces it has come to, not by a version or a time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.domain import notices, payment
from chalicelib.domain.announcement import Announcement, change, present
from chalicelib.domain.money import total
from chalicelib.domain.order import Order, OrderLine, OrderRecord, PlacedLine, SupplierOrder, served_line

_OF_ATTEMPT = {
    "ACCEPTED": "supplier_order.accepted",
    "PARTIALLY_ACCEPTED": "supplier_order.accepted",
    "BACKORDERED": "supplier_order.accepted",
    "REJECTED": "supplier_order.rejected",
    "EXPIRED": "supplier_order.expired",
    "UNREACHABLE": "supplier_order.unreachable",
    "CANCELLATION_REQUESTED": "supplier_order.cancellation_requested",
    "CANCELLATION_ACCEPTED": "supplier_order.cancellation_accepted",
    "CANCELLATION_REJECTED": "supplier_order.cancellation_rejected",
}
_OF_PIECES = {
    "refused": "order.line_refused",
    "canceled": "order.line_canceled",
    "shipped": "order.line_shipped",
    "delivered": "order.line_received",
}


def of_order(before: object | None, after: Order) -> Iterator[Announcement]:
    if before is None:
        yield Announcement("order.placed", after.order_id, after.created_at, _placed(after))
    was = before if isinstance(before, Order) else None
    if after.history and (was is None or was.history != after.history):
        last = after.history[-1]
        states = {"old": _promised(was) if was else None, "new": _promised(after)}
        about = {"order_id": after.order_id, **states, "changed": last["fields"]}
        yield Announcement("order.changed", f"{after.order_id}@{last['at']}", last["at"], about)


def of_supplier_order(before: object | None, after: SupplierOrder) -> Iterator[Announcement]:
    was = before if isinstance(before, SupplierOrder) else None
    if was is None:
        yield _of_part("supplier_order.placed", after, change(None, _part_state(after)))
    about = change(_part_state(was) if was else None, _part_state(after))
    if after.attempt.status in _OF_ATTEMPT and _has_moved(was, after):
        yield _of_part(_OF_ATTEMPT[after.attempt.status], after, about)
    if after.attempt.needs_settlement and not (was and was.attempt.needs_settlement):
        yield _of_part("supplier_order.needs_settlement", after, about)
    if after.late_at and not (was and was.late_at == after.late_at):
        yield _of_part("supplier_order.late", after, about)
    yield from _of_payment(was, after)
    had = {line.line_id: line for line in was.lines} if was else {}
    for line in after.lines:
        yield from _of_line(after, had.get(line.line_id), line)


def _has_moved(was: SupplierOrder | None, now: SupplierOrder) -> bool:
    """Whether its attempt has: a supplier may be asked to cancel more while it has yet to answer."""
    if was is None or was.attempt.status != now.attempt.status:
        return True
    return now.attempt.status == notices.REQUESTED and was.attempt.notices != now.attempt.notices


def _of_payment(was: SupplierOrder | None, now: SupplierOrder) -> Iterator[Announcement]:
    """Of the order's payment: each of its supplier orders tells the same fact."""
    status = None
    if was and was.held_until and not now.held_until:
        status = payment.CONFIRMED
    elif payment.status_of([now]) == payment.EXPIRED != (payment.status_of([was]) if was else None):
        status = payment.EXPIRED
    if status is not None:
        about = {"order_id": now.order_id, **change({"status": payment.PENDING}, {"status": status})}
        yield Announcement(f"order.payment_{status.lower()}", now.order_id, now.updated_at, about)


def of_reallocation(record: OrderRecord, taking_over: SupplierOrder) -> Iterator[Announcement]:
    """Which lines of `taking_over` another supplier was asked for before."""
    placed = {line.line_id: line for line in record.order.lines}
    for line in taking_over.lines:
        left = _left(record, taking_over, line)
        if left is None:
            continue
        old, new = (served_line(placed, part, its) for part, its in (left, (taking_over, line)))
        about = {
            "order_id": record.order.order_id,
            "line_id": line.line_id,
            "split_from": line.split_from,
            "quantity": line.quantity,
            **change(_served(old), _served(new)),
        }
        subject = f"{line.line_id}|{taking_over.supplier_order_id}"
        yield Announcement("order.line_reallocated", subject, taking_over.created_at, present(about))


def was_elsewhere(supplier_order: SupplierOrder) -> bool:
    """Whether another supplier was asked for any of its lines before."""
    return any(line.sku is not None for line in supplier_order.lines)


def _left(
    record: OrderRecord, taking_over: SupplierOrder, line: OrderLine
) -> tuple[SupplierOrder, OrderLine] | None:
    """Where the line was last, or the one that it is the rest of."""
    earlier = [part for part in record.supplier_orders if part.created_at < taking_over.created_at]
    for line_id in (line.line_id, line.split_from):
        for part in reversed(earlier):
            for each in part.lines:
                if each.line_id == line_id and each.moved:
                    return part, each
    return None


def _of_part(kind: str, part: SupplierOrder, about: Mapping[str, Any]) -> Announcement:
    """A supplier may be asked to cancel several times: each is a notice of its own."""
    ids = {
        "order_id": part.order_id,
        "supplier_order_id": part.supplier_order_id,
        "supplier_id": part.supplier_id,
        "attempt_id": part.attempt.attempt_id,
    }
    subject = part.supplier_order_id
    if kind == "supplier_order.late":
        subject += f"@{part.late_at}"
    elif kind == "supplier_order.needs_settlement":
        subject += f"|{part.attempt.reason}"
    elif "cancellation" in kind:
        subject += f":{part.attempt.notices}"
    at = part.created_at if kind == "supplier_order.placed" else part.updated_at
    return Announcement(kind, subject, at, {**ids, **about})


def _of_line(part: SupplierOrder, had: OrderLine | None, line: OrderLine) -> Iterator[Announcement]:
    old, new = (_line_state(had) if had else None), _line_state(line)
    about = {
        "order_id": part.order_id,
        "supplier_order_id": part.supplier_order_id,
        "supplier_id": part.supplier_id,
        "line_id": line.line_id,
        "offer_id": line.offer_id,
        "code": line.acceptance_code,
    }
    data = {**present(about), **change(old, new)}
    line_at = f"{line.line_id}|{part.supplier_order_id}"
    if line.accepted and not (had and had.accepted):
        yield Announcement("order.line_accepted", line_at, part.updated_at, data)
    if line.status == "CLOSED" and (had is None or had.status != "CLOSED"):
        yield Announcement("order.line_closed", line_at, part.updated_at, data)
    for name, kind in _OF_PIECES.items():
        if new[name] > (old[name] if old else 0):
            yield Announcement(kind, f"{line_at}:{new[name]}", part.updated_at, data)


def _promised(order: Order) -> dict[str, Any]:
    return present({"version": order.version, "promise": order.promise})


def _part_state(part: SupplierOrder) -> dict[str, Any]:
    held = {"held_until": part.held_until}
    return present({"attempt_status": part.attempt.status, "accept_by": part.accept_by, **held})


def _line_state(line: OrderLine) -> dict[str, Any]:
    names = ("status", "quantity", "accepted", "canceled", "shipped", "delivered", "returned")
    return {**{name: getattr(line, name) for name in names}, "refused": _refused(line)}


def _refused(line: OrderLine) -> int:
    """The pieces that were refused for good."""
    if line.status == "WAITING_ACCEPTANCE":
        return 0
    return line.quantity - line.accepted - line.canceled - line.remainder - line.moved


def _served(line: PlacedLine) -> dict[str, Any]:
    return {
        "supplier_id": line.supplier_id,
        "supplier_order_id": line.supplier_order_id,
        "offer_id": line.offer_id,
        "unit_price": line.unit_price.as_json(),
    }


def _placed(order: Order) -> dict[str, Any]:
    items = total((line.line_total for line in order.lines), order.currency)
    lines = [
        {
            "line_id": line.line_id,
            "product_id": line.product_id,
            "quantity": line.quantity,
            **_served(line),
        }
        for line in order.lines
    ]
    sum_of_all = items + order.beside_goods
    return {"order_id": order.order_id, "total": sum_of_all.as_json(), "lines": lines}
