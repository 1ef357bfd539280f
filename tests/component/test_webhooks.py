"""Webhooks: who is told what, what is told again, and how they are kept."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from api import call
from hooks import NOON, Receiver, answer, change, hook, listening_receiver, place, registered, work_off
from test_api_orders import Seller

from chalicelib import clock
from chalicelib.domain import signing
from chalicelib.domain.webhooks import MOST_TRIES
from chalicelib.storage.deliveries import DeliveryItem

pytestmark = pytest.mark.usefixtures("aws")

GUIDE = Path(__file__).parents[2] / "docs" / "webhooks.md"


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


@pytest.mark.parametrize("lines", ["order.line_accepted", "order.line_*"], ids=["by name", "by beginning"])
def test_a_channel_is_told_of_everything_it_asked_for(
    seller: Seller, receiver: Receiver, admin: str, lines: str
) -> None:
    body = {"url": receiver.url, "events": ["order.placed", lines]}
    assert call("POST", "/admin/webhooks", body, token=admin).status == 201

    placed: list[dict[str, Any]] = []
    change(lambda: placed.append(place(seller)))
    change(lambda: answer(seller, placed[0]))
    work_off()

    assert sorted(receiver.kinds) == ["order.line_accepted", "order.placed"]


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
