"""What a webhook was told, and telling it again."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, settings, telemetry
from chalicelib.clients import queues
from chalicelib.domain.webhooks import Delivery
from chalicelib.problems import FieldProblem, Unprocessable
from chalicelib.services import paging
from chalicelib.services.commits import commit
from chalicelib.services.tell_webhooks import wake
from chalicelib.storage import deliveries
from chalicelib.storage.deliveries import Row
from chalicelib.storage.errors import WriteRefused

MOST_REPLAYED = 500
"""In one request; ask again with a later `since` for what is behind them."""

_AT_ONCE = 50


def listed(webhook_id: str, *, status: str | None, limit: int, cursor: str | None) -> paging.Listing:
    """A webhook's deliveries, newest first, those of `status` alone where it is given."""
    return paging.listed(
        lambda: deliveries.page(webhook_id, status=status, limit=limit, cursor=cursor), shown
    )


def replay(webhook_id: str, *, since: str | None, delivery_ids: Sequence[str] | None) -> dict[str, Any]:
    """Have these deliveries made again, in their order, delivered ones too: `{"replayed", "next_since"}`, the
    latter where there may be more of them.

    Raises Unprocessable for ids that are not this webhook's.
    """
    if delivery_ids is not None:
        found = _named(webhook_id, delivery_ids)
    else:
        found = deliveries.since(webhook_id, since or "", limit=MOST_REPLAYED)
    for start in range(0, len(found), _AT_ONCE):
        _replay(found[start : start + _AT_ONCE])
    cut_off = delivery_ids is None and len(found) == MOST_REPLAYED
    return {"replayed": len(found), "next_since": found[-1].created_at if cut_off else None}


def have_waiting_woken(webhook_id: str, cursor: str | None = None, *, delay_seconds: int = 0) -> None:
    """Have everything worked on that waits for this webhook, by and by, or not before so many seconds."""
    message = {"webhook_id": webhook_id, "cursor": cursor, "correlation_id": telemetry.correlation_id()}
    queues.send(settings.required("WEBHOOK_QUEUE_URL"), message, delay_seconds)


def wake_waiting(message: Mapping[str, Any]) -> None:
    """Have a page of that worked on, and the next one woken. Doing it twice does no harm."""
    webhook_id = message["webhook_id"]
    page = deliveries.page(webhook_id, status="PENDING", limit=100, cursor=message["cursor"])
    wake(page.items)
    if page.next_cursor is not None:
        have_waiting_woken(webhook_id, page.next_cursor)


def shown(delivery: Delivery) -> dict[str, Any]:
    """The delivery as the webhook's owner reads it."""
    view = {
        "delivery_id": ids.delivery_id(delivery.webhook_id, delivery.aggregate, delivery.sequence),
        "webhook_id": delivery.webhook_id,
        "event_id": delivery.event_id,
        "message": dict(delivery.message),
        "status": delivery.status,
        "tries": delivery.tries,
        "next_try_at": delivery.next_try_at,
        "last_outcome": delivery.last_outcome,
        "version": delivery.tries + 1,
        "created_at": delivery.created_at,
        "updated_at": delivery.updated_at,
    }
    return {name: value for name, value in view.items() if value is not None}


def _named(webhook_id: str, delivery_ids: Iterable[str]) -> list[Delivery]:
    found, faults = [], []
    for place, delivery_id in enumerate(dict.fromkeys(delivery_ids)):
        at = ids.place_of_delivery(delivery_id)
        delivery = deliveries.get(Row(at[0], at[1]), at[2]) if at and at[0] == webhook_id else None
        if delivery is None:
            detail = "This webhook has no such delivery."
            faults.append(FieldProblem(f"/delivery_ids/{place}", "UNKNOWN_DELIVERY", detail))
        else:
            found.append(delivery)
    if faults:
        raise Unprocessable("INVALID_BODY", "Not all of these can be delivered again.", errors=faults)
    return found


def _replay(its: Sequence[Delivery]) -> None:
    now = clock.now()
    for each in its:
        anew = replace(each, status="PENDING", tries=0, next_try_at=None, updated_at=clock.timestamp(now))
        with contextlib.suppress(WriteRefused):  # its 30 days were over at this moment
            commit(deliveries.replacing(anew, now=now))
    wake(its)
