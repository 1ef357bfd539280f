"""Counts that fade and are only ever added to: what is counted later weighs more, instead of what was counted
before weighing less. Source: Cormode and others, Forward Decay, ICDE 2009.
"""

from datetime import UTC, datetime, timedelta

HALF_LIFE = timedelta(days=60)
"""What happened so long ago counts half."""

_LANDMARK = datetime(2026, 1, 1, tzinfo=UTC)
_ONE = 1000
"""The weight of one at the landmark. Weights are whole numbers: the table adds those exactly, up to 38
digits, and they get as long in 2044 only."""


def weight(now: datetime) -> int:
    """What one weighs that is counted now."""
    return round(_ONE * 2 ** ((now - _LANDMARK) / HALF_LIFE))


def faded(sum_of_weights: int, now: datetime) -> float:
    """What is left by now of all that was counted."""
    return sum_of_weights / weight(now)
