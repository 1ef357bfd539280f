"""One row of a bulk update: what changed of an offer, and as of when."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import Moment, MoneySchema, money, text, whole
from chalicelib.bodies.offer import MAX_QUANTITY


class OfferUpdateSchema(StrictSchema):
    """What is not sent stays as it is."""

    sku = text(64)
    quantity = whole(
        0, MAX_QUANTITY, required=False, metadata={"description": "on hand, reservations included"}
    )
    price = money(required=False)
    list_price = fields.Nested(MoneySchema, allow_none=True, metadata={"description": "null takes it away"})
    as_of = Moment("when this was so; now, where it is not said")

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_options: Any) -> None:
        if not data.keys() & {"quantity", "price", "list_price"}:
            raise ValidationError("Send at least one of quantity, price, list_price.")
