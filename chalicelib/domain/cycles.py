"""The periods that statements are made for: months (`2026-11`) or weeks (`2026-W48`, ISO 8601), in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from chalicelib.domain.errors import DomainError

Cycle = Literal["MONTH", "WEEK"]

_MONTH = re.compile(r"(20\d\d)-(\d\d)")
_WEEK = re.compile(r"(20\d\d)-W(\d\d)")


class InvalidPeriod(DomainError):
    """The text names no period."""


@dataclass(frozen=True)
class Period:
    """From `start` until just before `end`."""

    name: str
    start: datetime
    end: datetime


def period(name: str) -> Period:
    """The period of this name, whatever the cycle is now. Raises InvalidPeriod."""
    try:
        if month := _MONTH.fullmatch(name):
            return _month(int(month[1]), int(month[2]))
        if week := _WEEK.fullmatch(name):
            return _week(datetime.fromisocalendar(int(week[1]), int(week[2]), 1))
    except ValueError as error:
        raise InvalidPeriod(name) from error
    raise InvalidPeriod(name)


def period_of(moment: datetime, cycle: Cycle) -> Period:
    """The period that the moment lies in."""
    if cycle == "MONTH":
        return _month(moment.year, moment.month)
    year, week, _ = moment.isocalendar()
    return _week(datetime.fromisocalendar(year, week, 1))


def before(moment: datetime, cycle: Cycle) -> Period:
    """The last period that was over by then."""
    return period_of(period_of(moment, cycle).start - timedelta(milliseconds=1), cycle)


def _month(year: int, month: int) -> Period:
    start = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return Period(f"{year}-{month:02}", start, end)


def _week(monday: datetime) -> Period:
    year, week, _ = monday.isocalendar()
    start = monday.replace(tzinfo=UTC)
    return Period(f"{year}-W{week:02}", start, start + timedelta(weeks=1))
