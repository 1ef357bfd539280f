"""One supplier that hangs, fails or is gone costs the others nothing, and itself no order."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from marketplace import a_line, a_supplier, an_offer, place
from raw_server import raw_server
from test_dispatch import waiting_messages

from chalicelib import clock
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.circuit import FAILURES, LEASE, SHORTEST_PAUSE
from chalicelib.services import dispatch, endpoint_calls
from chalicelib.storage import endpoints, supplier_orders, suppliers
from chalicelib.storage.transaction import commit
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


class Seller:
    """A supplier with orders to be sent to it."""

    def __init__(self, order_api: dict[str, str], *, orders: int) -> None:
        self.supplier_id = a_supplier(order_api=order_api)
        offer_id = an_offer(self.supplier_id, stock=1000)
        placed = [place(a_line(offer_id), key=f"{offer_id}-{n}").answer["order"] for n in range(orders)]
        self.parts = [order["supplier_orders"][0]["supplier_order_id"] for order in placed]

    @classmethod
    def of(cls, server: ReferenceSupplier, *, orders: int) -> "Seller":
        seller = cls({"url": server.order_api["url"]}, orders=orders)
        server.signing_secret = credentials.signing_secret(master_secret(), seller.supplier_id, 1)
        return seller

    def message(self, number: int) -> dict[str, Any]:
        part_id = self.parts[number]
        attempt_id = part_id.replace("so_", "att_")
        return {"supplier_order_id": part_id, "attempt_id": attempt_id, "supplier_id": self.supplier_id}

    def dispatch(self, number: int) -> tuple[str, str | None]:
        """Dispatch one of the orders; gives the attempt's status and reason after it."""
        dispatch.dispatch(self.message(number))
        return self.attempt(number)

    def attempt(self, number: int) -> tuple[str, str | None]:
        part = supplier_orders.get(self.parts[number])
        assert part is not None
        return part.attempt.status, part.attempt.reason

    def break_down(self, server: ReferenceSupplier) -> None:
        server.book.faults.extend([503] * FAILURES)
        assert [self.dispatch(number)[0] for number in range(FAILURES)] == ["SENT"] * FAILURES


@pytest.mark.usefixtures("serialised")
def test_a_supplier_that_hangs_occupies_its_places_and_no_other_worker(server: ReferenceSupplier) -> None:
    release = threading.Event()

    def hang(connection: socket.socket) -> None:
        release.wait(30)

    with raw_server(hang) as hanging, ThreadPoolExecutor(12) as workers:
        bad = Seller({"url": hanging.url}, orders=20)
        good = Seller.of(server, orders=5)
        hung = [workers.submit(bad.dispatch, number) for number in range(20)]
        while sum(each.done() for each in hung) < 15:
            time.sleep(0.01)
        sent = list(workers.map(good.dispatch, range(5)))
        calls = len(hanging.requests)
        release.set()

    assert sent == [("ACCEPTED", None)] * 5
    assert calls == 5
    assert sorted(each.result()[0] for each in hung) == ["PLANNED"] * 15 + ["SENT"] * 5


def test_after_five_failures_nothing_is_sent_until_one_order_has_probed(
    server: ReferenceSupplier, travel: time_machine.Traveller
) -> None:
    seller = Seller.of(server, orders=8)
    seller.break_down(server)

    assert seller.dispatch(5) == ("PLANNED", None)
    assert len(server.book.messages) == FAILURES
    travel.shift(SHORTEST_PAUSE)
    server.book.faults.append(503)
    assert seller.dispatch(5) == ("SENT", "HTTP_503")
    assert seller.dispatch(6) == ("PLANNED", None)
    travel.shift(SHORTEST_PAUSE)
    assert seller.dispatch(6) == ("ACCEPTED", None)
    assert seller.dispatch(7) == ("ACCEPTED", None)


def test_an_order_that_waits_for_a_broken_supplier_is_given_up_when_its_time_is_over(
    server: ReferenceSupplier, travel: time_machine.Traveller
) -> None:
    seller = Seller.of(server, orders=FAILURES)
    seller.break_down(server)
    part = supplier_orders.get(seller.parts[0])
    assert part is not None
    soon = replace(part, accept_by=clock.timestamp(clock.now() + timedelta(seconds=1)))
    commit(supplier_orders.replacing(soon, expected_version=part.version))
    travel.shift(2)

    assert seller.dispatch(0) == ("UNREACHABLE", "HTTP_503")
    assert len(server.book.messages) == FAILURES


def test_an_endpoint_that_is_gone_ends_what_was_sent_to_it_and_is_called_no_more(
    server: ReferenceSupplier,
) -> None:
    seller = Seller.of(server, orders=3)
    server.book.faults.append(410)

    assert seller.dispatch(0) == ("UNREACHABLE", "ENDPOINT_GONE")
    assert seller.dispatch(1) == ("UNREACHABLE", "ENDPOINT_GONE")
    assert len(server.book.messages) == 1
    assert waiting_messages() == []
    assert endpoints.get(seller.supplier_id)[1].reason == "ENDPOINT_GONE"

    supplier = suppliers.get(seller.supplier_id)
    assert supplier is not None
    moved = {"order_api": {"url": server.order_api["url"] + "?moved"}}
    commit(suppliers.replacing(replace(supplier, profile={**supplier.profile, **moved}), expected_version=1))
    assert seller.dispatch(2) == ("ACCEPTED", None)


def test_a_worker_that_dies_with_a_place_costs_no_order_and_the_place_comes_back(
    server: ReferenceSupplier, travel: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLIER_CALLS_AT_ONCE", "1")
    seller = Seller.of(server, orders=1)
    endpoint, health = endpoints.get(seller.supplier_id)
    endpoint_calls.take(endpoint, health, url=server.order_api["url"])

    assert seller.dispatch(0) == ("PLANNED", None)
    assert len(waiting_messages()) == 1
    travel.shift(LEASE)
    assert seller.dispatch(0) == ("ACCEPTED", None)
