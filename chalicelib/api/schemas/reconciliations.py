"""Runs that hold the ledger against the orders and the statements."""

from marshmallow import fields

from chalicelib.api.schemas.common import AnswerSchema, SignedMoneySchema, moment
from chalicelib.api.schemas.ledger import ACCOUNTS, STATES
from chalicelib.bodies.fields import one_of
from chalicelib.domain.reconciliation import KINDS


class DifferenceSchema(AnswerSchema):
    """Something that is not as it should be: what is expected from the rest of the books, and what was
    found."""

    kind = one_of(*KINDS)
    supplier_id = fields.String(required=True)
    currency = fields.String(required=True)
    order_id = fields.String()
    supplier_order_id = fields.String()
    line_id = fields.String()
    account = one_of(*ACCOUNTS, required=False)
    state = one_of(*STATES, required=False)
    period = fields.String(metadata={"description": "of the statement"})
    field = fields.String(
        metadata={
            "description": "of a statement the figure, or a type of its entries; of a payout its amount, or "
            "the status that it was posted for"
        }
    )
    payout_id = fields.String()
    expected = fields.Nested(SignedMoneySchema)
    found = fields.Nested(SignedMoneySchema)
    expected_rows = fields.Integer()
    found_rows = fields.Integer()


class ReconciliationSchema(AnswerSchema):
    """A run: how much it has looked at so far, and how many differences it has found."""

    reconciliation_id = fields.String(required=True)
    status = one_of("RUNNING", "COMPLETE")
    started_by = fields.String(required=True)
    suppliers = fields.Integer(metadata={"description": "it has to come to, once that is known"})
    suppliers_done = fields.Integer(required=True)
    supplier_orders = fields.Integer(required=True)
    postings = fields.Integer(required=True)
    statements = fields.Integer(required=True)
    differences = fields.Integer(
        required=True, metadata={"description": "all of them; the first 50 of each supplier are listed"}
    )
    created_at = moment(required=True)


class ReconciliationWithDifferencesSchema(ReconciliationSchema):
    items = fields.List(fields.Nested(DifferenceSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
