from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain import deadlines

NOW = datetime(2026, 12, 1, tzinfo=UTC)
TOMORROW = NOW + timedelta(hours=24)
CASES: dict[str, tuple[dict[str, Any], timedelta]] = {
    "by default": ({}, timedelta(hours=24)),
    "as the supplier has agreed": ({"hours": 2}, timedelta(hours=2)),
    "longer than by default": ({"hours": 72}, timedelta(hours=72)),
    "in time for the promised delivery": (
        {"deliver_by": "2026-12-03T12:00:00.000Z", "handling_days": 2},
        timedelta(hours=12),
    ),
    "a later promise shortens nothing": ({"deliver_by": "2026-12-09T00:00:00.000Z"}, timedelta(hours=24)),
    "never sooner than can be answered": (
        {"deliver_by": "2026-12-02T00:00:00.000Z", "handling_days": 2},
        timedelta(minutes=15),
    ),
}


@pytest.mark.parametrize(("given", "expected"), CASES.values(), ids=CASES)
def test_a_supplier_has_its_time_to_answer(given: dict[str, Any], expected: timedelta) -> None:
    promised = dict(given)
    profile = {"accept_within_hours": promised.pop("hours")} if "hours" in promised else {}

    assert deadlines.accept_by(NOW, default=TOMORROW, profile=profile, **promised) == NOW + expected
