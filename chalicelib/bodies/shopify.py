"""What is read of an order that Shopify sends. What else it says is nothing to us and is dropped."""

from marshmallow import EXCLUDE, Schema, fields, validate

from chalicelib.bodies.fields import Flag, listed, text, whole

MAX_LINES = 40
_LARGEST_ID = 2**63 - 1


class _ShopifySchema(Schema):
    class Meta:
        unknown = EXCLUDE


def _maybe(maximum: int) -> fields.String:
    return fields.String(validate=validate.Length(0, maximum), allow_none=True)


class ShopifyTaxLineSchema(_ShopifySchema):
    """One tax on the whole of a line."""

    price = text(24)


class ShopifyDiscountSchema(_ShopifySchema):
    amount = text(24)


class ShopifyLineSchema(_ShopifySchema):
    """`sku` is an `offer_id` or a `product_id` of this marketplace."""

    sku = _maybe(128)
    quantity = whole(1, 999)
    price = text(24)
    tax_lines = fields.List(fields.Nested(ShopifyTaxLineSchema), allow_none=True)


class ShopifyShippingLineSchema(_ShopifySchema):
    """`price` is before its discounts, on which there is no tax."""

    price = text(24)
    discount_allocations = fields.List(fields.Nested(ShopifyDiscountSchema), allow_none=True)
    tax_lines = fields.List(fields.Nested(ShopifyTaxLineSchema), allow_none=True)


class ShopifyAddressSchema(_ShopifySchema):
    name = _maybe(200)
    address1 = _maybe(200)
    address2 = _maybe(200)
    city = _maybe(100)
    province = _maybe(100)
    province_code = _maybe(100)
    zip = _maybe(32)
    country_code = _maybe(64)
    phone = _maybe(64)


class ShopifyOrderSchema(_ShopifySchema):
    """The order of the webhook `orders/create`."""

    id = whole(1, _LARGEST_ID)
    name = _maybe(64)
    email = _maybe(320)
    contact_email = _maybe(320)
    currency = text(3)
    financial_status = text(32)
    taxes_included = Flag(allow_none=True)
    test = Flag(allow_none=True)
    total_price = text(24)
    total_tax = _maybe(24)
    line_items = listed(fields.Nested(ShopifyLineSchema), minimum=1, maximum=MAX_LINES)
    shipping_lines = fields.List(fields.Nested(ShopifyShippingLineSchema), allow_none=True)
    shipping_address = fields.Nested(ShopifyAddressSchema, required=True)
