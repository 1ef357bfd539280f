"""The two sorts of rules. A correction rule mends one value; a check rule says what is wrong with a record.

Both are small pure functions with a decorator that gives them their identity. Their keyword-only arguments
are the rule's parameters, with the defaults that hold where a marketplace has not set them. A check may look
at facts that its step fetched; what it finds is a field and codes or numbers, never a value of the record,
because findings travel through the workflow. `issues.explain` turns them into words where the record is at
hand.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from typing import Any, Generic, TypeVar

from chalicelib.domain.rule_settings import AS_DELIVERED, RuleSettings

Record = Mapping[str, Any]
Parameters = Mapping[str, Any]
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
    """`correct(value, record)` gives the right value or None, for values of the type `takes` at `fields`
    (pointer patterns), given the rule's parameters as keywords. It must be certain, and right values must
    come out unchanged. `uncovers` where the outcome may need a rule that stands earlier. `source` says where
    the rule comes from."""

    rule: str
    code: str
    fields: tuple[str, ...]
    message: str
    correct: Callable[..., Any]
    parameters: Parameters
    source: str
    uncovers: bool
    takes: type

    def corrected(self, value: Any, record: Record, settings: RuleSettings = AS_DELIVERED) -> Any:
        """The right value under `settings`, None where the rule has nothing to say."""
        return self.correct(value, record, **settings.parameters(self.rule, record))


@dataclass(frozen=True)
class CheckRule(Generic[F]):
    """`find(record, facts)`, given the rule's parameters as keywords, yields the places where the corrected
    record breaks the rule.

    `message` and `expected` are format strings over the detail; `suggest(value, finding)` proposes a
    value that a person may accept; where the rule is `certain`, it is right and put in by the decision.
    `source` says where the rule comes from. The catalogue cannot hold what a `structural` rule refuses, so
    nobody may set that off.
    """

    rule: str
    code: str
    severity: str
    step: str
    message: str
    expected: str
    find: Callable[..., Iterable[Place]]
    suggest: Callable[[Any, Finding], Any]
    parameters: Parameters
    source: str
    structural: bool
    certain: bool

    def findings(self, record: Record, facts: F, settings: RuleSettings = AS_DELIVERED) -> Iterator[Finding]:
        """What the rule finds under `settings`, but for values that a person excepted from it."""
        if not settings.is_on(self.rule):
            return
        for place in self.find(record, facts, **settings.parameters(self.rule, record)):
            if not settings.excepts(self.rule, place.field, record):
                yield Finding(self.rule, place.field, place.detail)


def at(pointer: str, **detail: int | str) -> Place:
    """A place with its detail."""
    return Place(pointer, detail)


def correction(
    rule: str, *fields: str, code: str, message: str, uncovers: bool = False, takes: type = str
) -> Callable[[Callable[..., Any]], CorrectionRule]:
    """Make the decorated function `(value, record, *, parameters…)` the correction rule of this name."""

    def name(function: Callable[..., Any]) -> CorrectionRule:
        parameters, source = _parameters(function), _source(function)
        return CorrectionRule(rule, code, fields, message, function, parameters, source, uncovers, takes)

    return name


def check(
    rule: str,
    *,
    step: str,
    code: str,
    message: str,
    severity: str = ERROR,
    expected: str = "",
    suggest: Callable[[Any, Finding], Any] = lambda _value, _finding: None,
    structural: bool = False,
    certain: bool = False,
) -> Callable[[Callable[..., Iterable[Place]]], CheckRule[Any]]:
    """Make the decorated function `(record, facts, *, parameters…)` the check rule of this name, run by the
    validation step `step`."""

    def name(function: Callable[..., Iterable[Place]]) -> CheckRule[Any]:
        return CheckRule(
            rule,
            code,
            severity,
            step,
            message,
            expected,
            function,
            suggest,
            _parameters(function),
            _source(function),
            structural,
            certain,
        )

    return name


def _parameters(function: Callable[..., Any]) -> Parameters:
    """The keyword-only arguments of a rule with their defaults. Raises TypeError where one has none."""
    arguments = inspect.signature(function).parameters.values()
    named = {each.name: each.default for each in arguments if each.kind is each.KEYWORD_ONLY}
    without = [name for name, default in named.items() if default is inspect.Parameter.empty]
    if without:
        raise TypeError(f"{function.__name__} gives no default for {', '.join(without)}")
    return named


def _source(function: Callable[..., Any]) -> str:
    return inspect.getdoc(function) or ""
