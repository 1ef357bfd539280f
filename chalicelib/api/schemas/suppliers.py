"""Suppliers and their API keys."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.api.schemas.common import (
    AddressSchema,
    AnswerSchema,
    CorrectionSchema,
    IssueSchema,
    StoredSchema,
    moment,
    page_of,
)
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import MAX_URL, Flag, Moment, listed, one_of, optional_text, text, whole
from chalicelib.domain.conformance_checks import CHECKS
from chalicelib.domain.credentials import Scope
from chalicelib.domain.deadlines import LONGEST_HOURS
from chalicelib.domain.supplier import MOVES, SUSPENSIONS
from chalicelib.services.explain_supplier import STEPS

MAX_BRANDS = 90  # all of them are claimed in the one transaction that opens the supplier


class BrandSchema(StrictSchema):
    name = text(200)
    owned = Flag(required=True)


class ContactSchema(StrictSchema):
    name = text(200)
    email = text(320)
    phone = text(64)


class OrderApiSchema(StrictSchema):
    """Where the marketplace sends orders; `{attempt_id}` in the optional URLs is filled in."""

    url = text(MAX_URL)
    status_url = optional_text(MAX_URL)
    cancellation_url = optional_text(MAX_URL)


class InventoryApiSchema(StrictSchema):
    url = text(MAX_URL)


class PayoutAccountSchema(StrictSchema):
    iban = optional_text(64)
    account_number = optional_text(64)
    routing_number = optional_text(64)

    @validates_schema
    def _names_one_account(self, data: dict[str, Any], **_options: Any) -> None:
        if set(data) not in ({"iban"}, {"account_number", "routing_number"}):
            raise ValidationError("Send either iban, or account_number and routing_number.")


class RegistrationSchema(StrictSchema):
    """What a supplier says of itself. What is doubtful in it is for validation to find, not refused here."""

    legal_name = text(300)
    display_name = text(300)
    brands = listed(fields.Nested(BrandSchema), maximum=MAX_BRANDS)
    tax_id = text(64)
    country = text(64)
    website = text(MAX_URL)
    contact = fields.Nested(ContactSchema, required=True)
    address = fields.Nested(AddressSchema, required=True)
    accepts_image_standard = Flag(required=True)
    order_api = fields.Nested(OrderApiSchema, required=True)
    inventory_api = fields.Nested(InventoryApiSchema)
    payout_account = fields.Nested(PayoutAccountSchema)
    commission_plan = optional_text(64)
    accept_within_hours = whole(
        1,
        LONGEST_HOURS,
        required=False,
        metadata={"description": "how long it may take to answer an order; the marketplace says otherwise"},
    )
    closed_from = Moment("from when the shop is closed, for holidays say: nothing of it is for sale")
    closed_until = Moment("when it opens again by itself; until further notice, where it is not said")

    @validates_schema
    def _closes_before_it_opens(self, data: dict[str, Any], **_options: Any) -> None:
        start, end = data.get("closed_from"), data.get("closed_until")
        if start and end and start >= end:
            raise ValidationError("The shop opens before it closes.", "closed_until")


class ReasonSchema(StrictSchema):
    reason = text(2_000, metadata={"description": "kept with who and when; the supplier reads it"})


class SupplierSchema(StoredSchema):
    supplier_id = fields.String(required=True)
    status = one_of(*MOVES)
    suspension_type = one_of(*SUSPENSIONS, required=False)
    validation_state = one_of("PENDING", "DONE")
    legal_name = fields.String(required=True)
    display_name = fields.String(required=True)
    brands = fields.List(fields.Nested(BrandSchema), required=True)
    tax_id = fields.String(required=True)
    country = fields.String(required=True)
    website = fields.String(required=True)
    contact = fields.Nested(ContactSchema, required=True)
    address = fields.Nested(AddressSchema, required=True)
    accepts_image_standard = fields.Boolean(required=True)
    order_api = fields.Nested(OrderApiSchema, required=True)
    inventory_api = fields.Nested(InventoryApiSchema)
    payout_account = fields.Nested(PayoutAccountSchema)
    commission_plan = fields.String()
    accept_within_hours = fields.Integer()
    closed_from = moment()
    closed_until = moment()
    issues = fields.List(fields.Nested(IssueSchema), required=True)
    corrections = fields.List(fields.Nested(CorrectionSchema), required=True)
    rules_version = fields.Integer(required=True)


class RegisteredSchema(AnswerSchema):
    """The two secrets are shown in this answer only (and in its replay)."""

    supplier = fields.Nested(SupplierSchema, required=True)
    api_key = fields.String(required=True)
    signing_secret = fields.String(required=True)


class ChangedSecretSchema(AnswerSchema):
    """The secret is shown in this answer only (and in its replay). Until then calls are signed with the ones
    before it, too."""

    signing_secret = fields.String(required=True)
    generation = fields.Integer(required=True)
    others_until = moment(required=True)


class StandingSchema(AnswerSchema):
    """One move of a supplier's status: who made it, when and why."""

    at = moment(required=True)
    by = fields.String(required=True)
    status = one_of(*MOVES)
    suspension_type = one_of(*SUSPENSIONS, required=False)
    reason = fields.String()


