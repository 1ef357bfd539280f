"""An order to cancel, and the desk where its suppliers are told over real sockets."""

import json
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from api import Reply, call
from conftest import taken
from marketplace import a_line, an_order_body, stock_of
from raw_server import RawServer, raw_server
from stream import records_of
from test_api_orders import Seller

from chalicelib.services import (
    dispatch,
    order_messages,
    react_to_changes,
    settlements,
    tell_supplier,
)
from chalicelib.storage import order_reads, supplier_orders, suppliers
from chalicelib.storage.transaction import commit

START = "2026-11-23T09:00:00Z"
LET_GO, KEPT = {"status": "CANCELLATION_ACCEPTED"}, {"status": "CANCELLATION_REJECTED"}


class Desk:
    """Where suppliers are told what is not to be shipped: it says what stands in `answers`, then 202."""

    def __init__(self) -> None:
        self.answers: deque[tuple[int, dict[str, Any]]] = deque()
        self.server: RawServer

    def say(self, connection: Any) -> None:
        status, body = self.answers.popleft() if self.answers else (202, {})
        text = json.dumps(body)
        connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in self.server.requests]

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [body["data"] for body in self.bodies]

    @property
    def headers(self) -> list[dict[str, str]]:
        heads = [request.partition(b"\r\n\r\n")[0].decode() for request in self.server.requests]
        return [dict(line.split(": ", 1) for line in head.split("\r\n")[1:]) for head in heads]

    @property
    def message_ids(self) -> list[str]:
        return [headers["webhook-id"] for headers in self.headers]


class Sale:
    """Three teas at one supplier, one pot at another."""

    def __init__(self, desk: Desk, *, cancellation_url: bool = True) -> None:
        self.seller, self.other = Seller("north"), Seller("south")
        url = {"cancellation_url": desk.server.url + "{attempt_id}"} if cancellation_url else {}
        for each in (self.seller, self.other):
            _give_order_api(each.supplier_id, {"url": desk.server.url + "orders", **url})
        body = an_order_body(a_line(self.seller.offer_id, 3), a_line(self.other.offer_id, 1))
        placed = call("POST", "/orders", body, headers={"Idempotency-Key": "k"}).json
        self.order_id, self.token = placed["order"]["order_id"], placed["order_token"]
        self.tea, self.pot = (line["line_id"] for line in placed["order"]["lines"])
        self.part_id, self.other_part = (line["supplier_order_id"] for line in placed["order"]["lines"])

    def cancel(self, *lines: tuple[str, int | None], key: str | None = None, **body: Any) -> Reply:
        said = [{"line_id": line, **({"quantity": n} if n else {})} for line, n in lines]
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/orders/{self.order_id}/cancellation"
        return call(
            "POST", path, {**({"lines": said} if said else {}), **body}, token=self.token, headers=headers
        )

    def send(self) -> None:
        """The supplier is sent its order, and has not answered."""
        dispatch.dispatch(order_messages.to_dispatch(self.part))
        assert self.part.attempt.status == "SENT"

    def accept(self, quantity: int = 3) -> Reply:
        line = {"line_id": self.tea, "code": "ACCEPTED", "quantity": quantity}
        body = {"attempt_id": self.part_id.replace("so_", "att_"), "lines": [line]}
        return self.seller.send("POST", f"/{self.part_id}/acceptance", body)

    def ship(self, quantity: int) -> Reply:
        body = {"carrier": "Post", "lines": [{"line_id": self.tea, "quantity": quantity}]}
        return self.seller.send("POST", f"/{self.part_id}/shipments", body)

    def answer(self, status: str = "ACCEPTED", lines: list[dict[str, Any]] | None = None) -> Reply:
        body = {"status": f"CANCELLATION_{status}", **({} if lines is None else {"lines": lines})}
        return self.seller.send("POST", f"/{self.part_id}/cancellation-answer", body)

    def tell(self) -> None:
        tell_supplier.tell(order_messages.to_tell(self.part))

    def give_up(self) -> None:
        part = order_reads.get_part(self.part_id)
        assert part is not None
        settlements.give_up(part, status="EXPIRED", reason="NO_ANSWER")

    @property
    def part(self) -> Any:
        return supplier_orders.get(self.part_id)

    @property
    def seen(self) -> Any:
        return call("GET", f"/orders/{self.order_id}", token=self.token).json

    @property
    def tea_line(self) -> tuple[str, int, int, int]:
        """Status; accepted, canceled, asked for."""
        line = self.seen["lines"][0]
        return (
            line["status"],
            line["accepted_quantity"],
            line.get("canceled_quantity", 0),
            line.get("cancel_requested_quantity", 0),
        )

    @property
    def attempt(self) -> tuple[str, str | None]:
        return self.part.attempt.status, self.part.attempt.notice

    @property
    def stock(self) -> tuple[int, int, int]:
        return stock_of(self.seller.offer_id)


def _give_order_api(supplier_id: str, order_api: dict[str, str]) -> None:
    supplier = suppliers.get(supplier_id)
    assert supplier is not None
    profile = {**supplier.profile, "order_api": order_api}
    commit(suppliers.replacing(replace(supplier, profile=profile), expected_version=supplier.version))


def messages() -> list[dict[str, Any]]:
    return [json.loads(body) for body in taken(os.environ["DISPATCH_QUEUE_URL"])]


def react(work: Any) -> list[dict[str, Any]]:
    """What the stream puts on the dispatch queue for what `work` changes, told of twice."""
    messages()
    records = records_of(work)
    react_to_changes.react(records)
    found = messages()
    react_to_changes.react(records)
    assert messages() == found
    return found


@contextmanager
def a_desk() -> Iterator[Desk]:
    desk = Desk()
    with raw_server(desk.say) as server:
        desk.server = server
        yield desk
