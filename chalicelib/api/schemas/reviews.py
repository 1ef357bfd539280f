"""What administrators read and send of reviews."""

from marshmallow import fields

from chalicelib.api.schemas.common import (
    AnswerSchema,
    IssueSchema,
    PageQuerySchema,
    StoredSchema,
    moment,
    page_of,
)
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import one_of, optional_text

REVIEW_STATUS = ("OPEN", "CLAIMED", "RESOLVED")
DECISIONS = ("APPROVED", "REJECTED", "CHANGES_REQUESTED")


class ProposalSchema(AnswerSchema):
    """A correction that a rule suggests and nobody applied."""

    rule = fields.String(required=True)
    field = fields.String(required=True)
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class HistorySchema(AnswerSchema):
    at = moment(required=True)
    by = fields.String(required=True)
    event = fields.String(required=True)
    note = fields.String()


class ReviewSchema(StoredSchema):
    """A case for a person. `record` is the supplier or offer as it stands now."""

    review_id = fields.String(required=True)
    kind = one_of("SUPPLIER", "OFFER")
    status = one_of(*REVIEW_STATUS)
    supplier_id = fields.String(required=True)
    sku = fields.String()
    record = fields.Dict(required=True, allow_none=True)
    record_version = fields.Integer(required=True)
    issues = fields.List(fields.Nested(IssueSchema), required=True)
    proposed_corrections = fields.List(fields.Nested(ProposalSchema), required=True)
    claimed_by = fields.String()
    claimed_until = moment()
    resolution = one_of("APPROVED", "CORRECTED", "CHANGES_REQUESTED", "REJECTED", required=False)
    note = fields.String()
    history = fields.List(fields.Nested(HistorySchema), required=True)


ReviewPageSchema = page_of(ReviewSchema, "ReviewPage")


class ReviewQuerySchema(PageQuerySchema):
    status = one_of(*REVIEW_STATUS, required=False)
    kind = one_of("SUPPLIER", "OFFER", required=False)


class ResolutionSchema(StrictSchema):
    decision = one_of(*DECISIONS)
    note = optional_text(2_000, minimum=0)
