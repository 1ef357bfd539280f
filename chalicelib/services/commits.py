"""Committing where others write the same items at the same moment."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.problems import TemporarilyUnavailable
from chalicelib.storage import transaction
from chalicelib.storage.errors import Contention
from chalicelib.storage.transaction import Write

Along = Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[Write]]
"""What a change of a record's content, before and after, wants written in its transaction."""

_PAUSES = (0.01, 0.03, 0.09, 0.27)


def nothing_along(_before: Mapping[str, Any], _after: Mapping[str, Any]) -> Sequence[Write]:
    """The record alone."""
    return ()


def commit(*writes: Write) -> None:
    """Make all the writes or none; another transaction's moment at the same items is waited for.

    Raises WriteRefused with the labels whose conditions failed, TemporarilyUnavailable where the crowd
    does not clear.
    """
    for pause in _PAUSES:
        try:
            return transaction.commit(*writes)
        except Contention:
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries, hides nothing
    raise TemporarilyUnavailable(
        "CONTENTION", "Others are changing the same thing; nothing was done.", retry_after=1
    )
