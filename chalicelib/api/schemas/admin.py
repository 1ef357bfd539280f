"""What administrators read and send."""

from marshmallow import fields

from chalicelib.api.schemas.common import AnswerSchema, moment, page_of
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import listed, one_of, text
from chalicelib.services import dead_letters


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
