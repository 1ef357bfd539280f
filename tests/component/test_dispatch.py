import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
import time_machine
from marketplace import a_line, a_supplier, an_offer, place, stock_of

from chalicelib import clock, telemetry
from chalicelib.clients import queues
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import acceptance, credentials
from chalicelib.domain.acceptance import Answer
from chalicelib.services import dispatch, read_order, reallocate_order, settlements
from chalicelib.services.dispatch import UnknownSupplierOrder
from chalicelib.storage import order_reads, supplier_orders, suppliers
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


class Ordered:
    """An order of three pieces from one supplier that listens."""

    def __init__(self, server: ReferenceSupplier, *, stock: int = 10, **order_api: Any) -> None:
        self.supplier_id = a_supplier(order_api={**server.order_api, **order_api})
        server.signing_secret = credentials.signing_secret(master_secret(), self.supplier_id, 1)
        self.offer_id = an_offer(self.supplier_id, stock=stock)
        telemetry.bind("cor-shopper")
        self.order = place(a_line(self.offer_id, 3)).answer["order"]
        self.part_id = self.order["supplier_orders"][0]["supplier_order_id"]

    @property
    def message(self) -> dict[str, Any]:
        return {
            "supplier_order_id": self.part_id,
            "attempt_id": self.part_id.replace("so_", "att_"),
            "supplier_id": self.supplier_id,
            "offer_ids": [self.offer_id],
            "correlation_id": "cor-shopper",
        }

    @property
    def attempt(self) -> dict[str, Any]:
        return dict(read_order.read_order(self.order["order_id"], is_admin=True)["attempts"][0])

    @property
    def outcome(self) -> tuple[str, str, tuple[int, int, int]]:
        """Of the attempt, of the line, of the stock."""
        order = read_order.read_order(self.order["order_id"], is_admin=True)
        return order["attempts"][0]["status"], order["lines"][0]["status"], stock_of(self.offer_id)

    def end(self) -> None:
        """Dispatch it for the last time, and look for another supplier as the stream has it done."""
        dispatch.dispatch(self.message)
        reallocate_order.reallocate(self.order["order_id"])

    def change(self, **fields: Any) -> None:
        part = supplier_orders.get(self.part_id)
        assert part is not None
        commit(supplier_orders.replacing(replace(part, **fields), expected_version=part.version))


ACCEPTED = ("ACCEPTED", "SHIPPING", (7, 0, 3))
REFUSED = ("REFUSED", (10, 0, 0))


def waiting_messages() -> list[dict[str, Any]]:
    """What is on the dispatch queue, delayed or not."""
    queue = boto3.client("sqs").get_queue_attributes(
        QueueUrl=os.environ["DISPATCH_QUEUE_URL"], AttributeNames=["All"]
    )["Attributes"]
    delayed = int(queue["ApproximateNumberOfMessagesDelayed"])
    found = queues.receive(os.environ["DISPATCH_QUEUE_URL"], limit=10, visibility_seconds=0)
    return [json.loads(each.body) for each in found] + [{}] * delayed


def test_an_accepted_order_moves_to_shipping_and_its_stock_is_sold(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)

    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    message = server.book.messages[0]
    assert message["headers"]["X-Correlation-Id"] == "cor-shopper"
    assert message["headers"]["webhook-id"] == ordered.message["attempt_id"]
    data = message["body"]["data"]
    assert data["ship_to"]["address"]["line1"] == "1 Quiet Lane"
    assert [(line["sku"], line["quantity"], line["line_total"]["amount"]) for line in data["lines"]] == [
        ("A", 3, "15.00")
    ]
    assert ordered.attempt["tries"] == 1
    assert waiting_messages() == []


def test_the_time_to_answer_begins_when_the_supplier_is_asked(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)
    supplier = suppliers.get(ordered.supplier_id)
    assert supplier is not None
    profile = {**supplier.profile, "accept_within_hours": 2}
    commit(suppliers.replacing(replace(supplier, profile=profile), expected_version=1))
    server.book.answers_later = True

    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        dispatch.dispatch(ordered.message)
        asked_at = clock.now()
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        dispatch.dispatch(ordered.message)

    part = supplier_orders.get(ordered.part_id)
    assert part is not None
    assert clock.parse(part.accept_by) == asked_at + timedelta(hours=2)
    assert server.book.messages[0]["body"]["data"]["accept_by"] == part.accept_by


def test_a_message_that_comes_twice_sends_the_order_once(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)

    dispatch.dispatch(ordered.message)
    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    assert len(server.book.messages) == 1


def test_a_rejecting_supplier_ends_the_line_refused_with_its_stock_back(server: ReferenceSupplier) -> None:
    server.book.rejected_skus = {"A"}
    ordered = Ordered(server)

    ordered.end()

    assert ordered.outcome == ("REJECTED", *REFUSED)
    line = read_order.read_order(ordered.order["order_id"], is_admin=False)["lines"][0]
    assert line["acceptance_code"] == "OUT_OF_STOCK"


