"""What a sale would post, before there is any: the entries come from the functions that post real ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock, settings
from chalicelib.domain import sales
from chalicelib.domain.fee_rules import DIRECT, Sale
from chalicelib.domain.fees import FeeTerms
from chalicelib.domain.ledger import SUPPLIER_STATES, entries
from chalicelib.domain.money import Money, total
from chalicelib.domain.order import Attempt, Order, OrderLine, PlacedLine, SupplierOrder
from chalicelib.problems import FieldProblem, NotFound, Unprocessable
from chalicelib.services import fee_rules, fee_views, supplier_records
from chalicelib.services.publish_offers import fee_facts_of
from chalicelib.services.read_ledger import entry_view

_SAID = ("account", "state", "type", "amount", "rules_version", "rule")
_BESIDE = ("shipping", "tax", "shipping_tax")


def quote(body: Mapping[str, Any], *, asking: str | None) -> dict[str, Any]:
    """The entries of such a sale once it is accepted, what of it is the supplier's, and why. `asking` is the
    supplier that asks for itself; an administrator, None, may name one.

    Raises NotFound for another supplier, Unprocessable for amounts that do not fit together.
    """
    supplier_id = body.get("supplier_id", asking)
    if asking is not None and supplier_id != asking:
        raise NotFound
    _refuse_unfit(body)
    rules, sale = fee_rules.now(), _sale(body, supplier_id)
    terms = rules.terms(sale)
    order, before = _placed(body, sale, terms)
    accepted = tuple(replace(line, accepted=line.quantity, status="SHIPPING") for line in before.lines)
    _, posting = sales.post(order, before, replace(before, lines=accepted), now=clock.timestamp())
    both = list(entries(posting)) if posting else []
    shown = [entry_view(entry) for entry in both]
    own = (entry.amount for entry in both if entry.account in SUPPLIER_STATES)
    return {
        "entries": [{name: each[name] for name in _SAID if name in each} for each in shown],
        "supplier_total": total(own, order.currency).as_json(),
        "fee": fee_views.explained(rules, sale, terms),
    }


def _sale(body: Mapping[str, Any], supplier_id: str | None) -> Sale:
    supplier = supplier_records.existing(supplier_id) if supplier_id else None
    facts = fee_facts_of(body, supplier)
    return Sale(supplier_id or "", facts, Money.parse(body["price"]), body.get("channel", DIRECT))


def _placed(body: Mapping[str, Any], sale: Sale, terms: FeeTerms) -> tuple[Order, SupplierOrder]:
    """An order of one line as it begins."""
    currency = sale.price.currency
    beside = {name: Money.parse(body[name]).minor if name in body else 0 for name in _BESIDE}
    line = PlacedLine(
        line_id="",
        offer_id="",
        product_id="",
        supplier_id=sale.supplier_id,
        supplier_order_id="",
        sku="",
        gtin=None,
        title="",
        quantity=body["quantity"],
        unit_price=sale.price,
        fee=terms,
        **beside,
    )
    order = Order(
        order_id="",
        currency=currency,
        lines=(line,),
        shipping=Money(line.shipping, currency),
        tax=Money(line.tax + line.shipping_tax, currency),
        payment_reference="",
        authorized=Money.zero(currency),
        request_hash="",
        tax_included=body["tax_included"],
        tax_collector=body.get("tax_collector") or settings.tax_collector(),
        rules_version=terms.rules_version,
    )
    begun = OrderLine(line.line_id, line.offer_id, line.quantity)
    return order, SupplierOrder("", "", sale.supplier_id, (begun,), Attempt(""), accept_by="")


def _refuse_unfit(body: Mapping[str, Any]) -> None:
    currency = body["price"]["currency"]
    found = [
        FieldProblem(f"/{name}/currency", "CURRENCY_MISMATCH", "All amounts are in the price's currency.")
        for name in _BESIDE
        if name in body and body[name]["currency"] != currency
    ]
    if not found and body["tax_included"]:
        goods = Money.parse(body["price"]) * body["quantity"]
        holders = {"tax": goods, "shipping_tax": _money(body, "shipping")}
        found = [
            FieldProblem(f"/{name}", "TAX_TOO_HIGH", "No price holds more tax than it is.")
            for name, holder in holders.items()
            if _money(body, name) > holder
        ]
    if found:
        raise Unprocessable("INVALID_BODY", "There can be no such sale; see errors.", errors=found)


def _money(body: Mapping[str, Any], name: str) -> Money:
    return Money.parse(body[name]) if name in body else Money.zero(body["price"]["currency"])
