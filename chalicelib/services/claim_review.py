"""An administrator takes a case under a lease, or gives it back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib import clock
from chalicelib.domain.review import Review
from chalicelib.problems import Conflict
from chalicelib.services import review_records
from chalicelib.services.commits import commit
from chalicelib.services.read_reviews import with_records
from chalicelib.storage import reviews
from chalicelib.storage.errors import WriteRefused

LEASE = timedelta(minutes=15)


def claim(review_id: str, *, actor: str) -> dict[str, Any]:
    """Take the case, or take it on for another lease. Raises NotFound, Conflict (ALREADY_CLAIMED,
    ALREADY_RESOLVED)."""
    review = review_records.existing_unresolved(review_id)
    review_records.refuse_claimed_by_another(review, actor=actor)
    until = clock.timestamp(clock.now() + LEASE)
    claimed = replace(review, status="CLAIMED", claimed_by=actor, claimed_until=until)
    return _written(review_records.noted(claimed, what="CLAIMED", actor=actor), before=review)


def release(review_id: str, *, actor: str) -> dict[str, Any]:
    """Give the case back; releasing one that nobody has changes nothing. Raises NotFound, Conflict."""
    review = review_records.existing_unresolved(review_id)
    review_records.refuse_claimed_by_another(review, actor=actor)
    if review.status == "OPEN":
        return with_records([review])[0]
    released = replace(review, status="OPEN", claimed_by=None, claimed_until=None)
    return _written(review_records.noted(released, what="RELEASED", actor=actor), before=review)


def _written(review: Review, *, before: Review) -> dict[str, Any]:
    try:
        commit(reviews.replacing(review, expected_version=before.version))
    except WriteRefused as refused:
        raise Conflict("ALREADY_CLAIMED", "Somebody else was quicker; read the review again.") from refused
    return with_records([replace(review, version=before.version + 1)])[0]
