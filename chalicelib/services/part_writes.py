"""Writing a supplier order together with what that moves in the ledger."""

from dataclasses import replace

from chalicelib import telemetry
from chalicelib.domain import sales
from chalicelib.domain.order import Order, SupplierOrder
from chalicelib.services import penalties
from chalicelib.storage import ledger, supplier_orders
from chalicelib.storage.transaction import Write


def replacing(order: Order, before: SupplierOrder, after: SupplierOrder) -> list[Write]:
    """What makes `before`, as it was read, `after`, traced to the request at work. The posting names the
    version that is written, so it is made once, by whoever writes that version; so is what the supplier pays
    for what the write says that it did not do. Labels `supplier_order`, `posting`."""
    after, sold = sales.post(order, before, after, now=after.updated_at)
    correlation_id = telemetry.correlation_id()
    traced = replace(after, correlation_id=correlation_id)
    postings = [*([sold] if sold else []), *penalties.postings(order, before, after)]
    return [
        supplier_orders.replacing(traced, expected_version=before.version),
        *(ledger.adding(replace(each, correlation_id=correlation_id)) for each in postings),
    ]
