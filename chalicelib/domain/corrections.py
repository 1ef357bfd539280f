"""Corrections: reversible patches. Rules apply those that they are sure of, or propose them where a
marketplace wants to be asked; administrators make their own. `reversals` undoes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import pointers
from chalicelib.domain.reversals import BY_RULE, Made, is_restored
from chalicelib.domain.rule_settings import APPLY, AS_DELIVERED, RuleSettings
from chalicelib.domain.rules.kinds import CheckRule, CorrectionRule, Finding, Record

CERTAIN = "CERTAIN"
LIKELY = "LIKELY"
BY_HAND = "administrator"
"""Stands in place of a rule's name where a person made the correction."""
_MOST_PASSES = 5
"""More than damage in layers needs; aliases that a marketplace set in a circle end here."""


@dataclass(frozen=True)
class Correction:
    """`rule` changed `field` from `before` to `after`; None is nothing."""

    rule: str
    field: str
    before: Any
    after: Any

    def as_json(self, correction_id: str, *, at: str, by: str = BY_RULE) -> dict[str, Any]:
        return {
            "correction_id": correction_id,
            "rule": self.rule,
            "field": self.field,
            "before": self.before,
            "after": self.after,
            "confidence": CERTAIN,
            "by": by,
            "at": at,
        }


def apply(
    record: Record,
    rules: Sequence[CorrectionRule],
    settings: RuleSettings = AS_DELIVERED,
    earlier: Sequence[Made] = (),
) -> tuple[dict[str, Any], list[Correction]]:
    """The corrected record and what was changed, in order. A corrected record needs no correction: where a
    rule may have uncovered damage for an earlier one, they all run again.

    Values that a reversal among the `earlier` corrections restored stay as they are.
    """
    certain = [rule for rule in rules if settings.of(rule.rule).policy == APPLY]
    corrected: dict[str, Any] = dict(record)
    applied: list[Correction] = []
    for _ in range(_MOST_PASSES):
        before = len(applied)
        for rule in certain:
            for each in _corrections(rule, corrected, settings, earlier):
                corrected = pointers.replace(corrected, each.field, each.after)
                applied.append(each)
        changed = {each.rule for each in applied[before:]}
        if not any(rule.uncovers and rule.rule in changed for rule in certain):
            break
    return corrected, applied


def propose(
    record: Record,
    rules: Sequence[CorrectionRule],
    settings: RuleSettings = AS_DELIVERED,
    earlier: Sequence[Made] = (),
) -> list[Correction]:
    """What the rules that must ask would change in a corrected record. Where several would change one field,
    each proposal builds on the one before it, and all say what the field holds now."""
    proposed = []
    then: dict[str, Any] = dict(record)
    for rule in rules:
        if settings.of(rule.rule).policy != APPLY:
            for each in _corrections(rule, then, settings, earlier):
                then = pointers.replace(then, each.field, each.after)
                now = pointers.value_at(record, each.field)
                proposed.append(Correction(each.rule, each.field, now, each.after))
    return proposed


def _corrections(
    rule: CorrectionRule, record: Record, settings: RuleSettings, earlier: Sequence[Made]
) -> Iterator[Correction]:
    """What one rule changes; its fields do not hang on each other."""
    if not settings.is_on(rule.rule):
        return
    for pattern in rule.fields:
        for field in list(pointers.expand(record, pattern)):
            before = pointers.find(record, field)
            after = rule.corrected(before, record, settings) if isinstance(before, rule.takes) else None
            if after is None or after == before or settings.excepts(rule.rule, field, record):
                continue
            if not is_restored(field, before, rule.rule, earlier):
                yield Correction(rule.rule, field, before, after)


def of_findings(
    record: Record, findings: Iterable[Finding], checks: Mapping[str, CheckRule[Any]], earlier: Sequence[Made]
) -> tuple[dict[str, Any], list[Correction], list[Finding]]:
    """The record with what checks are certain of after a look outside, what that changed, and the findings
    that are left. Values that a reversal restored stay, and so does the finding."""
    corrected: dict[str, Any] = dict(record)
    applied: list[Correction] = []
    left: list[Finding] = []
    for finding in findings:
        rule, before = checks[finding.rule], pointers.value_at(corrected, finding.field)
        if rule.certain and not is_restored(finding.field, before, finding.rule, earlier):
            after = rule.suggest(before, finding)
            corrected = pointers.replace(corrected, finding.field, after)
            applied.append(Correction(finding.rule, finding.field, before, after))
        else:
            left.append(finding)
    return corrected, applied, left


def by_hand(before: Record, after: Record) -> list[Correction]:
    """What a person changed in a record."""
    return [
        Correction(BY_HAND, field, pointers.value_at(before, field), pointers.value_at(after, field))
        for field in pointers.differences(before, after)
    ]


def as_sent(record: Record, made: Iterable[Made]) -> dict[str, Any]:
    """The record as it was before the corrections that it keeps."""
    return revert(
        record,
        [
            Correction(each["rule"], each["field"], each["before"], each["after"])
            for each in made
            if "reversal" not in each
        ],
    )


def revert(record: Record, applied: Sequence[Correction]) -> dict[str, Any]:
    """The record as it was before `applied`, for as long as nobody changed the corrected fields since."""
    original: dict[str, Any] = dict(record)
    for correction in reversed(applied):
        if pointers.value_at(original, correction.field) == correction.after:
            original = pointers.replace(original, correction.field, correction.before)
    return original
