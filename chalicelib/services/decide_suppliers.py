"""The last validation step of suppliers: what was found becomes a decision, written once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain.issues import Issue, doubts, questions
from chalicelib.domain.rules import supplier_brands
from chalicelib.domain.rules.catalog import CHECKS, SUPPLIER_CHECKS
from chalicelib.domain.rules.facts import SupplierFacts
from chalicelib.domain.rules.kinds import Finding
from chalicelib.domain.rules.supplier_corrections import SUPPLIER_CORRECTIONS
from chalicelib.domain.supplier import Supplier, moved
from chalicelib.domain.tally import Tally
from chalicelib.domain.verdicts import may_be_reviewed, supplier_status
from chalicelib.services import review_cases
from chalicelib.services.commits import commit
from chalicelib.services.count_validations import count
from chalicelib.services.validate_suppliers import held_by_others
from chalicelib.services.validation_batch import (
    Case,
    correct_each,
    decide_each,
    explained,
    judge_again,
    load_suppliers,
    run_checks,
    settings_of,
)
from chalicelib.storage import suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

_TRIES = 4


class UnsettledSupplier(Exception):
    """Others kept taking brands or changing the review while the supplier was decided."""


def decide(records: Sequence[Mapping[str, Any]], reports: Sequence[Mapping[str, Any]]) -> None:
    """Decide the waiting suppliers of the batch: open, or to a person. Raises where one must be retried."""
    waiting = load_suppliers(records)
    settings = settings_of(reports)
    if settings is None:
        return judge_again(waiting)
    cases = correct_each(waiting, SUPPLIER_CORRECTIONS, settings).cases
    tally = Tally("SUPPLIER")

    def decide_one(case: Case[Supplier], findings: list[Finding]) -> None:
        _decide(case, findings, tally)

    try:
        return decide_each(waiting, cases, reports, steps=SUPPLIER_CHECKS, decide=decide_one)
    finally:
        count(tally)


def _decide(case: Case[Supplier], findings: list[Finding], tally: Tally) -> None:
    for _ in range(_TRIES):
        decided, writes = _decision(case, findings)
        try:
            commit(*writes)
        except WriteRefused as refused:
            if "supplier" in refused.labels:
                return telemetry.log("DECISION_VOID", supplier_id=decided.supplier_id)
        else:
            asked = bool(questions(decided.issues))
            tally.add(_doubts(decided.issues, case.record), asked=asked, corrected=bool(case.applied))
            return telemetry.log("SUPPLIER_DECIDED", supplier_id=decided.supplier_id, status=decided.status)
    raise UnsettledSupplier(case.record.supplier_id)


def _decision(case: Case[Supplier], findings: list[Finding]) -> tuple[Supplier, list[Write]]:
    """The supplier as decided on what holds right now, and the writes of the decision."""
    before = case.record
    owned = supplier_brands.owned_brands(case.content)
    holders = suppliers.brand_holders(owned.values()) if owned else {}
    facts = SupplierFacts(brands_held=held_by_others(before.supplier_id, owned, holders))
    brand_findings = run_checks(SUPPLIER_CHECKS[supplier_brands.STEP], case, facts)
    others = [found for found in findings if CHECKS[found.rule].step != supplier_brands.STEP]

    judged = explained(case, [*others, *brand_findings])
    doubtful = bool(_doubts(judged.issues, before))
    asked = bool(questions(judged.issues, approved=before.issues if before.is_open else ()))
    now = clock.timestamp()
    standing = supplier_status(before, doubtful=doubtful, asked=asked)
    decided = replace(
        moved(judged, standing, by=review_cases.ACTOR, reason=None, at=now),
        profile=case.content,
        validation_state="DONE",
        judged_version=before.version,
        judged_at=now,
        updated_at=now,
    )
    decided, review_writes = _with_review(decided, doubtful=doubtful)
    claims = {name for name in owned.values() if name not in holders} if decided.is_open else set()
    return decided, [
        suppliers.replacing(decided, expected_version=before.version),
        *(suppliers.claiming_brand(name, before.supplier_id) for name in sorted(claims)),
        *review_writes,
    ]


def _doubts(issues: Iterable[Issue], before: Supplier) -> list[Issue]:
    """What needs a person, but for what a person approved when the supplier opened."""
    return doubts(issues, approved=before.issues if before.is_open else ())


def _with_review(supplier: Supplier, *, doubtful: bool) -> tuple[Supplier, list[Write]]:
    if not may_be_reviewed(supplier):
        return supplier, []
    outcome = review_cases.Outcome(
        kind="SUPPLIER",
        supplier_id=supplier.supplier_id,
        sku=None,
        record_version=supplier.version + 1,
        doubtful=doubtful,
        issues=supplier.issues,
        content=supplier.profile,
    )
    review_id, writes = review_cases.follow_up(outcome, review_id=supplier.review_id)
    return replace(supplier, review_id=review_id), writes
