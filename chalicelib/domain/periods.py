"""Periods of time, from a moment until just before another, open where one is not given. Moments are texts as
the clock writes them."""

from collections.abc import Iterable
from datetime import datetime, timedelta


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def later(text: str, by: timedelta) -> str:
    """The moment that is `by` after."""
    return (moment(text) + by).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def contains(start: str | None, end: str | None, now: datetime) -> bool:
    """Whether `now` lies in the period."""
    return (not start or moment(start) <= now) and (not end or now < moment(end))


def is_closed(start: str | None, end: str | None, now: datetime) -> bool:
    """Whether `now` lies in a closure; where neither moment is given there is none."""
    return bool(start or end) and contains(start, end, now)


def next_edge(edges: Iterable[str | None], now: datetime) -> str | None:
    """The first of these moments that is still to come."""
    return min((edge for edge in edges if edge and moment(edge) > now), key=moment, default=None)
