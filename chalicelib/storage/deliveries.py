"""What webhooks are told: a row of deliveries for each record that there are facts about, and a place in it.

The place says up to where the row is done, and who works on it now: one worker at a time, so that the
receiver hears of a record in order. It only spares reading: what is still to be told is PENDING, wherever it
stands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib import clock
from chalicelib.domain.webhooks import STATUSES, Delivery
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.errors import BadCursor
from chalicelib.storage.items import Item, JSONText
from chalicelib.storage.transaction import Write

KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Row:
    """The deliveries of one webhook about one record."""

    webhook_id: str
    aggregate: str


class DeliveryItem(Item, discriminator="DELIVERY"):
    webhook_id = UnicodeAttribute()
    aggregate = UnicodeAttribute()
    sequence = UnicodeAttribute()
    event_id = UnicodeAttribute()
    message = JSONText()
    status = UnicodeAttribute()
    tries = NumberAttribute(default=0)
    next_try_at = UnicodeAttribute(null=True)
    last_outcome = UnicodeAttribute(null=True)


class DeliveryPlaceItem(Item, discriminator="DELIVERY_PLACE"):
    done = UnicodeAttribute(default="")
    worker = UnicodeAttribute(null=True)
    worker_until = UnicodeAttribute(null=True)


def get(row: Row, sequence: str) -> Delivery | None:
    item = reads.get_one(keys.delivery(row.webhook_id, row.aggregate, sequence))
    return _from_item(item) if isinstance(item, DeliveryItem) else None


def waiting(row: Row, *, after: str, limit: int) -> list[Delivery]:
    """The next of the row behind `after`, in order, delivered ones too; as last written."""
    first = keys.delivery(row.webhook_id, row.aggregate, after)
    last = keys.delivery(row.webhook_id, row.aggregate, "~")
    found = DeliveryItem.query(
        first.pk, DeliveryItem.sk.between(f"{first.sk}!", last.sk), limit=limit, consistent_read=True
    )
    return [_from_item(item) for item in found]


def page(webhook_id: str, *, status: str | None, limit: int, cursor: str | None) -> pages.Page[Delivery]:
    """A webhook's deliveries, newest first, those of `status` alone where it is given. Raises BadCursor."""
    if status is not None:
        partition = keys.deliveries_of(webhook_id, status)
        return reads.page_by_status(partition, _from_item, limit=limit, cursor=cursor, newest_first=True)
    # A delivery keeps its place in time whatever becomes of it meanwhile, so none is missed or comes twice.
    behind = None if cursor is None else Item.status_sort < _place(webhook_id, cursor)
    found = _of_any_status(webhook_id, behind, limit=limit + 1, newest_first=True)
    shown = found[:limit]
    more = pages.packed([webhook_id, shown[-1].status_sort]) if len(found) > limit else None
    return pages.Page(tuple(map(_from_item, shown)), more)


def since(webhook_id: str, moment: str, *, limit: int) -> list[Delivery]:
    """Deliveries that were asked for at `moment` or later, oldest first."""
    return [_from_item(item) for item in _of_any_status(webhook_id, Item.status_sort >= moment, limit=limit)]


def adding(delivery: Delivery, *, now: datetime) -> Write:
    """Label `delivery`; refused where it is there already."""
    return Write("delivery", _to_item(delivery, now), DeliveryItem.pk.does_not_exist())


def replacing(delivery: Delivery, *, now: datetime) -> Write:
    """Label `delivery`. Only who works on the row writes it so, or has it made again."""
    return Write("delivery", _to_item(delivery, now), DeliveryItem.pk.exists())


def taking(row: Row, *, worker: str, now: datetime, until: str) -> Write:
    """Be the one who works on the row. Label `place`; refused while another does."""
    item = DeliveryPlaceItem(*keys.delivery_place(row.webhook_id, row.aggregate))
    free = DeliveryPlaceItem.worker_until.does_not_exist() | (
        DeliveryPlaceItem.worker_until <= clock.timestamp(now)
    )
    actions = [
        DeliveryPlaceItem.worker.set(worker),
        DeliveryPlaceItem.worker_until.set(until),
        DeliveryPlaceItem.kind.set(DeliveryPlaceItem),
        DeliveryPlaceItem.expires_at.set(int((now + KEPT).timestamp())),
    ]
    return Write("place", item, free, actions)


def leaving(row: Row, *, worker: str) -> Write:
    """Let others work on the row. Label `place`."""
    return Write(
        "place",
        DeliveryPlaceItem(*keys.delivery_place(row.webhook_id, row.aggregate)),
        DeliveryPlaceItem.worker == worker,
        [DeliveryPlaceItem.worker.remove(), DeliveryPlaceItem.worker_until.remove()],
    )


def moving(row: Row, done: str, *, worker: str, until: str) -> Write:
    """The row is done up to `done`, and its worker goes on. Label `place`; refused where it is another's."""
    return Write(
        "place",
        DeliveryPlaceItem(*keys.delivery_place(row.webhook_id, row.aggregate)),
        DeliveryPlaceItem.worker == worker,
        [DeliveryPlaceItem.done.set(done), DeliveryPlaceItem.worker_until.set(until)],
    )


def done_up_to(row: Row) -> str:
    """The sequence up to which the row is done, "" where it is at its beginning."""
    item = reads.get_one(keys.delivery_place(row.webhook_id, row.aggregate))
    return item.done if isinstance(item, DeliveryPlaceItem) else ""


def _of_any_status(
    webhook_id: str, condition: Condition | None, *, limit: int, newest_first: bool = False
) -> list[DeliveryItem]:
    """The first deliveries in order of time. One that is just moving may stand in two of the index's
    partitions."""
    found = {}
    for status in STATUSES:
        partition = keys.deliveries_of(webhook_id, status)
        for item in Item.by_status.query(
            partition, condition, limit=limit, scan_index_forward=not newest_first
        ):
            if isinstance(item, DeliveryItem):
                found[item.pk, item.sk] = item
    return sorted(found.values(), key=lambda item: str(item.status_sort), reverse=newest_first)[:limit]


def _place(webhook_id: str, cursor: str) -> str:
    """Where in time the cursor of a webhook's list stands. Raises BadCursor."""
    match pages.unpacked(cursor):
        case [owner, str() as place] if owner == webhook_id and place.isascii() and 0 < len(place) < 100:
            return place
    raise BadCursor


def _to_item(delivery: Delivery, now: datetime) -> DeliveryItem:
    return DeliveryItem(
        *keys.delivery(delivery.webhook_id, delivery.aggregate, delivery.sequence),
        webhook_id=delivery.webhook_id,
        aggregate=delivery.aggregate,
        sequence=delivery.sequence,
        event_id=delivery.event_id,
        message=delivery.message,
        status=delivery.status,
        tries=delivery.tries,
        next_try_at=delivery.next_try_at,
        last_outcome=delivery.last_outcome,
        status_partition=keys.deliveries_of(delivery.webhook_id, delivery.status),
        status_sort=f"{delivery.created_at}#{delivery.event_id}",
        expires_at=int((now + KEPT).timestamp()),
        correlation_id=delivery.correlation_id,
        created_at=delivery.created_at,
        updated_at=delivery.updated_at,
    )


def _from_item(item: DeliveryItem) -> Delivery:
    return Delivery(
        webhook_id=item.webhook_id,
        aggregate=item.aggregate,
        sequence=item.sequence,
        event_id=item.event_id,
        message=item.message,
        status=item.status,
        tries=int(item.tries),
        next_try_at=item.next_try_at,
        last_outcome=item.last_outcome,
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
