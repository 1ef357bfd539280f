"""What follows from a message of the review and dispatch queues."""

import os
from typing import Any

from chalice import Blueprint

from chalicelib import telemetry

bp = Blueprint(__name__)

_NOWHERE = "arn:aws:sqs:us-east-1:000000000000:none"


@bp.on_sqs_message(queue_arn=os.environ.get("REVIEW_QUEUE_ARN", _NOWHERE), batch_size=1, name="on_review")
def on_review(event: Any) -> None:
    """Take one message; it may come twice."""
    for _ in event:
        telemetry.log("REVIEW_MESSAGE")


@bp.on_sqs_message(queue_arn=os.environ.get("DISPATCH_QUEUE_ARN", _NOWHERE), batch_size=1, name="on_dispatch")
def on_dispatch(event: Any) -> None:
    """Take one message; it may come twice."""
    for _ in event:
        telemetry.log("DISPATCH_MESSAGE")
