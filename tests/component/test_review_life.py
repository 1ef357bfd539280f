"""A case in the hands of two administrators, whatever they try in whatever order."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from identity_provider import Provider

from chalicelib.storage import reviews
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

WHO = ("admin-1", "admin-2")
TRIES = ("claim", "claim?renew=true", "release", "APPROVED", "REJECTED", "lapse")
DECISIONS = ("APPROVED", "REJECTED")
ACROSS = [HealthCheck.function_scoped_fixture]  # every example has a supplier of its own
numbers = itertools.count(100_000_000)


class Model:
    """What the contract says of one case."""

    def __init__(self) -> None:
        self.holder: str | None = None
        self.resolution: str | None = None

    def answer(self, who: str, tried: str) -> str:
        if self.resolution:
            return "ALREADY_RESOLVED"
        if self.holder not in (None, who) or (tried == "claim" and self.holder):
            return "ALREADY_CLAIMED"
        self.holder = who if tried.startswith("claim") else None
        self.resolution = tried if tried in DECISIONS else None
        return "done"


@settings(max_examples=15, deadline=None, suppress_health_check=ACROSS)
@given(st.lists(st.tuples(st.sampled_from(WHO), st.sampled_from(TRIES)), min_size=1, max_size=7))
def test_a_lease_keeps_the_other_off_and_a_case_is_decided_once(
    desk: Desk, provider: Provider, steps: list[tuple[str, str]]
) -> None:
    model = Model()
    _, review_id = desk.supplier_in_review(f"DE{next(numbers)}")

    for who, tried in steps:
        if tried == "lapse":
            lapse(review_id)
            model.holder = None
            continue
        reply = attempt(desk, review_id, tried, token=provider.token(sub=who))
        assert (reply.code if reply.status >= 400 else "done") == model.answer(who, tried)

    shown = desk.send("GET", f"/admin/reviews/{review_id}").json
    decided = [entry for entry in shown["history"] if entry["event"] in DECISIONS]
    holder = shown.get("claimed_by")
    assert shown.get("resolution") == model.resolution
    assert len(decided) == (1 if model.resolution else 0)
    assert model.resolution or holder == (f"admin:{model.holder}" if model.holder else None)


def attempt(desk: Desk, review_id: str, tried: str, *, token: str) -> Any:
    if tried in DECISIONS:
        return desk.decide(review_id, tried, token=token)
    return desk.send("POST", f"/admin/reviews/{review_id}/{tried}", token=token)


def lapse(review_id: str) -> None:
    """Let the lease's time be over."""
    review = reviews.get(review_id)
    assert review
    if review.status == "CLAIMED":
        over = replace(review, claimed_until="2020-01-01T00:00:00.000Z")
        commit(reviews.replacing(over, expected_version=review.version))
