"""A supplier is called within its limits, and what each call shows is kept.

A call takes a place first and gives it back with the writes of its outcome; a worker that dies in between
loses the place to the end of its lease. What is kept of a call must never cost its outcome: where others keep
the endpoint's item busy, the outcome is written without it.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import clock, ids, settings, telemetry
from chalicelib.domain import circuit, health
from chalicelib.domain.circuit import LEASE, Endpoint, Held
from chalicelib.domain.health import GOOD, Judgement, Limits, Served, SupplierHealth
from chalicelib.problems import TemporarilyUnavailable
from chalicelib.services.commits import commit
from chalicelib.storage import endpoints, transaction
from chalicelib.storage.endpoints import ENDPOINT, HEALTH
from chalicelib.storage.errors import Contention, WriteRefused
from chalicelib.storage.transaction import Write

LOOK_AGAIN = timedelta(minutes=5)
"""A supplier that is not in good health is looked at so often, should no order do it."""

NO_LINES = Served()

_TRIES = 3


@dataclass(frozen=True)
class Place:
    """The right to one call of `url`; endpoint and health are as they were when it was taken."""

    url: str
    endpoint: Endpoint
    health: SupplierHealth
    token: str
    started: float


@dataclass(frozen=True)
class Call:
    """A call that was made; `is_gone` where the address has said that there is nothing any more."""

    place: Place
    has_failed: bool
    is_gone: bool = False


def take(endpoint: Endpoint, standing: SupplierHealth, *writes: Write, url: str) -> Place | Held:
    """Take a place for one call, together with these writes, or say that there is none at the moment.

    Raises WriteRefused where one of the writes is refused.
    """
    for _ in range(_TRIES):
        now, token = clock.now(), ids.new_id("call")
        admitted = circuit.admit(endpoint, most=settings.supplier_calls_at_once(), now=now)
        if isinstance(admitted, Held):
            return admitted
        try:
            commit(*writes, endpoints.taking(endpoint, admitted, token=token, until=now + LEASE))
        except TemporarilyUnavailable:
            break  # a crowd is at this endpoint: its turn comes later
        except WriteRefused as refused:
            if set(refused.labels) != {ENDPOINT}:
                raise
            found = refused.found.get(ENDPOINT)
            endpoint = found if isinstance(found, Endpoint) else endpoints.get(endpoint.supplier_id)[0]
        else:
            return Place(url, endpoint, standing, token, time.monotonic())
    return Held()


def conclude(call: Call, *writes: Write, lines: Served = NO_LINES) -> None:
    """Make the writes of a call's outcome, give its place back, and keep what it showed, of `lines` too.

    Raises WriteRefused where one of the writes is refused, TemporarilyUnavailable where they are contended;
    the place is given back all the same.
    """
    place, now = call.place, clock.now()
    spent = round((time.monotonic() - place.started) * 1000)
    served = replace(lines, failed=call.has_failed, milliseconds=spent)
    gone_url = place.url if call.is_gone else None
    after = health.served_by(place.endpoint, served, now)
    after = replace(after, gone_url=gone_url or after.gone_url)
    noting = endpoints.noting(place.endpoint, served, now=now, token=place.token, gone_url=gone_url)
    judging = _judging(after, place.health, place.url, now)
    if not _commit_with(writes, [noting, *judging], [noting]):
        _alone(noting)


def give_back(place: Place, served: Served) -> None:
    """Give back the place at an endpoint that no supplier's health is told from, and keep what its calls
    showed: best effort."""
    _alone(endpoints.noting(place.endpoint, served, now=clock.now(), token=place.token))


def forget_failures(endpoint_id: str) -> None:
    """Call at once whoever was left alone; for endpoints that no supplier's health is told from."""
    _alone(endpoints.mending(endpoint_id))


def count(supplier_id: str, lines: Served) -> None:
    """Keep what became of lines without a call, as by an answer that the supplier posts: best effort."""
    if lines != NO_LINES:
        _alone(endpoints.noting(Endpoint(supplier_id), lines, now=clock.now()))


def beginning_anew(supplier_id: str) -> list[Write]:
    """The writes that forget how the supplier has served (labels `endpoint`, `supplier_health`)."""
    standing = endpoints.get(supplier_id)[1]
    writes = [endpoints.beginning_anew(supplier_id)]
    if standing.version:
        good = _judged(standing, Judgement(), clock.now())
        writes.append(endpoints.setting_health(good, expected_version=standing.version))
    return writes


def mend(supplier_id: str, *, url: str) -> None:
    """Call the supplier again at once, since it has shown that it answers."""
    endpoint, standing = endpoints.get(supplier_id)
    if endpoint.failures or endpoint.gone_url:
        mended = replace(endpoint, failures=0, failing_since=None, failed_at=None, gone_url=None)
        judging = _judging(mended, standing, url, clock.now())
        mending = endpoints.mending(supplier_id)
        _commit_with((), [mending, *judging], [mending])


def judge(endpoint: Endpoint, standing: SupplierHealth, *, url: str) -> None:
    """Put the supplier into the class that it is in now, should time alone have changed it."""
    _alone(*_judging(endpoint, standing, url, clock.now()))


def look_no_more(standing: SupplierHealth) -> None:
    """Leave the supplier in its class for good."""
    _alone(endpoints.setting_health(replace(standing, look_again_at=None), expected_version=standing.version))


def limits() -> Limits:
    """From where on a supplier is suspended."""
    return Limits(
        refusal_rate=settings.suspend_above_refused_percent() / 100,
        least_lines=settings.suspend_least_lines(),
        unreachable=timedelta(hours=settings.suspend_after_unreachable_hours()),
    )


def _commit_with(writes: Sequence[Write], *kept: Sequence[Write]) -> bool:
    """Commit the writes with the first of `kept` that can be, and say whether one could; else alone."""
    for more in kept:
        try:
            commit(*writes, *more)
        except WriteRefused as refused:
            if not {ENDPOINT, HEALTH}.issuperset(refused.labels):
                _alone(*kept[-1])
                raise
        except TemporarilyUnavailable:
            continue
        else:
            return True
    if writes:
        commit(*writes)
    return False


def _alone(*writes: Write) -> None:
    if writes:
        with contextlib.suppress(WriteRefused, Contention):
            transaction.commit(*writes)


def _judging(endpoint: Endpoint, standing: SupplierHealth, url: str, now: datetime) -> list[Write]:
    """The write of the supplier's class, if it is another one, or must be looked at again."""
    judged = health.judge(endpoint, url=url, was=standing.health, now=now, limits=limits())
    is_another = (judged.health, bool(judged.suspend_for)) != (standing.health, bool(standing.suspend_for))
    is_due = standing.look_again_at is not None and standing.look_again_at <= clock.timestamp(now)
    if not is_another and not is_due:
        return []
    return [endpoints.setting_health(_judged(standing, judged, now), expected_version=standing.version)]


def _judged(standing: SupplierHealth, judged: Judgement, now: datetime) -> SupplierHealth:
    at = clock.timestamp(now)
    again = None if judged.health == GOOD else clock.timestamp(now + LOOK_AGAIN)
    return SupplierHealth(
        supplier_id=standing.supplier_id,
        health=judged.health,
        reason=judged.reason,
        suspend_for=judged.suspend_for,
        since=standing.since if judged.health == standing.health else at,
        look_again_at=again,
        correlation_id=telemetry.correlation_id(),
        updated_at=at,
    )