@pytest.mark.parametrize("status", ["SUSPENDED", "TERMINATED"])
def test_a_supplier_that_is_no_longer_open_is_not_sent_anything(
    server: ReferenceSupplier, status: str
) -> None:
    ordered = Ordered(server)
    supplier = suppliers.get(ordered.supplier_id)
    assert supplier is not None
    commit(suppliers.replacing(replace(supplier, status=status), expected_version=1))

    ordered.end()

    assert ordered.outcome == ("UNREACHABLE", *REFUSED)
    assert ordered.attempt["reason"] == "SUPPLIER_NOT_OPEN"
    assert server.book.messages == []


def test_a_lost_answer_is_asked_for_not_sent_again(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)
    server.book.faults.append("DROP")

    dispatch.dispatch(ordered.message)
    assert ordered.outcome == ("SENT", "WAITING_ACCEPTANCE", (7, 3, 0))
    assert ordered.attempt["reason"] == "BROKEN_ANSWER"
    assert len(waiting_messages()) == 1
    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    assert len(server.book.messages) == 1


def test_without_a_status_url_a_lost_answer_is_sent_for_again_under_the_same_id(
    server: ReferenceSupplier,
) -> None:
    ordered = Ordered(server, status_url=None)
    server.book.faults.append("DROP")

    dispatch.dispatch(ordered.message)
    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    assert len({message["headers"]["Idempotency-Key"] for message in server.book.messages}) == 1
    assert len(server.book.orders) == 1
    assert ordered.attempt["tries"] == 2


def test_a_supplier_in_trouble_is_tried_again_later(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)
    server.book.faults.extend([503, 429])

    for _ in range(2):
        dispatch.dispatch(ordered.message)
        assert ordered.outcome[0] == "SENT"
    assert ordered.attempt["reason"] == "HTTP_429"
    assert len(waiting_messages()) == 2
    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    assert ordered.attempt["tries"] == 3


def test_a_supplier_that_nobody_reaches_in_time_is_given_up(server: ReferenceSupplier) -> None:
    ordered = Ordered(server, url="http://127.0.0.1:9/", status_url=None)
    dispatch.dispatch(ordered.message)
    assert ordered.attempt["reason"] == "UNCONNECTED"

    ordered.change(accept_by=clock.timestamp())
    ordered.end()

    assert ordered.outcome == ("UNREACHABLE", *REFUSED)
    assert ordered.attempt["reason"] == "UNCONNECTED"


def test_an_order_that_could_not_be_sent_in_time_is_not_sent_any_more(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)
    ordered.change(accept_by="2026-01-01T00:00:00.000Z")

    ordered.end()

    assert ordered.outcome == ("UNREACHABLE", *REFUSED)
    assert server.book.messages == []


def test_a_promised_answer_is_waited_for_and_asked_for(server: ReferenceSupplier) -> None:
    server.book.answers_later = True
    ordered = Ordered(server)

    dispatch.dispatch(ordered.message)
    dispatch.dispatch(ordered.message)
    assert (ordered.attempt["status"], ordered.attempt["reason"]) == ("SENT", "ANSWER_LATER")
    server.book.decide(ordered.message["attempt_id"])
    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    assert len(server.book.messages) == 1


@pytest.mark.parametrize("status_url", [None, "http://127.0.0.1:9/{attempt_id}"])
def test_a_promise_that_is_not_kept_expires(server: ReferenceSupplier, status_url: str | None) -> None:
    server.book.answers_later = True
    ordered = Ordered(server, status_url=status_url)
    dispatch.dispatch(ordered.message)
    dispatch.dispatch(ordered.message)
    assert ordered.attempt["reason"] == "ANSWER_LATER"

    ordered.change(accept_by=clock.timestamp())
    ordered.end()

    assert ordered.outcome == ("EXPIRED", *REFUSED)
    assert len(server.book.messages) == 1


def test_an_answer_that_arrived_but_was_not_heard_counts_at_the_deadline_too(
    server: ReferenceSupplier,
) -> None:
    ordered = Ordered(server)
    server.book.faults.append("DROP")
    dispatch.dispatch(ordered.message)

    ordered.change(accept_by=clock.timestamp())
    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED


HOSTILE = {
    "a line of another order": ([{"line_id": "lin_other_1"}], "UNKNOWN_LINE at /lines/0/line_id"),
    "more than asked": ([{"quantity": 4}], "QUANTITY_TOO_HIGH at /lines/0/quantity"),
    "a line twice": ([{}, {}], "DUPLICATE_LINE at /lines/1/line_id"),
    "accepted and refused": ([{"code": "OUT_OF_STOCK"}], "CONTRADICTS_LINES at /status"),
    "a higher price": (
        [{"unit_price": {"amount": "5.01", "currency": "EUR"}}],
        "PRICE_TOO_HIGH at /lines/0/unit_price",
    ),
    "another currency": (
        [{"unit_price": {"amount": "1.00", "currency": "USD"}}],
        "PRICE_TOO_HIGH at /lines/0/unit_price",
    ),
}


def lie(server: ReferenceSupplier, ordered: Ordered, lines: list[dict[str, Any]]) -> None:
    line = {"line_id": ordered.order["lines"][0]["line_id"], "code": "ACCEPTED", "quantity": 1}
    answer = {"status": "ACCEPTED", "lines": [line | changes for changes in lines]}
    server.book.answers[ordered.message["attempt_id"]] = answer


