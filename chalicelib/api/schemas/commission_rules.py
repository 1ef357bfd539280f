"""The commission rules, as administrators read and put them; quotes and explanations of a fee."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from chalicelib.api.schemas.common import AnswerSchema, SignedMoneySchema, moment, page_of
from chalicelib.api.schemas.ledger import ACCOUNTS, STATES
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import (
    Flag,
    Moment,
    MoneySchema,
    listed,
    money,
    number,
    one_of,
    optional_text,
    text,
    whole,
)
from chalicelib.domain.fee_rules import FIRST, NO_AMOUNT, PRECEDENCE
from chalicelib.domain.fees import LONGEST_BRAND, LONGEST_CATEGORY
from chalicelib.domain.ledger import TYPES
from chalicelib.domain.money import Money
from chalicelib.domain.order import TAX_COLLECTORS
from chalicelib.domain.penalties import EVENTS
from chalicelib.domain.rules.countries import is_code

_MOST_RULES = 500
_MOST_CURRENCIES = 50
_MOST_DIGITS = 4
"""Of a percentage behind the point: fees are reckoned in millionths."""


class Percent(fields.Field[Any]):
    """A JSON number of 0 to 100, with four decimal digits at most."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "number", "minimum": 0, "maximum": 100}, **options)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int | float:
        percentage = number(value)
        if not 0 <= percentage <= 100:
            raise ValidationError("This must be from 0 to 100.")
        if (Decimal(value) * 10**_MOST_DIGITS) % 1:
            raise ValidationError(f"A percentage has {_MOST_DIGITS} decimal digits at most.")
        return percentage


def _one_a_currency(amounts: list[dict[str, Any]]) -> None:
    currencies = [each["currency"] for each in amounts]
    if len(set(currencies)) < len(currencies):
        raise ValidationError("There is one amount for a currency.")


class Amounts(fields.List[Any]):
    """One amount for each currency that it is to hold in; nothing is converted."""

    def __init__(self, **options: Any) -> None:
        checks = [validate.Length(1, _MOST_CURRENCIES), _one_a_currency]
        super().__init__(fields.Nested(MoneySchema), validate=checks, **options)


class FeeConditionsSchema(StrictSchema):
    """What a sale must be for the rule to meet it: all that is said. A category stands for those below it
    too; prices are of one piece, `price_to` is the first that is too high."""

    supplier_id = optional_text(128)
    plan = optional_text(64)
    category = optional_text(LONGEST_CATEGORY)
    brand = optional_text(LONGEST_BRAND)
    price_from = money(required=False)
    price_to = money(required=False)
    channel = optional_text(200, metadata={"description": "the storefront that sent the order, or direct"})

    @validates_schema
    def _is_a_band(self, data: dict[str, Any], **_options: Any) -> None:
        if "price_from" in data and "price_to" in data:
            first, end = Money.parse(data["price_from"]), Money.parse(data["price_to"])
            if first.currency != end.currency:
                raise ValidationError(
                    {"price_to": {"currency": ["This must be the currency of price_from."]}}
                )
            if first.minor >= end.minor:
                raise ValidationError("This must be more than price_from.", "price_to")


class FeeRuleSchema(StrictSchema):
    """What the marketplace takes of each piece: a percentage and a `flat` amount, `floor` at least, `cap` at
    most. One whose amounts are none in the line's currency does not apply."""

    rule = fields.String(
        required=True,
        validate=validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z", error="This is no name for a rule."),
        metadata={"description": "its name: letters, digits, dots, dashes"},
    )
    when = fields.Nested(FeeConditionsSchema)
    percent = Percent()
    flat = Amounts()
    floor = Amounts()
    cap = Amounts()
    on_shipping = Flag(metadata={"description": "the percentage is of shipping, too"})
    refundable = Flag(metadata={"description": "false: it is kept when the shopper is paid back"})

    @validates_schema
    def _floor_is_below_cap(self, data: dict[str, Any], **_options: Any) -> None:
        caps = {each["currency"]: Money.parse(each) for each in data.get("cap", ())}
        for each in data.get("floor", ()):
            if each["currency"] in caps and Money.parse(each) > caps[each["currency"]]:
                raise ValidationError("This must be no less than floor.", "cap")


class FeeVatSchema(StrictSchema):
    """The tax on fees, in percent, by the supplier's country."""

    default = Percent()
    countries = fields.Dict(keys=fields.String(), values=Percent())

    @validates("countries")
    def _are_countries(self, value: dict[str, Any], **_options: Any) -> None:
        unknown = [code for code in value if not is_code(code)]
        if unknown:
            raise ValidationError(
                {code: {"key": ["This is no ISO 3166-1 alpha-2 code."]} for code in unknown}
            )


class SubscriptionFeeSchema(StrictSchema):
    plan = optional_text(64)
    amounts = Amounts(required=True)


class ListingFeeSchema(StrictSchema):
    """Of each active offer, for each period."""

    plan = optional_text(64)
    category = optional_text(500)
    amounts = Amounts(required=True)


class PenaltySchema(StrictSchema):
    event = one_of(*EVENTS)
    amounts = Amounts(required=True)


