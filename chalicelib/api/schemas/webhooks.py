"""Webhooks and their deliveries."""

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.api.schemas.common import AnswerSchema, PageQuerySchema, StoredSchema, moment, page_of
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import Moment, WebAddress, listed, one_of, optional_text, text
from chalicelib.domain.webhooks import STATUSES


class WebhookBodySchema(StrictSchema):
    """`events` names kinds of docs/events, or all that begin so, as in `order.*` and `order.line_*`."""

    url = WebAddress(required=True)
    events = listed(text(64), minimum=1, maximum=50)
    description = optional_text(200)


class WebhookDocumentSchema(WebhookBodySchema):
    """What a merge patch results in."""

    description = text(200, minimum=0, required=False)
    status = one_of("ACTIVE", "DISABLED")


class WebhookSchema(StoredSchema):
    webhook_id = fields.String(required=True)
    url = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    description = fields.String(required=True)
    status = one_of("ACTIVE", "DISABLED")
    disabled_because = fields.String(
        metadata={
            "description": "GONE: its receiver has answered 410; FAILING: it has taken nothing for three days"
        }
    )


class SecretWebhookSchema(WebhookSchema):
    """The secret is shown in this answer only."""

    signing_secret = fields.String(required=True)


WebhookPageSchema = page_of(WebhookSchema, "WebhookPage")


class PingSchema(AnswerSchema):
    webhook_id = fields.String(required=True)
    delivered = fields.Boolean(required=True)
    outcome = fields.String(required=True, metadata={"description": "HTTP_<status>, or what failed before"})


class DeliverySchema(StoredSchema):
    delivery_id = fields.String(required=True)
    webhook_id = fields.String(required=True)
    event_id = fields.String(required=True)
    message = fields.Dict(required=True)
    status = one_of(*STATUSES)
    tries = fields.Integer(required=True)
    next_try_at = moment()
    last_outcome = fields.String()


DeliveryPageSchema = page_of(DeliverySchema, "DeliveryPage")


class DeliveryQuerySchema(PageQuerySchema):
    status = one_of(*STATUSES, required=False)


class ReplayBodySchema(StrictSchema):
    """Either of the two."""

    since = Moment()
    delivery_ids = listed(text(512), minimum=1, maximum=100, required=False)

    @validates_schema
    def _one_of_the_two(self, data: dict[str, object], **_: object) -> None:
        if ("since" in data) == ("delivery_ids" in data):
            raise ValidationError("Send since or delivery_ids.", "since")


class WebhookReplaySchema(AnswerSchema):
    """`next_since` goes on with more, where there may be any."""

    replayed = fields.Integer(required=True)
    next_since = moment(required=True, allow_none=True)
