"""A period's subscription and listing fees, due when the period is closed for a supplier."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from chalicelib import clock, ids, telemetry
from chalicelib.domain import periodic_fees, supplier_charges
from chalicelib.domain.cycles import Period
from chalicelib.domain.fee_rules import CommissionRules
from chalicelib.domain.fees import share
from chalicelib.domain.ledger import Posting
from chalicelib.domain.money import Money
from chalicelib.domain.offer import Terms, inactivity_reasons
from chalicelib.domain.supplier import Supplier
from chalicelib.domain.supplier_charges import Charge
from chalicelib.services import balances, fee_rules, supplier_records
from chalicelib.storage import offer_terms, offers

_PAGE = 100
_LAST = timedelta(milliseconds=1)


def postings(supplier_id: str, period: Period, *, cutoff: str) -> list[Posting]:
    """What the supplier owes for the period, as the last before `cutoff`: a posting for each kind of fee and
    currency, to be written with the statements that it stands in.

    It is by the commission rules that held when the period began. A listing fee is for the offers that are
    active now: where there is one, two round trips for every hundred accepted offers.
    """
    supplier = supplier_records.existing(supplier_id)
    begins, ends = clock.timestamp(period.start), min(clock.timestamp(period.end), cutoff)
    if not periodic_fees.is_due(supplier, begins=begins, ends=ends):
        return []
    rules = fee_rules.at(begins)
    charges: dict[tuple[str, str], list[Charge]] = {}
    for charge in (*_subscription(supplier, rules), *_listings(supplier, rules)):
        if charge.minor:
            charges.setdefault((charge.type, charge.currency), []).append(charge)
    at, correlation_id = clock.timestamp(clock.parse(cutoff) - _LAST), telemetry.correlation_id()
    return [
        replace(
            supplier_charges.post(
                *of_kind, supplier_id=supplier_id, at=at, cause="-".join((period.name, *kind))
            ),
            correlation_id=correlation_id,
        )
        for kind, of_kind in charges.items()
    ]


def _subscription(supplier: Supplier, rules: CommissionRules) -> Iterator[Charge]:
    found = periodic_fees.subscription(rules.besides("subscription_fees"), plan=supplier.plan)
    if found is not None:
        currencies = {currency for currency, _ in balances.of_supplier(supplier.supplier_id)}
        amount = periodic_fees.of_supplier(found, currencies)
        yield _charge("SUBSCRIPTION_FEE", found.name, amount, supplier, rules)


def _listings(supplier: Supplier, rules: CommissionRules) -> Iterator[Charge]:
    """One for each rule and currency, of all its active offers."""
    fees, now = rules.besides("listing_fees"), clock.now()
    due: Counter[tuple[str, str]] = Counter()
    for terms in _accepted(supplier.supplier_id) if fees else ():
        found = periodic_fees.listing(fees, plan=supplier.plan, category=terms.fee_facts.category)
        amount = found.amount(terms.currency) if found and terms.currency else None
        if found and amount and not inactivity_reasons(terms, now):
            due[found.name, amount.currency] += amount.minor
    for (name, currency), minor in sorted(due.items()):
        yield _charge("LISTING_FEE", name, Money(minor, currency), supplier, rules)


def _accepted(supplier_id: str) -> Iterator[Terms]:
    """The terms of all offers that were accepted."""
    cursor: str | None = None
    while True:
        page = offers.page_of_skus(supplier_id, "ACCEPTED", limit=_PAGE, cursor=cursor)
        yield from offer_terms.get_many(ids.offer_id(supplier_id, sku) for sku in page.items).values()
        cursor = page.next_cursor
        if cursor is None:
            return


def _charge(entry_type: str, rule: str, amount: Money, supplier: Supplier, rules: CommissionRules) -> Charge:
    return Charge(
        entry_type,
        amount.minor,
        amount.currency,
        vat=share(amount.minor, rules.vat_ppm(supplier.country)),
        rules_version=rules.version,
        rule=rule,
    )
