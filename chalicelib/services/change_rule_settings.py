"""The settings of the validation rules are read and set. Each change is a version, with its reason."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain import rule_documents
from chalicelib.domain.rule_documents import SettingsVersion
from chalicelib.domain.rule_settings import RuleSettings
from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS
from chalicelib.domain.rules.kinds import INFO, CheckRule, CorrectionRule
from chalicelib.problems import FieldProblem, NotFound, StaleVersion, Unprocessable
from chalicelib.services.commits import commit
from chalicelib.services.paging import Listing, listed
from chalicelib.services.versions import Expected
from chalicelib.storage import rule_settings
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

MAX_REPORTED = 100
MAX_DIGITS = 8
"""Of a version, as its sort key has them."""
MAX_BYTES = 200_000
"""Of a document: an item of the table holds 400 KB, and steps read it."""


def current() -> SettingsVersion:
    """The version that holds."""
    version, _ = rule_settings.current()
    return (rule_settings.get(version) if version else None) or SettingsVersion()


def read() -> dict[str, Any]:
    """The settings that hold: of every rule what is in force, and the document that makes it so."""
    return _shown_whole(current())


def change(
    document: Mapping[str, Any],
    *,
    reason: str,
    actor: str,
    expected: Expected,
    review_id: str | None = None,
    along: Sequence[Write] = (),
) -> dict[str, Any]:
    """Set the document as the next version; records are judged by it from their next validation on.
    `review_id` is the case that taught it, `along` is written in the same transaction.

    Raises StaleVersion, Unprocessable with every fault of the document.
    """
    before = current()
    expected.check(before.version)
    refuse_faulty(document)
    settings = SettingsVersion(
        version=before.version + 1,
        document=dict(document),
        set_by=actor,
        set_at=clock.timestamp(),
        reason=reason,
        review_id=review_id,
        correlation_id=telemetry.correlation_id(),
    )
    try:
        commit(*rule_settings.setting(settings), *along)
    except WriteRefused as refused:
        raise StaleVersion from refused
    telemetry.log("RULE_SETTINGS_CHANGED", version=settings.version)
    return _shown_whole(settings)


def refuse_faulty(document: Mapping[str, Any]) -> None:
    """Raise Unprocessable unless the document can be set."""
    found = [FieldProblem(*fault) for fault in rule_documents.faults(document)][:MAX_REPORTED]
    if not found and len(json.dumps(document, ensure_ascii=False).encode()) > MAX_BYTES:
        found = [FieldProblem("/rules", "TOO_LARGE", f"The settings take {MAX_BYTES} bytes at most.")]
    if found:
        raise Unprocessable(
            "INVALID_SETTINGS", "These settings do not fit the rules; see errors.", errors=found
        )


def versions(*, limit: int, cursor: str | None) -> Listing:
    """Every version, newest first. Raises BadRequest."""
    return listed(lambda: rule_settings.page(limit=limit, cursor=cursor), _shown)


def read_version(version: str) -> dict[str, Any]:
    """One version with the document that was set. Raises NotFound."""
    is_number = version.isascii() and version.isdecimal() and len(version) <= MAX_DIGITS
    stored = rule_settings.get(int(version)) if is_number else None
    if stored is None:
        raise NotFound
    return _with_document(stored)


def _with_document(settings: SettingsVersion) -> dict[str, Any]:
    return {**_shown(settings), "settings": {"rules": {}, **settings.document}}


def _shown(settings: SettingsVersion) -> dict[str, Any]:
    return {
        "version": settings.version,
        "set_by": settings.set_by or None,
        "set_at": settings.set_at or None,
        "reason": settings.reason or None,
        "review_id": settings.review_id,
    }


def _shown_whole(settings: SettingsVersion) -> dict[str, Any]:
    in_force = rule_documents.compiled(settings.document, version=settings.version, set_at=settings.set_at)
    checks = [_shown_check(rule, in_force) for rule in CHECKS.values()]
    corrections = [_shown_correction(rule, in_force) for rule in CORRECTIONS.values()]
    return {**_with_document(settings), "rules": [*corrections, *checks]}


def _shown_check(rule: CheckRule[Any], settings: RuleSettings) -> dict[str, Any]:
    severity = settings.of(rule.rule).severity or rule.severity
    shown = {"kind": "CHECK", "severity": severity, "policy": None, "fixed": rule.structural}
    return {**_shown_rule(rule, settings), **shown}


def _shown_correction(rule: CorrectionRule, settings: RuleSettings) -> dict[str, Any]:
    policy = settings.of(rule.rule).policy
    shown = {"kind": "CORRECTION", "severity": INFO, "policy": policy, "fixed": False}
    return {**_shown_rule(rule, settings), **shown}


def _shown_rule(rule: CheckRule[Any] | CorrectionRule, settings: RuleSettings) -> dict[str, Any]:
    setting = settings.of(rule.rule)
    return {
        "rule": rule.rule,
        "code": rule.code,
        "message": rule.message,
        "source": rule.source,
        "enabled": setting.enabled,
        "parameters": _json(setting.parameters or rule.parameters),
        "defaults": _json(rule.parameters),
    }


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(_json, value))
    return list(map(_json, value)) if isinstance(value, Collection) and not isinstance(value, str) else value
