"""The settings document: what administrators write, what is wrong with it, and the settings that it means.

`{"rules": {rule: {"enabled", "policy" | "severity", "parameters", "limits", "exceptions"}}}`, everything
optional. A document says only what differs from the rules as they are delivered. A map parameter (such as
aliases) is laid over the rule's own map, an entry of null takes one out; any other parameter is replaced.
A stored document may be older than the rules: what no longer fits them is passed over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from chalicelib.domain.pointers import escaped
from chalicelib.domain.rule_settings import POLICIES, Exempt, Limit, RuleSetting, RuleSettings, Where
from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS
from chalicelib.domain.rules.kinds import ERROR, INFO, WARNING

Document = Mapping[str, Any]

SEVERITIES = (ERROR, WARNING, INFO)
_SCOPE = ("supplier_id", "brand", "category")
_OF_CHECKS = ("enabled", "severity", "parameters", "limits", "exceptions")
_OF_CORRECTIONS = ("enabled", "policy", "parameters", "limits", "exceptions")


@dataclass(frozen=True)
class SettingsVersion:
    """One version as it was set: what it says, who set it, when and why, and the review that taught it where
    one did. Version 0 is what holds before anybody has set anything."""

    version: int = 0
    document: Document = field(default_factory=dict)
    set_by: str = ""
    set_at: str = ""
    reason: str = ""
    review_id: str | None = None
    correlation_id: str = ""


class Fault(NamedTuple):
    """What is wrong in a document, and where (a JSON pointer)."""

    pointer: str
    code: str
    detail: str


def defaults(rule: str) -> Mapping[str, Any]:
    """The rule's parameters as it is delivered. Raises KeyError for an unknown rule."""
    return CHECKS[rule].parameters if rule in CHECKS else CORRECTIONS[rule].parameters


def faults(document: Document) -> list[Fault]:
    """Everything that keeps the document from being set."""
    found = list(_unknown(document, ("rules",), ""))
    rules = document.get("rules", {})
    if not isinstance(rules, Mapping):
        return [*found, _wrong("/rules", "This must be an object.")]
    for rule, entry in rules.items():
        found += _faults_of_rule(rule, entry, f"/rules/{escaped(rule)}")
    return found


def compiled(document: Document, *, version: int, set_at: str) -> RuleSettings:
    """The settings that a stored document means for the rules as they are now."""
    rules = {
        rule: _setting(entry, defaults(rule))
        for rule, entry in document.get("rules", {}).items()
        if rule in CHECKS or rule in CORRECTIONS
    }
    return RuleSettings(version, set_at, rules)


def with_entry(document: Document, rule: str, parameter: str, key: str, value: str) -> dict[str, Any]:
    """The document with one more entry in a map parameter: an alias, say."""
    entry = _entry(document, rule)
    parameters = dict(entry.get("parameters", {}))
    parameters[parameter] = {**parameters.get(parameter, {}), key: value}
    return _replaced(document, rule, {**entry, "parameters": parameters})


def with_exception(
    document: Document, rule: str, *, field: str, value: Any, where: Mapping[str, str]
) -> dict[str, Any]:
    """The document in which `rule` leaves `value` at `field` alone, in records that `where` names."""
    entry = _entry(document, rule)
    excepted = {"field": field, "value": value, **({"where": dict(where)} if where else {})}
    others = [each for each in entry.get("exceptions", []) if each != excepted]
    return _replaced(document, rule, {**entry, "exceptions": [*others, excepted]})


def with_limit(
    document: Document, rule: str, *, parameters: Mapping[str, Any], where: Mapping[str, str]
) -> dict[str, Any]:
    """The document in which these parameters of `rule` hold for the records that `where` names; they replace
    what was set for the same records."""
    entry = _entry(document, rule)
    others = [each for each in entry.get("limits", []) if each["where"] != where]
    earlier = [each["parameters"] for each in entry.get("limits", []) if each["where"] == where]
    merged = {name: value for each in [*earlier, parameters] for name, value in each.items()}
    limit = {"where": dict(where), "parameters": merged}
    return _replaced(document, rule, {**entry, "limits": [*others, limit]})


def _entry(document: Document, rule: str) -> dict[str, Any]:
    return dict(document.get("rules", {}).get(rule, {}))


