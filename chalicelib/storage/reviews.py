"""Reviews: the cases that wait for a person."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from operator import and_

from pynamodb.expressions.condition import Condition

from chalicelib.domain.review import Review
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import Item, ReviewItem
from chalicelib.storage.transaction import Write


def get(review_id: str) -> Review | None:
    item = reads.get_one(keys.review(review_id))
    return from_item(item) if isinstance(item, ReviewItem) else None


def get_many(review_ids: Iterable[str]) -> dict[str, Review]:
    """Those that exist, by id, in one round trip for up to 100."""
    found = reads.get_many(keys.review(review_id) for review_id in review_ids)
    reviews = [from_item(item) for item in found.values() if isinstance(item, ReviewItem)]
    return {review.review_id: review for review in reviews}


def waiting(*, limit: int) -> list[tuple[str, str, str]]:
    """Of the oldest that wait: status, when the claim ends (or ""), and when it was opened."""
    found = Item.by_status.query(
        keys.reviews_by_state(waiting=True),
        limit=limit,
        attributes_to_get=["kind", "status", "claimed_until", "created_at"],
    )
    return [(item.status, item.claimed_until or "", item.created_at or "") for item in found]


def page(
    *, status: str | None, kind: str | None, limit: int, cursor: str | None, now: str = ""
) -> pages.Page[Review]:
    """Reviews, oldest first: of one status, or all that wait where none is given. A claim that ended before
    `now` counts as none. Raises BadCursor."""
    partition = keys.reviews_by_state(waiting=status != "RESOLVED")
    is_claimed = (ReviewItem.status == "CLAIMED") & (ReviewItem.claimed_until > now)
    conditions: list[Condition] = []
    if status == "CLAIMED":
        conditions.append(is_claimed)
    if status == "OPEN":
        conditions.append(~is_claimed)
    if kind:
        conditions.append(ReviewItem.record_kind == kind)
    condition = reduce(and_, conditions) if conditions else None
    return reads.page_by_status(partition, from_item, limit=limit, cursor=cursor, filter_condition=condition)


def cursor_behind(review: Review) -> str | None:
    """Where a page goes on that ended with this review."""
    return reads.cursor_behind(_to_item(review))


def adding(review: Review) -> Write:
    """Open a review. Label `review`."""
    return Write("review", _to_item(review), ReviewItem.pk.does_not_exist())


def replacing(review: Review, *, expected_version: int) -> Write:
    """Write the review if it still has `expected_version`; the stored version is one higher.
    Label `review`."""
    item = _to_item(replace(review, version=expected_version + 1))
    return Write("review", item, ReviewItem.version == expected_version)


def marking_notified(review_id: str, *, now: str) -> Write:
    """Note that the review was announced, if it was not; its version stays, for nobody edits this.
    Label `review`."""
    return Write(
        "review",
        ReviewItem(*keys.review(review_id)),
        ReviewItem.pk.exists() & ReviewItem.notified_at.does_not_exist(),
        actions=[ReviewItem.notified_at.set(now)],
    )


def _to_item(review: Review) -> ReviewItem:
    return ReviewItem(
        *keys.review(review.review_id),
        review_id=review.review_id,
        record_kind=review.kind,
        supplier_id=review.supplier_id,
        sku=review.sku,
        record_version=review.record_version,
        status=review.status,
        issues=review.issues,
        proposed_corrections=review.proposed_corrections,
        claimed_by=review.claimed_by,
        claimed_until=review.claimed_until,
        resolution=review.resolution,
        note=review.note,
        history=review.history,
        notified_at=review.notified_at,
        version=review.version,
        status_partition=keys.reviews_by_state(waiting=review.status != "RESOLVED"),
        status_sort=f"{review.created_at}#{review.review_id}",
        correlation_id=review.correlation_id,
        created_at=review.created_at,
        updated_at=review.updated_at,
    )


def from_item(item: ReviewItem) -> Review:
    """The review that a table item holds."""
    return Review(
        review_id=item.review_id,
        kind=item.record_kind,
        supplier_id=item.supplier_id,
        record_version=int(item.record_version),
        sku=item.sku,
        status=item.status,
        issues=tuple(item.issues),
        proposed_corrections=tuple(item.proposed_corrections),
        claimed_by=item.claimed_by,
        claimed_until=item.claimed_until,
        resolution=item.resolution,
        note=item.note,
        history=tuple(item.history),
        notified_at=item.notified_at,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
