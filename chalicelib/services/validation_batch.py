"""What every validation step and both decisions share: the batch that comes in, and the reports between them.

A batch is a list of keys with the version to judge. A step reports which records it judged, each with its
findings, and by which version of the rules' settings: a record that is missing in a report was not looked at,
which never means that it is clean, and a decision is made by one version of the settings.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from chalicelib import clock, ids, telemetry
from chalicelib.domain import corrections, issues, reversals
from chalicelib.domain.corrections import Correction
from chalicelib.domain.offer import Offer
from chalicelib.domain.rule_settings import RuleSettings
from chalicelib.domain.rules.catalog import CHECKS
from chalicelib.domain.rules.kinds import ERROR, CheckRule, CorrectionRule, Finding
from chalicelib.domain.supplier import Supplier
from chalicelib.services import current_rules
from chalicelib.services.commits import commit
from chalicelib.storage import validations
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.keys import Key

R = TypeVar("R", Supplier, Offer)
F = TypeVar("F")
T = TypeVar("T")
Json = dict[str, Any]

MAX_FINDINGS = 20
"""Of one step on one record, the gravest first: a workflow's state holds 256 KB for a batch of 50 records."""


class IncompleteReports(Exception):
    """Some records were not judged by every step, so they cannot be decided."""


class Judged(NamedTuple):
    """One record of the batch, in the version that is judged."""

    key: Key
    version: int


@dataclass(frozen=True)
class Case(Generic[R]):
    """A record that waits, its content as the correction rules leave it, what they changed and what they only
    propose, and the settings that it is judged by, about its supplier."""

    record: R
    content: dict[str, Any]
    applied: tuple[Correction, ...]
    settings: RuleSettings
    proposed: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class Batch(Generic[R]):
    """The records that wait, and the settings that all of them are judged by."""

    cases: Mapping[Judged, Case[R]]
    settings: RuleSettings


def load_suppliers(records: Iterable[Mapping[str, Any]]) -> dict[Judged, Supplier]:
    """The suppliers of the batch that still wait in the version that came in; the others have moved on."""
    found = _load(records, "SUPPLIER")
    return {judged: record for judged, record in found if isinstance(record, Supplier)}


def load_offers(records: Iterable[Mapping[str, Any]]) -> dict[Judged, Offer]:
    """The offers of the batch that still wait in the version that came in; the others have moved on."""
    found = _load(records, "OFFER")
    return {judged: record for judged, record in found if isinstance(record, Offer)}


def _load(records: Iterable[Mapping[str, Any]], kind: str) -> Iterator[tuple[Judged, Supplier | Offer]]:
    wanted = [
        Judged(Key(record["pk"], record["sk"]), int(record["version"]))
        for record in records
        if record["kind"] == kind
    ]
    stored = validations.get_many(judged.key for judged in wanted) if wanted else {}
    for judged in dict.fromkeys(wanted):
        record = stored.get(judged.key)
        if record is not None and record.validation_state == "PENDING" and record.version == judged.version:
            yield judged, record


def correct_each(
    records: Mapping[Judged, R], rules: Sequence[CorrectionRule], settings: RuleSettings
) -> Batch[R]:
    """The records with their corrected content. One on which a rule breaks is left out (and so out of the
    report), lest it hold up the others."""
    cases = {}
    for judged, record in records.items():
        with held_apart(judged, record):
            cases[judged] = corrected_case(record, rules, settings.about(record.supplier_id))
    return Batch(cases, settings)


def corrected_case(record: R, rules: Sequence[CorrectionRule], settings: RuleSettings) -> Case[R]:
    """The record with its corrected content under settings about its supplier."""
    content = record.profile if isinstance(record, Supplier) else record.content
    corrected, applied = corrections.apply(content, rules, settings, record.corrections)
    proposed = corrections.propose(corrected, rules, settings, record.corrections)
    return Case(record, corrected, tuple(applied), settings, tuple(proposed))


def report(step: str, batch: Batch[R], examine: Callable[[Case[R]], Iterable[Finding]]) -> dict[str, Any]:
    """The step's report; a record on which `examine` breaks is left out of it."""
    judged = []
    for each, case in batch.cases.items():
        with held_apart(each, case.record):
            found = [_as_json(finding) for finding in _gravest(examine(case), case.settings)]
            judged.append({**each.key._asdict(), "version": str(each.version), "findings": found})
    return {"step": step, "settings": [batch.settings.version, batch.settings.set_at], "judged": judged}


def _gravest(findings: Iterable[Finding], settings: RuleSettings) -> list[Finding]:
    found = list(findings)
    if len(found) > MAX_FINDINGS:
        found.sort(key=lambda finding: issues.severity(finding, settings) != ERROR)
    return found[:MAX_FINDINGS]