class CommissionDocumentSchema(StrictSchema):
    rules = listed(fields.Nested(FeeRuleSchema), minimum=1, maximum=_MOST_RULES)
    fee_vat = fields.Nested(FeeVatSchema)
    subscription_fees = listed(fields.Nested(SubscriptionFeeSchema), maximum=_MOST_RULES, required=False)
    listing_fees = listed(fields.Nested(ListingFeeSchema), maximum=_MOST_RULES, required=False)
    penalties = listed(fields.Nested(PenaltySchema), maximum=len(EVENTS), required=False)


class NewCommissionRulesSchema(CommissionDocumentSchema):
    valid_from = Moment("RFC 3339: from when on it holds, not in the past; at once without it")
    reason = text(500)


class CommissionRulesQuerySchema(StrictSchema):
    version = fields.Integer(validate=validate.Range(0, 10**8 - 1))


class ScheduledRulesSchema(AnswerSchema):
    version = fields.Integer(required=True)
    valid_from = moment(required=True)


class CommissionRulesNoteSchema(AnswerSchema):
    """When, by whom and why a version was put, and from when it holds. Version 0 is built in."""

    version = fields.Integer(required=True)
    valid_from = moment(required=True, allow_none=True)
    set_by = fields.String(required=True, allow_none=True)
    set_at = moment(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class CommissionRulesSchema(CommissionRulesNoteSchema):
    """A version with what it says. `scheduled` are those that are to hold later; `latest_version` is the last
    that was put, which a change expects (`If-Match`)."""

    rules = fields.List(fields.Nested(FeeRuleSchema), required=True)
    fee_vat = fields.Nested(FeeVatSchema, required=True)
    subscription_fees = fields.List(fields.Nested(SubscriptionFeeSchema), required=True)
    listing_fees = fields.List(fields.Nested(ListingFeeSchema), required=True)
    penalties = fields.List(fields.Nested(PenaltySchema), required=True)
    latest_version = fields.Integer(required=True)
    scheduled = fields.List(fields.Nested(ScheduledRulesSchema), required=True)


CommissionRulesPageSchema = page_of(CommissionRulesNoteSchema, "CommissionRulesPage")


class FeeInputsSchema(AnswerSchema):
    """What a rule is chosen by, as it was when the line was placed."""

    supplier_id = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True)
    channel = fields.String(required=True)
    category = fields.String()
    brand = fields.String()
    plan = fields.String()
    country = fields.String()


class LostRuleSchema(AnswerSchema):
    """A rule that the sale meets, too, and what it lost by."""

    rule = fields.String(required=True)
    lost_by = one_of(*PRECEDENCE, FIRST, NO_AMOUNT)


class FeeExplanationSchema(AnswerSchema):
    """Which rule of which version the fee is by, what it takes, and which other rules would have fitted.
    `flat`, `floor` and `cap` are a piece's; what is null is not limited."""

    rules_version = fields.Integer(required=True)
    rule = fields.String(required=True)
    percent = fields.Float(required=True)
    flat = fields.Nested(MoneySchema, required=True)
    floor = fields.Nested(MoneySchema, required=True, allow_none=True)
    cap = fields.Nested(MoneySchema, required=True, allow_none=True)
    vat_percent = fields.Float(required=True)
    on_shipping = fields.Boolean(required=True)
    refundable = fields.Boolean(required=True)
    inputs = fields.Nested(FeeInputsSchema, required=True)
    other_rules = fields.List(fields.Nested(LostRuleSchema), required=True)


class LineFeeSchema(FeeExplanationSchema):
    """The fee of an order line, and what it comes to for what was accepted and not paid back."""

    commission = fields.Nested(MoneySchema, required=True)
    vat = fields.Nested(MoneySchema, required=True)


class LineFeeExplanationSchema(AnswerSchema):
    supplier_order_id = fields.String(required=True)
    line_id = fields.String(required=True)
    fee = fields.Nested(LineFeeSchema, required=True, allow_none=True)


class FeeQuoteBodySchema(StrictSchema):
    """A sale to be. `tax` is that on the goods; all but `price` is of the whole line."""

    price = money(metadata={"description": "of one piece"})
    category = text(500)
    brand = optional_text(200)
    quantity = whole(1, 999, required=False, load_default=1)
    shipping = money(required=False)
    tax = money(required=False)
    shipping_tax = money(required=False)
    tax_included = Flag(load_default=False)
    tax_collector = one_of(*TAX_COLLECTORS, required=False)
    channel = optional_text(200)
    supplier_id = optional_text(
        128, metadata={"description": "for administrators; a supplier asks for itself"}
    )


class QuotedEntrySchema(AnswerSchema):
    account = one_of(*ACCOUNTS)
    state = one_of(*STATES, required=False)
    type = one_of(*TYPES)
    amount = fields.Nested(SignedMoneySchema, required=True)
    rules_version = fields.Integer()
    rule = fields.String()


class FeeQuoteSchema(AnswerSchema):
    """What such a sale would post once the supplier has accepted it, by the rules that hold now, and what of
    it is the supplier's."""

    entries = fields.List(fields.Nested(QuotedEntrySchema), required=True)
    supplier_total = fields.Nested(SignedMoneySchema, required=True)
    fee = fields.Nested(FeeExplanationSchema, required=True)
