"""When a supplier's endpoint may be called: so many calls at a time, and pauses while it fails.

Kept are facts only: the calls under way, each under a lease, and the failures in a row. Whether the circuit
is closed, open or half-open follows from them and the time, so facts may be added by many at once and in any
order, and nobody has to be there when a pause ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FAILURES = 5
"""So many failures in a row open the circuit."""

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
"""An endpoint is left alone half as long as it has been failing, within these."""

LEASE = timedelta(seconds=60)
"""A worker lives no longer, and a call ends much sooner: who died in between frees its place so late."""


@dataclass(frozen=True)
class Endpoint:
    """What is known of one supplier's order API. `leases` are the calls under way, by token, with the moment
    at which each is given up; `failures` counts those in a row, the first at `failing_since`, the last at
    `failed_at`; `gone_url` has answered 410; `counts` is what health is told from."""

    supplier_id: str
    leases: Mapping[str, datetime] = field(default_factory=dict)
    failures: int = 0
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    gone_url: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    is_stored: bool = False

    @property
    def is_closed(self) -> bool:
        """The circuit: calls pass."""
        return self.failures < FAILURES

    def is_gone(self, url: str) -> bool:
        """Whether the supplier has said that there is nothing at this address any more."""
        return self.gone_url == url


@dataclass(frozen=True)
class Admitted:
    """A call may be made if no more than `most` are under way then, the `expired` leases taken away."""

    most: int
    expired: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """No call now. `until` is when the pause ends, None where a place may be free any moment."""

    until: datetime | None = None


def admit(endpoint: Endpoint, *, most: int, now: datetime) -> Admitted | Held:
    """Whether one more call may be made: `most` at a time while the circuit is closed, one where the pause of
    an open one is over, to probe."""
    pause_ends = retry_at(endpoint)
    if pause_ends is not None and now < pause_ends:
        return Held(pause_ends)
    most = most if endpoint.is_closed else 1
    expired = tuple(token for token, end in endpoint.leases.items() if end <= now)
    if len(endpoint.leases) - len(expired) >= most:
        return Held()
    return Admitted(most, expired)


def retry_at(endpoint: Endpoint) -> datetime | None:
    """When an open circuit lets a probe through; None while it is closed."""
    if endpoint.is_closed or endpoint.failed_at is None:
        return None
    failing = endpoint.failed_at - (endpoint.failing_since or endpoint.failed_at)
    return endpoint.failed_at + max(SHORTEST_PAUSE, min(failing / 2, LONGEST_PAUSE))
