"""Owners say where they want to be told of what: suppliers of their own, the marketplace of everything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.clients import guarded, webhook_receiver
from chalicelib.clients.errors import CallFailed
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.webhooks import MARKETPLACE, MOST_PER_OWNER, OVERLAP, PING, Webhook, unknown_events
from chalicelib.problems import Conflict, FieldProblem, NotFound, StaleVersion, Unprocessable
from chalicelib.services import endpoint_calls, idempotency, paging, supplier_records
from chalicelib.services.commits import commit
from chalicelib.services.deliver_webhooks import body_of, secrets_of
from chalicelib.services.idempotency import Outcome
from chalicelib.services.replay_webhooks import have_waiting_woken
from chalicelib.services.versions import Expected
from chalicelib.storage import webhooks
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

CHANGEABLE = ("url", "events", "description", "status")

_REQUEST_SECONDS = 60
"""A request has ended by then, whichever way."""


def register(owner: str, body: Mapping[str, Any], *, marked: idempotency.Request | None) -> Outcome:
    """A new webhook with its `signing_secret`, which is shown this once (and in the replay of this request).

    Raises NotFound for a supplier that is none, Unprocessable for a URL that would never be called or events
    that there are none of, Conflict: TOO_MANY_WEBHOOKS, SUPPLIER_CLOSED.
    """
    _check(body)

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        if owner != MARKETPLACE:
            supplier_records.refuse_closed(supplier_records.existing(owner))
        if len(webhooks.of_owner(owner)) >= MOST_PER_OWNER:
            raise Conflict(
                "TOO_MANY_WEBHOOKS", f"There are {MOST_PER_OWNER} already. Remove one of them first."
            )
        now = clock.timestamp()
        webhook = Webhook(
            webhook_id=ids.new_id("whk"),
            owner=owner,
            url=body["url"],
            events=tuple(dict.fromkeys(body["events"])),
            description=body.get("description", ""),
            correlation_id=telemetry.correlation_id(),
            created_at=now,
            updated_at=now,
        )
        return shown(webhook), [webhooks.adding(webhook), webhooks.listing_owners([owner])]

    outcome = idempotency.perform(marked, work)
    secret = credentials.signing_secret(master_secret(), outcome.answer["webhook_id"], 1)
    return Outcome({**outcome.answer, "signing_secret": secret}, outcome.replayed)


def listed(owner: str, *, limit: int, cursor: str | None) -> paging.Listing:
    return paging.listed(lambda: webhooks.page(owner, limit=limit, cursor=cursor), shown)


def read(owner: str, webhook_id: str) -> dict[str, Any]:
    """Raises NotFound, also for another's."""
    return shown(own(owner, webhook_id))


def change(
    owner: str,
    webhook_id: str,
    *,
    changed: Callable[[Mapping[str, Any]], dict[str, Any]],
    expected: Expected | None,
) -> dict[str, Any]:
    """Change where and what it is told; one that becomes ACTIVE again is told what has waited for it.

    Raises NotFound, StaleVersion, Unprocessable as `register` does.
    """
    before = own(owner, webhook_id)
    body = changed({name: value for name, value in shown(before).items() if name in CHANGEABLE})
    _check(body)
    after = replace(
        before,
        url=body["url"],
        events=tuple(dict.fromkeys(body["events"])),
        description=body.get("description", ""),
        status=body["status"],
        disabled_because=None if body["status"] == "ACTIVE" else before.disabled_because,
    )
    is_switched_on = after.status == "ACTIVE" and before.status != "ACTIVE"
    if is_switched_on:
        # Before the write, so that one is on its way whatever becomes of us behind it.
        have_waiting_woken(webhook_id, delay_seconds=_REQUEST_SECONDS)
    stored = _replace(before, after, expected)
    if (stored.status, stored.url) != (before.status, before.url):
        endpoint_calls.forget_failures(webhook_id)
    if is_switched_on:
        have_waiting_woken(webhook_id)
    return shown(stored)


def remove(owner: str, webhook_id: str, *, expected: Expected | None) -> None:
    """Tell it nothing more. Raises NotFound, StaleVersion."""
    webhook = own(owner, webhook_id)
    if expected is not None:
        expected.check(webhook.version)
    try:
        commit(webhooks.removing(webhook_id, expected_version=webhook.version))
    except WriteRefused as error:
        raise StaleVersion from error


def rotate(owner: str, webhook_id: str) -> dict[str, Any]:
    """The webhook with a new `signing_secret`, shown this once; for a day messages are signed under the one
    before, too. Raises NotFound, Conflict SECRET_JUST_ROTATED while that day is not over."""
    before = own(owner, webhook_id)
    now = clock.now()
    if before.overlap_until and clock.timestamp(now) < before.overlap_until:
        raise Conflict(
            "SECRET_JUST_ROTATED",
            f"The secret before the last is good until {before.overlap_until}. Wait for it.",
        )
    after = replace(before, generation=before.generation + 1, overlap_until=clock.timestamp(now + OVERLAP))
    stored = _replace(before, after, None)
    secret = credentials.signing_secret(master_secret(), webhook_id, stored.generation)
    return {**shown(stored), "signing_secret": secret}


def ping(owner: str, webhook_id: str) -> dict[str, Any]:
    """Send a message that says nothing, and tell how that went: `delivered`, `outcome`. Raises NotFound."""
    webhook = own(owner, webhook_id)
    message = {"type": PING, "timestamp": clock.timestamp(), "data": {"webhook_id": webhook_id}}
    told = webhook_receiver.tell(
        webhook.url, secrets=secrets_of(webhook), message_id=ids.new_id("evt"), body=body_of(message)
    )
    if told.delivered:
        endpoint_calls.forget_failures(webhook_id)
    return {"webhook_id": webhook_id, "delivered": told.delivered, "outcome": told.outcome}


def own(owner: str, webhook_id: str) -> Webhook:
    """The webhook. Raises NotFound unless it is this owner's."""
    webhook = webhooks.get(webhook_id)
    if webhook is None or webhook.owner != owner:
        raise NotFound
    return webhook


def shown(webhook: Webhook) -> dict[str, Any]:
    """The webhook as its owner reads it."""
    view = {
        "webhook_id": webhook.webhook_id,
        "url": webhook.url,
        "events": list(webhook.events),
        "description": webhook.description,
        "status": webhook.status,
        "version": webhook.version,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
    }
    return view | {"disabled_because": webhook.disabled_because} if webhook.disabled_because else view


def _replace(before: Webhook, after: Webhook, expected: Expected | None) -> Webhook:
    if expected is not None:
        expected.check(before.version)
    traced = replace(after, updated_at=clock.timestamp(), correlation_id=telemetry.correlation_id())
    try:
        commit(webhooks.replacing(traced, expected_version=before.version))
    except WriteRefused as error:
        raise StaleVersion from error
    return replace(traced, version=before.version + 1)


def _check(body: Mapping[str, Any]) -> None:
    """Raise Unprocessable unless it can be called and there is something to tell it."""
    faults = [
        FieldProblem(f"/events/{place}", "UNKNOWN_EVENT", "No event is called so; docs/events lists them.")
        for place in unknown_events(body["events"])
    ]
    try:
        guarded.check(body["url"])
    except CallFailed as failure:
        detail = "Only public https addresses are called."
        faults.append(FieldProblem("/url", failure.code, detail))
    if faults:
        raise Unprocessable("INVALID_BODY", "The webhook cannot be told anything so.", errors=faults)
