"""Why a fee is what it is, as clients read it."""

from typing import Any

from chalicelib.domain import sales
from chalicelib.domain.fee_rules import CommissionRules, Sale, percent
from chalicelib.domain.fees import FeeFacts, FeeTerms
from chalicelib.domain.money import Money
from chalicelib.domain.order import Order, SupplierOrder, served_lines
from chalicelib.services import fee_rules


def explained(rules: CommissionRules, sale: Sale, terms: FeeTerms) -> dict[str, Any]:
    """What the terms say, what their rule was chosen by, and which others lost and why."""
    currency = sale.price.currency

    def money(minor: int | None) -> dict[str, str] | None:
        return None if minor is None else Money(minor, currency).as_json()

    return {
        "rules_version": terms.rules_version,
        "rule": terms.rule,
        "percent": percent(terms.percent_ppm),
        "flat": money(terms.flat),
        "floor": money(terms.floor),
        "cap": money(terms.cap),
        "vat_percent": percent(terms.vat_ppm),
        "on_shipping": terms.on_shipping,
        "refundable": not terms.kept_on_refund,
        "inputs": {"supplier_id": sale.supplier_id, "price": sale.price.as_json(), **sale.inputs},
        "other_rules": [{"rule": rule.name, "lost_by": lost_by} for rule, lost_by in rules.losers(sale)],
    }


def fee_of_line(order: Order, part: SupplierOrder, line_id: str) -> dict[str, Any] | None:
    """The fee of a line at the supplier of `part`: what was decided then and what it comes to now. None
    where none is reckoned."""
    served = served_lines(order, part)[line_id]
    terms = served.fee
    if terms is None:
        return None
    inputs = dict(terms.inputs or {})
    channel = inputs.pop("channel", "")
    sale = Sale(part.supplier_id, FeeFacts(**inputs), served.unit_price, channel)
    position = sales.positions(order, part)[line_id]
    return {
        **explained(fee_rules.numbered(terms.rules_version), sale, terms),
        "commission": Money(position.fee, order.currency).as_json(),
        "vat": Money(position.vat, order.currency).as_json(),
    }
