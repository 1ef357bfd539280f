"""How validations ended, counted: the share of records that need a person, and because of which rules."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ACCEPTED = "accepted"
"""Went through as it was sent."""
CORRECTED = "corrected"
"""Went through as the rules corrected it."""
TO_SUPPLIER = "to_supplier"
"""The supplier is asked whether a correction is right."""
TO_REVIEW = "to_review"
"""Needs a person of the marketplace."""
OUTCOMES = (ACCEPTED, CORRECTED, TO_SUPPLIER, TO_REVIEW)


def outcome_name(*, doubted: bool, asked: bool, corrected: bool) -> str:
    """How a validation ended that had doubts, asks the supplier, or corrected something."""
    return TO_REVIEW if doubted else TO_SUPPLIER if asked else CORRECTED if corrected else ACCEPTED


@dataclass
class Tally:
    """Validations of one kind of record (SUPPLIER or OFFER) by their outcome, and of those that need a person
    how many each rule is to blame for."""

    kind: str
    outcomes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)

    @property
    def validated(self) -> int:
        return self.outcomes.total()

    @property
    def review_share(self) -> float | None:
        """Of all that were validated; None where none was."""
        return self.outcomes[TO_REVIEW] / self.validated if self.validated else None

    def add(self, doubts: Iterable[Mapping[str, Any]], *, asked: bool, corrected: bool) -> None:
        """Count one validation. `doubts` are the issues that need a person."""
        rules = {issue["rule"] for issue in doubts}
        self.outcomes[outcome_name(doubted=bool(rules), asked=asked, corrected=corrected)] += 1
        self.rules.update(rules)

    def merge(self, other: "Tally") -> None:
        self.outcomes.update(other.outcomes)
        self.rules.update(other.rules)
