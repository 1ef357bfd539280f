"""A case waits for a person: say so, once."""

from chalicelib import clock
from chalicelib.domain.announce_suppliers import review_opened
from chalicelib.services.commits import commit
from chalicelib.services.publish_events import publish
from chalicelib.storage import reviews
from chalicelib.storage.errors import WriteRefused


class UnknownReview(LookupError):
    """A message names a review that is not in the table."""


def notify(review_id: str) -> None:
    """Publish `review.opened` and note that it was; a review that was notified or resolved is left alone.

    Publishing comes first: a crash between the two tells it twice, under one event id, rather than never.
    Raises UnknownReview, EventsRefused.
    """
    review = reviews.get(review_id)
    if review is None:
        raise UnknownReview(review_id)
    if review.notified_at is not None or review.status == "RESOLVED":
        return
    publish([(review_opened(review), review.correlation_id)])
    try:
        commit(reviews.marking_notified(review_id, now=clock.timestamp()))
    except WriteRefused:
        return  # a second delivery was faster
