"""Records of `POST`s that were answered under an idempotency key."""

from dataclasses import dataclass
from typing import Any

from chalicelib.storage import keys, reads
from chalicelib.storage.items import IdempotencyItem
from chalicelib.storage.transaction import Write

KEPT_SECONDS = 48 * 3600
"""The contract promises 24 hours; DynamoDB deletes late, never early."""


@dataclass(frozen=True)
class Answered:
    """`digest` stands for caller, route and key; `request_hash` for the body; `answer` says how to answer
    again, without any secret in it."""

    digest: str
    request_hash: str
    answer: dict[str, Any]


def get(digest: str) -> Answered | None:
    item = reads.get_one(keys.idempotency(digest))
    if not isinstance(item, IdempotencyItem):
        return None
    return Answered(digest, item.request_hash, item.answer)


def recording(answered: Answered, *, now: str, epoch_seconds: int) -> Write:
    """Take the key together with the effect. Label `idempotency`."""
    item = IdempotencyItem(
        *keys.idempotency(answered.digest),
        request_hash=answered.request_hash,
        answer=answered.answer,
        expires_at=epoch_seconds + KEPT_SECONDS,
        created_at=now,
        updated_at=now,
    )
    return Write("idempotency", item, IdempotencyItem.pk.does_not_exist())