def gather(cases: Mapping[Judged, Case[R]], look: Callable[[Case[R]], Iterable[T]]) -> list[T]:
    """What `look` gives for each case, all in one list; a case on which it breaks adds nothing."""
    found: list[T] = []
    for judged, case in cases.items():
        with held_apart(judged, case.record):
            found += look(case)
    return found


@contextmanager
def held_apart(judged: Judged, record: Supplier | Offer) -> Iterator[None]:
    """Whatever goes wrong with this record is logged and stops no other."""
    telemetry.bind(record.correlation_id)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a poisonous record may break any rule in any way
        telemetry.log("RULE_BROKE", pk=judged.key.pk, sk=judged.key.sk, error=type(error).__name__)


def run_checks(checks: Sequence[CheckRule[F]], case: Case[R], facts: F) -> list[Finding]:
    """Everything that these checks find."""
    return [finding for check in checks for finding in check.findings(case.content, facts, case.settings)]


def _as_json(finding: Finding) -> dict[str, Any]:
    return {"rule": finding.rule, "field": finding.field, "detail": dict(finding.detail)}


def collect(
    reports: Iterable[Mapping[str, Any]], steps: Iterable[str]
) -> tuple[set[Judged], dict[Judged, list[Finding]]]:
    """Which records every one of `steps` judged, and what was found on each."""
    judged_by: dict[str, set[Judged]] = defaultdict(set)
    findings: dict[Judged, list[Finding]] = defaultdict(list)
    for each in reports:
        for entry in each["judged"]:
            judged = Judged(Key(entry["pk"], entry["sk"]), int(entry["version"]))
            judged_by[each["step"]].add(judged)
            findings[judged] += [Finding(**found) for found in entry["findings"]]
    return set.intersection(*(judged_by[step] for step in steps)), findings


def settings_of(reports: Iterable[Mapping[str, Any]]) -> RuleSettings | None:
    """The settings that all the reports were made by; None where these changed between two of them."""
    made_by = {(int(version), str(set_at)) for version, set_at in (each["settings"] for each in reports)}
    return current_rules.of(*made_by.pop()) if len(made_by) == 1 else None


def judge_again(waiting: Iterable[Judged]) -> None:
    """Send the records through validation once more, as they are."""
    for judged in waiting:
        try:
            commit(validations.touching(judged.key, now=clock.timestamp()))
        except WriteRefused:
            telemetry.log("RECORD_GONE", pk=judged.key.pk, sk=judged.key.sk)


def decide_each(
    waiting: Iterable[Judged],
    cases: Mapping[Judged, Case[R]],
    reports: Iterable[Mapping[str, Any]],
    *,
    steps: Iterable[str],
    decide: Callable[[Case[R], list[Finding]], None],
) -> None:
    """Decide every record that all the steps judged; what goes wrong with one does not stop the others.

    Raises the first failure, or IncompleteReports, once all the others are decided. Deciding again is
    harmless: a decided record waits no more.
    """
    complete, findings = collect(reports, steps)
    failures: list[Exception] = []
    for judged in waiting:
        try:
            if judged not in complete or judged not in cases:
                raise IncompleteReports(judged.key.pk)  # noqa: TRY301 - as any other failure of this record
            case = cases[judged]
            telemetry.bind(case.record.correlation_id)
            decide(case, findings[judged])
        except Exception as error:  # noqa: BLE001 - collected, and raised below
            telemetry.log("DECISION_FAILED", pk=judged.key.pk, sk=judged.key.sk, error=type(error).__name__)
            failures.append(error)
    if failures:
        raise failures[0]


def settled(case: Case[R], findings: Iterable[Finding]) -> tuple[Case[R], list[Finding]]:
    """The case with what checks found and are certain of corrected, and the findings that are left."""
    earlier: Sequence[Mapping[str, Any]] = case.record.corrections
    more: list[Correction]
    content, more, left = corrections.of_findings(case.content, findings, CHECKS, earlier)
    return replace(case, content=content, applied=(*case.applied, *more)), left


def explained(case: Case[R], findings: Iterable[Finding], *, questions: bool = True) -> R:
    """The record with what the rules made of it: its corrections, earlier ones that still stand among them,
    and its issues: a note for each correction, what is proposed (unless `questions` are not to be asked),
    then the findings in words."""
    record: R = case.record
    now = clock.timestamp()
    offer_id = record.offer_id if isinstance(record, Offer) else None
    new: list[Json] = [each.as_json(ids.correction_id(offer_id), at=now) for each in case.applied]
    corrected: R = reversals.with_corrections(record, case.content, [*record.corrections, *new])
    asked: tuple[Correction, ...] = case.proposed if questions else ()
    found = (
        *(issues.of_correction(each) for each in corrected.corrections if "reversal" not in each),
        *(issues.of_proposal(each, case.settings.of(each.rule).policy) for each in asked),
        *(issues.explain(finding, case.content, case.settings) for finding in findings),
    )
    return replace(corrected, issues=found, rules_version=case.settings.version)
