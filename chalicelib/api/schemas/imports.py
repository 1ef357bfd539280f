"""Imports: what is sent besides the feed itself, and how an import and its rows are read."""

from marshmallow import fields, validate

from chalicelib.api.schemas.common import (
    AnswerSchema,
    IssueSchema,
    StoredSchema,
    moment,
    page_of,
)
from chalicelib.api.schemas.reviews import ProposalSchema
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import Flag, one_of, optional_text
from chalicelib.bodies.offer import OfferBodySchema

STATUS = ("QUEUED", "RUNNING", "COMPLETE", "FAILED", "CANCELLED")


class UploadRequestSchema(StrictSchema):
    """Asks for a place to upload a feed to that is too large for a request."""

    upload = Flag(required=True, validate=validate.Equal(True, error="Say true, or send the feed itself."))
    media_type = optional_text(100, metadata={"description": "of the file, where its content leaves it open"})
    filename = optional_text(200)


class FailureSchema(AnswerSchema):
    """Why the file could not be read to its end."""

    code = fields.String(required=True)
    detail = fields.String(required=True)
    row = fields.Integer()
    column = fields.String()


class ImportSchema(StoredSchema):
    """Counters move while it runs; COMPLETE says nothing of the rows."""

    import_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    status = one_of(*STATUS)
    dialect = fields.String(required=True, allow_none=True)
    media_type = fields.String()
    filename = fields.String()
    lines_read = fields.Integer(required=True)
    lines_in_success = fields.Integer(required=True)
    lines_in_error = fields.Integer(required=True)
    lines_with_warning = fields.Integer(required=True)
    lines_in_pending = fields.Integer(required=True)
    unused_columns = fields.List(fields.String(), required=True)
    failure = fields.Nested(FailureSchema)
    finished_at = moment()


class UploadSchema(AnswerSchema):
    """How the file is uploaded: one form with these fields and the file as the last one, `file`."""

    url = fields.String(required=True)
    method = fields.String(required=True)
    fields_ = fields.Dict(required=True, data_key="fields", attribute="fields")
    max_bytes = fields.Integer(required=True)
    expires_at = moment(required=True)


class ImportCreatedSchema(AnswerSchema):
    import_ = fields.Nested(ImportSchema, required=True, data_key="import", attribute="import")
    upload = fields.Nested(UploadSchema)


ImportPageSchema = page_of(ImportSchema, "ImportPage")


class RowIssueSchema(IssueSchema):
    row = fields.Integer(required=True)
    sku = fields.String(required=True, allow_none=True)
    outcome = one_of("SUCCESS", "ERROR", "PENDING")


RowIssuePageSchema = page_of(RowIssueSchema, "RowIssuePage")


class CandidateSchema(OfferBodySchema):
    """An offer to be tried: the body of an offer, with its SKU where it has one."""

    sku = optional_text(64)


class TriedCorrectionSchema(ProposalSchema):
    """A correction that validation would make."""

    row = fields.Integer(required=True)
    sku = fields.String(required=True, allow_none=True)


class DryRunSchema(AnswerSchema):
    """What an import would find. `complete` is false where only the first thousand rows were tried."""

    dialect = fields.String(required=True, allow_none=True)
    lines_read = fields.Integer(required=True)
    lines_in_success = fields.Integer(required=True)
    lines_in_error = fields.Integer(required=True)
    lines_with_warning = fields.Integer(required=True)
    lines_in_pending = fields.Integer(required=True)
    unused_columns = fields.List(fields.String(), required=True)
    complete = fields.Boolean(required=True)
    failure = fields.Nested(FailureSchema)
    issues = fields.List(fields.Nested(RowIssueSchema), required=True)
    corrections = fields.List(fields.Nested(TriedCorrectionSchema), required=True)
