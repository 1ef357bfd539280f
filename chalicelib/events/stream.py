"""What follows from a change of the table."""

import os
from typing import Any

from chalice import Blueprint

from chalicelib.services import react_to_changes

bp = Blueprint(__name__)

_STREAM = os.environ.get("STREAM_ARN", "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/none")


@bp.on_dynamodb_record(stream_arn=_STREAM, batch_size=100, starting_position="TRIM_HORIZON", name="on_change")
def on_change(event: Any) -> None:
    """Records may come twice and in batches of any size; what they cause is the same each time. A poison
    record goes to the dead letters of the stream and stops nothing behind it."""
    react_to_changes.react(event.to_dict()["Records"])
