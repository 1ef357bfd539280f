"""Facts are put into the rows of those webhooks that want to hear of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import clock, settings
from chalicelib.clients import queues
from chalicelib.domain.announcement import Announcement
from chalicelib.domain.webhooks import Delivery, Webhook, owners_of
from chalicelib.services.commits import commit
from chalicelib.services.publish_events import event_id
from chalicelib.storage import deliveries, webhooks
from chalicelib.storage.deliveries import Row
from chalicelib.storage.errors import WriteRefused


@dataclass(frozen=True)
class Fact:
    """What became true of the `aggregate`, a record or an order with all of its records. `sequence` sorts the
    facts about it in the order in which they became true, and is the same however often one is told."""

    announcement: Announcement
    correlation_id: str
    aggregate: str
    sequence: str

    @property
    def owners(self) -> tuple[str, ...]:
        return owners_of(self.announcement.kind, self.announcement.data.get("supplier_id"))


def tell(facts: Sequence[Fact]) -> None:
    """Have the webhooks told that want to hear of these. Twice is once.

    One read where nobody has a webhook; else one more for each owner concerned that has any.
    """
    owners = {owner for fact in facts for owner in fact.owners}
    listening = webhooks.owners() & owners if owners else frozenset()
    if not listening:
        return
    of_owner = {owner: webhooks.of_owner(owner) for owner in listening}
    added: list[Delivery] = []
    try:
        for fact in facts:
            for webhook in _wanting(fact, of_owner):
                delivery = _delivery(fact, webhook)
                _add(delivery)
                added.append(delivery)
    finally:
        wake(added)


def wake(waiting: Iterable[Delivery]) -> None:
    """Have the rows of these worked on, from the first of each on."""
    first: dict[Row, Delivery] = {}
    for each in waiting:
        row = Row(each.webhook_id, each.aggregate)
        if row not in first or each.sequence < first[row].sequence:
            first[row] = each
    messages = [
        message_of(row, each.sequence, correlation_id=each.correlation_id) for row, each in first.items()
    ]
    if messages:
        queues.send_all(settings.required("WEBHOOK_QUEUE_URL"), messages)


def message_of(row: Row, sequence: str, *, correlation_id: str) -> dict[str, Any]:
    """Has the row worked on from `sequence` on, or from where it is done if that is before: ids only."""
    return {
        "webhook_id": row.webhook_id,
        "aggregate": row.aggregate,
        "sequence": sequence,
        "correlation_id": correlation_id,
    }


def _wanting(fact: Fact, of_owner: Mapping[str, Sequence[Webhook]]) -> Iterator[Webhook]:
    for owner in fact.owners:
        for webhook in of_owner.get(owner, ()):
            if webhook.wants(fact.announcement.kind):
                yield webhook


def _delivery(fact: Fact, webhook: Webhook) -> Delivery:
    told, now = fact.announcement, clock.timestamp()
    return Delivery(
        webhook_id=webhook.webhook_id,
        aggregate=fact.aggregate,
        sequence=fact.sequence,
        event_id=event_id(told),
        message={"type": told.kind, "timestamp": told.at, "data": told.data},
        correlation_id=fact.correlation_id,
        created_at=now,
        updated_at=now,
    )


def _add(delivery: Delivery) -> None:
    try:
        commit(deliveries.adding(delivery, now=clock.now()))
    except WriteRefused:
        return  # the stream has brought it before
