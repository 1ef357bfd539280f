"""Suppliers' inventory APIs are polled: real sockets, real answers, lies among them."""

import json
import os
import time
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from marketplace import a_supplier, an_offer, stock_of
from raw_server import raw_server, saying

from chalicelib import clock, ids
from chalicelib.clients import queues
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials, signing
from chalicelib.domain.offer import Offer
from chalicelib.services import poll_inventory
from chalicelib.storage import offer_terms, offers, suppliers
from chalicelib.storage.transaction import commit
from examples.reference_supplier import serving

pytestmark = pytest.mark.usefixtures("aws", "serialised")

PAST, FUTURE = "2026-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"


def polled(url: str | None, *, status: str = "OPEN", skus: str = "") -> str:
    """Id of a supplier whose inventory API is there, with accepted offers of ten pieces each."""
    supplier_id = a_supplier(status=status)
    if url is not None:
        supplier = suppliers.get(supplier_id)
        assert supplier
        profile = {**supplier.profile, "inventory_api": {"url": url}}
        commit(suppliers.replacing(replace(supplier, profile=profile), expected_version=1))
    for sku in skus:
        listed(supplier_id, sku)
    return supplier_id


def listed(supplier_id: str, sku: str, **fields: Any) -> None:
    offer_id = an_offer(supplier_id, sku, stock_as_of=PAST)
    stamps = {"created_at": PAST, "updated_at": PAST}
    offer = Offer(offer_id, supplier_id, sku, {}, **{"acceptance": "ACCEPTED", **stamps, **fields})
    commit(offers.adding(offer))


def stock(supplier_id: str, sku: str) -> int:
    return stock_of(ids.offer_id(supplier_id, sku))[0]


def taken() -> list[dict[str, Any]]:
    """The messages on the queue, which are then on it no more."""
    url = os.environ["INVENTORY_QUEUE_URL"]
    found = queues.receive(url, limit=100, visibility_seconds=30)
    for each in found:
        queues.delete(url, each)
    return [json.loads(each.body) for each in found]


def telling(*items: Any) -> bytes:
    body = json.dumps({"items": items})
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def test_the_schedule_calls_for_every_open_supplier_with_an_inventory_api_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(poll_inventory, "_PAGE", 2)
    wanted = [polled("https://a.example/") for _ in range(3)]
    polled(None)
    polled("https://b.example/", status="SUSPENDED")

    assert poll_inventory.call_for() == 3
    assert sorted(message["supplier_id"] for message in taken()) == sorted(wanted)


def test_what_the_supplier_says_is_its_stock_and_the_call_is_signed() -> None:
    with serving() as server:
        supplier_id = polled(server.inventory_api["url"], skus="AB")
        server.book.stock = {"A": 3, "C": 5}
        poll_inventory.poll({"supplier_id": supplier_id})

    assert (stock(supplier_id, "A"), stock(supplier_id, "B")) == (3, 10)


def test_the_call_is_signed_and_names_the_skus() -> None:
    with raw_server(saying(telling())) as server:
        supplier_id = polled(server.url + "stock?shop=7", skus="AB")
        listed(supplier_id, "Ünit 1&2")
        poll_inventory.poll({"supplier_id": supplier_id})

    head = server.requests[0].decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    headers["webhook-signature"] = next(
        line.split(": ", 1)[1] for line in head if line.lower().startswith("webhook-signature")
    )
    secret = credentials.signing_secret(master_secret(), supplier_id, 1)
    assert signing.verify(secret=secret, headers=headers, body=b"", now=int(time.time()))
    query = parse_qs(urlsplit(head[0].split(" ")[1]).query)
    assert query == {"shop": ["7"], "skus": ["A,B,Ünit 1&2"]}


LIES = {
    "A": [{"quantity": -1}],
    "B": [{"quantity": "7"}],
    "C": [{"quantity": True}],
    "D": [{"quantity": 10**12}],
    "E": [{"quantity": 7, "as_of": "2025-12-31T00:00:00Z"}],
    "F": [{"quantity": 7, "as_of": FUTURE}],
    "G": [{"quantity": 7, "as_of": "yesterday"}],
    "H": [{"quantity": 7}, {"quantity": 8}],
    "I": [{}],
}


def test_a_lie_is_ignored_and_what_stands_beside_it_counts() -> None:
    lies = [{"sku": sku, **said} for sku, items in LIES.items() for said in items]
    more = ["J", None, {"quantity": 7}, {"sku": ["J"], "quantity": 7}, {"sku": "X", "quantity": 1}]
    with raw_server(saying(telling(*lies, *more, {"sku": "J", "quantity": 4}))) as server:
        supplier_id = polled(server.url, skus="ABCDEFGHIJ")
        poll_inventory.poll({"supplier_id": supplier_id})

    assert [stock(supplier_id, sku) for sku in LIES] == [10] * len(LIES)
    assert stock(supplier_id, "J") == 4
    assert offer_terms.get_many([ids.offer_id(supplier_id, "X")]) == {}


def test_a_supplier_that_does_not_answer_well_keeps_its_stock() -> None:
    for answer in (
        b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"items":1}',
        b"nonsense\r\n\r\n",
    ):
        with raw_server(saying(answer)) as server:
            supplier_id = polled(server.url, skus="A")
            poll_inventory.poll({"supplier_id": supplier_id})

        assert stock(supplier_id, "A") == 10


def test_a_supplier_that_stopped_to_sell_is_not_asked() -> None:
    with serving() as server:
        supplier_id = polled(server.inventory_api["url"], status="SUSPENDED", skus="A")
        server.book.stock = {"A": 3}
        poll_inventory.poll({"supplier_id": supplier_id})

    assert stock(supplier_id, "A") == 10


def test_a_long_list_goes_on_in_another_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_inventory, "_PAGE", 2)
    monkeypatch.setattr(poll_inventory, "_SECONDS", 0.0)
    with serving() as server:
        supplier_id = polled(server.inventory_api["url"], skus="ABCDE")
        server.book.stock = dict.fromkeys("ABCDE", 1)
        polls, messages = 0, [{"supplier_id": supplier_id}]
        while messages:
            polls += 1
            poll_inventory.poll(messages[0])
            messages = taken()

    assert polls == 3
    assert [stock(supplier_id, sku) for sku in "ABCDE"] == [1] * 5


def test_offers_that_are_withdrawn_or_not_accepted_are_left_alone() -> None:
    with serving() as server:
        supplier_id = polled(server.inventory_api["url"], skus="A")
        listed(supplier_id, "B", acceptance="TO_REVIEW")
        server.book.stock = {"A": 1, "B": 1}
        poll_inventory.poll({"supplier_id": supplier_id})

    assert (stock(supplier_id, "A"), stock(supplier_id, "B")) == (1, 10)


def test_polling_again_with_the_same_answer_writes_nothing() -> None:
    as_of = clock.timestamp()
    with raw_server(saying(telling({"sku": "A", "quantity": 3, "as_of": as_of}))) as server:
        supplier_id = polled(server.url, skus="A")
        poll_inventory.poll({"supplier_id": supplier_id})
        before = offer_terms.get_many([ids.offer_id(supplier_id, "A")])
        poll_inventory.poll({"supplier_id": supplier_id})

    assert offer_terms.get_many([ids.offer_id(supplier_id, "A")]) == before
