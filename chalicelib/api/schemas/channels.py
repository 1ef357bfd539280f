"""Storefronts that send orders, and what became of what they sent."""

from marshmallow import fields

from chalicelib.api.schemas.common import AnswerSchema, StoredSchema, moment, page_of
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import text


class ChannelSecretSchema(StrictSchema):
    secret = text(
        256,
        minimum=16,
        metadata={"description": "what Shopify signs this store's webhooks with; never shown again"},
    )


class ChannelSchema(StoredSchema):
    shop = fields.String(required=True)
    changed_by = fields.String(required=True)
    former_secret_until = moment()


class RefusedFaultSchema(AnswerSchema):
    pointer = fields.String(required=True)
    code = fields.String(required=True)


class RefusedOrderSchema(AnswerSchema):
    """`order` and `name` are what the store calls it."""

    order = fields.String(required=True)
    name = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.List(fields.Nested(RefusedFaultSchema), required=True)
    correlation_id = fields.String(required=True)
    refused_at = moment(required=True)


ChannelPageSchema = page_of(ChannelSchema, "ChannelPage")
RefusedOrderPageSchema = page_of(RefusedOrderSchema, "RefusedOrderPage")
