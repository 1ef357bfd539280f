"""How well a supplier serves its orders, from counts that pass away: of its calls in the last hour and of its
order lines in the last week.

Counts are kept by hour and by day, so that many may add to them at once; what lies before is dropped. Of the
oldest that counts, the part that is still within the window does, as if it were spread evenly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.circuit import Endpoint

GOOD, POOR, FAILING = "GOOD", "POOR", "FAILING"

LEAST_SAMPLE = 20
"""Fewer calls, or lines, tell nothing of a share."""

FAILING_AFTER = timedelta(seconds=60)
"""A circuit that is open for less is a hiccup, not worth ranking every offer of the supplier anew."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class _Window:
    """So many whole buckets, of this length."""

    bucket: timedelta
    buckets: int

    def number(self, now: datetime) -> int:
        return int(now.timestamp() // self.bucket.total_seconds())

    def weights(self, now: datetime) -> dict[int, float]:
        current = self.number(now)
        passed = now.timestamp() / self.bucket.total_seconds() - current
        return {current - age: 1.0 for age in range(self.buckets)} | {current - self.buckets: 1 - passed}


_CALLS, _LINES = _Window(_HOUR, 1), _Window(_DAY, 7)
_WINDOWS = {"c": _CALLS, "f": _CALLS, "m": _CALLS, "t": _LINES, "r": _LINES, "l": _LINES}
"""What is counted: calls, failed ones, their milliseconds; lines taken whole, refused, late to leave."""


@dataclass(frozen=True)
class Served:
    """What one exchange with a supplier adds: whether a call failed and how long it took (None: there was
    none), and the lines that it took whole, or did not, or has not shipped in time."""

    failed: bool | None = None
    milliseconds: int = 0
    lines_taken: int = 0
    lines_refused: int = 0
    lines_late: int = 0


@dataclass(frozen=True)
class Figures:
    """Calls of the last hour, order lines of the last seven days."""

    calls: float
    failed_calls: float
    mean_milliseconds: float
    lines: float
    lines_refused: float
    lines_late: float

    @property
    def error_rate(self) -> float:
        return self.failed_calls / self.calls if self.calls else 0.0

    @property
    def refusal_rate(self) -> float:
        return self.lines_refused / self.lines if self.lines else 0.0

    @property
    def late_rate(self) -> float:
        return self.lines_late / self.lines if self.lines else 0.0


@dataclass(frozen=True)
class Limits:
    """From where on a supplier is suspended: more than this share of its lines not taken, of at least so
    many; or unreachable for so long."""

    refusal_rate: float = 0.4
    least_lines: int = 20
    unreachable: timedelta = timedelta(hours=24)


@dataclass(frozen=True)
class Judgement:
    """The class, the code of what decided, and what the supplier is to be suspended for, if it is."""

    health: str = GOOD
    reason: str | None = None
    suspend_for: str | None = None


@dataclass(frozen=True)
class SupplierHealth:
    """The class that a supplier is in, since when and why, what it is to be suspended for, and when to look
    again where no call may come to tell. `version` 0: it was never judged."""

    supplier_id: str
    health: str = GOOD
    reason: str | None = None
    suspend_for: str | None = None
    since: str | None = None
    look_again_at: str | None = None
    version: int = 0
    correlation_id: str = ""
    updated_at: str = ""


def counted(served: Served, now: datetime) -> dict[str, int]:
    """What is to be added to the endpoint's counts."""
    amounts = {"t": served.lines_taken, "r": served.lines_refused, "l": served.lines_late}
    if served.failed is not None:
        amounts |= {"c": 1, "f": int(served.failed), "m": served.milliseconds}
    return {_key(kind, now): amount for kind, amount in amounts.items() if amount}


def served_by(endpoint: Endpoint, served: Served, now: datetime) -> Endpoint:
    """The endpoint as it is after an exchange, the place of the call apart."""
    added = counted(served, now)
    counts = {key: endpoint.counts.get(key, 0) + added.get(key, 0) for key in {*endpoint.counts, *added}}
    if served.failed is None:
        return replace(endpoint, counts=counts)
    if not served.failed:
        return replace(endpoint, counts=counts, failures=0, failing_since=None, failed_at=None)
    since = endpoint.failing_since or now
    return replace(
        endpoint, counts=counts, failures=endpoint.failures + 1, failing_since=since, failed_at=now
    )


def passed_away(counts: Iterable[str], now: datetime) -> list[str]:
    """The counts that lie before every window."""
    live = {f"{kind}{number}" for kind, window in _WINDOWS.items() for number in window.weights(now)}
    return [key for key in counts if key not in live]


def figures(counts: Mapping[str, int], now: datetime) -> Figures:
    """The figures as of now."""
    sums = {
        kind: sum(weight * counts.get(f"{kind}{number}", 0) for number, weight in window.weights(now).items())
        for kind, window in _WINDOWS.items()
    }
    return Figures(
        calls=sums["c"],
        failed_calls=sums["f"],
        mean_milliseconds=sums["m"] / sums["c"] if sums["c"] else 0.0,
        lines=sums["t"] + sums["r"],
        lines_refused=sums["r"],
        lines_late=sums["l"],
    )


def judge(endpoint: Endpoint, *, url: str, was: str, now: datetime, limits: Limits = Limits()) -> Judgement:
    """The class of a supplier that was in the class `was`: it takes better figures to get out of a worse one
    than to stay out of it."""
    told = figures(endpoint.counts, now)
    suspend_for = _suspend_for(endpoint, told, now, limits)
    if endpoint.is_gone(url):
        return Judgement(FAILING, "ENDPOINT_GONE", suspend_for)
    if not endpoint.is_closed and _failing_for(endpoint, now) >= FAILING_AFTER:
        return Judgement(FAILING, "UNREACHABLE", suspend_for)
    reason = _poor_for(told, entering=was == GOOD)
    return Judgement(POOR if reason else GOOD, reason, suspend_for)


def _poor_for(told: Figures, *, entering: bool) -> str | None:
    if told.calls >= LEAST_SAMPLE and told.error_rate >= (0.2 if entering else 0.1):
        return "ERROR_RATE"
    if told.lines >= LEAST_SAMPLE and told.refusal_rate >= (0.25 if entering else 0.15):
        return "REFUSAL_RATE"
    if told.lines >= LEAST_SAMPLE and told.late_rate >= (0.25 if entering else 0.15):
        return "LATE"
    if told.calls >= LEAST_SAMPLE and told.mean_milliseconds >= (5000 if entering else 3000):
        return "SLOW"
    return None


def _suspend_for(endpoint: Endpoint, told: Figures, now: datetime, limits: Limits) -> str | None:
    if told.lines >= limits.least_lines and told.refusal_rate > limits.refusal_rate:
        return (
            f"It has not taken {told.lines_refused:.0f} of {told.lines:.0f} order lines in seven days: "
            f"{told.refusal_rate:.0%}, where {limits.refusal_rate:.0%} of {limits.least_lines} is the most."
        )
    if not endpoint.is_closed and (lasted := _failing_for(endpoint, now)) >= limits.unreachable:
        hours, most = (each / _HOUR for each in (lasted, limits.unreachable))
        return (
            f"Its order API has failed {endpoint.failures} times in a row, for {hours:.0f} hours, "
            f"where {most:.0f} is the most."
        )
    return None


def _failing_for(endpoint: Endpoint, now: datetime) -> timedelta:
    return now - endpoint.failing_since if endpoint.failing_since else timedelta()


def _key(kind: str, now: datetime) -> str:
    return f"{kind}{_WINDOWS[kind].number(now)}"
