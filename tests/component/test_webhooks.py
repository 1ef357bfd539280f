"""Webhooks: who is told what, in which order, and what becomes of a receiver that fails."""

import contextlib
import json
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import time_machine
from api import Reply, call
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marketplace import a_line, an_order_body
from stream import records_of
from test_api_orders import Seller
from trade import Crash, dying_at, forget_everything

from chalicelib import clock
from chalicelib.clients import queues
from chalicelib.domain import signing
from chalicelib.domain.circuit import FAILURES, LEASE, SHORTEST_PAUSE
from chalicelib.domain.webhooks import LONGEST_FAILING, MOST_TRIES, pause_before
from chalicelib.events import queues as workers
from chalicelib.events import stream
from chalicelib.services import endpoint_calls
from chalicelib.settings import supplier_calls_at_once
from chalicelib.storage import endpoints
from chalicelib.storage.deliveries import DeliveryItem

pytestmark = pytest.mark.usefixtures("aws")

_SEQUENCE = count(1)
GUIDE = Path(__file__).parents[2] / "docs" / "webhooks.md"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Receiver(ThreadingHTTPServer):
    """Listens, keeps what it was told, and answers what `answers` says next, else 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: deque[int] = deque()
        self.told: list[dict[str, Any]] = []
        self.headers_seen: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks"

    def begin(self) -> None:
        self.answers.clear()
        self.told.clear()
        self.headers_seen.clear()

    @property
    def kinds(self) -> list[str]:
        return [each["type"] for each in self.told]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answers.popleft() if self.server.answers else 200
        self.server.headers_seen.append(
            {name.lower(): value for name, value in self.headers.items()} | {"body": body.decode()}
        )
        if status == 200:
            self.server.told.append(json.loads(body))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def listening() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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


def hook(seller: Seller, method: str, path: str = "", body: Any = None, **more: Any) -> Reply:
    target = f"/suppliers/{seller.supplier_id}/webhooks{path}"
    return call(method, target, body, token=more.pop("token", seller.token), **more)


def registered(seller: Seller, receiver: Receiver, *events: str) -> dict[str, Any]:
    reply = hook(
        seller, "POST", "", {"url": receiver.url, "events": list(events) or ["supplier_order.*", "order.*"]}
    )
    assert reply.status == 201, reply.text
    return dict(reply.json)


def change(work: Callable[[], object], *, twice: bool = False) -> None:
    """Do it, and have the stream told of it."""
    records = records_of(work)
    for record in records:
        record["dynamodb"]["SequenceNumber"] = str(next(_SEQUENCE))
    for _ in range(2 if twice else 1):
        stream.on_change({"Records": records}, None)


def work_off() -> int:
    """Work on every message that is visible now; says how many."""
    url, done = os.environ["WEBHOOK_QUEUE_URL"], 0
    while found := queues.receive(url, limit=1, visibility_seconds=60):
        workers.on_webhook({"Records": [{"body": found[0].body, "receiptHandle": ""}]}, None)
        queues.delete(url, found[0])
        done += 1
    return done


def place(seller: Seller, key: str = "k1") -> dict[str, Any]:
    reply = call("POST", "/orders", an_order_body(a_line(seller.offer_id)), headers={"Idempotency-Key": key})
    return dict(reply.json["order"])


def answer(seller: Seller, order: dict[str, Any], code: str = "ACCEPTED") -> Reply:
    part = order["supplier_orders"][0]["supplier_order_id"]
    lines = [{"line_id": order["lines"][0]["line_id"], "code": code, "quantity": 1}]
    return seller.send(
        "POST", f"/{part}/acceptance", {"attempt_id": part.replace("so_", "att_"), "lines": lines}
    )


def test_a_supplier_is_told_of_its_orders_signed_and_of_nobody_elses(
    seller: Seller, receiver: Receiver
) -> None:
    secret = registered(seller, receiver)["signing_secret"]
    other = Seller("south")

    change(lambda: place(seller))
    change(lambda: place(other, key="k2"))
    work_off()

    assert receiver.kinds == ["supplier_order.placed"]
    assert receiver.told[0]["data"]["supplier_id"] == seller.supplier_id
    (headers,) = receiver.headers_seen
    message_id = signing.verify(
        secret=secret, headers=headers, body=headers["body"].encode(), now=int(clock.now().timestamp())
    )
    assert message_id.startswith("evt_")
    guide: dict[str, Any] = {}
    exec(re.findall("```python\n(.*?)```", GUIDE.read_text(), re.S)[0], guide)
    sent, had = (secret, headers, headers["body"].encode(), clock.now().timestamp()), set[str]()
    assert guide["taken"](*sent, had) == receiver.told[0]
    assert guide["taken"](*sent, had) is None
    with pytest.raises(ValueError, match="not from the marketplace"):
        guide["taken"](secret, headers, b"{}", clock.now().timestamp(), had)
    assert "Ada" not in headers["body"]
    assert "Quiet Lane" not in headers["body"]


def test_a_channel_is_told_of_everything_it_asked_for(seller: Seller, receiver: Receiver, admin: str) -> None:
    body = {"url": receiver.url, "events": ["order.placed", "order.line_accepted"]}
    assert call("POST", "/admin/webhooks", body, token=admin).status == 201

    placed: list[dict[str, Any]] = []
    change(lambda: placed.append(place(seller)))
    change(lambda: answer(seller, placed[0]))
    work_off()

    assert sorted(receiver.kinds) == ["order.line_accepted", "order.placed"]


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


def test_what_is_never_taken_is_dead_and_may_be_replayed(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller
) -> None:
    webhook = registered(seller, receiver)
    placed: list[dict[str, Any]] = []
    path = f"/{webhook['webhook_id']}"
    receiver.answers.extend([500] * 2)
    change(lambda: placed.append(place(seller)))
    change(lambda: answer(seller, placed[0]))
    work_off()
    (failing, *_) = [each for each in DeliveryItem.scan() if isinstance(each, DeliveryItem) and each.tries]
    failing.update([DeliveryItem.tries.set(MOST_TRIES - 1)])
    time.shift(901)
    work_off()

    (dead,) = hook(seller, "GET", f"{path}/deliveries?status=DEAD").json["items"]
    assert (dead["tries"], dead["last_outcome"]) == (MOST_TRIES, "HTTP_500")
    assert len(receiver.told) == 2, "those behind it went on"

    replayed = hook(seller, "POST", f"{path}/replay", {"delivery_ids": [dead["delivery_id"]]})
    work_off()

    assert (replayed.status, replayed.json) == (202, {"replayed": 1, "next_since": None})
    assert receiver.kinds[-1] == "supplier_order.placed"
    assert hook(seller, "GET", f"{path}/deliveries?status=DEAD").json["items"] == []


def test_all_since_a_moment_is_told_again_in_order(seller: Seller, receiver: Receiver) -> None:
    webhook = registered(seller, receiver)
    placed: list[dict[str, Any]] = []
    change(lambda: placed.append(place(seller)))
    change(lambda: answer(seller, placed[0]))
    work_off()
    first = list(receiver.told)

    reply = hook(seller, "POST", f"/{webhook['webhook_id']}/replay", {"since": "2026-03-01T00:00:00Z"})
    work_off()

    assert reply.json == {"replayed": len(first), "next_since": None}
    assert receiver.told == first + first


def test_deliveries_are_listed_newest_first_whatever_becomes_of_them_between_two_pages(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller
) -> None:
    webhook = registered(seller, receiver)
    path = f"/{webhook['webhook_id']}/deliveries"
    placed: list[str] = []
    for number in range(4):
        change(lambda number=number: placed.insert(0, place(seller, key=f"k{number}")["order_id"]))
        time.shift(1)
    first = hook(seller, "GET", f"{path}?limit=3").json
    work_off()
    second = hook(seller, "GET", f"{path}?limit=3&cursor={first['next_cursor']}").json

    listed = [each["message"]["data"]["order_id"] for each in [*first["items"], *second["items"]]]
    assert (listed, second["next_cursor"]) == (placed, None)
    for page in ("W10", "WyJ4IiwiMSJd", "e30", "~"):
        assert hook(seller, "GET", f"{path}?cursor={page}").code == "INVALID_CURSOR"
    assert len(hook(seller, "GET", f"{path}?status=DELIVERED").json["items"]) == 4
    assert hook(seller, "GET", f"{path}?status=PENDING").json["items"] == []


def test_a_new_secret_works_beside_the_old_one_for_a_day(
    seller: Seller, receiver: Receiver, time: time_machine.Traveller
) -> None:
    webhook = registered(seller, receiver)
    path = f"/{webhook['webhook_id']}"
    rotated = hook(seller, "POST", f"{path}/signing-secret").json
    assert hook(seller, "POST", f"{path}/signing-secret").code == "SECRET_JUST_ROTATED"
    good = []
    for hours in (1, 24):
        time.shift(hours * 3600)
        assert hook(seller, "POST", f"{path}/ping").json["delivered"]
        headers = receiver.headers_seen[-1]
        now, body = int(clock.now().timestamp()), headers["body"].encode()
        for secret in (webhook["signing_secret"], rotated["signing_secret"]):
            try:
                signing.verify(secret=secret, headers=headers, body=body, now=now)
                good.append(True)
            except signing.BadSignature:
                good.append(False)
    assert good == [True, True, False, True]


def test_a_ping_says_how_it_went(seller: Seller, receiver: Receiver) -> None:
    webhook = registered(seller, receiver)
    receiver.answers.append(500)

    reply = hook(seller, "POST", f"/{webhook['webhook_id']}/ping")

    assert (reply.json["delivered"], reply.json["outcome"]) == (False, "HTTP_500")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"url": "http://example.com/x", "events": ["order.*"]}, "/url", "REFUSED_URL"),
        ({"url": "https://169.254.169.254/latest", "events": ["order.*"]}, "/url", "REFUSED_ADDRESS"),
        ({"url": "https://[::1]/", "events": ["order.*"]}, "/url", "REFUSED_ADDRESS"),
        (
            {"url": "https://example.com/x", "events": ["order.*", "weather.changed"]},
            "/events/1",
            "UNKNOWN_EVENT",
        ),
        ({"url": "https://example.com/x", "events": []}, "/events", "INVALID_VALUE"),
    ],
    ids=["no TLS", "metadata", "loopback", "unknown event", "no event"],
)
def test_what_could_never_be_told_is_refused(
    seller: Seller, body: dict[str, Any], pointer: str, code: str
) -> None:
    reply = hook(seller, "POST", "", body)

    assert (reply.status, reply.faults) == (422, {pointer: code})


def test_another_suppliers_webhook_is_not_found(seller: Seller, receiver: Receiver) -> None:
    webhook = registered(seller, receiver)
    other = Seller("south")

    for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/ping"), ("GET", "/deliveries")]:
        assert hook(other, method, f"/{webhook['webhook_id']}{path}").status == 404
        assert hook(seller, method, f"/{webhook['webhook_id']}{path}", token=other.token).status == 404
    assert call("GET", "/admin/webhooks", token=seller.token).status == 403
    assert receiver.headers_seen == []


def test_an_eleventh_webhook_is_refused_and_a_repeated_request_makes_one(
    seller: Seller, receiver: Receiver
) -> None:
    body, key = {"url": receiver.url, "events": ["offer.*"]}, {"Idempotency-Key": "one"}
    first = hook(seller, "POST", "", body, headers=key)
    assert hook(seller, "POST", "", body, headers=key).json == first.json
    for _ in range(9):
        assert hook(seller, "POST", "", body).status == 201

    assert hook(seller, "POST", "", body).code == "TOO_MANY_WEBHOOKS"


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
