"""What must be true together is one transaction: repositories describe writes, `commit` makes them.

A single write goes as a plain conditional one, at half the price of a transaction of one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.storage.errors import Contention, WriteRefused
from chalicelib.storage.items import Item

_REFUSED = "ConditionalCheckFailed"
_CONTENDED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


@dataclass(frozen=True)
class Write:
    """One write with its condition. `label` is what a refusal is reported by; `reader` turns the item that
    stood in the way into the repository's value (only a transaction brings that back, where there is one).
    `removes` makes it a deletion."""

    label: str
    item: Model
    condition: Condition | None = None
    actions: Sequence[Action] = ()
    reader: Callable[[Any], object] | None = field(default=None, compare=False)
    removes: bool = False


def set_or_remove(attribute: Attribute[Any], value: object) -> list[Action]:
    """The action that makes the attribute hold `value`, or not be there for None."""
    return [attribute.remove() if value is None else attribute.set(value)]


def commit(*writes: Write) -> None:
    """Make all the writes or none; without any there is nothing to do.

    Raises WriteRefused with the labels whose conditions failed, or Contention when another transaction was
    at the same items. Any other failure of the table goes up as it is: the caller's delivery is retried.
    """
    if len(writes) == 1:
        _write_alone(writes[0])
    elif writes:
        _write_together(writes)


def _write_alone(write: Write) -> None:
    try:
        if write.removes:
            write.item.delete(condition=write.condition)
        elif write.actions:
            write.item.update(list(write.actions), condition=write.condition)
        else:
            write.item.save(condition=write.condition)
    except PynamoDBException as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise WriteRefused((write.label,)) from error
        if error.cause_response_code == "TransactionConflictException":
            raise Contention((write.label,)) from error
        raise


def _write_together(writes: Sequence[Write]) -> None:
    # The reasons come in the order in which PynamoDB sends the writes: deletions, puts, updates.
    ordered = sorted(writes, key=lambda write: (not write.removes, bool(write.actions)))
    try:
        with TransactWrite(connection=_connection()) as transaction:
            for write in ordered:
                _add(transaction, write)
    except TransactWriteError as error:
        if error.cause_response_code == "TransactionInProgressException":
            raise Contention from error
        if error.cause_response_code != "TransactionCanceledException":
            raise
        _raise_refusal(ordered, error)
        raise


def _add(transaction: TransactWrite, write: Write) -> None:
    returned = "ALL_OLD" if write.reader else None
    if write.removes:
        transaction.delete(write.item, condition=write.condition)
    elif write.actions:
        transaction.update(
            write.item, actions=list(write.actions), condition=write.condition, return_values=returned
        )
    else:
        transaction.save(write.item, condition=write.condition, return_values=returned)


def _connection() -> Any:
    return Item._get_connection().connection


def _raise_refusal(writes: Sequence[Write], error: TransactWriteError) -> None:
    """Raise what the cancellation reasons mean; return where they mean none of ours."""
    reasons = [
        (write, reason) for write, reason in zip(writes, error.cancellation_reasons, strict=True) if reason
    ]
    refused = [(write, reason) for write, reason in reasons if reason.code == _REFUSED]
    if refused:
        found = {
            write.label: write.reader(type(write.item).from_raw_data(reason.raw_item))
            for write, reason in refused
            if write.reader and reason.raw_item
        }
        raise WriteRefused(tuple(write.label for write, _ in refused), found) from error
    if contended := tuple(write.label for write, reason in reasons if reason.code in _CONTENDED):
        raise Contention(contended) from error
