"""The supplier's side of the contract says what is really sent, and what is made of the answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import supplier_document
from marketplace import SHIP_TO, a_line, a_supplier, an_offer, place
from openapi_spec_validator import validate
from raw_server import raw_server, saying
from supplier_document import CANCELLATION, DOCUMENT, INVENTORY, ORDERS, STATUS

from chalicelib.clients import inventory_api, supplier_api, trial_orders
from chalicelib.clients.guarded import MAX_ANSWER_BYTES, Rules
from chalicelib.clients.secrets import master_secret
from chalicelib.clients.supplier_api import Answered, AnswerLater, Gone, NeverSeen, TryAgain
from chalicelib.clients.trial_orders import Target
from chalicelib.domain import acceptance, credentials, notices, signing
from chalicelib.services import dispatch
from examples.reference_supplier import OrderBook, ReferenceSupplier, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RULES = Rules(allowed_private_hosts={"127.0.0.1"})
MEANINGS = {
    "DECIDED": Answered,
    "REJECTED": Answered,
    "LATER": AnswerLater,
    "NEVER_SEEN": NeverSeen,
    "GONE": Gone,
    "TRY_AGAIN": TryAgain,
}
SCENARIOS = DOCUMENT["components"]["schemas"]["Scenario"]["enum"]
NOT_NAMED = {"5XX": 503, "default": 307}
"""A status to stand for those that have no entry of their own."""


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving(book=OrderBook(rejected_skus={"B"}, stock={"A": 3})) as supplier:
        yield supplier


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


@pytest.mark.usefixtures("aws")
def test_an_order_as_it_is_dispatched_and_answered_is_the_documents(server: ReferenceSupplier) -> None:
    supplier_id = a_supplier(order_api=server.order_api)
    server.signing_secret = credentials.signing_secret(master_secret(), supplier_id, 1)
    lines = [a_line(an_offer(supplier_id, sku, **more)) for sku, more in (("A", {}), ("B", {"gtin": None}))]
    ship_to = {**SHIP_TO, "address": {**SHIP_TO["address"], "line2": "2nd floor", "region": "VOV"}}  # type: ignore[dict-item]
    part = place(*lines, ship_to=ship_to).answer["order"]["supplier_orders"][0]
    attempt_id = part["supplier_order_id"].replace("so_", "att_")

    dispatch.dispatch(
        {
            "supplier_order_id": part["supplier_order_id"],
            "attempt_id": attempt_id,
            "supplier_id": supplier_id,
        }
    )

    message = server.book.messages[0]
    supplier_document.check_call(ORDERS, "post", message["headers"])
    supplier_document.check("OrderPlaced", message["body"])
    assert message["headers"]["webhook-id"] == message["body"]["data"]["attempt_id"] == attempt_id
    supplier_document.check_answer(ORDERS, "post", 200, server.book.answers[attempt_id])


def test_trial_orders_and_their_answers_are_the_documents(server: ReferenceSupplier) -> None:
    server.signing_secret = SECRET
    for scenario in SCENARIOS:
        trial_orders.place(Target(server.order_api, SECRET, RULES), trial_orders.new_order(scenario, 2, 3))

    for message in server.book.messages:
        supplier_document.check_call(ORDERS, "post", message["headers"])
        supplier_document.check("TestOrder", message["body"])
    for answer in server.trials.answers.values():
        supplier_document.check_answer(ORDERS, "post", 200, answer)
    assert len(server.book.messages) == len(SCENARIOS)


def test_a_cancellation_and_its_answer_are_the_documents(server: ReferenceSupplier) -> None:
    order = trial_orders.new_order()
    server.take(trial_orders.message(order))

    request = trial_orders.cancellation(order)
    supplier_document.check("CancellationRequested", request)
    answered = server.cancel(order.attempt_id, "can_1", request)
    supplier_document.check_answer(CANCELLATION, "post", *answered)


@pytest.mark.parametrize("status", supplier_document.responses(ORDERS, "post"))
def test_an_answer_to_an_order_means_what_the_document_says(status: str) -> None:
    means = supplier_document.responses(ORDERS, "post")[status]["x-means"]
    with answering(status) as url:
        outcome = supplier_api.place({"url": url}, secret=SECRET, attempt_id="att_1", data={}, rules=RULES)

    assert isinstance(outcome, MEANINGS[means])
    if isinstance(outcome, Answered):
        assert outcome.answer.status == ("REJECTED" if means == "REJECTED" else "BACKORDERED")


@pytest.mark.parametrize("status", supplier_document.responses(STATUS, "get"))
def test_an_answer_to_a_status_call_means_what_the_document_says(status: str) -> None:
    means = supplier_document.responses(STATUS, "get")[status]["x-means"]
    with answering(status) as url:
        outcome = supplier_api.status({"status_url": url}, secret=SECRET, attempt_id="att_1", rules=RULES)

    assert isinstance(outcome, MEANINGS[means])


@contextmanager
def answering(status: str) -> Iterator[str]:
    """The URL of a server that says BACKORDERED under this status to everything."""
    number, body = NOT_NAMED.get(status) or int(status), json.dumps({"status": "BACKORDERED"})
    raw = f"HTTP/1.1 {number} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    with raw_server(saying(raw)) as listener:
        yield listener.url


def test_an_inventory_call_is_the_documents(server: ReferenceSupplier) -> None:
    server.signing_secret = SECRET
    raw = b'HTTP/1.1 200 X\r\nContent-Length: 12\r\n\r\n{"items":[]}'
    with raw_server(saying(raw)) as listener:
        inventory_api.ask({"url": listener.url}, ["A", "a b/c"], secret=SECRET, rules=RULES)
    head, *lines = listener.requests[0].decode().strip().split("\r\n")

    assert head == "GET /?skus=A,a%20b%2Fc HTTP/1.1"
    supplier_document.check_call(INVENTORY, "get", dict(line.split(": ", 1) for line in lines))
    supplier_document.check("Inventory", server.book.inventory(["A", "Z"], "2026-01-31T09:30:00.000Z"))


def test_the_document_knows_the_same_words_and_limits() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    assert set(schemas["Code"]["enum"]) == acceptance.CODES
    assert set(schemas["Answer"]["properties"]["status"]["enum"]) == acceptance.STATUSES
    assert set(schemas["CancellationAnswer"]["properties"]["status"]["enum"]) == notices.STATUSES
    assert f"at most {MAX_ANSWER_BYTES // 1024} KB" in " ".join(DOCUMENT["info"]["description"].split())
    signature = DOCUMENT["components"]["securitySchemes"]["standardWebhook"]["description"]
    assert f"{signing.TOLERANCE_SECONDS} seconds" in signature
    rules = Rules(allowed_private_hosts=())
    for seconds in (rules.connect_seconds, rules.read_seconds):
        assert f"{seconds:.0f} seconds" in DOCUMENT["info"]["description"]
