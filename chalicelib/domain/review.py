"""A review: a case for a person, because a record could not be corrected by rules alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import IllegalMove

MOVES = {"OPEN": {"CLAIMED", "RESOLVED"}, "CLAIMED": {"OPEN", "RESOLVED"}, "RESOLVED": set[str]()}


@dataclass(frozen=True)
class Review:
    """`kind` is SUPPLIER or OFFER; `sku` names the offer; `record_version` is the one the issues are of."""

    review_id: str
    kind: str
    supplier_id: str
    record_version: int
    sku: str | None = None
    status: str = "OPEN"
    issues: tuple[Mapping[str, Any], ...] = ()
    proposed_corrections: tuple[Mapping[str, Any], ...] = ()
    claimed_by: str | None = None
    claimed_until: str | None = None
    resolution: str | None = None
    note: str | None = None
    history: tuple[Mapping[str, Any], ...] = ()
    notified_at: str | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


def check_move(before: str, after: str) -> None:
    """Raise IllegalMove unless a review may go from `before` to `after`."""
    if before != after and after not in MOVES[before]:
        raise IllegalMove("review", before, after)
