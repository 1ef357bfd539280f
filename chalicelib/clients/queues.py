"""SQS: send, receive, delete, give back. A message body is a JSON object unless it is text already."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.clients import aws

MAX_DELAY_SECONDS = 900
"""The longest that SQS holds a message back."""

_BATCH = 10


class NotSent(Exception):
    """SQS has taken some messages of a batch, and not all."""


@dataclass(frozen=True)
class Message:
    """A received message. `receipt` is what deletes it or gives it back; `sent_at` is epoch milliseconds."""

    message_id: str
    body: str
    receipt: str
    sent_at: int
    receive_count: int


def send(queue_url: str, body: Mapping[str, Any] | str, delay_seconds: int = 0) -> None:
    """Put one message on the queue, visible after `delay_seconds` (at most MAX_DELAY_SECONDS)."""
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
    delay = min(max(0, delay_seconds), MAX_DELAY_SECONDS)
    aws.client("sqs").send_message(QueueUrl=queue_url, MessageBody=text, DelaySeconds=delay)


def send_all(queue_url: str, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Put the messages on the queue, ten in a call. Raises NotSent where SQS has refused some of them; the
    others were sent."""
    refused = 0
    for start in range(0, len(bodies), _BATCH):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps(body, separators=(",", ":"))}
            for number, body in enumerate(bodies[start : start + _BATCH])
        ]
        answer = aws.client("sqs").send_message_batch(QueueUrl=queue_url, Entries=entries)
        refused += len(answer.get("Failed", []))
    if refused:
        raise NotSent(f"{refused} of {len(bodies)} messages")


def receive(
    queue_url: str, *, limit: int, visibility_seconds: int, wait_seconds: int = 0
) -> tuple[Message, ...]:
    """Up to `limit` messages, oldest first as far as SQS keeps order, hidden for `visibility_seconds`.

    Reads until a call brings nothing new; `wait_seconds` is spent once, on a queue that seems empty.
    """
    found: dict[str, Message] = {}
    while len(found) < limit:
        answer = aws.client("sqs").receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=min(_BATCH, limit - len(found)),
            VisibilityTimeout=visibility_seconds,
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        fresh = {raw["MessageId"]: _message(raw) for raw in answer.get("Messages", [])}
        if fresh.keys() <= found.keys():
            break
        found |= fresh
    return tuple(found.values())


def delete(queue_url: str, message: Message) -> None:
    """Take a received message off the queue for good."""
    aws.client("sqs").delete_message(QueueUrl=queue_url, ReceiptHandle=message.receipt)


def give_back(queue_url: str, messages: Iterable[Message]) -> None:
    """Make received messages visible again at once."""
    waiting = list(messages)
    for start in range(0, len(waiting), _BATCH):
        aws.client("sqs").change_message_visibility_batch(
            QueueUrl=queue_url, Entries=_entries(waiting[start : start + _BATCH])
        )


def _entries(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [
        {"Id": str(number), "ReceiptHandle": message.receipt, "VisibilityTimeout": 0}
        for number, message in enumerate(messages)
    ]


def _message(raw: Mapping[str, Any]) -> Message:
    attributes = raw.get("Attributes", {})
    return Message(
        message_id=raw["MessageId"],
        body=raw["Body"],
        receipt=raw["ReceiptHandle"],
        sent_at=int(attributes.get("SentTimestamp", 0)),
        receive_count=int(attributes.get("ApproximateReceiveCount", 1)),
    )
