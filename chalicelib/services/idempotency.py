"""Creating once: the same request under the same key is answered again, not done again.

The record of the answer is written in the transaction of the effect, so there is no moment between them.
What is stored holds no secret: those are derived anew for a replay.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import clock
from chalicelib.problems import Conflict, Unprocessable
from chalicelib.services.commits import Crowded, commit
from chalicelib.storage import idempotency as records
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write


@dataclass(frozen=True)
class Request:
    """A request under an idempotency key: `digest` of who, where and key; `request_hash` of what."""

    digest: str
    request_hash: str


@dataclass(frozen=True)
class Outcome:
    """What was answered; `replayed` where it had been done before."""

    answer: dict[str, Any]
    replayed: bool = False


def request(key: str | None, *, caller: str, route: str, body: Any) -> Request | None:
    """The request that `key` marks, None where the caller sent no key."""
    if key is None:
        return None
    return Request(_digest(f"{caller}\n{route}\n{key}"), request_hash(body))


def request_hash(body: Any) -> str:
    """Equal for bodies that say the same, whatever their spacing and order of fields."""
    return _digest(json.dumps(body, sort_keys=True, separators=(",", ":"), default=str))


def parts(key: str | None, body: Any) -> tuple[str, str]:
    """What an id is made of that stands for the request: its key, or its body where it has none."""
    return ("body", json.dumps(body, sort_keys=True)) if key is None else ("key", key)


def replay(answer: dict[str, Any], *, is_same: bool) -> Outcome:
    """The answer of the time it was done. Raises Unprocessable where the key stood for another body."""
    if not is_same:
        raise Unprocessable(
            "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used with another body. Use a new one."
        )
    return Outcome(answer, replayed=True)


def perform(marked: Request | None, work: Callable[[], tuple[dict[str, Any], Sequence[Write]]]) -> Outcome:
    """Do the work and commit its writes, or find the answer of the time it was done.

    `work` gives the answer to record and the writes. Raises Unprocessable where the key stands for another
    body, Conflict while the first request is still at it, and WriteRefused as `commit` does.
    """
    if marked is None:
        answer, writes = work()
        commit(*writes)
        return Outcome(answer)
    earlier = _earlier(marked)
    return earlier or _perform_marked(marked, work)


def _perform_marked(marked: Request, work: Callable[[], tuple[dict[str, Any], Sequence[Write]]]) -> Outcome:
    answer, writes = work()
    now = clock.now()
    recording = records.recording(
        records.Answered(marked.digest, marked.request_hash, answer),
        now=clock.timestamp(now),
        epoch_seconds=int(now.timestamp()),
    )
    try:
        commit(*writes, recording)
    except WriteRefused as refused:
        earlier = _earlier(marked) if recording.label in refused.labels else None
        if earlier is None:
            raise
        return earlier
    except Crowded as crowd:
        if recording.label not in crowd.labels:
            raise
        raise in_progress() from crowd
    return Outcome(answer)


def in_progress() -> Conflict:
    """Another request is at this moment writing what only one under the same key writes."""
    return Conflict(
        "IDEMPOTENCY_IN_PROGRESS",
        "The first request under this Idempotency-Key is still at work.",
        headers={"Retry-After": "1"},
    )


def _earlier(marked: Request) -> Outcome | None:
    answered = records.get(marked.digest)
    if answered is None:
        return None
    return replay(answered.answer, is_same=answered.request_hash == marked.request_hash)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
