"""What administrators read and send of reviews."""

from collections.abc import Sequence
from typing import Any, Literal

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.api.schemas.common import (
    AnswerSchema,
    IssueSchema,
    PageQuerySchema,
    StoredSchema,
    moment,
    page_of,
)
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import MAX_NUMBER, listed, one_of, optional_text, text, whole
from chalicelib.services.review_batches import MAX_CASES

REVIEW_STATUS = ("OPEN", "CLAIMED", "RESOLVED")
DECISIONS = ("APPROVED", "REJECTED", "CHANGES_REQUESTED", "CORRECTED")
MAX_PROPOSALS = 100


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
    changed = fields.List(fields.String())


class SimilarCaseSchema(AnswerSchema):
    """A resolved case on which the same rule had a doubt; `link` is its path here. Values of suppliers are
    not kept."""

    review_id = fields.String(required=True)
    link = fields.String(required=True)
    rule = fields.String(required=True)
    field = fields.String(required=True)
    supplier_id = fields.String(required=True)
    sku = fields.String()
    value_seen = fields.String()
    value_after = fields.String()
    resolution = one_of(*DECISIONS)
    note = fields.String()
    decided_at = moment(required=True)
    decided_by = fields.String(required=True)
    shares = fields.List(one_of("SUPPLIER", "BRAND", "CATEGORY", "VALUE"), required=True)


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
    resolution = one_of(*DECISIONS, required=False)
    note = fields.String()
    history = fields.List(fields.Nested(HistorySchema), required=True)


class ReadReviewSchema(ReviewSchema):
    """The latest past cases of the same rules, those first that share something with this one."""

    similar_cases = fields.List(fields.Nested(SimilarCaseSchema), required=True)


ReviewPageSchema = page_of(ReviewSchema, "ReviewPage")


class ReviewQuerySchema(PageQuerySchema):
    status = one_of(*REVIEW_STATUS, required=False)
    kind = one_of("SUPPLIER", "OFFER", required=False)


class ClaimQuerySchema(StrictSchema):
    renew = one_of("true", "false", required=False, load_default="false")


class Positions(fields.Field[Any]):
    """true for all, or positions among the proposed corrections, from 0."""

    def __init__(self, **options: Any) -> None:
        described = {
            "oneOf": [
                {"const": True},
                {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1},
            ]
        }
        super().__init__(metadata=described, **options)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Literal[True] | list[int]:
        if value is True:
            return True
        numbers = value if isinstance(value, list) else []
        if not 0 < len(numbers) <= MAX_PROPOSALS or any(
            type(each) is not int or each < 0 for each in numbers
        ):
            raise ValidationError("This must be true, or a list of positions from 0.")
        return sorted(set(numbers))


class ResolutionSchema(StrictSchema):
    """CORRECTED accepts proposed corrections, all of them where `accept_corrections` is left out."""

    decision = one_of(*DECISIONS)
    note = optional_text(2_000, minimum=0)
    accept_corrections = Positions(required=False)

    @validates_schema
    def _accepts_to_correct(self, data: dict[str, Any], **_: Any) -> None:
        if "accept_corrections" in data and data.get("decision") != "CORRECTED":
            raise ValidationError("This goes with the decision CORRECTED.", "accept_corrections")


class CaseResolutionSchema(ResolutionSchema):
    """The resolution of one of many; `version` is refused where the review has another by now."""

    review_id = text(128)
    version = whole(1, MAX_NUMBER, required=False)


class ResolutionsSchema(StrictSchema):
    resolutions = listed(fields.Nested(CaseResolutionSchema), minimum=1, maximum=MAX_CASES)

    @validates_schema
    def _decides_each_once(self, data: dict[str, Any], **_: Any) -> None:
        refuse_repeated([each["review_id"] for each in data["resolutions"]], "resolutions")


class ReviewIdsSchema(StrictSchema):
    review_ids = listed(text(128), minimum=1, maximum=MAX_CASES)

    @validates_schema
    def _names_each_once(self, data: dict[str, Any], **_: Any) -> None:
        refuse_repeated(data["review_ids"], "review_ids")


def refuse_repeated(review_ids: Sequence[str], name: str) -> None:
    """Raise ValidationError at every place that names a review a second time."""
    repeated = {
        place: ["This review is named twice."]
        for place, review_id in enumerate(review_ids)
        if review_id in review_ids[:place]
    }
    if repeated:
        raise ValidationError({name: repeated})


class CaseProblemSchema(AnswerSchema):
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    title = fields.String(required=True)
    detail = fields.String(required=True)


class CaseResultSchema(AnswerSchema):
    """What became of one case: its review as it is now, or the problem because of which nothing was done."""

    review_id = fields.String(required=True)
    done = fields.Boolean(required=True)
    status = one_of(*REVIEW_STATUS, required=False)
    resolution = one_of(*DECISIONS, required=False)
    version = fields.Integer()
    problem = fields.Nested(CaseProblemSchema)


class CaseResultsSchema(AnswerSchema):
    """`results` are in the order of the request."""

    done = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    results = fields.List(fields.Nested(CaseResultSchema), required=True)
