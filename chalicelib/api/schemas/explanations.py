"""Why an offer is not for sale, or not the featured one; why a supplier serves an order line."""

from marshmallow import fields

from chalicelib.api.schemas.commission_rules import LineFeeSchema
from chalicelib.api.schemas.common import AnswerSchema, IssueSchema, moment
from chalicelib.api.schemas.offers import ACCEPTANCE, ProductOfferSchema
from chalicelib.api.schemas.orders import LINE_STATUS
from chalicelib.api.schemas.suppliers import CaseSchema, JudgementSchema
from chalicelib.bodies.fields import MoneySchema, one_of
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


class LineCostSchema(AnswerSchema):
    """What an offer costs the whole order at a line. `risk` is for its supplier's refusals, `split` for a
    supplier that no other line has."""

    goods = fields.Nested(MoneySchema, required=True)
    shipping = fields.Nested(MoneySchema, required=True)
    handling = fields.Nested(MoneySchema, required=True)
    risk = fields.Nested(MoneySchema, required=True)
    split = fields.Nested(MoneySchema, required=True)
    total = fields.Nested(MoneySchema, required=True)


class WeighedOfferSchema(AnswerSchema):
    """An offer as it was when it was weighed."""

    offer_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    unit_price = fields.Nested(MoneySchema, required=True)
    health = fields.Integer(required=True)
    handling_days = fields.Integer(required=True)
    available = fields.Integer(required=True)
    cost = fields.Nested(LineCostSchema, required=True)


class WholeOrderSchema(AnswerSchema):
    """What all lines cost as they were allocated, and what no other allocation could cost less than."""

    cost = fields.Nested(MoneySchema, required=True)
    no_less_than = fields.Nested(MoneySchema, required=True)
    proven = fields.Boolean(required=True, metadata={"description": "that nothing is cheaper"})


class CountedSchema(AnswerSchema):
    """The settings that were in force."""

    split = fields.Nested(MoneySchema, required=True)
    handling_day = fields.Nested(MoneySchema, required=True)
    refusal_percent = fields.Integer(required=True)


class LinePlacingSchema(AnswerSchema):
    """What was decided when the order was placed, on what was known then. `ONLY_OFFER`: it was named in the
    order, or no other kept the promise."""

    decided_at = moment(required=True)
    decided_by = one_of("CHEAPEST_WHOLE", "ONLY_OFFER")
    offer_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.Nested(MoneySchema, required=True)
    considered = fields.Integer()
    chosen = fields.Nested(WeighedOfferSchema)
    runner_up = fields.Nested(WeighedOfferSchema, allow_none=True)
    whole_order = fields.Nested(WholeOrderSchema)
    counted = fields.Nested(CountedSchema)


class TriedSupplierSchema(AnswerSchema):
    """A supplier that was asked for the line, and what became of it there."""

    supplier_order_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    line_id = fields.String(required=True)
    offer_id = fields.String(required=True)
    sku = fields.String(required=True)
    unit_price = fields.Nested(MoneySchema, required=True)
    quantity = fields.Integer(required=True)
    planned_at = moment(required=True)
    accept_by = moment(required=True)
    attempt_id = fields.String(required=True)
    attempt_status = fields.String(required=True)
    sent_at = moment()
    answered_at = moment()
    reason = fields.String()
    line_status = one_of(*LINE_STATUS)
    acceptance_code = fields.String()
    accepted_quantity = fields.Integer(required=True)
    moved_quantity = fields.Integer(required=True)
    canceled_quantity = fields.Integer(required=True)
    considered = fields.Integer(metadata={"description": "offers weighed when it took the line over"})
    chosen = fields.Nested(WeighedOfferSchema)
    runner_up = fields.Nested(WeighedOfferSchema, allow_none=True)
    whole_order = fields.Nested(WholeOrderSchema)
    counted = fields.Nested(CountedSchema)


class OrderLineExplanationSchema(AnswerSchema):
    order_id = fields.String(required=True)
    line_id = fields.String(required=True)
    status = one_of(*LINE_STATUS)
    supplier_id = fields.String(required=True)
    offer_id = fields.String(required=True)
    promise = fields.Dict(required=True)
    placed = fields.Nested(LinePlacingSchema, required=True)
    fee = fields.Nested(LineFeeSchema, required=True, allow_none=True)
    suppliers_tried = fields.List(fields.Nested(TriedSupplierSchema), required=True)
