"""Issues: what a rule found, in words that a supplier can act on."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.domain import pointers
from chalicelib.domain.corrections import LIKELY
from chalicelib.domain.rule_settings import AS_DELIVERED, RuleSettings
from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS
from chalicelib.domain.rules.kinds import ERROR, INFO, Finding, Record

Issue = Mapping[str, Any]
_SHOWN = 500
"""Characters of a value that an issue repeats."""


def explain(finding: Finding, record: Record, settings: RuleSettings = AS_DELIVERED) -> dict[str, Any]:
    """The issue that a check's finding stands for, with what the corrected record says there."""
    rule = CHECKS[finding.rule]
    seen = pointers.value_at(record, finding.field)
    return {
        "rule": rule.rule,
        "code": rule.code,
        "severity": severity(finding, settings),
        "field": finding.field,
        "message": rule.message.format(**finding.detail),
        "value_seen": _shown(seen),
        "expected": rule.expected.format(**finding.detail) or None,
        "suggested_value": rule.suggest(seen, finding),
        "auto_correctable": False,
        "facts": dict(finding.detail),
    }


def severity(finding: Finding, settings: RuleSettings) -> str:
    """What the finding weighs: what is set for its rule, or else the rule's own."""
    return settings.of(finding.rule).severity or CHECKS[finding.rule].severity


def of_correction(correction: Mapping[str, Any]) -> dict[str, Any]:
    """The note that an applied correction (as JSON) leaves, so that the supplier can mend the source."""
    rule = CORRECTIONS[correction["rule"]]
    return {
        "rule": rule.rule,
        "code": rule.code,
        "severity": INFO,
        "field": correction["field"],
        "message": rule.message,
        "value_seen": _shown(correction["before"]),
        "expected": _shown(correction["after"]),
        "suggested_value": correction["after"],
        "auto_correctable": True,
    }


def proposals(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    """What a person may accept: the values that issues suggest, as corrections that nobody applied yet."""
    return [
        {
            "rule": issue["rule"],
            "field": issue["field"],
            "before": issue["value_seen"],
            "after": issue["suggested_value"],
            "confidence": LIKELY,
        }
        for issue in issues
        if issue["severity"] == ERROR and issue["suggested_value"] is not None
    ]


def doubts(issues: Iterable[Issue], *, approved: Iterable[Issue] = ()) -> list[Issue]:
    """The issues that need a person, without those that a person has approved on the same value."""
    settled = [_identity(issue) for issue in approved]
    return [issue for issue in issues if issue["severity"] == ERROR and _identity(issue) not in settled]


def _identity(issue: Issue) -> tuple[Any, ...]:
    return issue["rule"], issue["field"], issue["value_seen"]


def _shown(value: Any) -> Any:
    return value[:_SHOWN] + "…" if isinstance(value, str) and len(value) > _SHOWN else value
