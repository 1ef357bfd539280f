from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import cycles
from chalicelib.domain.cycles import Cycle, InvalidPeriod

moments = st.datetimes(datetime(2001, 1, 1), datetime(2098, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
kinds = st.sampled_from(["MONTH", "WEEK"])


@given(moment=moments, cycle=kinds)
def test_every_moment_lies_in_one_period_that_is_known_by_its_name(moment: datetime, cycle: Cycle) -> None:
    period = cycles.period_of(moment, cycle)

    assert period.start <= moment < period.end
    assert cycles.period(period.name) == period


@given(moment=moments, cycle=kinds)
def test_periods_follow_each_other_without_a_gap(moment: datetime, cycle: Cycle) -> None:
    period = cycles.period_of(moment, cycle)

    assert cycles.before(moment, cycle).end == period.start
    assert cycles.period_of(period.end, cycle).start == period.end
    assert cycles.period_of(period.end - timedelta(milliseconds=1), cycle) == period


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "2026-1",
        "2026-W54",
        "2026-W00",
        "2026-11-25",
        "２０２６-11",
        "1926-01",
    ],
)
def test_other_texts_name_no_period(name: str) -> None:
    with pytest.raises(InvalidPeriod):
        cycles.period(name)


def test_weeks_are_those_of_iso_8601() -> None:
    assert cycles.period("2027-W01").start == datetime(2027, 1, 4, tzinfo=UTC)
    assert cycles.period_of(datetime(2027, 1, 3, tzinfo=UTC), "WEEK").name == "2026-W53"
