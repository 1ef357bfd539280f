"""The two sorts of rules. A correction rule mends one value; a check rule says what is wrong with a record.

Both are small pure functions with a decorator that gives them their identity. A check may look at facts that
its step fetched; what it finds is a field and codes or numbers, never a value of the record, because findings
travel through the workflow. `issues.explain` turns them into words where the record is at hand.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from typing import Any, Generic, TypeVar

Record = Mapping[str, Any]
Detail = Mapping[str, int | str]
F = TypeVar("F")

ERROR, WARNING, INFO = "ERROR", "WARNING", "INFO"


@dataclass(frozen=True)
class Place:
    """Where a check found something, with the codes and numbers that its message needs."""

    field: str
    detail: Detail = with_default(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """A rule's finding on one field of one record."""

    rule: str
    field: str
    detail: Detail = with_default(default_factory=dict)


@dataclass(frozen=True)
class CorrectionRule:
    """`correct(value, record)` gives the right value or None, for text values at `fields` (pointer
    patterns). It must be certain, and right values must come out unchanged."""

    rule: str
    code: str
    fields: tuple[str, ...]
    message: str
    correct: Callable[[str, Record], str | None]


@dataclass(frozen=True)
class CheckRule(Generic[F]):
    """`find(record, facts)` yields the places where the corrected record breaks the rule.

    `message` and `expected` are format strings over the detail; `suggest(value, field)` proposes a value
    that a person may accept.
    """

    rule: str
    code: str
    severity: str
    step: str
    message: str
    expected: str
    find: Callable[[Record, F], Iterable[Place]]
    suggest: Callable[[Any, str], Any]

    def findings(self, record: Record, facts: F) -> Iterator[Finding]:
        for place in self.find(record, facts):
            yield Finding(self.rule, place.field, place.detail)


def at(pointer: str, **detail: int | str) -> Place:
    """A place with its detail."""
    return Place(pointer, detail)


def correction(
    rule: str, *fields: str, code: str, message: str
) -> Callable[[Callable[[str, Record], str | None]], CorrectionRule]:
    """Make the decorated function the correction rule of this name."""

    def name(function: Callable[[str, Record], str | None]) -> CorrectionRule:
        return CorrectionRule(rule, code, fields, message, function)

    return name


def check(
    rule: str,
    *,
    step: str,
    code: str,
    message: str,
    severity: str = ERROR,
    expected: str = "",
    suggest: Callable[[Any, str], Any] = lambda _value, _field: None,
) -> Callable[[Callable[[Record, F], Iterable[Place]]], CheckRule[F]]:
    """Make the decorated function the check rule of this name, run by the validation step `step`."""

    def name(function: Callable[[Record, F], Iterable[Place]]) -> CheckRule[F]:
        return CheckRule(rule, code, severity, step, message, expected, function, suggest)

    return name
