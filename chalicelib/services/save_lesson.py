"""A review that teaches: a decision becomes a rule, after its replay has shown what the rule would change."""

from dataclasses import replace
from typing import Any, TypeVar

from chalicelib import clock, telemetry
from chalicelib.domain import lessons
from chalicelib.domain.lessons import Lesson
from chalicelib.domain.offer import Offer
from chalicelib.domain.supplier import Supplier
from chalicelib.problems import StaleVersion
from chalicelib.services import change_rule_settings, review_records
from chalicelib.services.commits import commit
from chalicelib.services.replay_lesson import candidate_of, refused, settled_by
from chalicelib.services.versions import Expected
from chalicelib.storage import offers, reviews, suppliers
from chalicelib.storage.errors import WriteRefused

R = TypeVar("R", Supplier, Offer)


def save(review_id: str, lesson: Lesson, *, token: str, note: str | None, actor: str) -> dict[str, Any]:
    """Set the rules' settings with the lesson in them, as it was replayed (`token`), and send the waiting
    cases that it settles through validation again.

    The new version and the line in the review's history are one transaction. A crash behind it leaves the
    cases waiting, for a person, for the next validation of their record, or for the same lesson once more.
    Raises NotFound, Unprocessable, StaleVersion where the settings or the review have changed since.
    """
    review = review_records.existing(review_id)
    candidate = candidate_of(lesson, review)
    version, _, digest = token.partition(".")
    if digest != lessons.digest(lesson):
        raise refused("replay_token", "INVALID_VALUE", "This token is of another lesson. Replay this one.")
    if version != str(candidate.held.version):
        raise StaleVersion
    settled = settled_by(candidate)
    noted = review_records.noted(review, what="LESSON_SAVED", actor=actor, note=note)
    settings = change_rule_settings.change(
        candidate.document,
        reason=note or f"{lesson['kind']} for {lesson['rule']}, learned from {review_id}",
        actor=actor,
        expected=Expected(frozenset({candidate.held.version})),
        review_id=review_id,
        along=[reviews.replacing(noted, expected_version=review.version)],
    )
    sent = [case.review_id for case, record in settled.cases if _sent_to_validation(record)]
    telemetry.log("LESSON_SAVED", review_id=review_id, rule=lesson["rule"], validated_again=len(sent))
    return {
        "lesson": dict(lesson),
        "settings_version": settings["version"],
        "open_cases": {"looked_at": settled.looked_at, "settled": sent, "more": settled.more},
    }


def _sent_to_validation(record: Supplier | Offer) -> bool:
    """Whether the record waits for validation now; one that has changed since is left to itself."""
    if isinstance(record, Offer):
        write = offers.replacing(_waiting(record), expected_version=record.version)
    else:
        write = suppliers.replacing(_waiting(record), expected_version=record.version)
    try:
        commit(write)
    except WriteRefused:
        return False
    return True


def _waiting(record: R) -> R:
    return replace(
        record,
        validation_state="PENDING",
        correlation_id=telemetry.correlation_id(),
        updated_at=clock.timestamp(),
    )
