"""Shapes that every area uses.

Bodies derive from StrictSchema. Answers derive from AnswerSchema, which only describes: services return what
clients read.
"""

from typing import Any

from marshmallow import INCLUDE, Schema, fields, validate

from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import one_of, optional_text, text

MAX_LINES = 40
"""Of an order, and of whatever speaks of its lines."""


class AnswerSchema(Schema):
    """What clients read: fields may be added later."""

    class Meta:
        unknown = INCLUDE


def moment(**options: Any) -> fields.String:
    """In an answer: a time. RFC 3339 UTC with milliseconds."""
    return fields.String(metadata={"format": "date-time"}, **options)


class SignedMoneySchema(AnswerSchema):
    """An amount that may be less than nothing: what is owed the other way."""

    amount = fields.String(
        required=True, metadata={"pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$", "examples": ["-12.99"]}
    )
    currency = fields.String(required=True, metadata={"pattern": "^[A-Z]{3}$", "examples": ["USD"]})


class AddressSchema(StrictSchema):
    line1 = text(200)
    line2 = optional_text(200)
    city = text(100)
    region = optional_text(100)
    postal_code = text(32)
    country = text(64, metadata={"description": "ISO 3166-1 alpha-2"})


class IssueSchema(AnswerSchema):
    """One finding of a validation rule on one field."""

    rule = fields.String(required=True)
    code = fields.String(required=True)
    severity = one_of("ERROR", "WARNING", "INFO")
    field = fields.String(required=True)
    message = fields.String(required=True)
    value_seen = fields.Raw(allow_none=True)
    expected = fields.Raw(allow_none=True)
    suggested_value = fields.Raw(allow_none=True)
    auto_correctable = fields.Boolean()
    facts = fields.Dict(metadata={"description": "codes and numbers that the rule judged by"})
    asks = one_of("SUPPLIER", "REVIEWER", required=False)


class ReversalSchema(AnswerSchema):
    """`keeps_out`: which rules leave the restored `value` alone."""

    at = moment(required=True)
    by = fields.String(required=True)
    value = fields.Raw(allow_none=True)
    keeps_out = one_of("ALL_RULES", "THIS_RULE")
    reversal_id = fields.String(metadata={"description": "where it was undone with all of its rule"})


class CorrectionSchema(AnswerSchema):
    """A reversible patch that a rule or an administrator applied; `reversal` where it was undone."""

    correction_id = fields.String(required=True)
    rule = fields.String(required=True)
    field = fields.String(required=True)
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)
    confidence = fields.String()
    by = fields.String()
    at = moment()
    reversal = fields.Nested(ReversalSchema)


class StoredSchema(AnswerSchema):
    """What every stored object carries."""

    version = fields.Integer(required=True)
    created_at = moment(required=True)
    updated_at = moment(required=True)


class PageQuerySchema(StrictSchema):
    """`limit` and `cursor` of every list."""

    limit = fields.Integer(
        load_default=24, validate=validate.Range(1, 100), metadata={"description": "how many at most"}
    )
    cursor = optional_text(2048, metadata={"description": "`next_cursor` of the page before"})


def page_of(item: type[Schema], name: str) -> type[Schema]:
    """The schema of a page of `item`."""
    return AnswerSchema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(required=True, allow_none=True),
        },
        name=name,
    )


class FieldProblemSchema(AnswerSchema):
    pointer = fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901) into the body"})
    code = fields.String(required=True, metadata={"examples": ["UNKNOWN_FIELD"]})
    detail = fields.String(required=True)


class ProblemSchema(AnswerSchema):
    """RFC 9457 problem details. Programs read `code`."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True, metadata={"examples": ["INVALID_BODY"]})
    errors = fields.List(fields.Nested(FieldProblemSchema))


class HealthSchema(AnswerSchema):
    status = fields.String(required=True)
    version = fields.String(required=True)


class AnyObjectSchema(AnswerSchema):
    """An object whose fields are described elsewhere."""
