"""Webhooks of suppliers: told of their own orders, offers, returns and imports."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import ANY_TYPE, JSON_BODY, PATCH_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import webhooks as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.services import idempotency, replay_webhooks
from chalicelib.services import manage_webhooks as managing

bp = Blueprint(__name__)

WEBHOOKS = "/suppliers/{supplier_id}/webhooks"
WEBHOOK = f"{WEBHOOKS}/{{webhook_id}}"


@bp.route(WEBHOOKS, methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Be told of what is the supplier's at a URL",
    body=schemas.WebhookBodySchema(),
    answers={201: schemas.SecretWebhookSchema()},
    problems={409: "TOO_MANY_WEBHOOKS, SUPPLIER_CLOSED"},
    idempotency_key="optional",
)
def create_webhook(call: Call, supplier_id: str) -> Answer:
    route = f"POST {WEBHOOKS} of {supplier_id}"
    marked = idempotency.request(call.idempotency_key, caller=call.caller.name, route=route, body=call.body)
    outcome = managing.register(supplier_id, call.body, marked=marked)
    return Answer(201, outcome.answer, etag=etag(1), replayed=outcome.replayed)


@bp.route(WEBHOOKS)
@endpoint("List a supplier's webhooks", query=PageQuerySchema(), answers={200: schemas.WebhookPageSchema()})
def list_webhooks(call: Call, supplier_id: str) -> Answer:
    page = managing.listed(supplier_id, limit=call.query["limit"], cursor=call.query.get("cursor"))
    return Answer(200, page)


@bp.route(WEBHOOK)
@endpoint("Read a webhook; its secret is never shown again", answers={200: schemas.WebhookSchema()})
def read_webhook(_call: Call, supplier_id: str, webhook_id: str) -> Answer:
    webhook = managing.read(supplier_id, webhook_id)
    return Answer(200, webhook, etag=etag(webhook["version"]))


@bp.route(WEBHOOK, methods=["PATCH"], content_types=PATCH_BODY)
@endpoint(
    "Change a webhook, switch it off or on",
    patch=schemas.WebhookDocumentSchema(),
    answers={200: schemas.WebhookSchema()},
    if_match="optional",
)
def change_webhook(call: Call, supplier_id: str, webhook_id: str) -> Answer:
    webhook = managing.change(supplier_id, webhook_id, changed=call.changed, expected=call.expected)
    return Answer(200, webhook, etag=etag(webhook["version"]))


@bp.route(WEBHOOK, methods=["DELETE"])
@endpoint("Remove a webhook", answers={204: None}, if_match="optional")
def remove_webhook(call: Call, supplier_id: str, webhook_id: str) -> Answer:
    managing.remove(supplier_id, webhook_id, expected=call.expected)
    return Answer(204)


@bp.route(f"{WEBHOOK}/signing-secret", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Change over to a new secret; for a day messages are signed under both",
    answers={200: schemas.SecretWebhookSchema()},
    problems={409: "SECRET_JUST_ROTATED"},
)
def rotate_webhook_secret(_call: Call, supplier_id: str, webhook_id: str) -> Answer:
    webhook = managing.rotate(supplier_id, webhook_id)
    return Answer(200, webhook, etag=etag(webhook["version"]))


@bp.route(f"{WEBHOOK}/ping", methods=["POST"], content_types=ANY_TYPE)
@endpoint("Send webhook.ping now, and tell how it went", answers={200: schemas.PingSchema()})
def ping_webhook(_call: Call, supplier_id: str, webhook_id: str) -> Answer:
    return Answer(200, managing.ping(supplier_id, webhook_id))


@bp.route(f"{WEBHOOK}/deliveries")
@endpoint(
    "List what it was told, newest first",
    query=schemas.DeliveryQuerySchema(),
    answers={200: schemas.DeliveryPageSchema()},
)
def list_webhook_deliveries(call: Call, supplier_id: str, webhook_id: str) -> Answer:
    managing.own(supplier_id, webhook_id)
    page = replay_webhooks.listed(
        webhook_id,
        status=call.query.get("status"),
        limit=call.query["limit"],
        cursor=call.query.get("cursor"),
    )
    return Answer(200, page)


@bp.route(f"{WEBHOOK}/replay", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Have deliveries made again, in their order",
    body=schemas.ReplayBodySchema(),
    answers={202: schemas.WebhookReplaySchema()},
)
def replay_webhook(call: Call, supplier_id: str, webhook_id: str) -> Answer:
    managing.own(supplier_id, webhook_id)
    replayed = replay_webhooks.replay(
        webhook_id, since=call.body.get("since"), delivery_ids=call.body.get("delivery_ids")
    )
    return Answer(202, replayed)
