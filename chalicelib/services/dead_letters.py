"""What failed for good: read by administrators, and sent back once its cause is mended.

A message of a work queue goes back to that queue. A record that the workflow or the stream handler gave up
on is touched in the table, so that it comes through stream and workflow again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.clients import queues
from chalicelib.clients.queues import Message
from chalicelib.services.commits import commit
from chalicelib.storage import keys, validations
from chalicelib.storage.errors import WriteRefused

MAX_MESSAGES = 100
"""Messages of one queue that one call looks at."""

_HIDDEN_SECONDS = 30
_WAIT_SECONDS = 1


@dataclass(frozen=True)
class _Queue:
    """Environment variables: of the dead letters' queue, and of the work queue they came from, if one."""

    dead_letters: str
    source: str | None = None


QUEUES: Mapping[str, _Queue] = {
    "review-dead-letters": _Queue("REVIEW_DEAD_LETTERS_URL", "REVIEW_QUEUE_URL"),
    "dispatch-dead-letters": _Queue("DISPATCH_DEAD_LETTERS_URL", "DISPATCH_QUEUE_URL"),
    "reallocation-dead-letters": _Queue("REALLOCATION_DEAD_LETTERS_URL", "REALLOCATION_QUEUE_URL"),
    "webhook-dead-letters": _Queue("WEBHOOK_DEAD_LETTERS_URL", "WEBHOOK_QUEUE_URL"),
    "import-dead-letters": _Queue("IMPORT_DEAD_LETTERS_URL", "IMPORT_QUEUE_URL"),
    "reversal-dead-letters": _Queue("REVERSAL_DEAD_LETTERS_URL", "REVERSAL_QUEUE_URL"),
    "inventory-dead-letters": _Queue("INVENTORY_DEAD_LETTERS_URL", "INVENTORY_QUEUE_URL"),
    "accounting-dead-letters": _Queue("ACCOUNTING_DEAD_LETTERS_URL", "ACCOUNTING_QUEUE_URL"),
    "validation-dead-letters": _Queue("VALIDATION_DEAD_LETTERS_URL"),
    "stream-dead-letters": _Queue("STREAM_DEAD_LETTERS_URL"),
}


def page(*, limit: int) -> dict[str, Any]:
    """The oldest dead letters of every queue, at most `limit`. They stay where they are."""
    with ThreadPoolExecutor(len(QUEUES)) as pool:
        # Each wait of a queue that seems empty takes its second; together they take one.
        found = [pool.submit(copy_context().run, _look, name, limit) for name in QUEUES]
        letters = [letter for each in found for letter in each.result()]
    letters.sort(key=lambda letter: str(letter["received_at"]))
    return {"items": letters[:limit], "next_cursor": None}


def redrive(queue: str, *, message_ids: Sequence[str] | None) -> dict[str, int]:
    """Send the named messages back, or all (at most MAX_MESSAGES a call), and say how many went.

    A message that names nothing that could be sent back stays: it is for a person to read.
    """
    url = settings.required(QUEUES[queue].dead_letters)
    messages = queues.receive(
        url, limit=MAX_MESSAGES, visibility_seconds=_HIDDEN_SECONDS, wait_seconds=_WAIT_SECONDS
    )
    wanted = [each for each in messages if message_ids is None or each.message_id in message_ids]
    send_back = _sender(queue)
    redriven = []
    try:
        for message in wanted:
            if send_back(message):
                queues.delete(url, message)
                redriven.append(message)
    finally:
        queues.give_back(url, [each for each in messages if each not in redriven])
    telemetry.log("DEAD_LETTERS_REDRIVEN", queue=queue, count=len(redriven))
    return {"redriven": len(redriven)}


def _look(queue: str, limit: int) -> list[dict[str, Any]]:
    url = settings.required(QUEUES[queue].dead_letters)
    messages = queues.receive(
        url, limit=limit, visibility_seconds=_HIDDEN_SECONDS, wait_seconds=_WAIT_SECONDS
    )
    queues.give_back(url, messages)
    return [_shown(queue, message) for message in messages]


def _shown(queue: str, message: Message) -> dict[str, Any]:
    payload = _payload(message)
    reason = payload.get("error") if isinstance(payload, Mapping) else None
    return {
        "queue": queue,
        "message_id": message.message_id,
        "received_at": clock.timestamp(datetime.fromtimestamp(message.sent_at / 1000, UTC)),
        "reason": reason or "RECEIVED_TOO_OFTEN",
        "payload": payload,
    }


def _payload(message: Message) -> Any:
    try:
        return json.loads(message.body)
    except ValueError:
        return message.body


def _sender(queue: str) -> Callable[[Message], bool]:
    """What sends a dead letter of that queue back, and says whether it could."""
    source = QUEUES[queue].source
    if source is None:
        return _touch_records
    url = settings.required(source)

    def send(message: Message) -> bool:
        queues.send(url, message.body)
        return True

    return send


def _touch_records(message: Message) -> bool:
    """Touch every record that the message names. One that is gone meanwhile needs nothing."""
    payload = _payload(message)
    records = payload.get("records") if isinstance(payload, Mapping) else None
    named = [_key(record) for record in records] if isinstance(records, list) else []
    for key in named:
        if key is not None:
            _touch(key)
    return any(named)


def _key(record: Any) -> keys.Key | None:
    if not isinstance(record, Mapping):
        return None
    pk, sk = record.get("pk"), record.get("sk")
    return keys.Key(pk, sk) if isinstance(pk, str) and isinstance(sk, str) else None


def _touch(key: keys.Key) -> None:
    try:
        commit(validations.touching(key, now=clock.timestamp()))
    except WriteRefused:
        telemetry.log("DEAD_LETTER_RECORD_GONE")
