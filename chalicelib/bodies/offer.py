"""An offer as suppliers word it, in a request or in a row of a feed."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import (
    MAX_URL,
    Moment,
    Number,
    listed,
    money,
    number,
    optional_text,
    text,
    whole,
)

MAX_QUANTITY = 1_000_000_000
MAX_ATTRIBUTES = 200
MAX_ATTRIBUTE_TEXT = 5_000


class Attributes(fields.Field[dict[str, Any]]):
    """Category attributes: a text, a number, a truth value, or a list of texts, by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "object", "additionalProperties": True}, **options)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("This must be an object.")
        if len(value) > MAX_ATTRIBUTES or any(len(name) > 100 for name in value):
            raise ValidationError(f"At most {MAX_ATTRIBUTES} attributes, their names at most 100 characters.")
        faults: dict[str, Any] = {}
        loaded = {name: _attribute(inner, faults, name) for name, inner in value.items()}
        if faults:
            raise ValidationError(faults)
        return loaded


def _attribute(value: Any, faults: dict[str, Any], name: str) -> Any:
    try:
        return _attribute_value(value)
    except ValidationError as error:
        faults[name] = error.messages
        return None


def _attribute_value(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return number(value)
    texts = value if isinstance(value, list) else [value]
    if len(texts) <= MAX_ATTRIBUTES and all(
        isinstance(each, str) and len(each) <= MAX_ATTRIBUTE_TEXT for each in texts
    ):
        return value
    raise ValidationError("This must be a text, a number, a truth value, or a list of texts.")


class MeasureSchema(StrictSchema):
    value = Number(required=True)
    unit = text(16)


class OfferBodySchema(StrictSchema):
    """An offer as the supplier words it. Content that is doubtful is for validation to find."""

    gtin = optional_text(64)
    identifier_exempt_reason = optional_text(200)
    title = text(2_000, minimum=0)
    description = text(20_000, minimum=0)
    brand = text(200, minimum=0)
    category = text(500, minimum=0)
    condition = text(32, metadata={"description": "NEW, REFURBISHED or USED; usual synonyms are understood"})
    price = money()
    list_price = money(required=False)
    quantity = whole(0, MAX_QUANTITY)
    handling_days = whole(0, 365)
    image_urls = listed(text(MAX_URL), maximum=10, load_default=list, required=False)
    attributes = Attributes(load_default=dict)
    shipping_weight = fields.Nested(MeasureSchema)
    available_from = Moment()
    available_until = Moment()
    commission_category = optional_text(200)

    @validates_schema
    def _has_one_currency(self, data: dict[str, Any], **_options: Any) -> None:
        if "list_price" in data and data["list_price"]["currency"] != data["price"]["currency"]:
            raise ValidationError("price and list_price are in one currency.", "list_price")