@pytest.mark.parametrize(("lines", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_an_answer_that_does_not_fit_the_order_waits_for_a_person(
    server: ReferenceSupplier, lines: list[dict[str, Any]], reason: str
) -> None:
    ordered = Ordered(server)
    lie(server, ordered, lines)

    dispatch.dispatch(ordered.message)
    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ("SENT", "WAITING_ACCEPTANCE", (7, 3, 0))
    assert ordered.attempt["reason"] == f"UNFIT_ANSWER: {reason}"
    assert ordered.attempt["needs_settlement"] is True
    assert len(server.book.messages) == 1


@pytest.mark.parametrize("status_url", ["with a status URL", "without one"])
def test_an_answer_that_nobody_settled_ends_at_the_deadline_like_any_other(
    server: ReferenceSupplier, status_url: str
) -> None:
    ordered = Ordered(server, **({} if status_url == "with a status URL" else {"status_url": None}))
    lie(server, ordered, [{"quantity": 4}])
    dispatch.dispatch(ordered.message)

    ordered.change(accept_by=clock.timestamp())
    ordered.end()

    assert ordered.outcome == ("EXPIRED", *REFUSED)
    assert ordered.attempt["reason"].startswith("UNFIT_ANSWER: QUANTITY_TOO_HIGH")
    assert "needs_settlement" not in ordered.attempt


def test_a_supplier_that_mends_its_answer_is_heard(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)
    lie(server, ordered, [{"quantity": 4}])
    dispatch.dispatch(ordered.message)
    lie(server, ordered, [{"quantity": 3}])

    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    assert "reason" not in ordered.attempt


def test_a_message_about_nothing_is_for_the_dead_letters() -> None:
    nothing = {"supplier_order_id": "so_x_1", "attempt_id": "att_x_1", "supplier_id": "sup_x"}

    with pytest.raises(UnknownSupplierOrder):
        dispatch.dispatch(nothing)


class Crash(Exception):
    """The process ends here."""


def _crashing_at(moment: str, number: int) -> Callable[[], None]:
    """Let the `number`-th write of the table be the last thing that happens, `before` or `after` it is
    made; gives what ends that."""
    events = Item._get_connection().connection.client.meta.events
    seen = []

    def crash(model: Any, **_: Any) -> None:
        if model.name in ("PutItem", "UpdateItem", "TransactWriteItems"):
            seen.append(model.name)
            if len(seen) == number:
                raise Crash

    name = f"{moment}-call.dynamodb"
    events.register(name, crash)
    return lambda: events.unregister(name, crash)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("status_url", ["with a status URL", "without one"])
def test_wherever_it_stops_the_next_delivery_arrives_at_the_same_end(
    server: ReferenceSupplier, moment: str, number: int, status_url: str
) -> None:
    ordered = Ordered(server, **({} if status_url == "with a status URL" else {"status_url": None}))
    mend = _crashing_at(moment, number)
    with pytest.raises(Crash):
        dispatch.dispatch(ordered.message)
    mend()

    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    assert len(server.book.orders) == 1


def test_someone_who_settles_it_meanwhile_is_not_overruled(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)
    events = Item._get_connection().connection.client.meta.events
    calls = []

    def interfere(model: Any, **_: Any) -> None:
        calls.append(model.name)
        if model.name == "TransactWriteItems" and calls.count("TransactWriteItems") == 2:
            part = supplier_orders.get(ordered.part_id)
            assert part is not None
            noted = acceptance.note(part, reason="OTHER", now=clock.timestamp())
            commit(supplier_orders.replacing(noted, expected_version=part.version))

    events.register("before-call.dynamodb", interfere)
    dispatch.dispatch(ordered.message)
    assert ordered.outcome[0] == "SENT"
    assert len(waiting_messages()) == 1
    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED


def test_an_answer_that_the_supplier_posts_meanwhile_is_the_one_that_counts(
    server: ReferenceSupplier,
) -> None:
    ordered = Ordered(server)
    events = Item._get_connection().connection.client.meta.events
    calls: list[None] = []

    def answer_first(**_: Any) -> None:
        calls.append(None)
        if len(calls) < 2:  # it is sent first
            return
        events.unregister("before-call.dynamodb.TransactWriteItems", answer_first)
        part = order_reads.get_part(ordered.part_id)
        assert part is not None
        settlements.settle(part, Answer(status="ACCEPTED"))

    events.register("before-call.dynamodb.TransactWriteItems", answer_first)

    dispatch.dispatch(ordered.message)

    assert ordered.outcome == ACCEPTED
    assert len(waiting_messages()) == 1


def test_a_dispatch_costs_three_round_trips(server: ReferenceSupplier) -> None:
    ordered = Ordered(server)
    calls: list[str] = []
    events = Item._get_connection().connection.client.meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))

    dispatch.dispatch(ordered.message)

    assert calls == ["BatchGetItem", "TransactWriteItems", "TransactWriteItems"]
