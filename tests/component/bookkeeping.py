"""The marketplace's books: suppliers with something in their ledgers, and who closes periods."""

import os
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from api import Reply, call
from test_orders import Ordered
from trade import Crash

from chalicelib.clients import queues
from chalicelib.events import queues as workers
from chalicelib.services import ship_order

NOVEMBER = datetime(2026, 11, 10, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 1, tzinfo=UTC)
JANUARY = datetime(2027, 1, 1, 1, tzinfo=UTC)


office = SimpleNamespace()
"""`token` gives an administrator's: each is of its time, so each request has a new one."""


def admin(method: str, path: str, body: Any = None, **options: Any) -> Reply:
    return call(method, path, body, token=office.token(), **options)


def delivered(key: str = "key-1") -> Ordered:
    """An order of 25.00, accepted and delivered."""
    ordered = Ordered(key)
    ordered.accept_all()
    parcel = ordered.ship((ordered.tea_line, 2), (ordered.pot_line, 3), key="p").answer["shipment_id"]
    ship_order.deliver(ordered.supplier_id, ordered.part_id, parcel, delivered_at=None)
    return ordered


def run_queue() -> None:
    """Deliver what is on the accounting queue, and what follows from it; what dies comes again."""
    url = os.environ["ACCOUNTING_QUEUE_URL"]
    for _ in range(50):
        found = queues.receive(url, limit=1, visibility_seconds=30)
        if not found:
            return
        for message in found:
            try:
                workers.on_accounting(
                    {"Records": [{"body": message.body, "receiptHandle": message.receipt}]}, None
                )
            except Crash:
                queues.give_back(url, [message])
                continue
            queues.delete(url, message)
    raise AssertionError("it does not come to rest")


def close(period: str = "2026-11") -> Reply:
    reply = admin("POST", f"/admin/statements/{period}/close")
    run_queue()
    return reply


def statement(supplier_id: str, period: str = "2026-11", query: str = "", **options: Any) -> Reply:
    return admin("GET", f"/suppliers/{supplier_id}/statements/{period}{query}", **options)
