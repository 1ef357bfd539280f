"""Why an offer is not for sale, or not the featured one."""

from marshmallow import fields

from chalicelib.api.schemas.common import AnswerSchema, IssueSchema, moment
from chalicelib.api.schemas.offers import ACCEPTANCE, ProductOfferSchema
from chalicelib.api.schemas.suppliers import CaseSchema, JudgementSchema
from chalicelib.bodies.fields import one_of
from chalicelib.domain.ranking import CRITERIA
from chalicelib.services.explain_offer import STEPS


class InactivityReasonSchema(AnswerSchema):
    """One reason why the offer is not for sale, with what it follows from."""

    code = fields.String(required=True)
    inputs = fields.Dict(required=True)


class OfferStepSchema(AnswerSchema):
    code = one_of(*STEPS)
    text = fields.String(required=True)


class MembershipSchema(AnswerSchema):
    """The product that the offer is in, by which number, and the fields (JSON pointers) that it gives."""

    product_id = fields.String(required=True)
    gtin = fields.String(required=True, allow_none=True)
    identified_by = fields.String(
        required=True, metadata={"examples": ["GTIN-13", "UPC-E", "ISBN-10", "EXEMPTION"]}
    )
    gtin_sent = fields.String()
    offers_in_it = fields.Integer(required=True)
    fields_from_this_offer = fields.List(fields.String(), required=True)


class RankCriterionSchema(AnswerSchema):
    """A criterion of the rank; how others do on `reliability` and `health` is theirs to know."""

    criterion = one_of(*(criterion.name for criterion in CRITERIA))
    own = fields.Raw(required=True)
    other = fields.Raw()


class RankSchema(AnswerSchema):
    """The offer's place among those that its product shows, against the featured one (of the featured one,
    against the next)."""

    position = fields.Integer(required=True)
    of = fields.Integer(required=True)
    featured = fields.Boolean(required=True)
    rank_reason = fields.String(required=True)
    ranked_at = moment(required=True)
    decided_by = one_of(*(criterion.name for criterion in CRITERIA), required=False)
    criteria = fields.List(fields.Nested(RankCriterionSchema))
    compared_with = fields.Nested(ProductOfferSchema)


class OfferExplanationSchema(AnswerSchema):
    offer_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    sku = fields.String(required=True)
    version = fields.Integer(required=True)
    active = fields.Boolean(required=True)
    acceptance = one_of(*ACCEPTANCE)
    validation = fields.Nested(JudgementSchema, required=True)
    blocking_issues = fields.List(fields.Nested(IssueSchema), required=True)
    inactivity_reasons = fields.List(fields.Nested(InactivityReasonSchema), required=True)
    next_steps = fields.List(fields.Nested(OfferStepSchema), required=True)
    review = fields.Nested(CaseSchema)
    product = fields.Nested(MembershipSchema)
    rank = fields.Nested(RankSchema)