class JudgementSchema(AnswerSchema):
    """The version that validation judged last, and the version of the rule settings that it judged by."""

    state = one_of("PENDING", "DONE")
    judged_version = fields.Integer(required=True, allow_none=True)
    judged_at = moment(required=True, allow_none=True)
    rules_version = fields.Integer(required=True)


class CaseSchema(AnswerSchema):
    review_id = fields.String(required=True)
    status = one_of("OPEN", "RESOLVED")
    resolution = fields.String()
    note = fields.String()


class NextStepSchema(AnswerSchema):
    code = one_of(*STEPS)
    text = fields.String(required=True)


class SupplierExplanationSchema(AnswerSchema):
    """Why a supplier is open or is not."""

    supplier_id = fields.String(required=True)
    version = fields.Integer(required=True)
    is_open = fields.Boolean(required=True)
    is_selling = fields.Boolean(
        required=True, metadata={"description": "open, and not closed for a period of its own"}
    )
    closed_from = moment()
    closed_until = moment()
    status = one_of(*MOVES)
    suspension_type = one_of(*SUSPENSIONS, required=False)
    health = one_of("GOOD", "POOR", "FAILING")
    decided = fields.Nested(StandingSchema)
    validation = fields.Nested(JudgementSchema, required=True)
    blocking_issues = fields.List(fields.Nested(IssueSchema), required=True)
    review = fields.Nested(CaseSchema)
    next_steps = fields.List(fields.Nested(NextStepSchema), required=True)
    history = fields.List(fields.Nested(StandingSchema), required=True)


class OrderApiStateSchema(AnswerSchema):
    """Whether the order API is called, is left alone since it failed, or has said that it is gone."""

    state = one_of("CALLED", "LEFT_ALONE", "GONE")
    failures_in_a_row = fields.Integer(required=True)
    failing_since = moment(required=True, allow_none=True)
    called_again_at = moment(required=True, allow_none=True)


class CallFiguresSchema(AnswerSchema):
    calls = fields.Integer(required=True)
    failed_calls = fields.Integer(required=True)
    mean_milliseconds = fields.Integer(required=True)


class LineFiguresSchema(AnswerSchema):
    lines = fields.Integer(required=True, metadata={"description": "answered, or not answered in time"})
    lines_refused = fields.Integer(required=True, metadata={"description": "not taken whole"})
    lines_late = fields.Integer(required=True, metadata={"description": "that did not leave in time"})


class SuspensionLimitsSchema(AnswerSchema):
    """A rule suspends a supplier that refuses more than this share of at least so many lines, or cannot be
    reached for so long."""

    refused_percent = fields.Integer(required=True)
    lines = fields.Integer(required=True)
    unreachable_hours = fields.Integer(required=True)


class SupplierHealthSchema(AnswerSchema):
    """How well a supplier serves its orders, in a class that its offers are ranked by."""

    supplier_id = fields.String(required=True)
    health = one_of("GOOD", "POOR", "FAILING")
    reason = fields.String(required=True, allow_none=True)
    since = moment(required=True, allow_none=True)
    order_api = fields.Nested(OrderApiStateSchema, required=True)
    of_the_last_hour = fields.Nested(CallFiguresSchema, required=True)
    of_seven_days = fields.Nested(LineFiguresSchema, required=True)
    suspended_from = fields.Nested(SuspensionLimitsSchema, required=True)
    told_at = moment(required=True)


class OrderApiCheckSchema(AnswerSchema):
    """One thing that was looked at; `held` is null where it was not, and `detail` says why."""

    check = one_of(*(check.name for check in CHECKS))
    held = fields.Boolean(required=True, allow_none=True)
    title = fields.String(required=True)
    detail = fields.String(metadata={"description": "what was seen instead, or why it was not looked at"})
    mend = fields.String(metadata={"description": "what to do where it did not hold"})


class OrderApiTrialSchema(AnswerSchema):
    """How the order API took signed orders of type `supplier_order.test`; `attempt_id`, `http_status` and
    `milliseconds` are of the first."""

    url = fields.String(required=True)
    attempt_id = fields.String(required=True, metadata={"description": "as sent in `webhook-id`"})
    passed = fields.Boolean(required=True)
    checks = fields.List(fields.Nested(OrderApiCheckSchema), required=True)
    http_status = fields.Integer(required=True, allow_none=True)
    milliseconds = fields.Integer(required=True)
    tested_at = moment(required=True)


class NewApiKeySchema(StrictSchema):
    label = optional_text(100, minimum=0, metadata={"description": "to tell keys apart"})
    scopes = listed(
        one_of(*Scope),
        minimum=1,
        maximum=len(Scope),
        required=False,
        metadata={"description": "what it opens; where it is not said, what the caller's own key opens"},
    )


class ApiKeySchema(AnswerSchema):
    """A key without its secret."""

    key_id = fields.String(required=True)
    label = fields.String(required=True)
    scopes = fields.List(one_of(*Scope), required=True)
    created_at = moment(required=True)
    last_used_on = fields.String(allow_none=True, metadata={"format": "date"})
    revoked_at = moment(allow_none=True)


class CreatedApiKeySchema(ApiKeySchema):
    """The key itself is shown in this answer only (and in its replay)."""

    api_key = fields.String(required=True)


ApiKeyPageSchema = page_of(ApiKeySchema, "ApiKeyPage")
