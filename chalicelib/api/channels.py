"""Orders that storefronts send in their own format, and which storefronts may."""

from chalice import Blueprint

from chalicelib.api import json_body
from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import channels as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.api.schemas.orders import OrderBodySchema, PlacedSchema
from chalicelib.bodies import faults
from chalicelib.bodies.shopify import ShopifyOrderSchema
from chalicelib.problems import Unprocessable
from chalicelib.services import manage_channels, take_shopify_order

bp = Blueprint(__name__)

CHANNEL = "/admin/channels/shopify/{shop}"
TOPICS = ("orders/create", "orders/paid")
MAX_BYTES = 1024 * 1024
"""Shopify says some 3 KB of each line; an order of more lines than are taken is refused with its reason."""


@bp.route("/channels/shopify/orders", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Take an order from Shopify's webhooks orders/create and orders/paid, signed; it is placed once",
    body=ShopifyOrderSchema(),
    signed=True,
    answers={201: PlacedSchema(), 200: PlacedSchema()},
    problems={
        401: "SIGNATURE_INVALID",
        409: "OUT_OF_STOCK, PRICE_CHANGED, PROMISE_NOT_KEPT, PAYMENT_EXPIRED, PAYMENT_VOID",
    },
)
def place_shopify_order(call: Call) -> Answer:
    assert call.message is not None  # noqa: S101 - a signed route has one
    headers, raw = call.message.headers, call.message.raw
    shop = headers.get("x-shopify-shop-domain", "").strip().lower()
    manage_channels.check_signature(shop, body=raw, signature=headers.get("x-shopify-hmac-sha256", ""))
    if headers.get("x-shopify-topic", TOPICS[0]) not in TOPICS:
        raise Unprocessable("UNEXPECTED_TOPIC", f"Subscribe this address to {' and '.join(TOPICS)} only.")
    outcome = take_shopify_order.take(
        shop,
        json_body.parse(raw, max_bytes=MAX_BYTES),
        read=lambda sent: faults.load(ShopifyOrderSchema(), sent),
        check=lambda body: faults.load(OrderBodySchema(), body),
    )
    order = outcome.answer["order"]
    return Answer(
        200 if outcome.replayed else 201,
        outcome.answer,
        etag=etag(order["version"]),
        location=f"/orders/{order['order_id']}",
        replayed=outcome.replayed,
    )


@bp.route(CHANNEL, methods=["PUT"], content_types=JSON_BODY)
@endpoint(
    "Connect a Shopify store, or replace its secret; the one before stays good for a day",
    body=schemas.ChannelSecretSchema(),
    answers={200: schemas.ChannelSchema(), 201: schemas.ChannelSchema()},
    if_match="optional",
)
def put_channel(call: Call, shop: str) -> Answer:
    channel, is_new = manage_channels.connect(
        shop, secret=call.body["secret"], actor=call.caller.name, expected=call.expected
    )
    return Answer(201 if is_new else 200, channel, etag=etag(channel["version"]))


@bp.route(CHANNEL)
@endpoint("Read a connected store; its secret is never shown", answers={200: schemas.ChannelSchema()})
def read_channel(_call: Call, shop: str) -> Answer:
    channel = manage_channels.read(shop)
    return Answer(200, channel, etag=etag(channel["version"]))


@bp.route(CHANNEL, methods=["DELETE"])
@endpoint("Take no more orders from a store", answers={204: None}, if_match="optional")
def remove_channel(call: Call, shop: str) -> Answer:
    manage_channels.disconnect(shop, expected=call.expected)
    return Answer(204)


@bp.route("/admin/channels/shopify")
@endpoint("List the connected stores", query=PageQuerySchema(), answers={200: schemas.ChannelPageSchema()})
def list_channels(call: Call) -> Answer:
    return Answer(200, manage_channels.listed(limit=call.query["limit"], cursor=call.query.get("cursor")))


@bp.route(f"{CHANNEL}/refused-orders")
@endpoint(
    "List the orders of a store that could not be placed, and why",
    query=PageQuerySchema(),
    answers={200: schemas.RefusedOrderPageSchema()},
)
def list_refused_orders(call: Call, shop: str) -> Answer:
    page = manage_channels.refused_orders(shop, limit=call.query["limit"], cursor=call.query.get("cursor"))
    return Answer(200, page)
