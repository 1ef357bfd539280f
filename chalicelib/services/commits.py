"""Committing where others write the same items at the same moment."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from chalicelib import settings
from chalicelib.problems import Conflict, TemporarilyUnavailable
from chalicelib.storage import transaction
from chalicelib.storage.errors import Contention, WriteRefused
from chalicelib.storage.transaction import Write

T = TypeVar("T")
Along = Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[Write]]
"""What a change of a record's content, before and after, wants written in its transaction."""

_READS = 3
"""Another may write between our reading and writing; more than this many times is no coincidence."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5


class Crowded(TemporarilyUnavailable):
    """Others kept writing the same items; `labels` name the writes that they were last in the way of."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__("CONTENTION", "Others are changing the same thing; nothing was done.", retry_after=1)
        self.labels = labels


def nothing_along(_before: Mapping[str, Any], _after: Mapping[str, Any]) -> Sequence[Write]:
    """The record alone."""
    return ()


def commit(*writes: Write) -> None:
    """Make all the writes or none; another transaction's moment at the same items is waited for, with full
    jitter, so that those who met do not meet again.

    Raises WriteRefused with the labels whose conditions failed, Crowded where the crowd has not cleared
    within `settings.contention_seconds`.
    """
    deadline, ceiling = time.monotonic() + settings.contention_seconds(), _FIRST_PAUSE
    while True:
        try:
            return transaction.commit(*writes)
        except Contention as contention:
            pause = random.uniform(0, ceiling)  # noqa: S311 - spreads retries, hides nothing
            if time.monotonic() + pause > deadline:
                raise Crowded(contention.labels) from contention
        time.sleep(pause)
        ceiling = min(2 * ceiling, _LONGEST_PAUSE)


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
