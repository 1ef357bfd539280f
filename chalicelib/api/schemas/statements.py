"""Statements: what a period came to for a supplier."""

from marshmallow import fields, validate

from chalicelib.api.schemas.common import AnswerSchema, SignedMoneySchema, moment, page_of
from chalicelib.api.schemas.ledger import LedgerEntrySchema
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import one_of

MOST_ROWS = 1000


class StatementQuerySchema(StrictSchema):
    """`limit` and `cursor` are for the rows of the JSON form."""

    currency = fields.String(validate=validate.Regexp("^[A-Z]{3}$", error="Send an ISO 4217 code."))
    limit = fields.Integer(load_default=MOST_ROWS, validate=validate.Range(1, MOST_ROWS))
    cursor = fields.String(validate=validate.Length(1, 2048))


class FiguresSchema(AnswerSchema):
    net = fields.Nested(SignedMoneySchema, required=True)
    tax = fields.Nested(SignedMoneySchema, required=True)
    gross = fields.Nested(SignedMoneySchema, required=True)


class TypeTotalSchema(AnswerSchema):
    type = fields.String(required=True)
    amount = fields.Nested(SignedMoneySchema, required=True)


class StatementSummarySchema(AnswerSchema):
    """All that became payable between two cutoffs, as the supplier has it: fees are below zero. `balance` is
    the one before and `total`; what is not paid out of it is carried over."""

    statement_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    period = fields.String(required=True, metadata={"examples": ["2026-11", "2026-W48"]})
    currency = fields.String(required=True)
    status = one_of("OPEN", "CLOSED")
    since = moment()
    cutoff = moment(required=True)
    opening_balance = fields.Nested(SignedMoneySchema, required=True)
    sales = fields.Nested(FiguresSchema, required=True)
    refunds = fields.Nested(FiguresSchema, required=True)
    fees = fields.Nested(
        FiguresSchema, required=True, metadata={"description": "with what is charged or credited by hand"}
    )
    payments = fields.Nested(
        SignedMoneySchema,
        required=True,
        metadata={"description": "payouts of statements before, and what came back of them"},
    )
    totals = fields.List(fields.Nested(TypeTotalSchema), required=True)
    row_count = fields.Integer(required=True)
    total = fields.Nested(SignedMoneySchema, required=True, metadata={"description": "the sum of its rows"})
    balance = fields.Nested(SignedMoneySchema, required=True)
    payout_amount = fields.Nested(SignedMoneySchema, required=True)
    payout_id = fields.String()
    withheld = fields.List(fields.String(), required=True)
    carried_over = fields.Nested(SignedMoneySchema, required=True)
    tax_collected_by_marketplace = fields.Nested(SignedMoneySchema, required=True)
    version = fields.Integer(required=True)
    created_at = moment()
    updated_at = moment()


StatementPageSchema = page_of(StatementSummarySchema, "StatementPage")


class StatementSchema(StatementSummarySchema):
    """With its rows, each an entry of the ledger."""

    rows = fields.List(fields.Nested(LedgerEntrySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ClosingSchema(AnswerSchema):
    """The run that closes a period: CLOSED once it has come to all suppliers."""

    period = fields.String(required=True)
    status = one_of("CLOSING", "CLOSED")
    cutoff = moment(required=True)
    closed_by = fields.String(required=True)
    suppliers = fields.Integer(metadata={"description": "how many it comes to, once that is known"})
    suppliers_done = fields.Integer(required=True)
    created_at = moment(required=True)


class ClosingPageSchema(ClosingSchema):
    items = fields.List(fields.Nested(StatementSummarySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