def _replaced(document: Document, rule: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {**document, "rules": {**document.get("rules", {}), rule: entry}}


def _faults_of_rule(rule: str, entry: Any, pointer: str) -> Iterator[Fault]:
    if rule not in CHECKS and rule not in CORRECTIONS:
        yield Fault(pointer, "UNKNOWN_RULE", "There is no rule of this name.")
    elif not isinstance(entry, Mapping):
        yield _wrong(pointer, "This must be an object.")
    else:
        yield from _unknown(entry, _OF_CHECKS if rule in CHECKS else _OF_CORRECTIONS, pointer)
        yield from _faults_of_switches(entry, pointer)
        if rule in CHECKS and CHECKS[rule].structural and _weakens(entry):
            yield Fault(pointer, "RULE_IS_FIXED", "The catalogue cannot hold what this rule refuses.")
        yield from _faults_of_parameters(entry.get("parameters", {}), defaults(rule), f"{pointer}/parameters")
        for index, limit in _elements(entry, "limits"):
            yield from _faults_of_limit(limit, defaults(rule), f"{pointer}/limits/{index}")
        for index, excepted in _elements(entry, "exceptions"):
            yield from _faults_of_exception(excepted, f"{pointer}/exceptions/{index}")


def _faults_of_switches(entry: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    if not isinstance(entry.get("enabled", True), bool):
        yield _wrong(f"{pointer}/enabled", "This must be true or false.")
    for name, allowed in (("policy", POLICIES), ("severity", SEVERITIES)):
        if name in entry and entry[name] not in allowed:
            yield _wrong(f"{pointer}/{name}", f"This must be one of {', '.join(allowed)}.")
    for name in ("limits", "exceptions"):
        if not isinstance(entry.get(name, []), list):
            yield _wrong(f"{pointer}/{name}", "This must be a list.")


def _weakens(entry: Mapping[str, Any]) -> bool:
    """Whether the entry lets pass what the rule refuses."""
    heavy = entry.get("severity", ERROR) == ERROR
    return entry.get("enabled") is False or not heavy or bool(entry.get("exceptions"))


def _elements(entry: Mapping[str, Any], name: str) -> Iterator[tuple[int, Any]]:
    value = entry.get(name)
    return enumerate(value) if isinstance(value, list) else iter(())


def _faults_of_parameters(sent: Any, known: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    if not isinstance(sent, Mapping):
        yield _wrong(pointer, "This must be an object.")
        return
    for name, value in sent.items():
        here = f"{pointer}/{escaped(name)}"
        if name not in known:
            yield Fault(here, "UNKNOWN_PARAMETER", f"The rule knows {_listed(known)}.")
        elif not _fits(value, known[name]):
            yield _wrong(here, f"This must be {_described(known[name])}.")


def _faults_of_limit(limit: Any, known: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    if not isinstance(limit, Mapping):
        yield _wrong(pointer, "This must be an object.")
        return
    yield from _unknown(limit, ("where", "parameters"), pointer)
    yield from _faults_of_scope(limit.get("where"), f"{pointer}/where")
    yield from _faults_of_parameters(limit.get("parameters"), known, f"{pointer}/parameters")


def _faults_of_exception(excepted: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(excepted, Mapping):
        yield _wrong(pointer, "This must be an object.")
        return
    yield from _unknown(excepted, ("field", "value", "where"), pointer)
    pattern = excepted.get("field")
    if not isinstance(pattern, str) or not pattern.startswith("/"):
        yield _wrong(f"{pointer}/field", "This must be a JSON pointer; * is every element of a list.")
    if "value" not in excepted:
        yield Fault(f"{pointer}/value", "MISSING_FIELD", "Name the value; null is one that is not there.")
    if "where" in excepted:
        yield from _faults_of_scope(excepted["where"], f"{pointer}/where")


def _faults_of_scope(where: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(where, Mapping) or not where:
        yield _wrong(pointer, f"This must be an object with one of {', '.join(_SCOPE)} at least.")
        return
    yield from _unknown(where, _SCOPE, pointer)
    for name, value in where.items():
        if name in _SCOPE and (not isinstance(value, str) or not value):
            yield _wrong(f"{pointer}/{name}", "This must be a text.")


def _unknown(sent: Mapping[str, Any], known: tuple[str, ...], pointer: str) -> Iterator[Fault]:
    for name in sent:
        if name not in known:
            yield Fault(f"{pointer}/{escaped(name)}", "UNKNOWN_FIELD", f"Known here: {_listed(known)}.")


def _wrong(pointer: str, detail: str) -> Fault:
    return Fault(pointer, "INVALID_VALUE", detail)


def _listed(names: Mapping[str, Any] | tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


def _setting(entry: Mapping[str, Any], known: Mapping[str, Any]) -> RuleSetting:
    parameters = {**known, **_parameters(entry.get("parameters", {}), known)}
    return RuleSetting(
        enabled=entry.get("enabled", True),
        policy=entry.get("policy", RuleSetting.policy),
        severity=entry.get("severity"),
        parameters=parameters,
        limits=tuple(
            Limit(Where(**each["where"]), _parameters(each["parameters"], parameters))
            for each in entry.get("limits", ())
        ),
        exceptions=tuple(
            Exempt(Where(**each.get("where", {})), each["field"], each["value"])
            for each in entry.get("exceptions", ())
        ),
    )


def _parameters(sent: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _as(value, known[name])
        for name, value in sent.items()
        if name in known and _fits(value, known[name])
    }


def _fits(value: Any, default: Any) -> bool:
    """Whether the JSON value can stand for a parameter whose default this is."""
    if isinstance(default, Mapping):
        return isinstance(value, Mapping) and all(
            each is None or _fits(each, _sample(default.values())) for each in value.values()
        )
    if isinstance(default, list | tuple | set | frozenset):
        return isinstance(value, list) and all(_fits(each, _sample(default)) for each in value)
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int):
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if isinstance(default, float | Decimal):
        return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value >= 0
    return isinstance(value, str)


def _as(value: Any, default: Any) -> Any:
    """The JSON value in the default's type; a map laid over the default."""
    if isinstance(default, Mapping):
        sample = _sample(default.values())
        laid_over = {
            **default,
            **{key: each if each is None else _as(each, sample) for key, each in value.items()},
        }
        return {key: each for key, each in laid_over.items() if each is not None}
    if isinstance(default, list | tuple | set | frozenset):
        return type(default)(_as(each, _sample(default)) for each in value)
    if isinstance(default, float | Decimal):
        return type(default)(str(value))
    return value


def _sample(values: Any) -> Any:
    """One of the default's elements, for their type; texts where there is none."""
    return next(iter(values), "")


def _described(default: Any) -> str:
    if isinstance(default, Mapping):
        return f"an object, each value of it {_described(_sample(default.values()))} or null"
    if isinstance(default, list | tuple | set | frozenset):
        return f"a list, each element of it {_described(_sample(default))}"
    if isinstance(default, bool):
        return "true or false"
    if isinstance(default, int):
        return "a whole number, not negative"
    return "a number, not negative" if isinstance(default, float | Decimal) else "a text"
