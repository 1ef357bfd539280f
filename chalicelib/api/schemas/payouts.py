"""Payouts to suppliers."""

from datetime import date

from marshmallow import ValidationError, fields, validate

from chalicelib.api.schemas.common import AnswerSchema, PageQuerySchema, SignedMoneySchema, moment, page_of
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import listed, money, one_of, optional_text, text
from chalicelib.domain.payouts import FAILED, KYB, PAID, STATUSES


def _is_day(value: str) -> None:
    try:
        is_day = date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_day = False
    if not is_day:
        raise ValidationError("Send a date, as 2026-11-30.")


class PayoutQuerySchema(PageQuerySchema):
    status = one_of(*STATUSES, load_default="TO_PAY", required=False)


class PayoutSchema(AnswerSchema):
    """A transfer of what a statement came to. To its supplier most digits of the account are not shown."""

    payout_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    period = fields.String(required=True)
    amount = fields.Nested(SignedMoneySchema, required=True)
    status = one_of(*STATUSES)
    payee = fields.String(required=True)
    account = fields.Dict(required=True)
    posting_id = fields.String(required=True, metadata={"description": "by which it left the balance"})
    file_id = fields.String()
    bank_reference = fields.String()
    executed_on = fields.String()
    reason = fields.String()
    settled_by = fields.String()
    version = fields.Integer(required=True)
    created_at = moment(required=True)
    updated_at = moment(required=True)


PayoutPageSchema = page_of(PayoutSchema, "PayoutPage")


class PayoutResultSchema(StrictSchema):
    """What the bank has done. What it could not pay goes back into the supplier's balance."""

    status = one_of(PAID, FAILED)
    bank_reference = optional_text(140)
    executed_on = fields.String(validate=_is_day)
    reason = optional_text(500)


class PayoutTermsSchema(StrictSchema):
    """`kyb` says whether it has been checked who is behind the supplier; with `hold_reason` nothing is paid.
    `minimums` and `reserve_percent` (of a statement's sales) stand before the marketplace's own."""

    kyb = one_of(*KYB)
    hold_reason = optional_text(500)
    minimums = listed(money(), maximum=40, required=False)
    reserve_percent = fields.String(
        validate=validate.Regexp(
            r"^(100(\.0{1,4})?|[1-9]?[0-9](\.[0-9]{1,4})?)$", error="Send a percentage, as 2.5."
        )
    )
    note = optional_text(500)


class ShownPayoutTermsSchema(AnswerSchema):
    supplier_id = fields.String(required=True)
    kyb = one_of(*KYB)
    hold_reason = fields.String()
    minimums = fields.List(fields.Nested(SignedMoneySchema), required=True)
    reserve_percent = fields.String()
    note = fields.String()
    set_by = fields.String()
    version = fields.Integer(required=True)
    updated_at = moment()


class PayoutFileBodySchema(StrictSchema):
    currency = text(3)
    execution_date = fields.String(required=True, validate=_is_day)


class PayoutFileSchema(AnswerSchema):
    """A file for the bank. `left_out` are payouts that it cannot hold, having no valid IBAN."""

    file_id = fields.String(required=True)
    format = fields.String(required=True)
    payout_count = fields.Integer(required=True)
    amount = fields.Nested(SignedMoneySchema, required=True)
    payout_ids = fields.List(fields.String(), required=True)
    execution_date = fields.String(required=True)
    made_by = fields.String(required=True)
    left_out = fields.List(fields.String())
    created_at = moment(required=True)
