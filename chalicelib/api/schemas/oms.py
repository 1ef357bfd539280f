"""What an order-management system reads and changes beside the orders themselves."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.api.schemas.common import AnswerSchema, moment
from chalicelib.api.schemas.orders import OrderContactSchema, PromiseSchema, ShipToSchema
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import optional_text

MAX_ASKED = 100
MAX_PRODUCTS = 10
"""Each may have a hundred offers."""


class OrderChangeSchema(StrictSchema):
    """What of an order can be changed once it is placed."""

    ship_to = fields.Nested(ShipToSchema, required=True)
    contact = fields.Nested(OrderContactSchema, required=True)
    promise = fields.Nested(PromiseSchema)
    channel_reference = optional_text(200)


class _Names(fields.String):
    """Names between commas; loads as a list without repetitions."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(metadata={"description": f"at most {most}, between commas"}, **options)
        self.most = most

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        sent = super()._deserialize(value, *args, **kwargs)
        names = list(dict.fromkeys(filter(None, (name.strip() for name in sent.split(",")))))
        if not 0 < len(names) <= self.most or any(len(name) > 128 for name in names):
            raise ValidationError(f"Name one to {self.most}, between commas.")
        return names


class SupplierInventoryQuerySchema(StrictSchema):
    """A SKU that has a comma is read with its offer."""

    skus = _Names(MAX_ASKED, required=True)


class InventoryQuerySchema(StrictSchema):
    offer_ids = _Names(MAX_ASKED)
    product_ids = _Names(MAX_PRODUCTS)

    @validates_schema
    def _names_something(self, data: dict[str, Any], **_options: Any) -> None:
        if not data:
            raise ValidationError("Name offer_ids or product_ids.")


class InventoryItemSchema(AnswerSchema):
    """`available` may still be ordered, `reserved` waits for a supplier's answer, both are `on_hand`; `sold`
    was accepted."""

    offer_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    sku = fields.String(required=True)
    product_id = fields.String()
    on_hand = fields.Integer(required=True)
    reserved = fields.Integer(required=True)
    sold = fields.Integer(required=True)
    available = fields.Integer(required=True)
    active = fields.Boolean(required=True)
    stock_as_of = fields.String()
    updated_at = moment(required=True)


class InventorySchema(AnswerSchema):
    items = fields.List(fields.Nested(InventoryItemSchema), required=True)
    unknown = fields.List(fields.String(), required=True, metadata={"description": "what there is none of"})
