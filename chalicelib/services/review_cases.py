"""The review of a record follows what validation finds: opened, updated, or resolved as corrected."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain.issues import proposals
from chalicelib.domain.review import Review
from chalicelib.services.review_records import noted
from chalicelib.services.similar_cases import remembering
from chalicelib.storage import reviews
from chalicelib.storage.transaction import Write

ACTOR = "validation"


@dataclass(frozen=True)
class Outcome:
    """What validation found on a record, in the version that the record will have when that is written."""

    kind: str
    supplier_id: str
    sku: str | None
    record_version: int
    doubtful: bool
    issues: tuple[Mapping[str, Any], ...]
    content: Mapping[str, Any]


def follow_up(outcome: Outcome, *, review_id: str | None) -> tuple[str | None, list[Write]]:
    """The record's review id after `outcome`, and the writes (label `review`) that belong into the
    transaction of the decision. `review_id` is the record's last review, which may be resolved."""
    review = reviews.get(review_id) if review_id else None
    waits = review is not None and review.status != "RESOLVED"
    if review is not None and waits and outcome.doubtful:
        return review_id, [reviews.replacing(_updated(review, outcome), expected_version=review.version)]
    if review is not None and waits:
        resolved = _corrected(review, outcome)
        return review_id, [
            reviews.replacing(resolved, expected_version=review.version),
            *remembering(resolved, outcome.content),
        ]
    if not outcome.doubtful:
        return review_id, []
    opened = _opened(outcome)
    return opened.review_id, [reviews.adding(opened)]


def _opened(outcome: Outcome) -> Review:
    review = Review(
        review_id=ids.new_id("rev"),
        kind=outcome.kind,
        supplier_id=outcome.supplier_id,
        sku=outcome.sku,
        record_version=outcome.record_version,
        correlation_id=telemetry.correlation_id(),
        created_at=clock.timestamp(),
    )
    return noted(_about(review, outcome), what="OPENED", actor=ACTOR)


def _updated(review: Review, outcome: Outcome) -> Review:
    return noted(_about(review, outcome), what="UPDATED", actor=ACTOR)


def _corrected(review: Review, outcome: Outcome) -> Review:
    """The case closed, with the issues that it was about: what the record is like now, the record says."""
    resolved = replace(
        review, record_version=outcome.record_version, status="RESOLVED", resolution="CORRECTED"
    )
    return noted(resolved, what="RESOLVED", actor=ACTOR)


def _about(review: Review, outcome: Outcome) -> Review:
    return replace(
        review,
        record_version=outcome.record_version,
        issues=outcome.issues,
        proposed_corrections=tuple(proposals(outcome.issues)),
    )
