"""The settings of the validation rules, as administrators read and send them."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from chalicelib.api.schemas.common import AnswerSchema, StoredSchema, moment, page_of
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import number, one_of, text
from chalicelib.domain.rule_documents import SEVERITIES
from chalicelib.domain.rule_settings import POLICIES


class RulesDocument(fields.Field[dict[str, Any]]):
    """An object by rule; what may stand in it is the rules' own matter."""

    def __init__(self, **options: Any) -> None:
        description = (
            "by rule: enabled, policy (corrections) or severity (checks), parameters, "
            "limits [{where, parameters}], exceptions [{field, value, where?}]; "
            "where names supplier_id, brand or category"
        )
        metadata = {"type": "object", "additionalProperties": True, "description": description}
        super().__init__(metadata=metadata, **options)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("This must be an object.")
        return {name: with_doubles(inner) for name, inner in value.items()}


def with_doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: with_doubles(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_doubles(inner) for inner in value]
    return number(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


class NewRuleSettingsSchema(StrictSchema):
    rules = RulesDocument(required=True)
    reason = text(500)


class RuleSchema(AnswerSchema):
    """One rule as it is in force. `policy` is a correction's, `defaults` are the parameters as delivered; a
    `fixed` rule is never off."""

    rule = fields.String(required=True)
    kind = one_of("CHECK", "CORRECTION")
    code = fields.String(required=True)
    severity = one_of(*SEVERITIES)
    policy = one_of(*POLICIES, allow_none=True)
    enabled = fields.Boolean(required=True)
    fixed = fields.Boolean(required=True)
    parameters = fields.Dict(required=True)
    defaults = fields.Dict(required=True)
    message = fields.String(required=True)
    source = fields.String(required=True)


class RuleSettingsNoteSchema(AnswerSchema):
    """When, by whom and why a version was set. Version 0 is before anybody has set any."""

    version = fields.Integer(required=True)
    set_by = fields.String(required=True, allow_none=True)
    set_at = moment(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    review_id = fields.String(required=True, allow_none=True)


class RuleSettingsVersionSchema(RuleSettingsNoteSchema):
    """One version with the document that was set."""

    settings = fields.Dict(required=True)


class RuleSettingsSchema(RuleSettingsVersionSchema):
    rules = fields.List(fields.Nested(RuleSchema), required=True)


class NewRuleReversalSchema(StrictSchema):
    reason = text(500)


class RuleReversalSchema(StoredSchema):
    """`seen` are records; `reversed` and `overtaken` (by later edits) are corrections; `failed` are records
    that could not be changed."""

    reversal_id = fields.String(required=True)
    rule = fields.String(required=True)
    status = one_of("QUEUED", "RUNNING", "COMPLETE")
    requested_by = fields.String(required=True)
    reason = fields.String(required=True)
    seen = fields.Integer(required=True)
    reversed = fields.Integer(required=True)
    overtaken = fields.Integer(required=True)
    failed = fields.Integer(required=True)


RuleReversalPageSchema = page_of(RuleReversalSchema, "RuleReversalPage")
RuleSettingsPageSchema = page_of(RuleSettingsNoteSchema, "RuleSettingsPage")
