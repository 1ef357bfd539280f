"""What the review use cases share: how a review is shown, found and written."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain.review import Review
from chalicelib.problems import Conflict, NotFound, TemporarilyUnavailable
from chalicelib.storage import reviews

_REMEMBERED = 100
"""Lines of history, the first and the latest: a record that is sent anew all day must fit its item."""


def existing(review_id: str) -> Review:
    """The review. Raises NotFound."""
    review = reviews.get(review_id)
    if review is None:
        raise NotFound
    return review


def existing_unresolved(review_id: str) -> Review:
    """The review, if there is something to decide yet. Raises NotFound, Conflict (ALREADY_RESOLVED)."""
    review = existing(review_id)
    if review.status == "RESOLVED":
        raise Conflict("ALREADY_RESOLVED", f"This review was resolved as {review.resolution}.")
    return review


def refuse_claimed_by_another(review: Review, *, actor: str) -> None:
    """Raise Conflict while another administrator's lease on the case runs."""
    if is_claimed(review) and review.claimed_by != actor:
        raise Conflict(
            "ALREADY_CLAIMED", f"Another administrator has this case until {review.claimed_until}."
        )


def refuse_claimed(review: Review) -> None:
    """Raise Conflict while anybody's lease on the case runs."""
    if is_claimed(review):
        raise Conflict("ALREADY_CLAIMED", f"This case is claimed until {review.claimed_until}.")


def is_claimed(review: Review) -> bool:
    """Whether somebody's lease runs."""
    return review.status == "CLAIMED" and (review.claimed_until or "") > clock.timestamp()


def contention() -> TemporarilyUnavailable:
    return TemporarilyUnavailable(
        "CONTENTION", "Others are changing this case; nothing was done.", retry_after=1
    )


def noted(
    review: Review, *, what: str, actor: str, note: str | None = None, changed: Sequence[str] = ()
) -> Review:
    """The review with one more line in its history. `changed` points to what of the record it changed."""
    now = clock.timestamp()
    entry: dict[str, Any] = {"at": now, "by": actor, "event": what}
    entry |= {"note": note} if note else {}
    entry |= {"changed": list(changed)} if changed else {}
    first, latest = review.history[:1], review.history[1:]
    return replace(
        review,
        history=(*first, *latest[-(_REMEMBERED - 2) :], entry),
        updated_at=now,
        correlation_id=telemetry.correlation_id(),
    )


def shown(review: Review, record: dict[str, Any] | None) -> dict[str, Any]:
    """The review as administrators read it, with the record as it stands. A claim that ran out is none."""
    claimed = is_claimed(review)
    status = "OPEN" if review.status == "CLAIMED" and not claimed else review.status
    optional = {
        "sku": review.sku,
        "claimed_by": review.claimed_by if claimed else None,
        "claimed_until": review.claimed_until if claimed else None,
        "resolution": review.resolution,
        "note": review.note,
    }
    return {
        "review_id": review.review_id,
        "kind": review.kind,
        "status": status,
        "supplier_id": review.supplier_id,
        "record": record,
        "record_version": review.record_version,
        "issues": list(review.issues),
        "proposed_corrections": list(review.proposed_corrections),
        "history": list(review.history),
        "version": review.version,
        "created_at": review.created_at,
        "updated_at": review.updated_at,
        **{name: value for name, value in optional.items() if value is not None},
    }


def as_case(review: Review) -> dict[str, Any]:
    """What whoever the case is about may read of it."""
    case = {
        "review_id": review.review_id,
        "status": "RESOLVED" if review.status == "RESOLVED" else "OPEN",
        "resolution": review.resolution,
        "note": review.note,
    }
    return {name: value for name, value in case.items() if value is not None}
