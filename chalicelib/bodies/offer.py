"""An offer as suppliers word it, in a request or in a row of a feed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
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
    raw_text,
    whole,
)

MAX_QUANTITY = 1_000_000_000
MAX_PRICES = 10
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
    unit = raw_text(16)


class PriceWindowSchema(StrictSchema):
    """A price that holds from a moment until just before another, either of them open."""

    price = money()
    list_price = money(required=False)
    valid_from = Moment()
    valid_until = Moment()

    @validates_schema
    def _is_a_period(self, data: dict[str, Any], **_options: Any) -> None:
        start, end = data.get("valid_from"), data.get("valid_until")
        if start is None and end is None:
            raise ValidationError("A price that always holds is the price.", "valid_from")
        if start is not None and end is not None and start >= end:
            raise ValidationError("It ends before it begins.", "valid_until")


class OfferBodySchema(StrictSchema):
    """An offer as the supplier words it. Content that is doubtful is for validation to find."""

    gtin = raw_text(64, required=False)
    identifier_exempt_reason = optional_text(200)
    title = raw_text(2_000, minimum=0)
    description = raw_text(20_000, minimum=0)
    brand = raw_text(200, minimum=0)
    category = raw_text(500, minimum=0)
    condition = raw_text(
        32, metadata={"description": "NEW, REFURBISHED or USED; usual synonyms are understood"}
    )
    price = money(
        required=False,
        metadata={"description": "holds while none of `prices` does; may be left out where there are some"},
    )
    list_price = money(required=False)
    prices = listed(fields.Nested(PriceWindowSchema), maximum=MAX_PRICES, required=False)
    shipping_price = money(
        required=False,
        metadata={"description": "to ship one piece, where it is known; counts in the rank of the offers"},
    )
    quantity = whole(0, MAX_QUANTITY)
    handling_days = whole(0, 365)
    image_urls = listed(raw_text(MAX_URL), maximum=10, load_default=list, required=False)
    attributes = Attributes(load_default=dict)
    shipping_weight = fields.Nested(MeasureSchema)
    available_from = Moment()
    available_until = Moment()
    commission_category = optional_text(200)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _has_a_price(self, _data: dict[str, Any], sent: Any, **_options: Any) -> None:
        """Told together with the other fields that are missing."""
        if isinstance(sent, dict) and "price" not in sent and not sent.get("prices"):
            raise ValidationError(fields.Field.default_error_messages["required"], "price")

    @validates_schema
    def _has_prices_that_fit(self, data: dict[str, Any], **_options: Any) -> None:
        windows = data.get("prices", [])
        faults = _price_faults(data, windows) if "price" in data or windows else None
        if faults:
            raise ValidationError(faults)


def _price_faults(data: Mapping[str, Any], windows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Message tree of prices in another currency than the first, and of windows that overlap."""
    currency = (data.get("price") or windows[0]["price"])["currency"]
    by_window = {index: _foreign(window, currency) for index, window in enumerate(windows)}
    by_start = sorted(enumerate(windows), key=lambda each: each[1].get("valid_from", ""))
    for (_, before), (index, window) in pairwise(by_start):
        if window.get("valid_from", "") < before.get("valid_until", "9999"):
            by_window[index]["valid_from"] = ["Another of the prices holds then; two cannot."]
    faults = _foreign(data, currency)
    by_window = {index: found for index, found in by_window.items() if found}
    return faults | ({"prices": by_window} if by_window else {})


def _foreign(holder: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        name: ["All prices of an offer are in one currency."]
        for name in ("price", "list_price", "shipping_price")
        if name in holder and holder[name]["currency"] != currency
    }
