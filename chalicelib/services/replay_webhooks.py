"""What a webhook was told, and telling it again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids
from chalicelib.domain.webhooks import Delivery
from chalicelib.problems import Conflict, FieldProblem, Unprocessable
from chalicelib.services import paging
from chalicelib.services.commits import commit
from chalicelib.services.tell_webhooks import wake
from chalicelib.storage import deliveries
from chalicelib.storage.deliveries import Row
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

MOST_REPLAYED = 500
"""In one request; ask again with a later `since` for what is behind them."""

_IN_ONE_TRANSACTION = 90


def listed(webhook_id: str, *, status: str | None, limit: int, cursor: str | None) -> paging.Listing:
    """A webhook's deliveries, newest first, those of `status` alone where it is given."""
    return paging.listed(
        lambda: deliveries.page(webhook_id, status=status, limit=limit, cursor=cursor), shown
    )


def replay(webhook_id: str, *, since: str | None, delivery_ids: Sequence[str] | None) -> dict[str, Any]:
    """Have these deliveries made again, in their order, delivered ones too: `{"replayed": n}`.

    Raises Unprocessable for ids that are not this webhook's, Conflict CHANGED_MEANWHILE while one of the rows
    is being worked on; what was replayed by then is replayed.
    """
    if delivery_ids is not None:
        found = _named(webhook_id, delivery_ids)
    else:
        found = deliveries.since(webhook_id, since or "", limit=MOST_REPLAYED)
    rows = deliveries.rows_of(found)
    for row, its in rows.items():
        _replay(row, its)
    wake({row: its[0].correlation_id for row, its in rows.items()})
    return {"replayed": len(found)}


def wake_waiting(webhook_id: str) -> None:
    """Have everything worked on that waits for this webhook."""
    cursor: str | None = None
    while True:
        page = deliveries.page(webhook_id, status="PENDING", limit=100, cursor=cursor)
        wake({row: its[0].correlation_id for row, its in deliveries.rows_of(page.items).items()})
        cursor = page.next_cursor
        if cursor is None:
            return


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


def _replay(row: Row, its: Sequence[Delivery]) -> None:
    now = clock.now()
    stamp = clock.timestamp(now)
    anew: list[Write] = [
        deliveries.replacing(
            replace(each, status="PENDING", tries=0, next_try_at=None, updated_at=stamp), now=now
        )
        for each in its
    ]
    # Everything that sorts behind this is worked on again; what is delivered there is passed over.
    before_first = min(each.sequence for each in its)[:-1]
    try:
        for start in range(0, len(anew), _IN_ONE_TRANSACTION):
            back = _going_back(row, before_first, stamp)
            commit(*anew[start : start + _IN_ONE_TRANSACTION], *back)
    except WriteRefused as error:
        raise Conflict(
            "CHANGED_MEANWHILE", "It is being told something now. Try again in a minute."
        ) from error


def _going_back(row: Row, before_first: str, now: str) -> list[Write]:
    if deliveries.done_up_to(row) <= before_first:
        return []
    return [deliveries.going_back(row, before_first, now=now)]
