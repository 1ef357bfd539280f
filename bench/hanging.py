"""What a supplier that hangs costs the others: `python -m bench.hanging` sends orders to one that answers at
once, without and with as many to one that does not answer, and prints the medians as JSON.

The real dispatch runs in worker threads, which stand for Lambda's concurrency, against real sockets; AWS is
moto in this process. Orders come at a steady rate, those of the two suppliers in turn, since the threads
share a processor and Lambda's workers do not. Each is timed from when its message is there until the handler
is done with it. What is held and comes back later is not waited for.
"""

import json
import os
import queue
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import yaml
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from examples.reference_supplier import serving
from localaws.instance import PROJECT

Json = dict[str, Any]
WORKERS, ORDERS, APART = 12, 30, 0.3
"""Threads, orders of each supplier, seconds from one to the next."""

_TABLE = "marketplace-bench"
_ENVIRONMENT = {
    "STAGE": "bench",
    "TABLE_NAME": _TABLE,
    "EVENT_BUS_NAME": _TABLE,
    "MASTER_SECRET_ID": _TABLE,
    "ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
    "LOG_LEVEL": "ERROR",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
}


def measured() -> Json:
    """Medians in milliseconds of the supplier that answers, and how many calls hung at most."""
    with _aws(), serving() as good, _hanging() as (url, hung):
        slow, sent = _orders(url, ORDERS), _orders(good.order_api["url"], 2 * ORDERS, good)
        alone = _run(sent[:ORDERS], [])
        beside = _run(sent[ORDERS:], slow)
        return {"alone": alone, "beside": beside, "ratio": beside / alone, "hung_at_once": max(hung)}


def _run(sent: list[Json], slow: list[Json]) -> float:
    messages: queue.Queue[tuple[float, Json, bool] | None] = queue.Queue()
    times: list[float] = []
    workers = [threading.Thread(target=_work, args=(messages, times)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for number, message in enumerate(sent):
        messages.put((time.perf_counter(), message, True))
        time.sleep(APART / 2)
        if slow:
            messages.put((time.perf_counter(), slow[number], False))
        time.sleep(APART / 2)
    for _ in workers:
        messages.put(None)
    for worker in workers:
        worker.join()
    assert len(times) == ORDERS
    return statistics.median(times) * 1000


def _work(messages: "queue.Queue[tuple[float, Json, bool] | None]", times: list[float]) -> None:
    from chalicelib.services import dispatch

    while (taken := messages.get()) is not None:
        at, message, is_timed = taken
        dispatch.dispatch(message)
        if is_timed:
            times.append(time.perf_counter() - at)


def _orders(url: str, how_many: int, server: Any = None) -> list[Json]:
    """Orders of a new supplier at `url`, as the messages that have them dispatched."""
    from chalicelib import clock, ids
    from chalicelib.clients.secrets import master_secret
    from chalicelib.domain import credentials
    from chalicelib.domain.money import Money
    from chalicelib.domain.offer import Terms
    from chalicelib.domain.supplier import Supplier
    from chalicelib.services import order_messages, place_order
    from chalicelib.storage import offer_terms, supplier_orders, suppliers
    from chalicelib.storage.transaction import commit

    now, supplier_id = clock.timestamp(), ids.new_id("sup")
    profile = {"display_name": "Bench", "order_api": {"url": url}}
    supplier = Supplier(supplier_id, profile, status="OPEN", created_at=now, updated_at=now)
    offer_id, price = ids.offer_id(supplier_id, "A"), Money(500, "EUR")
    terms = Terms(
        offer_id,
        supplier_id,
        "A",
        product_id="prd_bench",
        title="Tea",
        price=price,
        available=10 * ORDERS,
        stock_as_of=now,
        created_at=now,
        updated_at=now,
    )
    commit(suppliers.adding(supplier), offer_terms.adding(terms))
    if server is not None:
        server.signing_secret = credentials.signing_secret(master_secret(), supplier_id, 1)
    line = {"offer_id": offer_id, "quantity": 1, "expected_price": price.as_json()}
    body = {
        "currency": "EUR",
        "lines": [line],
        "ship_to": {},
        "contact": {},
        "payment": {"reference": "bench", "authorized_amount": price.as_json()},
    }
    found = []
    for number in range(how_many):
        placed = place_order.place(body, idempotency_key=f"{supplier_id}-{number}").answer["order"]
        part = supplier_orders.get(placed["supplier_orders"][0]["supplier_order_id"])
        assert part is not None
        found.append(order_messages.to_dispatch(part))
    return found


@contextmanager
def _hanging() -> Iterator[tuple[str, list[int]]]:
    """A server that takes every call and answers none, and how many hung each time that one came."""
    open_now: set[int] = set()
    hung = [0]

    def hang(connection: socket.socket) -> None:
        open_now.add(id(connection))
        hung.append(len(open_now))
        with connection:
            while connection.recv(65536):  # until the caller has had enough
                pass
        open_now.discard(id(connection))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=hang, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", hung


@contextmanager
def _aws() -> Iterator[None]:
    resources = yaml.safe_load((PROJECT / ".chalice" / "resources.yaml").read_text())["Resources"]
    table = resources["Table"]["Properties"]
    used = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    lock, answer = threading.Lock(), DynamoHandler.call_action

    def one_at_a_time(handler: DynamoHandler) -> Any:
        with lock:  # DynamoDB's operations are atomic; moto's run into each other
            return answer(handler)

    os.environ |= _ENVIRONMENT
    os.environ.pop("AWS_ENDPOINT_URL", None)  # of the emulator that other figures are measured on
    with mock_aws():
        DynamoHandler.call_action = one_at_a_time
        boto3.client("dynamodb").create_table(TableName=_TABLE, **{name: table[name] for name in used})
        os.environ["DISPATCH_QUEUE_URL"] = boto3.client("sqs").create_queue(QueueName=_TABLE)["QueueUrl"]
        boto3.client("secretsmanager").create_secret(Name=_TABLE, SecretString="b" * 64)
        yield
        DynamoHandler.call_action = answer


def main() -> None:
    print(json.dumps(measured()))


if __name__ == "__main__":
    main()
