"""Bringing facts to a webhook's receiver: those about one record in order, one failing holds back the next.

A message may come twice, late or early. Whoever works on a row has taken it for a while; what was sent and
not noted is sent again under the same id, which receivers drop. A receiver gets so many calls at a time, and
is left alone while it fails, so that one that hangs keeps no other waiting.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib import clock, ids, settings, telemetry
from chalicelib.clients import queues, webhook_receiver
from chalicelib.clients.secrets import master_secret
from chalicelib.clients.webhook_receiver import GONE, Told
from chalicelib.domain import credentials
from chalicelib.domain.circuit import Held
from chalicelib.domain.health import Served
from chalicelib.domain.webhooks import (
    LONGEST_FAILING,
    MOST_TRIES,
    Delivery,
    Webhook,
    pause_before,
    signing_generations,
)
from chalicelib.services import endpoint_calls
from chalicelib.services.commits import commit
from chalicelib.services.endpoint_calls import Place
from chalicelib.services.tell_webhooks import message_of
from chalicelib.storage import deliveries, endpoints, webhooks
from chalicelib.storage.deliveries import Row
from chalicelib.storage.errors import WriteRefused

_TAKEN_FOR = timedelta(seconds=45)
"""Longer than a worker goes on and its last call may take."""

_WORK_SECONDS = 20.0
_AT_ONCE = 20
_BUSY_PAUSE = 5
_LONGEST_WAIT = 60
"""Seconds at most until a place may be free; drawn anew each time, as many may wait."""


@dataclass
class _Work:
    """A worker's turn at a row, and whether the receiver has taken anything: None where nothing was sent."""

    webhook: Webhook
    row: Row
    worker: str
    place: Place
    taken: bool | None = None


def deliver(message: Mapping[str, Any]) -> None:
    """Bring the row that `message` names as far as it goes now; where something is left a delayed message
    goes on with it."""
    row, sequence = Row(message["webhook_id"], message["aggregate"]), message["sequence"]
    webhook = webhooks.get(row.webhook_id)
    if webhook is None or webhook.status != "ACTIVE":
        return
    worker, now = ids.new_id("wrk"), clock.now()
    taking = deliveries.taking(row, worker=worker, now=now, until=clock.timestamp(now + _TAKEN_FOR))
    try:
        place = endpoint_calls.take(*endpoints.get(row.webhook_id), taking, url=webhook.url)
    except WriteRefused:
        _go_on_later(row, sequence, _BUSY_PAUSE)
        return
    if isinstance(place, Held):
        _go_on_later(row, sequence, _until_free(place))
        return
    work = _Work(webhook, row, worker, place)
    try:
        _work(work, sequence)
        commit(deliveries.leaving(row, worker=worker))
    except WriteRefused:
        telemetry.log("WEBHOOK_ROW_TAKEN_OVER", webhook_id=row.webhook_id)
        _go_on_later(row, sequence, _BUSY_PAUSE)
    finally:
        failed = None if work.taken is None else not work.taken
        endpoint_calls.give_back(place, Served(failed=failed))


def secrets_of(webhook: Webhook) -> list[str]:
    """What messages to this webhook are signed under now, the newest first."""
    master, generations = master_secret(), signing_generations(webhook, clock.timestamp())
    return [credentials.signing_secret(master, webhook.webhook_id, each) for each in generations]


def body_of(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _work(work: _Work, sequence: str) -> None:
    end = time.monotonic() + _WORK_SECONDS
    done = deliveries.done_up_to(work.row)
    # What was replayed, or came late, stands before the place up to where the row is done.
    for delivery in _waiting(work.row, min(done, sequence[:-1])):
        if time.monotonic() > end:
            _go_on_later(work.row, delivery.sequence, 0)
            return
        if delivery.next_try_at and delivery.next_try_at > clock.timestamp():
            return  # the message that comes then is on its way
        told = _tell(work.webhook, delivery)
        work.taken = work.taken or told.delivered
        _disable_if_lost(work, told)
        done = max(done, delivery.sequence)
        if not _note(work, delivery, told, done):
            return


def _waiting(row: Row, done: str) -> Iterator[Delivery]:
    """What the row has to tell behind `done`, in order, and what is added to it meanwhile."""
    while found := deliveries.waiting(row, after=done, limit=_AT_ONCE):
        for delivery in found:
            if delivery.status == "PENDING":
                yield delivery
        done = found[-1].sequence


def _tell(webhook: Webhook, delivery: Delivery) -> Told:
    telemetry.bind(delivery.correlation_id)
    told = webhook_receiver.tell(
        webhook.url,
        secrets=secrets_of(webhook),
        message_id=delivery.event_id,
        body=body_of(delivery.message),
    )
    telemetry.log(
        "WEBHOOK_TOLD", webhook_id=webhook.webhook_id, event_id=delivery.event_id, outcome=told.outcome
    )
    return told


def _note(work: _Work, delivery: Delivery, told: Told, done: str) -> bool:
    """Keep how it went; false where the row goes no further for now. A failure sends a delayed message and
    then notes when it may be tried again, in this order, so that one is always on its way."""
    now = clock.now()
    noted = replace(
        delivery,
        tries=delivery.tries + 1,
        last_outcome=told.outcome,
        next_try_at=None,
        updated_at=clock.timestamp(now),
    )
    if not told.delivered and noted.tries < MOST_TRIES:
        drawn = random.random()  # noqa: S311 - jitter: receivers that come back are not flooded
        pause = pause_before(noted.tries, drawn=drawn, retry_after=told.retry_after)
        _go_on_later(work.row, delivery.sequence, pause)
        due = clock.timestamp(now + timedelta(seconds=pause - 1))
        commit(deliveries.replacing(replace(noted, next_try_at=due), now=now))
        return False
    ended = replace(noted, status="DELIVERED" if told.delivered else "DEAD")
    until = clock.timestamp(now + _TAKEN_FOR)
    commit(
        deliveries.replacing(ended, now=now),
        deliveries.moving(work.row, done, worker=work.worker, until=until),
    )
    return True


def _disable_if_lost(work: _Work, told: Told) -> None:
    """Call no more who is gone, or has failed for days: what waits for it waits until its owner mends it."""
    since = work.place.endpoint.failing_since
    if told.outcome == GONE:
        _disable(work.webhook, "GONE")
    elif not work.taken and since is not None and clock.now() - since >= LONGEST_FAILING:
        _disable(work.webhook, "FAILING")


def _disable(webhook: Webhook, because: str) -> None:
    lost = replace(webhook, status="DISABLED", disabled_because=because, updated_at=clock.timestamp())
    try:
        commit(webhooks.replacing(lost, expected_version=webhook.version))
    except WriteRefused:
        return  # its owner has changed it meanwhile: the next answer tells
    telemetry.log("WEBHOOK_DISABLED", webhook_id=webhook.webhook_id, because=because)


def _until_free(held: Held) -> int:
    """Seconds until a place may be free; spread, so that not all who wait come at once."""
    left = 0 if held.until is None else max(0, round((held.until - clock.now()).total_seconds()))
    return left + random.randint(1, _LONGEST_WAIT)  # noqa: S311 - spreads messages, hides nothing


def _go_on_later(row: Row, sequence: str, seconds: int) -> None:
    message = message_of(row, sequence, correlation_id=telemetry.correlation_id())
    queues.send(settings.required("WEBHOOK_QUEUE_URL"), message, delay_seconds=seconds)
