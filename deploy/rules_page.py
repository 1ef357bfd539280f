"""Keeps docs/rules.md equal to the rules.

`python -m deploy.rules_page` writes the page from the catalogue: what a rule is called, what it weighs, what
it says, what can be set, and where it comes from.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chalicelib.domain.rules.catalog import OFFER_CHECKS, SUPPLIER_CHECKS
from chalicelib.domain.rules.kinds import CheckRule, CorrectionRule
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS
from chalicelib.domain.rules.supplier_corrections import SUPPLIER_CORRECTIONS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "rules.md"

_OPENING = """# The validation rules

Written by `python -m deploy.rules_page` from `chalicelib/domain/rules`; change the rules there.

A correction mends what is certain and leaves an INFO issue, so that the sender can mend the source. Of the
checks, an ERROR keeps a record back until a person has looked at it, a WARNING and an INFO do not. Every rule
can be switched off, weighed otherwise, given other parameters, or told to leave a value alone, without a
deployment: `PUT /admin/rule-settings`. Values in braces are filled in where a rule finds something.
"""


def page() -> str:
    """The text of docs/rules.md."""
    parts = [
        _OPENING,
        *_corrections("Corrections of a supplier's profile", SUPPLIER_CORRECTIONS),
        *_checks("supplier", SUPPLIER_CHECKS),
        *_corrections("Corrections of an offer", OFFER_CORRECTIONS),
        *_checks("offer", OFFER_CHECKS),
    ]
    return "\n".join(parts)


def _corrections(title: str, rules: Iterable[CorrectionRule]) -> Iterator[str]:
    yield f"## {title}\nIn this order.\n"
    yield "| rule | code | fields | says | parameters | source |"
    yield "|---|---|---|---|---|---|"
    for rule in rules:
        fields = ", ".join(f"`{field}`" for field in rule.fields)
        yield _row(_code(rule.rule), rule.code, fields, rule.message, _settable(rule), rule.source)
    yield ""


def _checks(kind: str, steps: Mapping[str, Iterable[CheckRule[Any]]]) -> Iterator[str]:
    for step, rules in steps.items():
        yield f"## Checks of the step `{step}` of {'an' if kind == 'offer' else 'a'} {kind}\n"
        yield "| rule | severity | code | says | expected | parameters | source |"
        yield "|---|---|---|---|---|---|---|"
        for rule in rules:
            expected = rule.expected.replace("{{", "{").replace("}}", "}")
            yield _row(
                _code(rule.rule),
                rule.severity,
                rule.code,
                rule.message,
                expected,
                _settable(rule),
                rule.source,
            )
        yield ""


def _settable(rule: CorrectionRule | CheckRule[Any]) -> str:
    return "; ".join(f"`{name}`: {_shown(value)}" for name, value in rule.parameters.items())


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_code(key)} {_code(each)}" for key, each in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(_code(each) for each in value) or "none"
    return _code(value)


def _code(value: object) -> str:
    return f"`{value}`"


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page())
