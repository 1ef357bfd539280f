"""The ledger: what is owed to a supplier, entry by entry."""

from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from chalicelib.api.schemas.common import (
    AnswerSchema,
    PageQuerySchema,
    SignedMoneySchema,
    StoredSchema,
    moment,
    page_of,
)
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import Moment, MoneySchema, money, one_of, optional_text, text
from chalicelib.domain.ledger import TYPES
from chalicelib.domain.supplier_charges import BY_HAND

ACCOUNTS = ("SUPPLIER", "SHOPPER", "MARKETPLACE", "FEE_VAT", "TAX", "PAYOUTS", "BANK")
STATES = ("PENDING", "PAYABLE")


class MomentOrDay(Moment):
    """A time, or a day, which stands for the beginning of the one `days` after it, in UTC."""

    def __init__(self, *, days: int, **options: Any) -> None:
        super().__init__("RFC 3339, or a date", **options)
        self.days = days

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return super()._deserialize(self._beginning(value) or value, *args, **kwargs)

    def _beginning(self, value: Any) -> str | None:
        try:
            day = date.fromisoformat(value)
            return f"{day + timedelta(days=self.days)}T00:00:00Z" if str(day) == value else None
        except (TypeError, ValueError, OverflowError):
            return None


class LedgerQuerySchema(PageQuerySchema):
    """Entries from the one moment on and before the other; a day counts as a whole."""

    from_ = MomentOrDay(days=0, data_key="from", attribute="from")
    to = MomentOrDay(days=1)
    order_id = optional_text(128)
    account = one_of(*ACCOUNTS, required=False)
    state = one_of(*STATES, required=False, metadata={"description": "of the account SUPPLIER"})
    type = one_of(*TYPES, required=False)

    @validates_schema
    def _is_a_period(self, data: dict[str, Any], **_options: Any) -> None:
        if "from" in data and data.get("to", "~") <= data["from"]:
            raise ValidationError("This must be later than from.", "to")


class LedgerEntrySchema(StoredSchema):
    """One side of a move of money, which never changes: what it takes from an account (less than nothing) or
    gives to it. Entries of one `posting_id` have one cause and add up to nothing."""

    entry_id = fields.String(required=True)
    posting_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    account = one_of(*ACCOUNTS)
    state = one_of(
        *STATES, required=False, metadata={"description": "of the account SUPPLIER: owed later, or now"}
    )
    type = one_of(*TYPES)
    amount = fields.Nested(SignedMoneySchema, required=True)
    cause = fields.String(required=True)
    at = moment(required=True)
    order_id = fields.String()
    supplier_order_id = fields.String()
    line_id = fields.String()
    rules_version = fields.Integer(metadata={"description": "of the commission rules that a fee is by"})
    rule = fields.String()
    reverses = fields.String(metadata={"description": "the entry that this one takes back, or a part of it"})
    reason = fields.String()
    by = fields.String()


LedgerPageSchema = page_of(LedgerEntrySchema, "LedgerPage")


class PostedLedgerEntrySchema(LedgerEntrySchema):
    entries = fields.List(
        fields.Nested(LedgerEntrySchema),
        required=True,
        metadata={"description": "all that was posted together, this one too"},
    )


class PositiveMoneySchema(MoneySchema):
    """An amount of more than nothing."""

    @validates_schema
    def _is_something(self, data: dict[str, Any], **_options: Any) -> None:
        if not data["amount"].strip("0."):
            raise ValidationError("This must be more than nothing.", "amount")


class ManualEntrySchema(StrictSchema):
    """`vat` is the tax on top of `amount`. A MANUAL_CREDIT is the supplier's, the others charge it."""

    type = one_of(*BY_HAND)
    amount = fields.Nested(PositiveMoneySchema, required=True)
    vat = money(required=False)
    reason = text(500, metadata={"description": "the supplier reads it, too"})
    order_id = optional_text(128)
    line_id = optional_text(128, metadata={"description": "of the order that `order_id` names"})

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_options: Any) -> None:
        if "vat" in data and data["vat"]["currency"] != data["amount"]["currency"]:
            raise ValidationError({"vat": {"currency": ["This must be the currency of amount."]}})
        if "line_id" in data and "order_id" not in data:
            raise ValidationError("Name the order of the line, too.", "order_id")


class ManualReversalSchema(StrictSchema):
    """Without `amount`, before tax, all that is left is taken back; the tax follows in proportion."""

    amount = fields.Nested(PositiveMoneySchema)
    reason = text(500, metadata={"description": "the supplier reads it, too"})


class ManualPostingSchema(StoredSchema):
    """What an administrator has posted, with both sides of each move."""

    posting_id = fields.String(required=True)
    supplier_id = fields.String(required=True)
    type = one_of(*TYPES)
    cause = fields.String(required=True)
    at = moment(required=True)
    order_id = fields.String()
    supplier_order_id = fields.String()
    line_id = fields.String()
    reason = fields.String(required=True)
    by = fields.String(required=True)
    entries = fields.List(fields.Nested(LedgerEntrySchema), required=True)


class CurrencyBalanceSchema(AnswerSchema):
    """What the supplier is owed in one currency; below zero, what it owes."""

    currency = fields.String(required=True)
    pending = fields.Nested(
        SignedMoneySchema, required=True, metadata={"description": "for what has not arrived yet"}
    )
    payable = fields.Nested(SignedMoneySchema, required=True, metadata={"description": "not in a payout yet"})
    in_payout = fields.Nested(
        SignedMoneySchema,
        required=True,
        metadata={"description": "in payouts that the bank has not made yet"},
    )


class SupplierBalanceSchema(AnswerSchema):
    supplier_id = fields.String(required=True)
    as_of = moment(required=True)
    balances = fields.List(fields.Nested(CurrencyBalanceSchema), required=True)
