"""Committing where others write the same items at the same moment."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from chalicelib.problems import Conflict, TemporarilyUnavailable
from chalicelib.storage import transaction
from chalicelib.storage.errors import Contention, WriteRefused
from chalicelib.storage.transaction import Write

T = TypeVar("T")
Along = Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[Write]]
"""What a change of a record's content, before and after, wants written in its transaction."""

_READS = 3
"""Another may write between our reading and writing; more than this many times is no coincidence."""
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


def read_and_commit(work: Callable[[], T]) -> T:
    """What `work` gives, which reads, decides and commits; it begins anew where others wrote meanwhile.

    Raises Conflict CHANGED_MEANWHILE where they keep writing.
    """
    for _ in range(_READS):
        try:
            return work()
        except WriteRefused:
            continue
    raise Conflict("CHANGED_MEANWHILE", "The order is changing at this moment. Send the request again.")
