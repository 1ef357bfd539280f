"""Writing a supplier order together with what that moves in the ledger."""

from dataclasses import replace

from chalicelib import telemetry
from chalicelib.domain import sales
from chalicelib.domain.order import Order, SupplierOrder
from chalicelib.storage import ledger, supplier_orders
from chalicelib.storage.transaction import Write


def replacing(order: Order, before: SupplierOrder, after: SupplierOrder) -> list[Write]:
    """What makes `before`, as it was read, `after`, traced to the request at work. The posting names the
    version that is written, so it is made once, by whoever writes that version. Labels `supplier_order`,
    `posting`."""
    after, posting = sales.post(order, before, after, now=after.updated_at)
    correlation_id = telemetry.correlation_id()
    traced = replace(after, correlation_id=correlation_id)
    writes = [supplier_orders.replacing(traced, expected_version=before.version)]
    if posting is not None:
        writes.append(ledger.adding(replace(posting, correlation_id=correlation_id)))
    return writes
