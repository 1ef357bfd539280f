"""Undoing one rule's corrections in all the catalogue: a piece of work that goes on in the background."""

from dataclasses import dataclass

QUEUED, RUNNING, COMPLETE = "QUEUED", "RUNNING", "COMPLETE"


@dataclass(frozen=True)
class Position:
    """How far the work is: behind the supplier at the place `after` in the order of registration, but for the
    offers of `supplier_id` behind `cursor`, where it is among these."""

    after: str = ""
    supplier_id: str | None = None
    cursor: str | None = None


@dataclass(frozen=True)
class Tally:
    """Records looked at; corrections undone, and left because a later edit overtook them; records that could
    not be handled."""

    seen: int = 0
    reversed: int = 0
    overtaken: int = 0
    failed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.seen + other.seen,
            self.reversed + other.reversed,
            self.overtaken + other.overtaken,
            self.failed + other.failed,
        )


@dataclass(frozen=True)
class RuleReversal:
    """One such piece of work, asked for by an administrator."""

    reversal_id: str
    rule: str
    requested_by: str
    reason: str
    status: str = QUEUED
    position: Position = Position()
    tally: Tally = Tally()
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def is_over(self) -> bool:
        return self.status == COMPLETE
