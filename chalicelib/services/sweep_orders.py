"""Time acts on orders: what is due and was not done by itself is done now.

Everything here may run twice at a time and stop anywhere: it only sends messages, or makes conditional
writes that the next run finds done.
"""

import logging
from datetime import timedelta

from chalicelib import clock, settings, telemetry
from chalicelib.clients import queues
from chalicelib.services import move_on, order_messages, payments
from chalicelib.storage import supplier_orders
from chalicelib.storage.keys import DUE_SHARDS

_OWN_MESSAGE = timedelta(minutes=1)
"""An attempt has a message of its own that comes when its time is over; later than this it was lost."""

_PER_SHARD = 500


def sweep() -> None:
    """Go on with everything on which time has to act. Where a part of it fails, so does the whole, but not
    before the other parts were done."""
    failures = []
    for part in (payments.sweep, _sweep_answers, move_on.move_orders, move_on.move_returns):
        try:
            part()
        except Exception as error:  # noqa: BLE001 - whatever it is, the other parts do not wait for it
            telemetry.log("SWEEP_FAILED", level=logging.ERROR, part=part.__name__, error=type(error).__name__)
            failures.append(error)
    if failures:
        raise failures[0]


def _sweep_answers() -> None:
    """Have the attempts dispatched again whose time to be answered is over."""
    until = clock.timestamp(clock.now() - _OWN_MESSAGE)
    due = supplier_orders.unsettled_due(until, limit=_PER_SHARD)
    for shard in range(DUE_SHARDS):
        due += supplier_orders.answers_due(until, shard=shard, limit=_PER_SHARD)
    found = supplier_orders.get_many(due)
    late = [part for part in found if part.attempt.status == "SENT" and part.accept_by <= until]
    queues.send_all(
        settings.required("DISPATCH_QUEUE_URL"), [order_messages.to_dispatch(part) for part in late]
    )
    telemetry.log("ANSWERS_SWEPT", late=len(late))
