"""Corrections: reversible patches that a rule is sure enough of to apply without asking anybody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import pointers
from chalicelib.domain.rule_settings import AS_DELIVERED, RuleSettings
from chalicelib.domain.rules.kinds import CorrectionRule, Record

CERTAIN = "CERTAIN"
LIKELY = "LIKELY"
_MOST_PASSES = 5
"""More than damage in layers needs; aliases that a marketplace set in a circle end here."""


@dataclass(frozen=True)
class Correction:
    """`rule` changed `field` from `before` to `after`."""

    rule: str
    field: str
    before: Any
    after: Any

    def as_json(self, correction_id: str) -> dict[str, Any]:
        return {
            "correction_id": correction_id,
            "rule": self.rule,
            "field": self.field,
            "before": self.before,
            "after": self.after,
            "confidence": CERTAIN,
        }


def apply(
    record: Record, rules: Sequence[CorrectionRule], settings: RuleSettings = AS_DELIVERED
) -> tuple[dict[str, Any], list[Correction]]:
    """The corrected record and what was changed, in order. A corrected record needs no correction: where a
    rule may have uncovered damage for an earlier one, they all run again."""
    corrected: dict[str, Any] = dict(record)
    applied: list[Correction] = []
    for _ in range(_MOST_PASSES):
        earlier = len(applied)
        for rule in rules:
            if settings.is_on(rule.rule):
                corrected = _mended(corrected, rule, settings, applied)
        changed = {each.rule for each in applied[earlier:]}
        if not any(rule.uncovers and rule.rule in changed for rule in rules):
            break
    return corrected, applied


def _mended(
    record: dict[str, Any], rule: CorrectionRule, settings: RuleSettings, applied: list[Correction]
) -> dict[str, Any]:
    """The record as this rule leaves it; what it changed is added to `applied`."""
    for pattern in rule.fields:
        for field in pointers.expand(record, pattern):
            before = pointers.find(record, field)
            after = rule.corrected(before, record, settings) if isinstance(before, str) else None
            if after is None or after == before or settings.excepts(rule.rule, field, record):
                continue
            record = pointers.replace(record, field, after)
            applied.append(Correction(rule.rule, field, before, after))
    return record


def revert(record: Record, applied: Sequence[Correction]) -> dict[str, Any]:
    """The record as it was before `applied`, for as long as nobody changed the corrected fields since."""
    original: dict[str, Any] = dict(record)
    for correction in reversed(applied):
        if pointers.find(original, correction.field) == correction.after:
            original = pointers.replace(original, correction.field, correction.before)
    return original


def still_standing(corrected: Record, earlier: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of the `earlier` corrections (as JSON) whose outcome is still what the record says.

    A chain on one field stands or falls with its last link.
    """
    kept = list(earlier)
    last = {each["field"]: each["after"] for each in kept}
    return [each for each in kept if pointers.find(corrected, each["field"]) == last[each["field"]]]
