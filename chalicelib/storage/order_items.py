"""The items of an order's partition in PynamoDB."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.storage.items import Item, JSONText


class OrderItem(Item, discriminator="ORDER"):
    order_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    lines = JSONText()
    shipping_minor = NumberAttribute()
    tax_minor = NumberAttribute()
    payment_reference = UnicodeAttribute()
    authorized_minor = NumberAttribute()
    request_hash = UnicodeAttribute()
    promise = JSONText(null=True)
    channel_reference = UnicodeAttribute(null=True)
    allocation = JSONText(null=True)
    history = JSONText(null=True)
    tax_included = BooleanAttribute(null=True)
    tax_collector = UnicodeAttribute(default="SUPPLIER")
    rules_version = NumberAttribute(default=0)


class BuyerItem(Item, discriminator="BUYER"):
    order_id = UnicodeAttribute()
    ship_to = JSONText()
    contact = JSONText()


class SupplierOrderItem(Item, discriminator="SUPPLIER_ORDER"):
    supplier_order_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    lines = JSONText()
    status = UnicodeAttribute()
    attempt_status = UnicodeAttribute()
    attempt = JSONText()
    accept_by = UnicodeAttribute()
    supplier_reference = UnicodeAttribute(null=True)
    held_until = UnicodeAttribute(null=True)
    late_at = UnicodeAttribute(null=True)
    shipped_at = UnicodeAttribute(null=True)
    received_at = UnicodeAttribute(null=True)
    moved_by = UnicodeAttribute(null=True)
    moved_because = UnicodeAttribute(null=True)
    allocation = JSONText(null=True)


class ShipmentItem(Item, discriminator="SHIPMENT"):
    shipment_id = UnicodeAttribute()
    supplier_order_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    carrier = UnicodeAttribute()
    tracking_number = UnicodeAttribute(null=True)
    tracking_url = UnicodeAttribute(null=True)
    lines = JSONText()
    shipped_at = UnicodeAttribute()
    delivered_at = UnicodeAttribute(null=True)


class ReturnItem(Item, discriminator="RETURN"):
    return_id = UnicodeAttribute()
    supplier_order_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    lines = JSONText()
    request_hash = UnicodeAttribute()
    status = UnicodeAttribute()
    moved_at = UnicodeAttribute()
    refusal_reason = UnicodeAttribute(null=True)


class RefundItem(Item, discriminator="REFUND"):
    refund_id = UnicodeAttribute()
    supplier_order_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    lines = JSONText()
    currency = UnicodeAttribute()
    by = UnicodeAttribute()
    return_id = UnicodeAttribute(null=True)
    tax_included = BooleanAttribute(null=True)
    request_hash = UnicodeAttribute()
