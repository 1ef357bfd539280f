"""A receiver of webhooks, and what there is to tell it of."""

import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from api import Reply, call
from marketplace import a_line, an_order_body
from stream import records_of
from test_api_orders import Seller

from chalicelib.clients import queues
from chalicelib.events import queues as workers
from chalicelib.events import stream

_SEQUENCE = count(1)
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


@contextmanager
def listening_receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
