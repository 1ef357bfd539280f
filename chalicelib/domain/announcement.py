"""One fact that others are told of: what every domain event is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

State = Mapping[str, Any]
"""What an event shows of a record: ids, codes, states, quantities, money; nobody's name or address."""


@dataclass(frozen=True)
class Announcement:
    """One fact. `event_types` says which `kind`s there are and what `data` they hold; `subject` is what makes
    it this fact and no other, so that telling it twice can be known; `at` is when it became one."""

    kind: str
    subject: str
    at: str
    data: Mapping[str, Any] = field(default_factory=dict)


def change(old: State | None, new: State | None) -> dict[str, Any]:
    """The part of an event's data that says what changed. `old` is None where there was nothing before or
    where the fact is told anew and what was before is not known any more."""
    names = {**(old or {}), **(new or {})}
    changed = [name for name in names if (old or {}).get(name) != (new or {}).get(name)]
    return {"old": old, "new": new, "changed": changed}


def present(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data without what is not known."""
    return {name: value for name, value in data.items() if value is not None}
