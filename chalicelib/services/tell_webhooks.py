"""Facts are put into the rows of those webhooks that want to hear of them."""

from collections.abc import Iterator, Mapping, Sequence
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
    """What became true of the record `aggregate`. `sequence` sorts the facts about one record in the order in
    which they became true, and is the same however often the fact is told."""

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
    rows = {}
    for fact in facts:
        for webhook in _wanting(fact, of_owner):
            delivery = _delivery(fact, webhook)
            _add(delivery)
            rows[Row(delivery.webhook_id, delivery.aggregate)] = fact.correlation_id
    wake(rows)


def wake(rows: Mapping[Row, str]) -> None:
    """Have these rows worked on, each under its correlation id."""
    messages = [message_of(row, correlation_id=correlation) for row, correlation in rows.items()]
    if messages:
        queues.send_all(settings.required("WEBHOOK_QUEUE_URL"), messages)


def message_of(row: Row, *, correlation_id: str) -> dict[str, Any]:
    """Has the row worked on: ids only."""
    return {"webhook_id": row.webhook_id, "aggregate": row.aggregate, "correlation_id": correlation_id}


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
