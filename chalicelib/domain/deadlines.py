"""By when a supplier has to answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import periods

LONGEST_HOURS = 72
"""The most that a supplier may ask for in its profile: a shopper waits for it."""

_SHORTEST = timedelta(minutes=15)
"""However near the promised delivery is: nobody answers a machine's question in less by hand."""


def accept_by(
    now: datetime,
    *,
    default: datetime,
    profile: Mapping[str, Any],
    deliver_by: str | None = None,
    handling_days: int = 0,
) -> datetime:
    """When a supplier that is asked at `now` must have answered: after the hours that its `profile` says, by
    `default` where it says none; earlier where what is promised for `deliver_by` then needs `handling_days`
    and days on its way, but not for that in less than a quarter of an hour."""
    hours = profile.get("accept_within_hours")
    end = default if hours is None else now + timedelta(hours=hours)
    if deliver_by is None:
        return end
    latest = periods.moment(deliver_by) - timedelta(days=handling_days)
    return min(end, max(latest, now + _SHORTEST))
