"""The numbers of the dashboard."""

from marshmallow import fields

from chalicelib.api.schemas.common import AnswerSchema, moment
from chalicelib.bodies.fields import one_of


class ValidationTotalsSchema(AnswerSchema):
    """How validations ended; `review_share` of them need a person, null where there were none."""

    kind = one_of("SUPPLIER", "OFFER")
    validated = fields.Integer(required=True)
    accepted = fields.Integer(required=True)
    corrected = fields.Integer(required=True)
    to_supplier = fields.Integer(required=True)
    to_review = fields.Integer(required=True)
    review_share = fields.Float(required=True, allow_none=True)


class DayValidationsSchema(ValidationTotalsSchema):
    day = fields.String(required=True, metadata={"format": "date"})


class RuleDoubtsSchema(AnswerSchema):
    rule = fields.String(required=True)
    kind = one_of("SUPPLIER", "OFFER")
    to_review = fields.Integer(required=True)


class ValidationsSchema(AnswerSchema):
    totals = fields.List(fields.Nested(ValidationTotalsSchema), required=True)
    by_day = fields.List(fields.Nested(DayValidationsSchema), required=True)
    rules = fields.List(fields.Nested(RuleDoubtsSchema), required=True)


class WaitingSchema(AnswerSchema):
    count = fields.Integer(required=True)
    oldest_at = moment(required=True, allow_none=True)
    oldest_seconds = fields.Integer(required=True, allow_none=True)


class WaitingReviewsSchema(AnswerSchema):
    """`more` where only the oldest thousand were counted."""

    open = fields.Nested(WaitingSchema, required=True)
    claimed = fields.Nested(WaitingSchema, required=True)
    more = fields.Boolean(required=True)


class MetricsSchema(AnswerSchema):
    """The last 30 days of validation, and the reviews that wait now."""

    as_of = moment(required=True)
    validations = fields.Nested(ValidationsSchema, required=True)
    reviews = fields.Nested(WaitingReviewsSchema, required=True)
