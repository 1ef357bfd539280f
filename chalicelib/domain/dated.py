"""Values that come again and again, out of order, in parts: what was true later counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

APPLIED, UNCHANGED, STALE = "APPLIED", "UNCHANGED", "STALE"


@dataclass(frozen=True)
class Dated:
    """Values by name, as they were at a time (a timestamp)."""

    values: Mapping[str, Any]
    as_of: str


def take(stored: Dated, sent: Dated) -> tuple[Dated, str]:
    """What holds after `sent` has come in, and what that was: APPLIED, UNCHANGED where it says what is stored
    already, STALE where something later is known.

    A name that is not sent keeps its value; None takes it away. Values that are the same are so as of the
    later time, or an older update that comes after this one would undo it.
    """
    if sent.as_of < stored.as_of:
        return stored, STALE
    values = {name: value for name, value in {**stored.values, **sent.values}.items() if value is not None}
    return Dated(values, sent.as_of), UNCHANGED if values == stored.values else APPLIED
