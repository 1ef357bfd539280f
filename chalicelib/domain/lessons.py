"""Lessons: what a person's decision on one case says about the next, as a change of the rules' settings.

ALIAS {rule, from, to}: one more entry in a correction rule's map. EXCEPTION {rule, field, value, where?}: the
rule leaves that value alone. LIMIT {rule, parameter, value, where?}: another limit, for some records or all.
`where` names supplier, brand or category.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from chalicelib.domain import rule_documents
from chalicelib.domain.rule_documents import Document
from chalicelib.domain.rules import offer_images, supplier_contact, supplier_order_api
from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS, OFFER_CHECKS, SUPPLIER_CHECKS
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS
from chalicelib.domain.rules.supplier_corrections import SUPPLIER_CORRECTIONS

Lesson = Mapping[str, Any]

ALIAS, EXCEPTION, LIMIT = KINDS = ("ALIAS", "EXCEPTION", "LIMIT")
ASKED_OUTSIDE = (offer_images.STEP, supplier_contact.STEP, supplier_order_api.STEP)
"""Steps that look outside the marketplace: what they saw then is not asked again."""

_RULES = {
    "OFFER": {
        *(rule.rule for rule in OFFER_CORRECTIONS),
        *(rule.rule for checks in OFFER_CHECKS.values() for rule in checks),
    },
    "SUPPLIER": {
        *(rule.rule for rule in SUPPLIER_CORRECTIONS),
        *(rule.rule for checks in SUPPLIER_CHECKS.values() for rule in checks),
    },
}


class Unteachable(ValueError):
    """The rule cannot learn this. `field` is the lesson's that says so, `code` and the text say why."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.field, self.code = field, code


def record_kind(rule: str, *, case_kind: str) -> str:
    """What the rule judges, SUPPLIER or OFFER; what the case is about where it judges both."""
    kinds = [kind for kind, rules in _RULES.items() if rule in rules]
    return case_kind if case_kind in kinds else kinds[0]


def learned(document: Document, lesson: Lesson) -> dict[str, Any]:
    """The settings document with the lesson in it. Raises Unteachable."""
    rule, where = lesson["rule"], lesson.get("where") or {}
    if rule not in CHECKS and rule not in CORRECTIONS:
        raise Unteachable("rule", "UNKNOWN_RULE", "There is no rule of this name.")
    match lesson["kind"]:
        case "ALIAS":
            return rule_documents.with_entry(document, rule, _map_of(rule), lesson["from"], lesson["to"])
        case "EXCEPTION":
            field, value = lesson["field"], lesson["value"]
            return rule_documents.with_exception(document, rule, field=field, value=value, where=where)
        case _:
            return _limited(document, rule, {lesson["parameter"]: lesson["value"]}, where)


def digest(lesson: Lesson) -> str:
    """Equal for lessons that say the same."""
    said = json.dumps(lesson, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _map_of(rule: str) -> str:
    """The parameter of a correction rule that takes aliases."""
    parameters = CORRECTIONS[rule].parameters if rule in CORRECTIONS else {}
    maps = [name for name, default in parameters.items() if isinstance(default, Mapping)]
    if len(maps) != 1:
        raise Unteachable("rule", "TAKES_NO_ALIAS", "This rule does not replace one name by another.")
    return maps[0]


def _limited(
    document: Document, rule: str, parameters: Mapping[str, Any], where: Mapping[str, str]
) -> dict[str, Any]:
    if rule in CHECKS and CHECKS[rule].step in ASKED_OUTSIDE:
        raise Unteachable(
            "rule",
            "NOT_REPLAYABLE",
            "What this rule looks at stands outside and was not kept, so nobody can say what would have "
            "changed. Set its parameter in the rule settings.",
        )
    if where:
        return rule_documents.with_limit(document, rule, parameters=parameters, where=where)
    rules = document.get("rules", {})
    entry = rules.get(rule, {})
    merged = {**entry, "parameters": {**entry.get("parameters", {}), **parameters}}
    return {**document, "rules": {**rules, rule: merged}}
