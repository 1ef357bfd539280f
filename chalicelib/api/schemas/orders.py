"""Orders, the parts that suppliers ship, and what suppliers answer.

Nothing validates an order later, so what is wrong with one is refused here.
"""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from chalicelib.api.schemas.common import (
    MAX_LINES,
    AddressSchema,
    AnswerSchema,
    PageQuerySchema,
    StoredSchema,
    moment,
    page_of,
)
from chalicelib.api.schemas.fulfilment import RefundSchema, ReturnSchema, ShipmentSchema
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import (
    Day,
    Flag,
    Moment,
    MoneySchema,
    listed,
    money,
    one_of,
    optional_text,
    text,
    whole,
)
from chalicelib.domain.acceptance import CODES
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import currency_digits
from chalicelib.domain.order import TAX_COLLECTORS
from chalicelib.domain.payment import STATUSES as PAYMENT_STATUS
from chalicelib.domain.rules.countries import is_code

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
LINE_STATUS = (
    "WAITING_ACCEPTANCE",
    "SHIPPING",
    "SHIPPED",
    "RECEIVED",
    "CLOSED",
    "REFUSED",
    "CANCELED",
    "REFUNDED",
)


ATTEMPT_STATUS = (
    "PLANNED",
    "SENT",
    "ACCEPTED",
    "PARTIALLY_ACCEPTED",
    "BACKORDERED",
    "REJECTED",
    "EXPIRED",
    "UNREACHABLE",
    "CANCELLATION_REQUESTED",
    "CANCELLATION_ACCEPTED",
    "CANCELLATION_REJECTED",
)


class DeliveryAddressSchema(AddressSchema):
    country = text(2, metadata={"description": "ISO 3166-1 alpha-2"})

    @validates("country")
    def _is_country(self, value: str, **_options: Any) -> None:
        if not is_code(value):
            raise ValidationError("This must be an ISO 3166-1 alpha-2 code in capitals.")


class ShipToSchema(StrictSchema):
    name = text(200)
    address = fields.Nested(DeliveryAddressSchema, required=True)
    phone = optional_text(64)


class OrderContactSchema(StrictSchema):
    email = fields.String(
        required=True,
        validate=validate.Regexp(r"[^@\s]{1,64}@[^@\s]{1,255}\Z", error="This must be an e-mail address."),
    )


class OrderLineBodySchema(StrictSchema):
    """`offer_id` for one supplier's offer, or `product_id` to let allocation choose."""

    offer_id = optional_text(128)
    product_id = optional_text(128)
    quantity = whole(1, 999)
    expected_price = money(metadata={"description": "per unit"})
    shipping = money(
        required=False, metadata={"description": "of the whole line; of all lines, or the order's is divided"}
    )
    tax = money(
        required=False, metadata={"description": "on its goods; of all lines, or the order's is divided"}
    )
    shipping_tax = money(required=False)

    @validates_schema
    def _names_one_thing(self, data: dict[str, Any], **_options: Any) -> None:
        if ("offer_id" in data) == ("product_id" in data):
            raise ValidationError("Send either offer_id or product_id.")


class PaymentSchema(StrictSchema):
    reference = text(200)
    authorized_amount = money()
    confirmed = Flag(
        metadata={"description": "false: no supplier is asked before …/payment-confirmation, due in time"}
    )


class PaymentConfirmationSchema(StrictSchema):
    reference = text(200, metadata={"description": "the one that the order was placed with"})
    authorized_amount = money(required=False)


