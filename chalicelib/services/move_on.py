"""What time alone does to orders that were accepted: shipped ones count as received, received ones are closed
when the window for returns is over, late ones are marked, returns that nobody answers go on.

Each runs on a schedule, may run twice at once, and finds what an earlier run has not come to.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from chalicelib import clock, settings, telemetry
from chalicelib.domain import returns, shipping
from chalicelib.domain.health import Served
from chalicelib.domain.order import SupplierOrder
from chalicelib.services import endpoint_calls, part_writes, settle_return
from chalicelib.services.commits import commit
from chalicelib.storage import order_reads, supplier_orders, suppliers
from chalicelib.storage import returns as stored_returns
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.keys import DUE_SHARDS

_AT_ONCE = 100
_PAGE = 100
_SHIPPING_SUPPLIERS = ("OPEN", "SUSPENDED")


def as_of_now(part: SupplierOrder) -> SupplierOrder:
    """The supplier order as time has made it, whether or not a schedule has come to it."""
    return _after_time(part) or part


def move_orders() -> int:
    """Move on the supplier orders whose time has come, and say how many."""
    return _count("ORDERS_MOVED_ON", _due(supplier_orders.deliveries_due), _move_order)


def move_returns() -> int:
    """Move on the returns whose time has come, and say how many."""
    return _count("RETURNS_MOVED_ON", _due(stored_returns.due), _move_return)


def mark_late() -> int:
    """Mark the supplier orders that should have left by now, each once, and say how many; their lines count
    for the supplier's health.

    Asks for those of one supplier after the other, a round trip each.
    """
    now = clock.timestamp()
    due = (
        part_id
        for supplier_id in _shipping_suppliers()
        for part_id in supplier_orders.overdue(supplier_id, now, limit=_AT_ONCE)
    )
    return _count("ORDERS_MARKED_LATE", due, _mark_late)


def _due(find: Callable[..., list[str]]) -> Iterator[str]:
    """The ids that `find` gives of each shard."""
    now = clock.timestamp()
    for shard in range(DUE_SHARDS):
        yield from find(now, shard=shard, limit=_AT_ONCE)


def _count(event: str, due: Iterable[str], work: Callable[[str], bool]) -> int:
    """Do the work of each, and say of how many it changed something. One that fails stops none behind it: a
    later run comes to it again, as to one that somebody else has changed at this moment."""
    done = 0
    for each in due:
        try:
            done += work(each)
        except WriteRefused:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, those behind must not wait for it
            telemetry.log("NOT_MOVED_ON", level=logging.ERROR, id=each, error=type(error).__name__)
    telemetry.log(event, count=done)
    return done


def _shipping_suppliers() -> Iterator[str]:
    for status in _SHIPPING_SUPPLIERS:
        cursor: str | None = None
        while True:
            page = suppliers.page(status, limit=_PAGE, cursor=cursor)
            yield from (supplier.supplier_id for supplier in page.items)
            cursor = page.next_cursor
            if cursor is None:
                break


def _after_time(part: SupplierOrder) -> SupplierOrder | None:
    return shipping.after_time(
        part,
        now=clock.timestamp(),
        delivered_after=settings.delivered_after(),
        return_window=settings.return_window(),
    )


def _move_order(supplier_order_id: str) -> bool:
    """Where its moment has not come, the settings are others now: written anew, it has its new place in the
    index and stands in nobody's way."""
    part = order_reads.get_part(supplier_order_id)
    if part is None or part.supplier_order.status not in ("SHIPPED", "RECEIVED"):
        return False
    after = _after_time(part.supplier_order)
    commit(*part_writes.replacing(part.order, part.supplier_order, after or part.supplier_order))
    return after is not None


def _mark_late(supplier_order_id: str) -> bool:
    now, part = clock.timestamp(), order_reads.get_part(supplier_order_id)
    before = part.supplier_order if part else None
    if part is None or before is None or before.late_at is not None or not shipping.is_late(before, now):
        return False
    commit(*part_writes.replacing(part.order, before, replace(before, late_at=now, updated_at=now)))
    endpoint_calls.count(before.supplier_id, Served(lines_late=len(shipping.late_lines(before, now))))
    return True


def _move_return(return_id: str) -> bool:
    now, before = clock.timestamp(), stored_returns.get(return_id)
    status = returns.next_by_time(before, now) if before else None
    if before is None or status is None:
        return False
    settle_return.store(before, lambda part: returns.move(before, part, status, now=now))
    return True
