"""What becomes of an order once it was accepted: shipments, returns, refunds."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.api.schemas.common import (
    MAX_LINES,
    AnswerSchema,
    IssueSchema,
    PageQuerySchema,
    StoredSchema,
    moment,
    page_of,
)
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import (
    Moment,
    MoneySchema,
    WebAddress,
    listed,
    money,
    one_of,
    optional_text,
    text,
    whole,
)
from chalicelib.domain.returns import STATUSES


class ShippedLineSchema(StrictSchema):
    line_id = text(128)
    quantity = whole(1, 999)


class ShipmentBodySchema(StrictSchema):
    carrier = text(100)
    tracking_number = optional_text(100)
    tracking_url = WebAddress(
        metadata={"description": "the carrier's own page, where it is not said and the carrier is known"}
    )
    lines = listed(fields.Nested(ShippedLineSchema), minimum=1, maximum=MAX_LINES)


class ShipmentSchema(StoredSchema):
    """`carrier_code` where the carrier is known; `issues` warn of a tracking number with a wrong digit."""

    shipment_id = fields.String(required=True)
    supplier_order_id = fields.String(required=True)
    carrier = fields.String(required=True)
    carrier_code = fields.String()
    tracking_number = fields.String()
    tracking_url = fields.String()
    lines = fields.List(fields.Nested(ShippedLineSchema), required=True)
    shipped_at = moment(required=True)
    delivered_at = moment()
    issues = fields.List(fields.Nested(IssueSchema), required=True)


class DeliveryBodySchema(StrictSchema):
    delivered_at = Moment("when it arrived; now, where it is not said")


class ReturnLineBodySchema(StrictSchema):
    line_id = text(128)
    quantity = whole(1, 999)
    reason = text(200)


class ReturnBodySchema(StrictSchema):
    """The lines are of one supplier order: what goes to two suppliers is two returns."""

    lines = listed(fields.Nested(ReturnLineBodySchema), minimum=1, maximum=MAX_LINES)


class ReturnLineSchema(AnswerSchema):
    line_id = fields.String(required=True)
    quantity = fields.Integer(required=True)
    reason = fields.String(required=True)
    received = fields.Integer(metadata={"description": "pieces that came back"})
    condition = fields.String()


class ReturnSchema(StoredSchema):
    return_id = fields.String(required=True)
    order_id = fields.String(required=True)
    supplier_order_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    status = one_of(*STATUSES)
    lines = fields.List(fields.Nested(ReturnLineSchema), required=True)
    refusal_reason = fields.String()


ReturnPageSchema = page_of(ReturnSchema, "ReturnPage")


class ReturnQuerySchema(PageQuerySchema):
    status = one_of(*STATUSES, required=False)


class RefusalBodySchema(StrictSchema):
    reason = text(200)


class ReceivedLineSchema(StrictSchema):
    line_id = text(128)
    quantity = whole(0, 999, required=False, metadata={"description": "all of it, where it is not said"})
    condition = optional_text(200)


class ReceiptBodySchema(StrictSchema):
    """Without `lines` all came back; a line that they do not name did not come."""

    lines = listed(fields.Nested(ReceivedLineSchema), minimum=1, maximum=MAX_LINES, required=False)


class RefundLineBodySchema(StrictSchema):
    """`quantity` pieces at the price they were paid at, or an `amount` of it; `shipping` besides, or alone.
    The tax on them is paid back by itself."""

    line_id = text(128)
    quantity = whole(1, 999, required=False)
    amount = money(required=False)
    shipping = money(required=False, metadata={"description": "told as prices are"})
    reason = text(200)

    @validates_schema
    def _says_how_much(self, data: dict[str, Any], **_options: Any) -> None:
        if "quantity" in data and "amount" in data:
            raise ValidationError("Send either quantity or amount.")
        if not data.keys() & {"quantity", "amount", "shipping"}:
            raise ValidationError("Send quantity, amount or shipping.")
        for name in ("amount", "shipping"):
            if name in data and not data[name]["amount"].strip("0."):
                raise ValidationError("A refund is more than nothing.", name)


class RefundBodySchema(StrictSchema):
    lines = listed(fields.Nested(RefundLineBodySchema), minimum=1, maximum=MAX_LINES)
    return_id = optional_text(
        128, metadata={"description": "the return that it is for, which was received; it is closed"}
    )


class RefundLineSchema(AnswerSchema):
    line_id = fields.String(required=True)
    quantity = fields.Integer(metadata={"description": "where pieces were refunded, not an amount"})
    amount = fields.Nested(MoneySchema, required=True, metadata={"description": "for the goods"})
    shipping = fields.Nested(MoneySchema)
    tax = fields.Nested(MoneySchema, required=True, metadata={"description": "on goods and shipping"})
    reason = fields.String(required=True)


class RefundSchema(StoredSchema):
    refund_id = fields.String(required=True)
    supplier_order_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    return_id = fields.String()
    by = one_of("supplier", "admin")
    amount = fields.Nested(
        MoneySchema, required=True, metadata={"description": "all that goes back, with shipping and tax"}
    )
    tax = fields.Nested(MoneySchema, required=True, metadata={"description": "what of it is tax"})
    lines = fields.List(fields.Nested(RefundLineSchema), required=True)
