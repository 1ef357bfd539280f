"""A run of orders through a fleet of hostile suppliers, and what its history says: `make history`.

Orders are placed over HTTP by many shoppers at once, some of them twice. When it is quiet, time passes for
what still waits, some times over; then orders, stock and the suppliers' own logs are held against each other.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import actors
from faults.checker import History, violations
from faults.fleet import HostileSupplier, a_fleet

from chalicelib import clock
from chalicelib.domain import acceptance
from examples.client import Client
from examples.reference_supplier import Marketplace, serving
from localaws.instance import PROJECT, Emulator, free_port
from localaws.marketplace import bring_up

Json = dict[str, Any]
Tell = Callable[[str], None]
SHOPPERS = 8
PRODUCTS = 6
OFFERS_EACH = 3
PLENTY, SCARCE = 5_000, 25
_TICK = {
    **dict.fromkeys(("version", "id", "account", "time", "region"), ""),
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "resources": [],
    "detail": {},
}
_TRICKLE = 5
"""Calls that are tried again come back one by one for a long time; time may pass meanwhile."""
TWICE = 0.05
"""The share of orders that a shopper sends twice at a time, under one key."""


@dataclass
class Fleet:
    """The suppliers and their offers by product, once all is on sale."""

    members: dict[str, actors.Supplier] = field(default_factory=dict)
    offers: list[Json] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)

    @property
    def servers(self) -> dict[str, HostileSupplier]:
        """By supplier id."""
        return {member.supplier_id: member.server for member in self.members.values()}


@dataclass
class Placed:
    """What shoppers were told: the token and the pieces by line of each acknowledged order."""

    tokens: dict[str, str] = field(default_factory=dict)
    pieces: dict[str, dict[str, int]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    unlike: list[str] = field(default_factory=list)


@contextmanager
def sailing(client: Client, *, only: Sequence[str] | None = None) -> Iterator[Fleet]:
    """The fleet, registered and with its offers on sale; `only` some of it."""
    made = {name: made for name, made in a_fleet().items() if only is None or name in only}
    fleet, gtins = Fleet(), [actors.a_gtin() for _ in range(PRODUCTS)]
    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        servers = {
            name: stack.enter_context(serving(HostileSupplier, name=name, **options))
            for name, options in made.items()
        }
        registered = pool.map(lambda name: _register(client, servers[name]), servers)
        fleet.members = dict(zip(servers, registered, strict=True))
        wanted = [
            (member, gtins[(place + step) % PRODUCTS], SCARCE if step == 0 and place % 5 == 0 else PLENTY)
            for place, member in enumerate(fleet.members.values())
            for step in range(OFFERS_EACH)
        ]
        for offer in pool.map(lambda each: each[0].offer(gtin=each[1], quantity=each[2]), wanted):
            assert offer["active"], offer
            fleet.offers.append(offer)
            fleet.received[offer["offer_id"]] = offer["quantity"]
        yield fleet


def _register(client: Client, server: HostileSupplier) -> actors.Supplier:
    member = actors.register(Client(client.base_url), server)
    member.until("OPEN")
    server.marketplace = Marketplace(client.base_url, member.supplier_id, member.api_key)
    return member


def place_orders(base_url: str, fleet: Fleet, count: int, tell: Tell, *, seed: int = 1) -> Placed:
    """Place so many orders, by several shoppers at a time."""
    placed, chance = Placed(), random.Random(seed)
    wanted = [_an_order(fleet, chance) for _ in range(count)]
    clients = [Client(base_url) for _ in range(SHOPPERS)]
    done = 0
    with ThreadPoolExecutor(SHOPPERS) as pool:
        jobs = [pool.submit(_place, clients, number, *each) for number, each in enumerate(wanted)]
        for job in jobs:
            _note(placed, job.result())
            done += 1
            if done % 100 == 0 or done == count:
                tell(f"{done} of {count} orders were answered: {dict(placed.answers)}")
    return placed


def _an_order(fleet: Fleet, chance: random.Random) -> tuple[Json, bool]:
    lines = [(offer, chance.randint(1, 3)) for offer in chance.sample(fleet.offers, chance.randint(1, 2))]
    return actors.an_order(*lines), chance.random() < TWICE


def _place(clients: Sequence[Client], number: int, body: Json, twice: bool) -> list[Any]:
    """Every answer that came; one that says later is not the last."""
    client, key = clients[number % SHOPPERS], uuid.uuid4().hex
    answers = []
    if twice:
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(actors.place, Client(client.base_url), body, key) for _ in range(2)]
            answers = [each.result() for each in both]
    while not answers or any(each.status_code in (429, 503) or _is_running(each) for each in answers[-1:]):
        time.sleep(0.3 if answers else 0)
        answers.append(actors.place(client, body, key))
    return answers


def _is_running(answer: Any) -> bool:
    return bool(answer.status_code == 409 and answer.json()["code"] == "IDEMPOTENCY_IN_PROGRESS")


def _note(placed: Placed, answers: Sequence[Any]) -> None:
    last = answers[-1]
    placed.answers[str(last.status_code) if last.ok else f"{last.status_code} {last.json()['code']}"] += 1
    orders = {each.json()["order"]["order_id"] for each in answers if each.status_code == 201}
    if len(orders) > 1:
        placed.unlike.append(f"one key made {sorted(orders)}")
    if last.status_code == 201:
        order = last.json()["order"]
        placed.tokens[order["order_id"]] = last.json()["order_token"]
        placed.pieces[order["order_id"]] = {line["line_id"]: line["quantity"] for line in order["lines"]}


def wait_until_quiet(
    emulator: Emulator, tell: Tell, *, patience_s: float, few: int = 0, calm_s: float = 4.0
) -> bool:
    """Wait until no message waits or is being handled, delayed ones apart, or only a `few`; whether that came
    in time."""
    sqs = emulator.client("sqs")
    urls = [url for url in sqs.list_queues(MaxResults=100).get("QueueUrls", []) if "dead-letters" not in url]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    deadline, calm_since, told_at = time.monotonic() + patience_s, time.monotonic(), time.monotonic()
    while time.monotonic() < deadline:
        found = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
        waiting = sum(int(each[name]) for each in found for name in names)
        if waiting > few:
            calm_since = time.monotonic()
        if time.monotonic() - calm_since > calm_s:
            return True
        if time.monotonic() - told_at > 10:
            told_at = time.monotonic()
            tell(f"{waiting} messages are on their way")
        time.sleep(0.5)
    return False


def read_records(order_ids: Sequence[str]) -> dict[str, Any]:
    from chalicelib.storage import orders

    with ThreadPoolExecutor(4) as pool:
        found = zip(order_ids, pool.map(orders.get, order_ids), strict=True)
        return {order_id: record for order_id, record in found if record is not None}


def let_time_pass(emulator: Emulator, order_ids: Sequence[str]) -> int:
    """Put every open attempt's deadline into the past and have the sweep look; gives how many there were."""
    from chalicelib.storage import supplier_orders
    from chalicelib.storage.errors import WriteRefused
    from chalicelib.storage.transaction import commit

    past, passed = clock.timestamp(clock.now() - timedelta(minutes=5)), 0
    for record in read_records(order_ids).values():
        for part in record.supplier_orders:
            if part.attempt.status not in acceptance.OPEN_ATTEMPT:
                continue
            try:
                commit(
                    supplier_orders.replacing(replace(part, accept_by=past), expected_version=part.version)
                )
            except WriteRefused:
                continue  # it was answered at this very moment
            passed += 1
    function = next(
        each["FunctionName"]
        for page in emulator.client("lambda").get_paginator("list_functions").paginate()
        for each in page["Functions"]
        if each["FunctionName"].endswith("-sweep_orders")
    )
    answer = emulator.client("lambda").invoke(FunctionName=function, Payload=json.dumps(_TICK))
    assert "FunctionError" not in answer, answer["Payload"].read()
    return passed


