"""Undoing corrections. What was undone stays on the record, with the value that came back: no rule may simply
correct that value again, for as long as it stands.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from chalicelib.domain import pointers
from chalicelib.domain.offer import Offer
from chalicelib.domain.supplier import Supplier

R = TypeVar("R", Supplier, Offer)
Made = Mapping[str, Any]
"""A correction as JSON, as its record keeps it."""

MAX_OVERTAKEN = 20
"""Ids that a record keeps of corrections that were overtaken, the newest."""
MAX_CHARACTERS = 60_000
"""Of all values that the corrections of a record tell; an item of the table holds 400 KB."""
BY_RULE = "rule"
"""Who made a correction, where no person did."""

ALL_RULES = "ALL_RULES"
"""Somebody wants this value: no rule corrects it."""
THIS_RULE = "THIS_RULE"
"""Somebody does not want this rule's corrections; what other rules make of the value is theirs to say."""


class Overtaken(Exception):
    """The field was changed after the correction, so undoing that would undo somebody's edit."""


def reverse(
    record: Mapping[str, Any],
    made: Sequence[Made],
    correction_id: str,
    *,
    keeps_out: str,
    reversal: Mapping[str, Any],
) -> tuple[dict[str, Any], list[Made]]:
    """The record without the correction, and its corrections with the `reversal` noted (who, when).

    Rules may have corrected the field further: that was built on this one, and goes with it. A correction
    that is undone already leaves everything as it is. Raises KeyError for an unknown one, Overtaken.
    """
    target = {each["correction_id"]: each for each in made}[correction_id]
    if "reversal" in target:
        return dict(record), list(made)
    chain = [each for each in made if each["field"] == target["field"] and "reversal" not in each]
    undone = chain[chain.index(target) :]
    if pointers.value_at(record, target["field"]) != undone[-1]["after"]:
        raise Overtaken
    if any(each["by"] != BY_RULE for each in undone[1:]):
        raise Overtaken
    noted = {**reversal, "value": target["before"], "keeps_out": keeps_out}
    gone = undone if keeps_out == ALL_RULES else [target]
    return (
        pointers.replace(record, target["field"], target["before"]),
        [
            {**each, "reversal": noted} if each in gone else each
            for each in made
            if each in gone or each not in undone
        ],
    )


def reverse_rule(
    record: Mapping[str, Any], made: Sequence[Made], rule: str, reversal: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Made]]:
    """The record without what this rule corrected, but for what later edits overtook; what other rules made
    of it goes along, and is theirs to do again."""
    content, kept = dict(record), list(made)
    for correction_id in standing_of(rule, made):
        try:
            content, kept = reverse(content, kept, correction_id, keeps_out=THIS_RULE, reversal=reversal)
        except (Overtaken, KeyError):  # an edit stands on it, or it went with an earlier one of the rule
            continue
    return content, kept


def standing_of(rule: str, made: Iterable[Made]) -> list[str]:
    """Ids of the rule's corrections that were not undone."""
    return [each["correction_id"] for each in made if each["rule"] == rule and "reversal" not in each]


def is_restored(field: str, value: Any, rule: str, made: Iterable[Made]) -> bool:
    """Whether a reversal brought `value` back at `field` and keeps `rule` away from it."""
    return any(
        _still_restored(each, field, value)
        and (each["reversal"]["keeps_out"] == ALL_RULES or each["rule"] == rule)
        for each in made
        if "reversal" in each
    )


def _still_restored(each: Made, field: str, value: Any) -> bool:
    return bool(each["reversal"]["value"] == value) and pointers.matches(
        pointers.general(each["field"]), field
    )


def with_corrections(record: R, content: Mapping[str, Any], made: Sequence[Made]) -> R:
    """The record with those of the corrections that `content`, which it is about to say, leaves standing, the
    newest that it has room for. The ids of the others are remembered: an edit, or another reversal, has
    overtaken them."""
    kept = _newest(still_standing(content, made))
    remaining = {each["correction_id"] for each in kept}
    gone: list[str] = [
        each["correction_id"] for each in record.corrections if each["correction_id"] not in remaining
    ]
    overtaken = (*record.overtaken_corrections, *gone)[-MAX_OVERTAKEN:]
    return replace(record, corrections=tuple(kept), overtaken_corrections=overtaken)


def _newest(made: Sequence[Made]) -> list[Made]:
    kept, room = list(made), MAX_CHARACTERS - sum(map(_characters, made))
    while room < 0:
        room += _characters(kept.pop(0))
    return kept


def _characters(each: Made) -> int:
    return len(str(each["before"])) + len(str(each["after"]))


def still_standing(record: Mapping[str, Any], made: Sequence[Made]) -> list[Made]:
    """The corrections that the record keeps: whose outcome is still what it says, or that were undone and
    whose restored value is. A chain on one field stands or falls with its last link.
    """
    last = {each["field"]: each["after"] for each in made if "reversal" not in each}
    return [each for each in made if _stands(record, each, last)]


def _stands(record: Mapping[str, Any], each: Made, last: Mapping[str, Any]) -> bool:
    if "reversal" not in each:
        return bool(pointers.value_at(record, each["field"]) == last[each["field"]])
    fields = _places(record, each["field"])
    return any(pointers.value_at(record, field) == each["reversal"]["value"] for field in fields)


def _places(record: Mapping[str, Any], field: str) -> Iterator[str]:
    """Where the value of an element of a list may stand by now."""
    yield field
    yield from pointers.expand(record, pointers.general(field))
