"""What administrators read and send."""

from marshmallow import fields

from chalicelib.api.schemas.common import AnswerSchema, moment, page_of
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import listed, one_of, text
from chalicelib.services import dead_letters


class BrandQuerySchema(StrictSchema):
    name = text(200, metadata={"description": "the brand, however it is written"})


class BrandHolderSchema(AnswerSchema):
    """`name` is what the brand is held as."""

    name = fields.String(required=True)
    supplier_id = fields.String(required=True, allow_none=True)


class RestrictionSchema(StrictSchema):
    """A category (with those below it) or brand that only these suppliers may sell."""

    name = text(500)
    suppliers = listed(text(64), maximum=100)


class NewAuthorizationsSchema(StrictSchema):
    categories = listed(fields.Nested(RestrictionSchema), maximum=200)
    brands = listed(fields.Nested(RestrictionSchema), maximum=200)
    reason = text(500)


class AuthorizationsSchema(AnswerSchema):
    """The version that holds; 0 is before anybody has set any."""

    version = fields.Integer(required=True)
    categories = fields.List(fields.Nested(RestrictionSchema), required=True)
    brands = fields.List(fields.Nested(RestrictionSchema), required=True)
    set_by = fields.String(required=True, allow_none=True)
    set_at = moment(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class DeadLetterSchema(AnswerSchema):
    """`payload` holds ids only."""

    queue = one_of(*dead_letters.QUEUES)
    message_id = fields.String(required=True)
    received_at = moment(required=True)
    reason = fields.String(required=True)
    payload = fields.Raw(required=True)


DeadLetterPageSchema = page_of(DeadLetterSchema, "DeadLetterPage")


class RedriveSchema(StrictSchema):
    queue = one_of(*dead_letters.QUEUES)
    message_ids = listed(text(100), minimum=1, maximum=dead_letters.MAX_MESSAGES, required=False)


class RedrivenSchema(AnswerSchema):
    redriven = fields.Integer(required=True)