def use_storage_of(emulator: Emulator) -> None:
    """Have this process read the emulator's table, as the functions do."""
    functions = emulator.client("lambda").get_paginator("list_functions").paginate()
    variables = next(
        each["Environment"]["Variables"]
        for page in functions
        for each in page["Functions"]
        if each["FunctionName"].endswith("-on_dispatch")
    )
    os.environ |= {name: value for name, value in variables.items() if not name.startswith("AWS_")}
    os.environ |= {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def run(
    base_url: str,
    emulator: Emulator,
    count: int,
    tell: Tell,
    *,
    only: Sequence[str] | None = None,
    rounds: int = 4,
    patience_s: float = 900,
) -> Json:
    """Place `count` orders, wait, let time pass `rounds` times, and give the summary with every violation."""
    from chalicelib.storage import offer_terms

    client, started = Client(base_url), time.monotonic()
    with sailing(client, only=only) as fleet:
        tell(f"{len(fleet.members)} suppliers have {len(fleet.offers)} offers on sale")
        placing_since = time.monotonic()
        placed = place_orders(base_url, fleet, count, tell)
        placing_s = time.monotonic() - placing_since
        order_ids = list(placed.tokens)
        quiet, expired = [wait_until_quiet(emulator, tell, patience_s=patience_s, few=_TRICKLE)], []
        while len(expired) < rounds and 0 not in expired:
            expired.append(let_time_pass(emulator, order_ids))
            tell(f"time passed for {expired[-1]} attempts (round {len(expired)})")
            quiet.append(wait_until_quiet(emulator, tell, patience_s=patience_s, few=_TRICKLE))
        quiet.append(wait_until_quiet(emulator, tell, patience_s=patience_s))
        _speak_late(fleet)
        unreadable = _unreadable(client, placed)
        records = read_records(order_ids)
        history = History(
            placed.pieces,
            records,
            list(offer_terms.get_many(list(fleet.received)).values()),
            fleet.received,
            {supplier_id: server.log for supplier_id, server in fleet.servers.items()},
            clock.timestamp(),
        )
        found = [*placed.unlike, *unreadable, *violations(history)]
    attempts = Counter(part.attempt.status for record in records.values() for part in record.supplier_orders)
    return {
        "orders": count,
        "acknowledged": len(placed.tokens),
        "answers": dict(placed.answers),
        "line_ends": dict(history.ends),
        "attempts": dict(attempts),
        "calls": sum(sum(server.log.calls.values()) for server in fleet.servers.values()),
        "expired_by_round": expired,
        "became_quiet": all(quiet),
        "placing_seconds": round(placing_s, 1),
        "seconds": round(time.monotonic() - started, 1),
        "violations": found,
    }


def _speak_late(fleet: Fleet) -> None:
    """Those who promised answer now, when it is too late for most."""
    for server in fleet.servers.values():
        for attempt_id, supplier_order_id in server.promised.items():
            server.call_back(supplier_order_id, attempt_id)


def _unreadable(client: Client, placed: Placed) -> Iterator[str]:
    for order_id, token in placed.tokens.items():
        answer = client.send("GET", f"/orders/{order_id}", token=token)
        if answer.status_code != 200:
            yield f"{order_id} was acknowledged and is answered {answer.status_code}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="history", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=4, help="how often time passes for what still waits")
    parser.add_argument("--port", type=int, help="of the emulator; any free one by default")
    chosen = parser.parse_args()
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", file=sys.stderr, flush=True)

    home = Path(tempfile.mkdtemp(prefix="history-", dir=PROJECT / ".local"))
    emulator = Emulator(home, chosen.port or free_port())
    emulator.start()
    try:
        tell("the marketplace is coming up")
        endpoint = bring_up(emulator)
        use_storage_of(emulator)
        summary = run(endpoint["base_url"], emulator, chosen.orders, tell, rounds=chosen.rounds)
    finally:
        emulator.stop()
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(summary, indent=2))
    return 1 if summary["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
