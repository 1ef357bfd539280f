"""An administrator takes a case under a lease, or gives it back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib import clock
from chalicelib.domain.review import Review
from chalicelib.services import review_batches, review_records
from chalicelib.services.commits import commit
from chalicelib.services.read_reviews import with_records
from chalicelib.storage import reviews
from chalicelib.storage.errors import WriteRefused

LEASE = timedelta(minutes=15)
_TRIES = 4


def claim(review_id: str, *, actor: str, renew: bool = False) -> dict[str, Any]:
    """Take the case. While a lease runs nobody takes it a second time, its holder neither; with `renew` the
    holder takes it on for another lease. Raises NotFound, Conflict (ALREADY_CLAIMED, ALREADY_RESOLVED)."""
    return with_records([_claim(review_id, actor=actor, renew=renew)])[0]


def claim_many(review_ids: Sequence[str], *, actor: str) -> dict[str, Any]:
    """Take each case that can be taken; the result of each, as `review_batches` says."""
    return review_batches.on_each(review_ids, lambda each: _claim(each, actor=actor, renew=False))


def release(review_id: str, *, actor: str) -> dict[str, Any]:
    """Give the case back; releasing one that nobody has changes nothing. Raises NotFound, Conflict."""
    return with_records([_release(review_id, actor=actor)])[0]


def release_many(review_ids: Sequence[str], *, actor: str) -> dict[str, Any]:
    """Give back each case that can be given back; the result of each, as `review_batches` says."""
    return review_batches.on_each(review_ids, lambda each: _release(each, actor=actor))


def _claim(review_id: str, *, actor: str, renew: bool) -> Review:
    def claimed(review: Review) -> Review:
        if not renew:
            review_records.refuse_claimed(review)
        review_records.refuse_claimed_by_another(review, actor=actor)
        until = clock.timestamp(clock.now() + LEASE)
        taken = replace(review, status="CLAIMED", claimed_by=actor, claimed_until=until)
        return review_records.noted(taken, what="CLAIMED", actor=actor)

    return _changed(review_id, claimed)


def _release(review_id: str, *, actor: str) -> Review:
    def released(review: Review) -> Review:
        review_records.refuse_claimed_by_another(review, actor=actor)
        if review.status == "OPEN":
            return review
        free = replace(review, status="OPEN", claimed_by=None, claimed_until=None)
        return review_records.noted(free, what="RELEASED", actor=actor)

    return _changed(review_id, released)


def _changed(review_id: str, change: Callable[[Review], Review]) -> Review:
    """The unresolved review as `change` makes it, whoever else writes it at the same time."""
    for _ in range(_TRIES):
        review = review_records.existing_unresolved(review_id)
        changed = change(review)
        if changed == review:
            return review
        try:
            commit(reviews.replacing(changed, expected_version=review.version))
        except WriteRefused:
            continue  # read again: who was quicker may have claimed it, or only brought it up to date
        return replace(changed, version=review.version + 1)
    raise review_records.contention()
