"""Webhooks of suppliers, told of their own orders, offers, returns and imports, and of the marketplace's own
systems and channels, told of everything: the same can be done with both."""

from typing import Any

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import ANY_TYPE, JSON_BODY, PATCH_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import webhooks as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.domain.webhooks import MARKETPLACE
from chalicelib.services import idempotency, replay_webhooks
from chalicelib.services import manage_webhooks as managing

bp = Blueprint(__name__)

WEBHOOKS = "/suppliers/{supplier_id}/webhooks"
WEBHOOK = f"{WEBHOOKS}/{{webhook_id}}"
CHANNEL_WEBHOOKS = "/admin/webhooks"
CHANNEL_WEBHOOK = f"{CHANNEL_WEBHOOKS}/{{webhook_id}}"


@bp.route(WEBHOOKS, methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Be told of what is the supplier's at a URL",
    body=schemas.WebhookBodySchema(),
    answers={201: schemas.SecretWebhookSchema()},
    problems={409: "TOO_MANY_WEBHOOKS, SUPPLIER_CLOSED"},
    idempotency_key="optional",
)
def create_webhook(call: Call, supplier_id: str) -> Answer:
    return _created(call, supplier_id, route=f"POST {WEBHOOKS} of {supplier_id}")


@bp.route(CHANNEL_WEBHOOKS, methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Be told of everything at a URL",
    body=schemas.WebhookBodySchema(),
    answers={201: schemas.SecretWebhookSchema()},
    problems={409: "TOO_MANY_WEBHOOKS"},
    idempotency_key="optional",
)
def create_channel_webhook(call: Call) -> Answer:
    return _created(call, MARKETPLACE, route=f"POST {CHANNEL_WEBHOOKS}")


def _created(call: Call, owner: str, *, route: str) -> Answer:
    marked = idempotency.request(call.idempotency_key, caller=call.caller.name, route=route, body=call.body)
    outcome = managing.register(owner, call.body, marked=marked)
    return Answer(201, outcome.answer, etag=etag(1), replayed=outcome.replayed)


@bp.route(WEBHOOKS)
@endpoint("List a supplier's webhooks", query=PageQuerySchema(), answers={200: schemas.WebhookPageSchema()})
def list_webhooks(call: Call, supplier_id: str) -> Answer:
    return _page(call, supplier_id)


@bp.route(CHANNEL_WEBHOOKS)
@endpoint(
    "List the marketplace's own webhooks", query=PageQuerySchema(), answers={200: schemas.WebhookPageSchema()}
)
def list_channel_webhooks(call: Call) -> Answer:
    return _page(call, MARKETPLACE)


def _page(call: Call, owner: str) -> Answer:
    return Answer(200, managing.listed(owner, limit=call.query["limit"], cursor=call.query.get("cursor")))


_reading = endpoint("Read a webhook; its secret is never shown again", answers={200: schemas.WebhookSchema()})


@bp.route(WEBHOOK)
@_reading
def read_webhook(_call: Call, supplier_id: str, webhook_id: str) -> Answer:
    return _shown(managing.read(supplier_id, webhook_id))


@bp.route(CHANNEL_WEBHOOK)
@_reading
def read_channel_webhook(_call: Call, webhook_id: str) -> Answer:
    return _shown(managing.read(MARKETPLACE, webhook_id))


_changing = endpoint(
    "Change a webhook, switch it off or on",
    patch=schemas.WebhookDocumentSchema(),
    answers={200: schemas.WebhookSchema()},
    if_match="optional",
)


@bp.route(WEBHOOK, methods=["PATCH"], content_types=PATCH_BODY)
@_changing
def change_webhook(call: Call, supplier_id: str, webhook_id: str) -> Answer:
    return _shown(managing.change(supplier_id, webhook_id, changed=call.changed, expected=call.expected))


@bp.route(CHANNEL_WEBHOOK, methods=["PATCH"], content_types=PATCH_BODY)
@_changing
def change_channel_webhook(call: Call, webhook_id: str) -> Answer:
    return _shown(managing.change(MARKETPLACE, webhook_id, changed=call.changed, expected=call.expected))


_removing = endpoint("Remove a webhook", answers={204: None}, if_match="optional")


