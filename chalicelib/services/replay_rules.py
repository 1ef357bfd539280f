"""Judging stored records once more, under settings that do not hold yet: what would have come of them?

Nothing is written and nobody outside is asked. What the table knows (products, brands) is looked up as it is
now; what was seen outside (hosts, images, order APIs) is taken over from the record's issues.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from chalicelib import telemetry
from chalicelib.domain import corrections
from chalicelib.domain.issues import Issue, doubts, questions
from chalicelib.domain.lessons import ASKED_OUTSIDE
from chalicelib.domain.offer import Offer
from chalicelib.domain.reversals import Made
from chalicelib.domain.rule_settings import AS_DELIVERED, RuleSettings
from chalicelib.domain.rules import supplier_brands
from chalicelib.domain.rules.catalog import CHECKS, OFFER_CHECKS, SUPPLIER_CHECKS
from chalicelib.domain.rules.facts import OfferFacts, SupplierFacts
from chalicelib.domain.rules.kinds import CheckRule
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS
from chalicelib.domain.rules.supplier_corrections import SUPPLIER_CORRECTIONS
from chalicelib.domain.supplier import Supplier
from chalicelib.domain.tally import outcome_name
from chalicelib.services.validate_offers import known_products, product_facts
from chalicelib.services.validate_suppliers import held_by_others
from chalicelib.services.validation_batch import Case, Judged, correct_each, explained, run_checks
from chalicelib.storage import keys, suppliers

R = TypeVar("R", Supplier, Offer)
F = TypeVar("F")
Checks = Mapping[str, Sequence[CheckRule[F]]]


@dataclass(frozen=True)
class Verdict:
    """How a record would have come through: the outcome, the rules that stop it, and its content then."""

    outcome: str
    rules: tuple[str, ...]
    content: Mapping[str, Any]


def judge(records: Sequence[Supplier | Offer], settings: RuleSettings) -> dict[Judged, Verdict]:
    """The verdict on each record as it was sent. One on which a rule breaks is left out."""
    own = telemetry.correlation_id()
    try:
        return {
            **_judge_offers([record for record in records if isinstance(record, Offer)], settings),
            **_judge_suppliers([record for record in records if isinstance(record, Supplier)], settings),
        }
    finally:
        telemetry.bind(own)  # the records' own were bound meanwhile


def judged(record: Supplier | Offer) -> Judged:
    """What the record's verdict is found by."""
    if isinstance(record, Offer):
        return Judged(keys.offer(record.supplier_id, record.sku), record.version)
    return Judged(keys.supplier(record.supplier_id), record.version)


def _judge_offers(offers: Iterable[Offer], settings: RuleSettings) -> dict[Judged, Verdict]:
    stored = {judged(offer): offer for offer in offers}
    sent = {
        each: replace(
            offer,
            content=corrections.as_sent(offer.content, offer.corrections),
            corrections=_undone(offer.corrections),
        )
        for each, offer in stored.items()
    }
    cases = correct_each(sent, OFFER_CORRECTIONS, settings).cases
    known = known_products(cases) if cases else {}

    def issues(each: Judged, case: Case[Offer]) -> list[Issue]:
        facts = replace(product_facts(case.record, case.content, known), now=case.record.updated_at)
        then = replace(case, content=dict(stored[each].content), settings=AS_DELIVERED)
        return [*_found(case, OFFER_CHECKS, facts), *_taken_over(case, then, OFFER_CHECKS, OfferFacts())]

    return _verdicts(cases, issues)


def _judge_suppliers(found: Iterable[Supplier], settings: RuleSettings) -> dict[Judged, Verdict]:
    stored = {judged(supplier): supplier for supplier in found}
    sent = {
        each: replace(
            supplier,
            profile=corrections.as_sent(supplier.profile, supplier.corrections),
            corrections=_undone(supplier.corrections),
        )
        for each, supplier in stored.items()
    }
    cases = correct_each(sent, SUPPLIER_CORRECTIONS, settings).cases
    owned = {each: supplier_brands.owned_brands(case.content) for each, case in cases.items()}
    names = {name for names in owned.values() for name in names.values()}
    holders = suppliers.brand_holders(names) if names else {}

    def issues(each: Judged, case: Case[Supplier]) -> list[Issue]:
        held = held_by_others(case.record.supplier_id, owned[each], holders)
        then = replace(case, content=dict(stored[each].profile), settings=AS_DELIVERED)
        return [
            *_found(case, SUPPLIER_CHECKS, SupplierFacts(brands_held=held)),
            *_taken_over(case, then, SUPPLIER_CHECKS, SupplierFacts()),
        ]

    return _verdicts(cases, issues)


def _undone(made: Iterable[Made]) -> tuple[Made, ...]:
    """The corrections that were reversed, for they keep their rules away."""
    return tuple(each for each in made if "reversal" in each)


def _found(case: Case[R], checks: Checks[F], facts: F) -> list[Issue]:
    """The notes on the case's corrections, and what the checks find that need nothing from outside."""
    findings = [found for each in checks.values() for found in run_checks(each, case, facts)]
    return list(explained(case, findings).issues)


def _taken_over(case: Case[R], then: Case[R], checks: Checks[F], nothing_seen: F) -> Iterator[Issue]:
    """What was seen outside when the record was validated, as far as the settings still mind it. `then` is
    the case as it was stored; what its checks find without looking outside was not seen there."""
    inside = {
        (found.rule, found.field)
        for step in ASKED_OUTSIDE
        for found in run_checks(checks.get(step, ()), then, nothing_seen)
    }
    for issue in case.record.issues:
        rule, field = issue["rule"], issue["field"]
        outside = rule in CHECKS and CHECKS[rule].step in ASKED_OUTSIDE and (rule, field) not in inside
        if outside and case.settings.is_on(rule) and not case.settings.excepts(rule, field, case.content):
            yield {**issue, "severity": case.settings.of(rule).severity or CHECKS[rule].severity}


def _verdicts(
    cases: Mapping[Judged, Case[R]], issues: Callable[[Judged, Case[R]], list[Issue]]
) -> dict[Judged, Verdict]:
    found = {}
    for each, case in cases.items():
        try:
            found_there = issues(each, case)
            doubted = {issue["rule"] for issue in doubts(found_there)}
            asked = {issue["rule"] for issue in questions(found_there)}
        except Exception as error:  # noqa: BLE001 - a poisonous record may break any rule in any way
            telemetry.log("RULE_BROKE", pk=each.key.pk, sk=each.key.sk, error=type(error).__name__)
            continue
        outcome = outcome_name(doubted=bool(doubted), asked=bool(asked), corrected=bool(case.applied))
        found[each] = Verdict(outcome, tuple(sorted(doubted | asked)), case.content)
    return found
