"""Lessons that reviews teach, and their replay."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.api.schemas.common import AnswerSchema
from chalicelib.api.schemas.rules import with_doubles
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import Flag, one_of, optional_text, text, whole
from chalicelib.domain.lessons import KINDS
from chalicelib.domain.tally import OUTCOMES
from chalicelib.services.replay_lesson import MAX_RECORDS

_NEEDED = {"ALIAS": ("from", "to"), "EXCEPTION": ("field", "value"), "LIMIT": ("parameter", "value")}
_MISSING = str(fields.Field.default_error_messages["required"])
_ALLOWED = {**_NEEDED, "EXCEPTION": ("field", "value", "where"), "LIMIT": ("parameter", "value", "where")}


class AnyValue(fields.Field[Any]):
    """Any JSON value."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return with_doubles(value)


class WhereSchema(StrictSchema):
    """The records that a lesson is about."""

    supplier_id = optional_text(128)
    brand = optional_text(200)
    category = optional_text(500)


class LessonSchema(StrictSchema):
    """ALIAS has `from` and `to`, EXCEPTION `field` and `value`, LIMIT `parameter` and `value`; the last two
    may say `where`. Without `dry_run: false` it is replayed and nothing is stored; to save it, send the
    `replay_token` of its replay."""

    kind = one_of(*KINDS)
    rule = text(100)
    from_ = optional_text(500, data_key="from", attribute="from")
    to = optional_text(500)
    field = optional_text(200)
    parameter = optional_text(100)
    value = AnyValue(required=False, allow_none=True)
    where = fields.Nested(WhereSchema)
    dry_run = Flag(load_default=True)
    limit = whole(1, MAX_RECORDS, required=False, load_default=200)
    cursor = optional_text(4_000)
    replay_token = optional_text(64)
    note = optional_text(500)

    @validates_schema
    def _says_what_its_kind_needs(self, data: dict[str, Any], **_: Any) -> None:
        needed, allowed = _NEEDED[data["kind"]], _ALLOWED[data["kind"]]
        missing = {name: [_MISSING] for name in needed if name not in data}
        others = {"from", "to", "field", "parameter", "value", "where"} - set(allowed)
        foreign = {name: [f"{data['kind']} has none."] for name in sorted(others & data.keys())}
        if not data["dry_run"] and "replay_token" not in data:
            missing["replay_token"] = [_MISSING]
        if missing or foreign:
            raise ValidationError({**missing, **foreign})


class OutcomesSchema(AnswerSchema):
    accepted = fields.Integer(required=True)
    corrected = fields.Integer(required=True)
    to_supplier = fields.Integer(required=True)
    to_review = fields.Integer(required=True)


class VerdictSchema(AnswerSchema):
    outcome = one_of(*OUTCOMES)
    rules = fields.List(fields.String(), required=True)


class ReplayedSchema(AnswerSchema):
    """A record that would come out otherwise; `resolution` is what a person decided on its last review."""

    supplier_id = fields.String(required=True)
    sku = fields.String()
    before = fields.Nested(VerdictSchema, required=True)
    after = fields.Nested(VerdictSchema, required=True)
    changed_fields = fields.List(fields.String(), required=True)
    review_id = fields.String()
    resolution = fields.String()


class ComparedSchema(AnswerSchema):
    """`looked_at` records and how they come out before and after; where there are more, `next_cursor`."""

    looked_at = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    before = fields.Nested(OutcomesSchema, required=True)
    after = fields.Nested(OutcomesSchema, required=True)
    samples = fields.List(fields.Nested(ReplayedSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class SettledCasesSchema(AnswerSchema):
    """Reviews of the waiting ones looked at that the lesson settles; `more` wait behind these."""

    looked_at = fields.Integer(required=True)
    settled = fields.List(fields.String(), required=True)
    more = fields.Boolean(required=True)


class ReplaySchema(AnswerSchema):
    lesson = fields.Dict(required=True)
    settings_version = fields.Integer(required=True)
    replay_token = fields.String(required=True)
    past_submissions = fields.Nested(ComparedSchema, required=True)
    open_cases = fields.Nested(SettledCasesSchema, required=True)


class SavedLessonSchema(AnswerSchema):
    """The version of the rule settings that has the lesson; the settled cases are being validated again."""

    lesson = fields.Dict(required=True)
    settings_version = fields.Integer(required=True)
    open_cases = fields.Nested(SettledCasesSchema, required=True)
