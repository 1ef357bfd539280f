"""What follows from a change of the table."""

import os
from typing import Any

from chalice import Blueprint

from chalicelib import telemetry

bp = Blueprint(__name__)

_STREAM = os.environ.get("STREAM_ARN", "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/none")


@bp.on_dynamodb_record(stream_arn=_STREAM, starting_position="TRIM_HORIZON", name="on_change")
def on_change(event: Any) -> None:
    """Records may come twice and in batches of any size; what they cause is the same each time."""
    for record in event:
        telemetry.log("RECORD_CHANGED", change=record.event_name)
