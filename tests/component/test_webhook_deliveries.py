"""Webhooks: in which order a record is told of, and what becomes of a receiver that fails."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from api import call
from hooks import (
    _SEQUENCE,
    NOON,
    Receiver,
    answer,
    change,
    hook,
    listening_receiver,
    place,
    registered,
    work_off,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stream import records_of
from test_api_orders import Seller
from trade import Crash, dying_at, forget_everything

from chalicelib.clients import queues
from chalicelib.domain.circuit import FAILURES, LEASE, SHORTEST_PAUSE
from chalicelib.domain.webhooks import LONGEST_FAILING, MOST_TRIES, pause_before
from chalicelib.events import stream
from chalicelib.services import endpoint_calls
from chalicelib.settings import supplier_calls_at_once
from chalicelib.storage import endpoints

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(scope="module")
def listening() -> Iterator[Receiver]:
    with listening_receiver() as server:
        yield server


@pytest.fixture
def receiver(listening: Receiver) -> Receiver:
    listening.begin()
    return listening


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def seller(time: time_machine.Traveller) -> Seller:
    return Seller()


def test_what_the_stream_brings_twice_is_told_once(seller: Seller, receiver: Receiver) -> None:
    registered(seller, receiver)

    change(lambda: place(seller), twice=True)
    work_off()

    assert receiver.kinds == ["supplier_order.placed"]


def test_a_failing_delivery_holds_back_the_next_of_its_record_and_no_other(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller
) -> None:
    registered(seller, receiver)
    placed: list[dict[str, Any]] = []
    receiver.answers.append(503)
    change(lambda: placed.append(place(seller)))
    work_off()

    change(lambda: answer(seller, placed[0]))
    change(lambda: place(seller, key="k2"))
    work_off()
    assert receiver.kinds == ["supplier_order.placed"]
    assert receiver.told[0]["data"]["order_id"] != placed[0]["order_id"]

    time.shift(10)
    work_off()
    first = [each["type"] for each in receiver.told if each["data"]["order_id"] == placed[0]["order_id"]]
    assert first[0] == "supplier_order.placed"
    assert set(first[1:]) == {"supplier_order.accepted", "order.line_accepted"}


def test_a_channel_hears_of_no_order_before_it_hears_that_it_was_placed(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller, admin: str
) -> None:
    body = {"url": receiver.url, "events": ["order.placed", "order.line_accepted"]}
    call("POST", "/admin/webhooks", body, token=admin)
    placed: list[dict[str, Any]] = []
    receiver.answers.append(503)
    change(lambda: placed.append(place(seller)))
    work_off()

    change(lambda: answer(seller, placed[0]))
    work_off()
    assert receiver.kinds == []

    time.shift(10)
    work_off()
    assert receiver.kinds == ["order.placed", "order.line_accepted"]


def test_what_the_stream_brings_late_is_told_all_the_same(
    seller: Seller, receiver: Receiver, admin: str
) -> None:
    body = {"url": receiver.url, "events": ["order.placed", "supplier_order.placed"]}
    call("POST", "/admin/webhooks", body, token=admin)
    first, *others = sorted(
        records_of(lambda: place(seller)), key=lambda each: each["dynamodb"]["Keys"]["SK"]["S"] != "ORDER"
    )
    for number, record in enumerate([first, *others]):
        record["dynamodb"]["SequenceNumber"] = str(number)

    stream.on_change({"Records": others}, None)
    work_off()
    stream.on_change({"Records": [first]}, None)
    work_off()

    assert receiver.kinds == ["supplier_order.placed", "order.placed"]


def test_a_receiver_that_keeps_failing_is_left_alone_and_told_everything_when_it_is_back(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller
) -> None:
    registered(seller, receiver)
    receiver.answers.extend([503] * FAILURES)
    for number in range(FAILURES + 2):
        change(lambda number=number: place(seller, key=f"k{number}"))
    work_off()
    assert (len(receiver.headers_seen), receiver.told) == (FAILURES, [])

    time.shift(SHORTEST_PAUSE.seconds + 61)
    work_off()
    assert receiver.kinds == ["supplier_order.placed"] * (FAILURES + 2)


def test_a_receiver_that_hangs_takes_up_so_many_workers_and_no_more(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller
) -> None:
    webhook_id = registered(seller, receiver)["webhook_id"]
    for _ in range(supplier_calls_at_once()):
        endpoint_calls.take(*endpoints.get(webhook_id), url=receiver.url)
    change(lambda: place(seller))

    work_off()
    assert receiver.headers_seen == []

    time.shift(LEASE.seconds + 1)
    work_off()
    assert receiver.kinds == ["supplier_order.placed"]


def test_a_receiver_that_has_failed_for_days_is_switched_off_and_told_the_rest_when_switched_on(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller
) -> None:
    webhook = registered(seller, receiver)
    receiver.answers.extend([500] * 2)
    change(lambda: place(seller))
    work_off()
    time.shift(LONGEST_FAILING)
    work_off()
    path = f"/{webhook['webhook_id']}"
    shown = hook(seller, "GET", path).json
    assert (shown["status"], shown["disabled_because"]) == ("DISABLED", "FAILING")

    hook(seller, "PATCH", path, {"status": "ACTIVE"})
    time.shift(120)
    work_off()
    assert receiver.kinds == ["supplier_order.placed"]


def test_a_receiver_that_is_gone_is_told_no_more_until_it_is_switched_on(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller
) -> None:
    webhook = registered(seller, receiver)
    receiver.answers.append(410)
    change(lambda: place(seller))
    work_off()
    change(lambda: place(seller, key="k2"))
    work_off()
    shown = hook(seller, "GET", f"/{webhook['webhook_id']}").json
    assert (shown["status"], shown["disabled_because"], receiver.told) == ("DISABLED", "GONE", [])

    time.shift(10)
    hook(seller, "PATCH", f"/{webhook['webhook_id']}", {"status": "ACTIVE"})
    work_off()

    assert receiver.kinds == ["supplier_order.placed"] * 2


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("death", range(1, 5))
def test_what_has_waited_is_told_wherever_the_switching_on_dies(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller, death: int, moment: str
) -> None:
    path = f"/{registered(seller, receiver)['webhook_id']}"
    hook(seller, "PATCH", path, {"status": "DISABLED"})
    change(lambda: place(seller))
    work_off()

    with dying_at(death, moment), contextlib.suppress(Crash):
        hook(seller, "PATCH", path, {"status": "ACTIVE"})
    if hook(seller, "GET", path).json["status"] != "ACTIVE":
        hook(seller, "PATCH", path, {"status": "ACTIVE"})
    time.shift(120)
    work_off()

    assert receiver.kinds == ["supplier_order.placed"]


def test_a_delivery_is_tried_for_about_a_day_whatever_pauses_a_receiver_asks_for() -> None:
    for drawn, retry_after in [(0, None), (1, None), (0, 1), (1, 10**6)]:
        pauses = [pause_before(tries, drawn=drawn, retry_after=retry_after) for tries in range(1, MOST_TRIES)]
        assert 12 <= sum(pauses) / 3600 <= 30
        assert max(pauses) <= queues.MAX_DELAY_SECONDS


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    answers=st.lists(st.sampled_from([200, 200, 503]), max_size=6),
    deaths=st.lists(st.integers(0, 4), min_size=4, max_size=4),
    moment=st.sampled_from(["before", "after"]),
)
def test_whatever_dies_or_fails_a_record_is_told_of_in_order_and_nothing_is_lost(
    listening: Receiver, answers: list[int], deaths: list[int], moment: str
) -> None:
    with time_machine.travel(NOON + next(_SEQUENCE) * timedelta(days=10), tick=False) as time:
        forget_everything()
        listening.begin()
        seller = Seller()
        registered(seller, listening, "supplier_order.*")
        listening.answers.extend(answers)
        order: list[dict[str, Any]] = []
        change(lambda: order.append(place(seller)))
        change(lambda: answer(seller, order[0]))
        for death in deaths:
            with dying_at(death, moment), contextlib.suppress(Crash):
                work_off()
            time.shift(901)
        listening.answers.clear()
        while work_off():
            time.shift(901)

        kinds = [each["type"] for each in listening.told]
        assert list(dict.fromkeys(kinds)) == ["supplier_order.placed", "supplier_order.accepted"]
