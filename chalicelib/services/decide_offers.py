"""The last validation step of offers: what was found becomes a decision, written once, and goes on sale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain.authorizations import Authorizations
from chalicelib.domain.issues import doubts, questions
from chalicelib.domain.offer import Offer, Product
from chalicelib.domain.rules import offer_identifiers, offer_price
from chalicelib.domain.rules.catalog import CHECKS, OFFER_CHECKS
from chalicelib.domain.rules.kinds import Finding
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS
from chalicelib.domain.supplier import Supplier
from chalicelib.domain.tally import Tally
from chalicelib.domain.verdicts import offer_acceptance
from chalicelib.services import publish_offers, review_cases
from chalicelib.services.commits import commit
from chalicelib.services.count_validations import count
from chalicelib.services.follow_supplier import calls_for_it
from chalicelib.services.validate_offers import is_judged_anew, known_products, product_facts, product_id_of
from chalicelib.services.validation_batch import (
    Case,
    correct_each,
    decide_each,
    explained,
    judge_again,
    load_offers,
    run_checks,
    settings_of,
    settled,
)
from chalicelib.storage import authorizations, offers, products, suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

_TRIES = 4


class UnsettledOffer(Exception):
    """Others kept changing the product or the review while the offer was decided."""


@dataclass
class Deciding:
    """What the decisions of one batch share: suppliers, what they are authorised for and holders of brands
    as read before them, and products as they become."""

    suppliers: Mapping[str, Supplier]
    authorizations: Authorizations
    brand_holders: Mapping[str, str]
    products: dict[str, Product]
    decided: list[Offer] = field(default_factory=list)
    tally: Tally = field(default_factory=lambda: Tally("OFFER"))

    def note(self, case: Case[Offer], decided: Offer) -> None:
        """Remember that this was written."""
        self.decided.append(replace(decided, version=decided.version + 1))
        doubted = doubts(decided.issues) if decided.acceptance == "TO_REVIEW" else ()
        asked = bool(questions(decided.issues))
        self.tally.add(doubted, asked=asked, corrected=bool(case.applied))


def decide(records: Sequence[Mapping[str, Any]], reports: Sequence[Mapping[str, Any]]) -> None:
    """Decide the waiting offers of the batch: on sale, or to a person. Raises where one must be retried."""
    waiting = load_offers(records)
    settings = settings_of(reports)
    if not waiting:
        return None
    if settings is None:
        return judge_again(waiting)
    cases = correct_each(waiting, OFFER_CORRECTIONS, settings).cases
    batch = Deciding(
        suppliers=suppliers.get_many(offer.supplier_id for offer in waiting.values()),
        authorizations=authorizations.current(),
        brand_holders=publish_offers.brand_holders(case.content for case in cases.values()),
        products=known_products(cases),
    )

    def decide_one(case: Case[Offer], findings: list[Finding]) -> None:
        _decide(case, findings, batch)

    try:
        return decide_each(waiting, cases, reports, steps=OFFER_CHECKS, decide=decide_one)
    finally:
        conclude(batch)


def conclude(batch: Deciding) -> None:
    """Do what follows from the decisions that were written: count them, and see to suppliers that opened or
    closed meanwhile."""
    count(batch.tally)
    _follow_suppliers(batch)


def _decide(case: Case[Offer], findings: list[Finding], batch: Deciding) -> None:
    product_id = product_id_of(case.record, case.content)
    for _ in range(_TRIES):
        decided, product, writes = decision(case, findings, batch)
        supplier = batch.suppliers[decided.supplier_id]
        try:
            commit(
                offers.replacing(decided, expected_version=decided.version),
                publish_offers.terms_write(decided, supplier, batch.authorizations, now=decided.updated_at),
                *writes,
            )
        except WriteRefused as refused:
            if "offer" in refused.labels:
                return telemetry.log("DECISION_VOID", offer_id=decided.offer_id)
            batch.products.pop(product_id, None)
            batch.products.update(products.get_many([product_id]))
        else:
            batch.note(case, decided)
            batch.products |= {product.product_id: product} if product else {}
            return telemetry.log("OFFER_DECIDED", offer_id=decided.offer_id, acceptance=decided.acceptance)
    raise UnsettledOffer(case.record.offer_id)


def decision(
    case: Case[Offer], findings: list[Finding], batch: Deciding
) -> tuple[Offer, Product | None, list[Write]]:
    """The offer as decided on what holds right now, the product that it joins, and what is to be written of
    both and of the review, together with the offer and its terms."""
    before, now = case.record, clock.timestamp()
    product_id = product_id_of(before, case.content)
    anew = is_judged_anew(before)
    case, left = settled(case, _current(case, findings, batch))
    judged = explained(case, left, questions=anew)
    doubtful, asked = bool(doubts(judged.issues)), bool(questions(judged.issues))
    decided = replace(
        judged,
        content=case.content,
        acceptance=offer_acceptance(doubtful=doubtful, asked=asked),
        validation_state="DONE",
        issues=judged.issues if anew else (*judged.issues, *_not_judged_again(before)),
        judged_version=before.version,
        judged_at=now,
        updated_at=now,
    )
    decided, writes = _with_review(decided, doubtful=doubtful)
    product = None
    if decided.acceptance == "ACCEPTED" and anew:
        product, product_writes = publish_offers.joined(
            decided,
            batch.products.get(product_id),
            now=now,
            holds_brand=publish_offers.holds_brand(decided, batch.brand_holders),
        )
        decided = replace(decided, product_id=product_id)
        writes += product_writes
    return decided, product, writes


def _current(case: Case[Offer], findings: list[Finding], batch: Deciding) -> list[Finding]:
    """The steps' findings, those on the identifier looked up anew: another offer may have joined the product
    since, one of this batch for example."""
    if not is_judged_anew(case.record):
        return findings
    facts = product_facts(case.record, case.content, batch.products)
    others = [found for found in findings if CHECKS[found.rule].step != offer_identifiers.STEP]
    return [*run_checks(OFFER_CHECKS[offer_identifiers.STEP], case, facts), *others]


def _not_judged_again(offer: Offer) -> list[dict[str, Any]]:
    """What an earlier validation found on an accepted offer, but for its price and for what it corrected."""
    found = [
        dict(issue) for issue in offer.issues if issue["rule"] in CHECKS and not issue["auto_correctable"]
    ]
    return [issue for issue in found if CHECKS[issue["rule"]].step != offer_price.STEP]


def _with_review(offer: Offer, *, doubtful: bool) -> tuple[Offer, list[Write]]:
    outcome = review_cases.Outcome(
        kind="OFFER",
        supplier_id=offer.supplier_id,
        sku=offer.sku,
        record_version=offer.version + 1,
        doubtful=doubtful,
        issues=offer.issues,
        content=offer.content,
    )
    review_id, writes = review_cases.follow_up(outcome, review_id=offer.review_id)
    return replace(offer, review_id=review_id), writes


def _follow_suppliers(batch: Deciding) -> None:
    """Mend the terms of offers whose supplier opened or closed while they were decided, or was authorised
    otherwise.

    Whoever changes that writes the terms of the offers afterwards. If that was before our write, ours stands
    on what was; it is seen here. If it is still to come, it overwrites ours.
    """
    if not batch.decided:
        return
    current = suppliers.get_many(offer.supplier_id for offer in batch.decided)
    authorized = authorizations.current()
    for offer in batch.decided:
        supplier = current[offer.supplier_id]
        moved = calls_for_it(batch.suppliers[offer.supplier_id], supplier)
        if moved or authorized != batch.authorizations:
            now = clock.timestamp()
            _write_if_unchanged(replace(offer, updated_at=now), supplier, authorized, now=now)


def _write_if_unchanged(offer: Offer, supplier: Supplier, authorized: Authorizations, *, now: str) -> None:
    terms = publish_offers.terms_write(offer, supplier, authorized, now=now)
    try:
        commit(offers.replacing(offer, expected_version=offer.version), terms)
    except WriteRefused:
        telemetry.log("OFFER_CHANGED_SINCE", offer_id=offer.offer_id)
