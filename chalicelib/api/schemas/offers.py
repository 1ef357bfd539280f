"""Offers and the catalogue that they make."""

from typing import Any

from marshmallow import fields

from chalicelib.api.schemas.common import (
    AnswerSchema,
    CorrectionSchema,
    FieldProblemSchema,
    IssueSchema,
    PageQuerySchema,
    StoredSchema,
    moment,
    page_of,
)
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import Moment, MoneySchema, listed, one_of, whole
from chalicelib.bodies.offer import MAX_QUANTITY, MeasureSchema, PriceWindowSchema
from chalicelib.bodies.offer_update import OfferUpdateSchema
from chalicelib.services import update_offers

ACCEPTANCE = ("NEW", "ACCEPTED", "TO_REVIEW", "CHANGES_REQUESTED", "REJECTED")


class StockBodySchema(StrictSchema):
    quantity = whole(0, MAX_QUANTITY)
    as_of = Moment("when it was counted; now, where it is not said")


class UncheckedRow(fields.Nested):
    """A row as it came: one that is wrong is told of in its own result and stops no other."""

    def deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return value


class OfferUpdatesSchema(StrictSchema):
    updates = listed(UncheckedRow(OfferUpdateSchema), minimum=1, maximum=update_offers.MAX_UPDATES)


class UpdateResultSchema(AnswerSchema):
    """What became of one row: of its stock, of its price, and of the row as the graver of both."""

    index = fields.Integer(required=True)
    sku = fields.String(required=True, allow_none=True)
    result = one_of(*update_offers.RESULTS)
    stock = one_of(*update_offers.RESULTS, required=False)
    price = one_of(*update_offers.RESULTS, required=False)
    errors = fields.List(fields.Nested(FieldProblemSchema))


class UpdateResultsSchema(AnswerSchema):
    """A result per row, in their order, and how many there are of each."""

    results = fields.List(fields.Nested(UpdateResultSchema), required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class OfferSchema(StoredSchema):
    offer_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    sku = fields.String(required=True)
    product_id = fields.String()
    acceptance = one_of(*ACCEPTANCE)
    validation_state = one_of("PENDING", "DONE")
    active = fields.Boolean(required=True)
    inactivity_reasons = fields.List(fields.String(), required=True)
    available = fields.Integer(required=True)
    stock_as_of = moment()
    gtin = fields.String()
    identifier_exempt_reason = fields.String()
    title = fields.String(required=True)
    description = fields.String(required=True)
    brand = fields.String(required=True)
    category = fields.String(required=True)
    condition = fields.String(required=True)
    price = fields.Nested(MoneySchema)
    list_price = fields.Nested(MoneySchema)
    prices = fields.List(fields.Nested(PriceWindowSchema))
    shipping_price = fields.Nested(MoneySchema)
    current_price = fields.Nested(MoneySchema, metadata={"description": "what it is sold at now"})
    quantity = fields.Integer(required=True)
    handling_days = fields.Integer(required=True)
    image_urls = fields.List(fields.String(), required=True)
    attributes = fields.Dict(required=True)
    shipping_weight = fields.Nested(MeasureSchema)
    available_from = moment()
    available_until = moment()
    commission_category = fields.String()
    issues = fields.List(fields.Nested(IssueSchema), required=True)
    corrections = fields.List(fields.Nested(CorrectionSchema), required=True)
    rules_version = fields.Integer(required=True)


OfferPageSchema = page_of(OfferSchema, "OfferPage")


class OfferQuerySchema(PageQuerySchema):
    acceptance = one_of(*ACCEPTANCE, required=False)
    active = one_of("true", "false", required=False)


class ProductOfferSchema(AnswerSchema):
    """One supplier's active offer of a product."""

    offer_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    supplier_name = fields.String(required=True)
    sku = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True)
    shipping_price = fields.Nested(MoneySchema)
    available = fields.Integer(required=True)
    handling_days = fields.Integer(required=True)
    condition = fields.String(required=True)
    featured = fields.Boolean(required=True)
    rank_reason = fields.String(required=True)


class SourceSchema(AnswerSchema):
    """The offer that gave these fields (JSON pointers) of a product, and when its content was accepted."""

    offer_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    at = moment(required=True)
    fields_ = fields.List(fields.String(), required=True, data_key="fields")


class ProductSchema(StoredSchema):
    product_id = fields.String(required=True)
    gtin = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    brand = fields.String(required=True)
    category = fields.String(required=True)
    description = fields.String(required=True)
    image_urls = fields.List(fields.String(), required=True)
    attributes = fields.Dict(required=True)
    sources = fields.List(fields.Nested(SourceSchema), required=True)
    offers = fields.List(fields.Nested(ProductOfferSchema), required=True)
