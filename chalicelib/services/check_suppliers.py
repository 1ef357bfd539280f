"""Suppliers that serve badly are looked at again and again: their figures get better with time alone, and one
that could not be reached is called to see whether it answers, though no order may be on its way to it.
"""

from chalicelib import clock, settings, telemetry
from chalicelib.clients import queues, trial_orders
from chalicelib.clients.trial_orders import Target
from chalicelib.domain.circuit import Held
from chalicelib.services import endpoint_calls, signing_secrets, supplier_records
from chalicelib.services.endpoint_calls import Call
from chalicelib.storage import endpoints, suppliers
from chalicelib.storage.keys import DUE_SHARDS

_PER_SHARD = 200


def call_for() -> int:
    """Send a message for every supplier that is to be looked at by now, and say for how many."""
    now = clock.timestamp()
    due = [
        supplier_id
        for shard in range(DUE_SHARDS)
        for supplier_id in endpoints.to_look_at(now, shard=shard, limit=_PER_SHARD)
    ]
    correlation_id = telemetry.correlation_id()
    messages = [{"check_supplier_id": each, "correlation_id": correlation_id} for each in due]
    queues.send_all(settings.required("DISPATCH_QUEUE_URL"), messages)
    telemetry.log("SUPPLIERS_TO_CHECK", suppliers=len(due))
    return len(due)


def check(supplier_id: str) -> None:
    """Judge the supplier anew. One that is open and is left alone since it failed is sent a test order, if
    its time has come: the next order may pass then.

    Twice at a time does no harm: one of them finds the place of the only call taken.
    """
    supplier = suppliers.get(supplier_id)
    endpoint, standing = endpoints.get(supplier_id)
    if supplier is None or standing.look_again_at is None:
        return
    order_api = supplier.profile["order_api"]
    url = str(order_api["url"])
    if supplier.status in supplier_records.CLOSED:
        endpoint_calls.look_no_more(standing)
    elif not supplier.is_open or endpoint.is_closed or endpoint.is_gone(url):
        endpoint_calls.judge(endpoint, standing, url=url)
    else:
        place = endpoint_calls.take(endpoint, standing, url=url)
        if not isinstance(place, Held):
            secret = signing_secrets.of(supplier)
            seen = trial_orders.place(Target(order_api, secret), trial_orders.new_order())
            endpoint_calls.conclude(Call(place, has_failed=seen.reason is not None))
