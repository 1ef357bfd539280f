"""Calls to one supplier's endpoint: never too many at a time, whatever is late or lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib import clock, ids
from chalicelib.domain.circuit import LEASE, LONGEST_PAUSE, Held, retry_at
from chalicelib.domain.health import Served
from chalicelib.services import endpoint_calls
from chalicelib.services.endpoint_calls import Call, Place
from chalicelib.storage import endpoints
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.items import EndpointItem
from chalicelib.storage.transaction import Write

pytestmark = pytest.mark.usefixtures("aws")

URL = "https://supplier.example/orders"
OK, BROKEN = Served(failed=False), Served(failed=True)
MOST = 5


def take(supplier_id: str) -> Place | Held:
    return endpoint_calls.take(*endpoints.get(supplier_id), url=URL)


def conclude(place: Place, served: Served) -> None:
    endpoint_calls.conclude(Call(place, served.failed is True), lines=served)


class Calls(RuleBasedStateMachine):
    """Workers that read, take places, answer, die, and act upon what they read some time ago."""

    def __init__(self) -> None:
        super().__init__()
        self.supplier_id = ids.new_id("sup")
        self.time = time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False)
        self.clock = self.time.start()
        self.seen = [endpoints.get(self.supplier_id)]
        self.running: list[tuple[Place, datetime]] = []
        self.probing: list[Place] = []

    def teardown(self) -> None:
        self.time.stop()

    @rule()
    def read(self) -> None:
        self.seen.append(endpoints.get(self.supplier_id))

    @rule(which=st.integers(0, 5))
    def take(self, which: int) -> None:
        """Whoever takes acts upon one of the last things that were read."""
        was_closed = endpoints.get(self.supplier_id)[0].is_closed
        place = endpoint_calls.take(*self.seen[-1 - which % len(self.seen)], url=URL)
        if isinstance(place, Place):
            self.running.append((place, clock.now()))
            self.probing += [] if was_closed else [place]

    @rule(which=st.integers(0, 9), served=st.sampled_from([OK, BROKEN, BROKEN, BROKEN]))
    def answer(self, which: int, served: Served) -> None:
        if self.running:
            place, _ = self.running.pop(which % len(self.running))
            conclude(place, served)
            endpoint = endpoints.get(self.supplier_id)[0]
            assert place.token not in endpoint.leases
            assert served.failed or endpoint.is_closed

    @rule(which=st.integers(0, 9))
    def die(self, which: int) -> None:
        if self.running:
            self.running.pop(which % len(self.running))

    @rule(seconds=st.sampled_from([1, 20, 61, 900]))
    def wait(self, seconds: int) -> None:
        self.clock.shift(seconds)
        # A call that is not over when its lease ends is dead: it has 26 seconds at the most.
        self.running = [(place, at) for place, at in self.running if clock.now() - at < LEASE]

    @invariant()
    def never_too_many_at_a_time(self) -> None:
        assert len(self.running) <= MOST

    @invariant()
    def never_a_second_probe(self) -> None:
        alive = {place.token for place, _ in self.running}
        assert len([place for place in self.probing if place.token in alive]) <= 1

    @invariant()
    def no_place_is_lost_for_longer_than_its_lease(self) -> None:
        endpoint = endpoints.get(self.supplier_id)[0]
        assert all(end <= clock.now() + LEASE for end in endpoint.leases.values())
        pause_ends = retry_at(endpoint)
        assert pause_ends is None or pause_ends <= clock.now() + LONGEST_PAUSE


def test_whatever_happens_no_more_calls_than_allowed_are_under_way() -> None:
    limits = settings(
        max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    run_state_machine_as_test(Calls, settings=limits)  # type: ignore[no-untyped-call]


@pytest.mark.usefixtures("serialised")
def test_of_a_hundred_at_once_as_many_call_as_may_and_the_others_wait() -> None:
    supplier_id = ids.new_id("sup")
    seen = endpoints.get(supplier_id)

    with ThreadPoolExecutor(16) as workers:
        places = list(workers.map(lambda _: endpoint_calls.take(*seen, url=URL), range(100)))

    taken = [place for place in places if isinstance(place, Place)]
    assert len(taken) == MOST
    with ThreadPoolExecutor(MOST) as workers:
        list(workers.map(lambda place: conclude(place, Served(failed=False, lines_taken=2)), taken))
    endpoint = endpoints.get(supplier_id)[0]
    assert endpoint.leases == {}
    assert sum(count for key, count in endpoint.counts.items() if key[0] == "t") == 2 * MOST


def test_the_places_of_workers_that_died_are_taken_over() -> None:
    supplier_id = ids.new_id("sup")
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False) as now:
        for _ in range(MOST):
            assert isinstance(take(supplier_id), Place)
        assert take(supplier_id) == Held()
        now.shift(LEASE)
        assert isinstance(take(supplier_id), Place)

    assert len(endpoints.get(supplier_id)[0].leases) == 1


def test_an_outcome_is_written_though_others_keep_the_endpoint_busy() -> None:
    supplier_id, other = ids.new_id("sup"), ids.new_id("sup")
    place = take(supplier_id)
    assert isinstance(place, Place)
    events = EndpointItem._get_connection().connection.client.meta.events

    def busy(params: dict[str, Any], model: Any, **_: Any) -> tuple[SimpleNamespace, dict[str, Any]] | None:
        if f"ENDPOINT#{supplier_id}" not in str(params["body"]):
            return None
        together = model.name == "TransactWriteItems"
        code = "TransactionInProgressException" if together else "TransactionConflictException"
        return SimpleNamespace(status_code=400), {"Error": {"Code": code, "Message": "busy"}}

    events.register("before-call.dynamodb", busy)
    endpoint_calls.conclude(Call(place, has_failed=False), endpoints.beginning_anew(other))
    events.unregister("before-call.dynamodb", busy)

    assert endpoints.get(other)[0].is_stored
    assert set(endpoints.get(supplier_id)[0].leases) == {place.token}


def test_an_outcome_that_is_refused_gives_the_place_back_all_the_same() -> None:
    supplier_id = ids.new_id("sup")
    place = take(supplier_id)
    assert isinstance(place, Place)
    refused = Write(
        "order",
        EndpointItem("ENDPOINT#none", "ENDPOINT"),
        EndpointItem.pk.exists(),
        [EndpointItem.failures.add(1)],
    )

    with pytest.raises(WriteRefused):
        endpoint_calls.conclude(Call(place, has_failed=False), refused)

    assert endpoints.get(supplier_id)[0].leases == {}