class DeliverBy(Moment):
    """A time, or a day, which is good until its end in UTC."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        is_day = isinstance(value, str) and _DAY.fullmatch(value)
        return super()._deserialize(f"{value}T23:59:59.999Z" if is_day else value, *args, **kwargs)


class PromiseSchema(StrictSchema):
    """What allocation may do for this order."""

    max_unit_price = money(
        required=False,
        metadata={"description": "the most a piece may cost; without it, exactly its expected price"},
    )
    deliver_by = DeliverBy("RFC 3339, or a date")
    may_change_supplier = Flag()
    may_split = Flag()


class OrderBodySchema(StrictSchema):
    currency = text(3, metadata={"description": "ISO 4217"})
    lines = listed(fields.Nested(OrderLineBodySchema), minimum=1, maximum=MAX_LINES)
    ship_to = fields.Nested(ShipToSchema, required=True)
    contact = fields.Nested(OrderContactSchema, required=True)
    shipping = money(required=False)
    tax = money(required=False, metadata={"description": "on goods and shipping"})
    tax_included = Flag(metadata={"description": "prices and shipping hold the tax already"})
    tax_collector = one_of(
        *TAX_COLLECTORS, required=False, metadata={"description": "who hands the tax on; else the setting"}
    )
    payment = fields.Nested(PaymentSchema, required=True)
    promise = fields.Nested(PromiseSchema)
    channel_reference = optional_text(200)

    @validates("currency")
    def _is_currency(self, value: str, **_options: Any) -> None:
        try:
            currency_digits(value)
        except InvalidMoney as error:
            raise ValidationError(f"{error}.") from error


class LineSchema(AnswerSchema):
    line_id = fields.String(required=True)
    product_id = fields.String(required=True)
    offer_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    supplier_order_id = fields.String(required=True)
    sku = fields.String(required=True)
    title = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.Nested(MoneySchema, required=True)
    line_total = fields.Nested(MoneySchema, required=True)
    net = fields.Nested(MoneySchema, required=True, metadata={"description": "the goods without their tax"})
    tax = fields.Nested(MoneySchema, required=True, metadata={"description": "on the goods"})
    gross = fields.Nested(MoneySchema, required=True)
    shipping = fields.Nested(MoneySchema, required=True)
    shipping_tax = fields.Nested(MoneySchema, required=True)
    status = one_of(*LINE_STATUS)
    acceptance_code = fields.String()
    accepted_quantity = fields.Integer(required=True)
    shipped_quantity = fields.Integer(required=True)
    canceled_quantity = fields.Integer()
    cancel_requested_quantity = fields.Integer(
        metadata={"description": "accepted pieces that the supplier is asked not to ship"}
    )
    void_quantity = fields.Integer(
        metadata={
            "description": "pieces taken back before the supplier had answered: it is not to ship them, and "
            "has not said yet that it does not"
        }
    )
    delivered_quantity = fields.Integer()
    returned_quantity = fields.Integer(metadata={"description": "pieces that are in a return, or came back"})
    refunded_amount = fields.Nested(MoneySchema, metadata={"description": "for the goods"})
    refunded_shipping = fields.Nested(MoneySchema)
    split_from = fields.String(
        metadata={"description": "the line that this one is the rest of, at another supplier"}
    )


class PartSchema(StoredSchema):
    """A supplier order: the part of an order that one supplier ships."""

    supplier_order_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    status = one_of(*LINE_STATUS)
    accept_by = moment(required=True)
    supplier_reference = fields.String()
    ship_by = moment()
    is_late = fields.Boolean(metadata={"description": "something has not left by `ship_by`"})
    late_at = moment()
    lines = fields.List(fields.Nested(LineSchema), required=True)


class AttemptSchema(AnswerSchema):
    attempt_id = fields.String(required=True)
    supplier_order_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    status = fields.String(required=True)
    sent_at = moment()
    answered_at = moment()
    reason = fields.String()
    needs_settlement = fields.Boolean(
        metadata={"description": "its answer fits no rule: an administrator settles it"}
    )
    notice = one_of(
        "DUE",
        "DONE",
        "REFUSED",
        "GIVEN_UP",
        required=False,
        metadata={
            "description": "how far the supplier is told, since `notice_at`, of what it is not to ship"
        },
    )
    notice_at = moment()
    note = fields.String(metadata={"description": "why the shopper has canceled"})
    by = fields.String(metadata={"description": "the administrator who ended it by hand"})
    moved_by = fields.String(metadata={"description": "the administrator who had this supplier tried"})
    moved_because = fields.String()


class SupplierOrderSchema(PartSchema):
    """A supplier order as its supplier reads it. The street address stands in it from acceptance on."""

    order_id = fields.String(required=True)
    currency = fields.String(required=True)
    tax_included = fields.Boolean(required=True)
    tax_collector = one_of(*TAX_COLLECTORS)
    attempt = fields.Nested(AttemptSchema)
    ship_to = fields.Dict(required=True)


SupplierOrderPageSchema = page_of(SupplierOrderSchema, "SupplierOrderPage")


class SupplierOrderQuerySchema(PageQuerySchema):
    status = one_of(*LINE_STATUS, required=False)
    attempt_status = one_of(
        *ATTEMPT_STATUS, required=False, metadata={"description": "as CANCELLATION_REQUESTED, to be answered"}
    )
    updated_since = Moment()


class TotalsSchema(AnswerSchema):
    items = fields.Nested(MoneySchema, required=True)
    shipping = fields.Nested(MoneySchema, required=True)
    tax = fields.Nested(MoneySchema, required=True)
    grand_total = fields.Nested(MoneySchema, required=True)


class PayableSchema(AnswerSchema):
    """What is to be paid as things stand: without what was canceled, refused or paid back. With
    `tax_included`, `items` and `shipping` hold the tax."""

    items = fields.Nested(MoneySchema, required=True)
    shipping = fields.Nested(MoneySchema, required=True)
    tax = fields.Nested(MoneySchema, required=True)
    total = fields.Nested(MoneySchema, required=True)


class PaymentStateSchema(AnswerSchema):
    reference = fields.String(required=True)
    authorized_amount = fields.Nested(MoneySchema, required=True)
    status = one_of(*PAYMENT_STATUS)
    confirm_by = moment()


class OrderSchema(StoredSchema):
    """`attempts` is for administrators only."""

    order_id = fields.String(required=True)
    status = one_of(*LINE_STATUS)
    currency = fields.String(required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)
    supplier_orders = fields.List(fields.Nested(PartSchema), required=True)
    shipments = fields.List(fields.Nested(ShipmentSchema), required=True)
    returns = fields.List(fields.Nested(ReturnSchema), required=True)
    refunds = fields.List(fields.Nested(RefundSchema), required=True)
    totals = fields.Nested(TotalsSchema, required=True)
    payable = fields.Nested(PayableSchema, required=True)
    refunded = fields.Nested(
        MoneySchema, required=True, metadata={"description": "all that was paid back, with shipping and tax"}
    )
    tax_included = fields.Boolean(required=True)
    tax_collector = one_of(*TAX_COLLECTORS)
    payment = fields.Nested(PaymentStateSchema, required=True)
    ship_to = fields.Dict()
    contact = fields.Dict()
    channel_reference = fields.String()
    attempts = fields.List(fields.Nested(AttemptSchema))


class PlacedSchema(AnswerSchema):
    """The token reads this one order; it is shown in this answer only (and in its replay)."""

    order = fields.Nested(OrderSchema, required=True)
    order_token = fields.String(required=True)


class AcceptedLineSchema(StrictSchema):
    line_id = text(128)
    code = one_of(*sorted(CODES))
    quantity = whole(0, 999, required=False, metadata={"description": "the whole line, where it is not said"})
    available_on = Day()


class SettlementSchema(StrictSchema):
    """What a supplier's answer is settled as: for all lines at once, or by line as in an acceptance."""

    decision = one_of("ACCEPTED", "REJECTED", required=False)
    lines = listed(fields.Nested(AcceptedLineSchema), minimum=1, maximum=MAX_LINES, required=False)
    supplier_reference = optional_text(200)
    reason = text(500, metadata={"description": "kept with who"})

    @validates_schema
    def _says_one_thing(self, data: dict[str, Any], **_options: Any) -> None:
        if ("decision" in data) == ("lines" in data):
            raise ValidationError("Send either decision or lines.")


class ReallocationSchema(StrictSchema):
    """Without `lines`, all that can be moved is."""

    lines = listed(text(128), minimum=1, maximum=MAX_LINES, required=False)
    reason = text(500, metadata={"description": "kept with who"})


class AcceptanceSchema(StrictSchema):
    """A line that is not named is rejected."""

    attempt_id = text(128)
    lines = listed(fields.Nested(AcceptedLineSchema), minimum=1, maximum=MAX_LINES)
    supplier_reference = optional_text(200)
