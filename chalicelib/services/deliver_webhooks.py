"""Bringing facts to a webhook's receiver: those about one record in order, one failing holds back the next.

A message may come twice, late or early. Whoever works on a row has taken it for a while; what was sent and
not noted is sent again under the same id, which receivers drop.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib import clock, ids, settings, telemetry
from chalicelib.clients import queues, webhook_receiver
from chalicelib.clients.secrets import master_secret
from chalicelib.clients.webhook_receiver import GONE, Told
from chalicelib.domain import credentials
from chalicelib.domain.webhooks import MOST_TRIES, Delivery, Webhook, pause_before, signing_generations
from chalicelib.services.commits import commit
from chalicelib.services.tell_webhooks import message_of
from chalicelib.storage import deliveries, webhooks
from chalicelib.storage.deliveries import Row
from chalicelib.storage.errors import WriteRefused

_TAKEN_FOR = timedelta(seconds=45)
"""Longer than a worker goes on and its last call may take."""

_WORK_SECONDS = 20.0
_AT_ONCE = 20
_BUSY_PAUSE = 5


def deliver(message: Mapping[str, Any]) -> None:
    """Bring the row that `message` names as far as it goes now; where something is left a delayed message
    goes on with it."""
    row = Row(message["webhook_id"], message["aggregate"])
    webhook = webhooks.get(row.webhook_id)
    if webhook is None or webhook.status != "ACTIVE":
        return
    worker = ids.new_id("wrk")
    now = clock.now()
    try:
        commit(
            deliveries.taking(
                row, worker=worker, now=clock.timestamp(now), until=clock.timestamp(now + _TAKEN_FOR)
            )
        )
    except WriteRefused:
        _go_on_later(row, _BUSY_PAUSE)
        return
    try:
        _work(webhook, row, worker)
        commit(deliveries.leaving(row, worker=worker))
    except WriteRefused:
        telemetry.log("WEBHOOK_ROW_TAKEN_OVER", webhook_id=row.webhook_id)
        _go_on_later(row, _BUSY_PAUSE)


def secrets_of(webhook: Webhook) -> list[str]:
    """What messages to this webhook are signed under now, the newest first."""
    master, generations = master_secret(), signing_generations(webhook, clock.timestamp())
    return [credentials.signing_secret(master, webhook.webhook_id, each) for each in generations]


def body_of(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _work(webhook: Webhook, row: Row, worker: str) -> None:
    end = time.monotonic() + _WORK_SECONDS
    for delivery in _waiting(row):
        if time.monotonic() > end:
            _go_on_later(row, 0)
            return
        if delivery.next_try_at and delivery.next_try_at > clock.timestamp():
            return  # the message that comes then is on its way
        told = _tell(webhook, delivery)
        if told.outcome == GONE:
            _disable(webhook)
        if not _note(row, delivery, told, worker):
            return


def _waiting(row: Row) -> Iterator[Delivery]:
    """What the row has to tell, in order, and what is added to it meanwhile."""
    done = deliveries.done_up_to(row)
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


def _note(row: Row, delivery: Delivery, told: Told, worker: str) -> bool:
    """Keep how it went; say whether the row goes on. The message that tries again is sent before its time is
    noted, so that one is always on its way."""
    now = clock.now()
    noted = replace(
        delivery,
        tries=delivery.tries + 1,
        last_outcome=told.outcome,
        next_try_at=None,
        updated_at=clock.timestamp(now),
    )
    if not told.delivered and told.outcome != GONE and noted.tries < MOST_TRIES:
        drawn = random.random()  # noqa: S311 - jitter: receivers that come back are not flooded
        pause = pause_before(noted.tries, drawn=drawn, retry_after=told.retry_after)
        _go_on_later(row, pause)
        due = clock.timestamp(now + timedelta(seconds=pause - 1))
        commit(deliveries.replacing(replace(noted, next_try_at=due), now=now))
        return False
    if told.outcome == GONE:
        commit(deliveries.replacing(noted, now=now))
        return False
    ended = replace(noted, status="DELIVERED" if told.delivered else "DEAD")
    until = clock.timestamp(now + _TAKEN_FOR)
    commit(
        deliveries.replacing(ended, now=now),
        deliveries.moving(row, delivery.sequence, worker=worker, until=until),
    )
    return True


def _disable(webhook: Webhook) -> None:
    gone = replace(webhook, status="DISABLED", disabled_because="GONE", updated_at=clock.timestamp())
    try:
        commit(webhooks.replacing(gone, expected_version=webhook.version))
    except WriteRefused:
        return  # its owner has changed it meanwhile: the next answer tells
    telemetry.log("WEBHOOK_DISABLED", webhook_id=webhook.webhook_id)


def _go_on_later(row: Row, seconds: int) -> None:
    message = message_of(row, correlation_id=telemetry.correlation_id())
    queues.send(settings.required("WEBHOOK_QUEUE_URL"), message, delay_seconds=seconds)
