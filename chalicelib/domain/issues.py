"""Issues: what a rule found, in words that a supplier can act on."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from chalicelib.domain import pointers
from chalicelib.domain.corrections import BY_HAND, LIKELY, Correction
from chalicelib.domain.rule_settings import AS_DELIVERED, ASK_SUPPLIER, RuleSettings
from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS
from chalicelib.domain.rules.kinds import ERROR, INFO, Finding, Record

Issue = Mapping[str, Any]
_WITHOUT_RULE = {
    True: "An administrator of the marketplace corrected this.",
    False: "A rule that is no longer in use corrected this.",
}
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
    rule = CORRECTIONS.get(correction["rule"]) or CHECKS.get(correction["rule"])
    return {
        "rule": correction["rule"],
        "code": rule.code if rule else "INVALID_ATTRIBUTE",
        "severity": INFO,
        "field": correction["field"],
        "message": rule.message if rule else _WITHOUT_RULE[correction["rule"] == BY_HAND],
        "value_seen": _shown(correction["before"]),
        "expected": _shown(correction["after"]),
        "suggested_value": correction["after"],
        "auto_correctable": True,
    }


def of_proposal(proposed: Correction, policy: str) -> dict[str, Any]:
    """The question that a correction asks where its rule may not just make it: `asks` says of whom."""
    rule = CORRECTIONS[proposed.rule]
    return {
        "rule": rule.rule,
        "code": rule.code,
        "severity": ERROR,
        "field": proposed.field,
        "message": "This is proposed, and was not done yet. " + rule.message,
        "value_seen": _shown(proposed.before),
        "expected": _shown(proposed.after),
        "suggested_value": proposed.after,
        "auto_correctable": False,
        "asks": "SUPPLIER" if policy == ASK_SUPPLIER else "REVIEWER",
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


def unsettled(issues: Iterable[Issue], *, approved: Iterable[Issue] = ()) -> list[Issue]:
    """The issues that keep a record back, without those that a person approved on the same value."""
    settled = [_identity(issue) for issue in approved]
    return [issue for issue in issues if issue["severity"] == ERROR and _identity(issue) not in settled]


def doubts(issues: Iterable[Issue], *, approved: Iterable[Issue] = ()) -> list[Issue]:
    """The issues that need a person of the marketplace, without those that one approved on the same value."""
    return [issue for issue in unsettled(issues, approved=approved) if not is_for_supplier(issue)]


def questions(issues: Iterable[Issue], *, approved: Iterable[Issue] = ()) -> list[Issue]:
    """The issues that the supplier is to settle, without those that a person approved on the same value."""
    return [issue for issue in unsettled(issues, approved=approved) if is_for_supplier(issue)]


def is_for_supplier(issue: Issue) -> bool:
    """Whether the supplier is asked, and nobody else."""
    return issue.get("asks") == "SUPPLIER"


def accepted(
    record: Record, issues: Iterable[Issue], *, fields: Collection[str] | None = None
) -> dict[str, Any]:
    """The record with the values that issues suggest at `fields`, or else where they ask the supplier, unless
    it says something else by now."""
    changed: dict[str, Any] = dict(record)
    for issue in _suggesting(issues, fields):
        if _shown(pointers.value_at(record, issue["field"])) == issue["value_seen"]:
            changed = pointers.replace(changed, issue["field"], issue["suggested_value"])
    return changed


def suggested_fields(issues: Iterable[Issue]) -> set[str]:
    """Where an issue suggests another value."""
    return {issue["field"] for issue in issues if _suggests(issue)}


def _suggesting(issues: Iterable[Issue], fields: Collection[str] | None) -> list[Issue]:
    return [
        issue
        for issue in issues
        if _suggests(issue) and (is_for_supplier(issue) if fields is None else issue["field"] in fields)
    ]


def _suggests(issue: Issue) -> bool:
    return issue["severity"] != INFO and issue["suggested_value"] is not None


def _identity(issue: Issue) -> tuple[Any, ...]:
    return issue["rule"], issue["field"], issue["value_seen"]


def _shown(value: Any) -> Any:
    return value[:_SHOWN] + "…" if isinstance(value, str) and len(value) > _SHOWN else value