@bp.route(WEBHOOK, methods=["DELETE"])
@_removing
def remove_webhook(call: Call, supplier_id: str, webhook_id: str) -> Answer:
    managing.remove(supplier_id, webhook_id, expected=call.expected)
    return Answer(204)


@bp.route(CHANNEL_WEBHOOK, methods=["DELETE"])
@_removing
def remove_channel_webhook(call: Call, webhook_id: str) -> Answer:
    managing.remove(MARKETPLACE, webhook_id, expected=call.expected)
    return Answer(204)


_rotating = endpoint(
    "Change over to a new secret; for a day messages are signed under both",
    answers={200: schemas.SecretWebhookSchema()},
    problems={409: "SECRET_JUST_ROTATED"},
)


@bp.route(f"{WEBHOOK}/signing-secret", methods=["POST"], content_types=ANY_TYPE)
@_rotating
def rotate_webhook_secret(_call: Call, supplier_id: str, webhook_id: str) -> Answer:
    return _shown(managing.rotate(supplier_id, webhook_id))


@bp.route(f"{CHANNEL_WEBHOOK}/signing-secret", methods=["POST"], content_types=ANY_TYPE)
@_rotating
def rotate_channel_webhook_secret(_call: Call, webhook_id: str) -> Answer:
    return _shown(managing.rotate(MARKETPLACE, webhook_id))


def _shown(webhook: dict[str, Any]) -> Answer:
    return Answer(200, webhook, etag=etag(webhook["version"]))


_pinging = endpoint("Send webhook.ping now, and tell how it went", answers={200: schemas.PingSchema()})


@bp.route(f"{WEBHOOK}/ping", methods=["POST"], content_types=ANY_TYPE)
@_pinging
def ping_webhook(_call: Call, supplier_id: str, webhook_id: str) -> Answer:
    return Answer(200, managing.ping(supplier_id, webhook_id))


@bp.route(f"{CHANNEL_WEBHOOK}/ping", methods=["POST"], content_types=ANY_TYPE)
@_pinging
def ping_channel_webhook(_call: Call, webhook_id: str) -> Answer:
    return Answer(200, managing.ping(MARKETPLACE, webhook_id))


_listing_deliveries = endpoint(
    "List what it was told, newest first",
    query=schemas.DeliveryQuerySchema(),
    answers={200: schemas.DeliveryPageSchema()},
)


@bp.route(f"{WEBHOOK}/deliveries")
@_listing_deliveries
def list_webhook_deliveries(call: Call, supplier_id: str, webhook_id: str) -> Answer:
    return _deliveries(call, supplier_id, webhook_id)


@bp.route(f"{CHANNEL_WEBHOOK}/deliveries")
@_listing_deliveries
def list_channel_webhook_deliveries(call: Call, webhook_id: str) -> Answer:
    return _deliveries(call, MARKETPLACE, webhook_id)


def _deliveries(call: Call, owner: str, webhook_id: str) -> Answer:
    managing.own(owner, webhook_id)
    page = replay_webhooks.listed(
        webhook_id,
        status=call.query.get("status"),
        limit=call.query["limit"],
        cursor=call.query.get("cursor"),
    )
    return Answer(200, page)


_replaying = endpoint(
    "Have deliveries made again, in their order",
    body=schemas.ReplayBodySchema(),
    answers={202: schemas.WebhookReplaySchema()},
)


@bp.route(f"{WEBHOOK}/replay", methods=["POST"], content_types=JSON_BODY)
@_replaying
def replay_webhook(call: Call, supplier_id: str, webhook_id: str) -> Answer:
    return _replayed(call, supplier_id, webhook_id)


@bp.route(f"{CHANNEL_WEBHOOK}/replay", methods=["POST"], content_types=JSON_BODY)
@_replaying
def replay_channel_webhook(call: Call, webhook_id: str) -> Answer:
    return _replayed(call, MARKETPLACE, webhook_id)


def _replayed(call: Call, owner: str, webhook_id: str) -> Answer:
    managing.own(owner, webhook_id)
    replayed = replay_webhooks.replay(
        webhook_id, since=call.body.get("since"), delivery_ids=call.body.get("delivery_ids")
    )
    return Answer(202, replayed)
