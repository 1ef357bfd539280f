"""What follows from a message of a queue."""

import json
import os
from typing import Any

from chalice import Blueprint

from chalicelib import telemetry

bp = Blueprint(__name__)

_NOWHERE = "arn:aws:sqs:us-east-1:000000000000:none"


@bp.on_sqs_message(queue_arn=os.environ.get("REVIEW_QUEUE_ARN", _NOWHERE), batch_size=1, name="on_review")
def on_review(event: Any) -> None:
    """Announce a case that waits for a person. A message may come twice; one that fails comes again."""
    from chalicelib.services import (
        notify_review,
    )  # here, so that neither function loads the other's libraries

    for record in event:
        message = _opened(record)
        notify_review.notify(message["review_id"])


@bp.on_sqs_message(queue_arn=os.environ.get("DISPATCH_QUEUE_ARN", _NOWHERE), batch_size=1, name="on_dispatch")
def on_dispatch(event: Any) -> None:
    """Bring a supplier order to its supplier, tell it what it is not to ship, or look again at one that
    serves badly. A message may come twice; one that fails comes again."""
    from chalicelib.services import check_suppliers, dispatch, order_messages, tell_supplier

    for record in event:
        message = _opened(record)
        if "check_supplier_id" in message:
            check_suppliers.check(message["check_supplier_id"])
        elif message.get("kind") == order_messages.NOTICE:
            tell_supplier.tell(message)
        else:
            dispatch.dispatch(message)


@bp.on_sqs_message(
    queue_arn=os.environ.get("REALLOCATION_QUEUE_ARN", _NOWHERE), batch_size=1, name="on_reallocation"
)
def on_reallocation(event: Any) -> None:
    """Look for another supplier for what one has not taken of an order. A message may come twice; one that
    fails comes again."""
    from chalicelib.services import reallocate_order

    for record in event:
        reallocate_order.reallocate(_opened(record)["order_id"])


@bp.on_sqs_message(
    queue_arn=os.environ.get("IMPORT_QUEUE_ARN", _NOWHERE),
    batch_size=1,
    maximum_concurrency=20,  # a rush of feeds leaves workers to everybody else
    name="on_import",
)
def on_import(event: Any) -> None:
    """Work on a feed. A message may come twice; one that fails comes again and goes on where the last one
    stopped. The bucket tells of uploads here, too."""
    from chalicelib.services import run_import

    for record in event:
        run_import.receive(_opened(record))


@bp.on_sqs_message(queue_arn=os.environ.get("REVERSAL_QUEUE_ARN", _NOWHERE), batch_size=1, name="on_reversal")
def on_reversal(event: Any) -> None:
    """Do a step of undoing one rule's corrections. A message may come twice; one that fails comes again."""
    from chalicelib.services import reverse_rule

    for record in event:
        message = _opened(record)
        reverse_rule.work(message["reversal_id"])


@bp.on_sqs_message(
    queue_arn=os.environ.get("INVENTORY_QUEUE_ARN", _NOWHERE), batch_size=1, name="on_inventory"
)
def on_inventory(event: Any) -> None:
    """Ask a supplier for its stock. A message may come twice or late; one that fails comes again."""
    from chalicelib.services import poll_inventory

    for record in event:
        poll_inventory.poll(_opened(record))


@bp.on_sqs_message(
    queue_arn=os.environ.get("ACCOUNTING_QUEUE_ARN", _NOWHERE), batch_size=1, name="on_accounting"
)
def on_accounting(event: Any) -> None:
    """Go on with closing a period, or with holding the books against the orders. A message may come twice or
    early; one that fails comes again."""
    from chalicelib.services import close_period, reconcile

    for record in event:
        message = _opened(record)
        if "reconciliation_id" in message:
            reconcile.work(message)
        else:
            close_period.work(message)


@bp.on_sqs_message(
    queue_arn=os.environ.get("WEBHOOK_QUEUE_ARN", _NOWHERE),
    batch_size=1,
    maximum_concurrency=20,  # receivers that hang leave workers to everybody else
    name="on_webhook",
)
def on_webhook(event: Any) -> None:
    """Tell a webhook what has become true of a record, or have everything looked for that waits for it. A
    message may come twice; one that fails comes again."""
    from chalicelib.services import deliver_webhooks, replay_webhooks

    for record in event:
        message = _opened(record)
        if "aggregate" in message:
            deliver_webhooks.deliver(message)
        else:
            replay_webhooks.wake_waiting(message)


def _opened(record: Any) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(record.body)
    telemetry.bind(message.get("correlation_id", ""))
    return message
