"""The marketplace at work in process, from an order to its end.

The table's stream, the queues and the schedules are delivered by hand: in any order, more than once, and
with any write being the last thing that a function does.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import time_machine
from api import Reply, call
from marketplace import a_supplier, an_offer, stock_of
from stream import between, images

from chalicelib import clock
from chalicelib.clients import aws, queues
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials, payable, sales
from chalicelib.domain.acceptance import asked_of
from chalicelib.domain.ledger import entries
from chalicelib.domain.notices import waiting
from chalicelib.domain.order import Order, OrderLine, OrderRecord, SupplierOrder, current_lines
from chalicelib.domain.supplier import Keyring
from chalicelib.events import queues as workers
from chalicelib.events import schedules, stream
from chalicelib.services import api_keys
from chalicelib.storage import ledger
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit
from examples.reference_supplier import ReferenceSupplier
from examples.reference_supplier.order_book import OrderBook

WORKERS = {
    "DISPATCH_QUEUE_URL": workers.on_dispatch,
    "REALLOCATION_QUEUE_URL": workers.on_reallocation,
    "WEBHOOK_QUEUE_URL": workers.on_webhook,
}
_TABLE_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}
_SENDS = {"SendMessage", "SendMessageBatch", "PutEvents"}
_LONGEST_DELAY = queues.MAX_DELAY_SECONDS + 1
_MOST_DELIVERIES = 200


class Crash(BaseException):
    """The function's process dies: nothing in it catches this."""


class Trade:
    """What has happened and was not delivered yet, and how to deliver it."""

    def __init__(self, time: time_machine.Traveller) -> None:
        self.time = time
        self.stream: list[dict[str, Any]] = []
        self.seen = images()

    def note_writes(self) -> None:
        """Put what has changed in the table since the last time on the stream."""
        now = images()
        self.stream += between(self.seen, now)
        self.seen = now

    def deliver_stream(self, *, forget: bool = True) -> bool:
        """Hand all that is on the stream to its reader; without `forget` it will come again. True where
        there was something."""
        self.note_writes()
        records = list(self.stream)
        if records:
            stream.on_change({"Records": records}, None)
        if forget:
            del self.stream[: len(records)]
        return bool(records)

    def deliver_message(self, variable: str, *, forget: bool = True) -> bool:
        """Hand the next visible message of the queue to its worker; without `forget` it will come again."""
        url = os.environ[variable]
        for message in queues.receive(url, limit=1, visibility_seconds=30):
            try:
                WORKERS[variable](
                    {"Records": [{"body": message.body, "receiptHandle": message.receipt}]}, None
                )
            except Crash:
                queues.give_back(url, [message])
                raise
            if forget:
                queues.delete(url, message)
            else:
                queues.give_back(url, [message])
            return True
        return False

    def deliver(self) -> None:
        """Deliver what is there to deliver now, and what follows from it. A function that dies is called
        again."""
        for _ in range(_MOST_DELIVERIES):
            try:
                moved = self.deliver_stream()
                moved |= any([self.deliver_message(each) for each in WORKERS])  # noqa: C419 - from each one
            except Crash:
                continue
            if not moved:
                return
        raise AssertionError("it does not come to rest")

    def sweep(self) -> None:
        """What the schedule does every minute; where it dies the next minute does it again."""
        names = ("version", "account", "region", "detail", "detail-type", "source", "time", "id", "resources")
        event = dict.fromkeys(names, "")
        try:
            schedules.sweep_orders(event, None)
        except Crash:
            schedules.sweep_orders(event, None)

    def settle(self) -> None:
        """Deliver until nothing is left, with time passing while messages are held back."""
        for _ in range(_MOST_DELIVERIES):
            self.deliver()
            if not any(map(_is_held_back, WORKERS)):
                return
            self.time.shift(_LONGEST_DELAY)
        raise AssertionError("it does not come to rest")


def _is_held_back(variable: str) -> bool:
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=os.environ[variable], AttributeNames=["All"])[
        "Attributes"
    ]
    names = ("ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible")
    return any(int(answer[name]) for name in names)


def clients() -> list[Any]:
    """The clients that everything goes out by."""
    return [Item._get_connection().connection.client, aws.client("sqs"), aws.client("events")]


@contextmanager
def dying_at(place: int, moment: str) -> Iterator[list[str]]:
    """Let the `place`-th write or message sent be the last thing that happens, `before` or `after` it is
    made. Gives the list of those that were made; with place 0 they are counted only."""
    made: list[str] = []

    def hook(model: Any, **_: Any) -> None:
        if model.name in _TABLE_WRITES | _SENDS:
            made.append(model.name)
            if len(made) == place:
                raise Crash(f"{moment} {model.name}")

    emitters = [client.meta.events for client in clients()]
    for events in emitters:
        events.register(f"{moment}-call", hook)
    try:
        yield made
    finally:
        for events in emitters:
            events.unregister(f"{moment}-call", hook)


class Seller:
    """A supplier that listens, with one offer of the product."""

    def __init__(self, server: ReferenceSupplier, name: str, price: str, stock: int) -> None:
        self.server, self.stock, self.price = server, stock, price
        self.supplier_id = a_supplier(name, order_api=server.order_api)
        server.book = OrderBook()
        server.signing_secret = credentials.signing_secret(master_secret(), self.supplier_id, 1)
        self.offer_id = an_offer(self.supplier_id, name, price=price, stock=stock, product_id="prd_1")
        key = api_keys.new_key(self.supplier_id, now=clock.timestamp())
        commit(*api_keys.adding(key, Keyring(self.supplier_id)))
        self.token = credentials.api_key(master_secret(), key.key_id)

    def send(self, part_id: str, what: str, body: Any, **more: Any) -> Reply:
        path = f"/suppliers/{self.supplier_id}/orders/{part_id}/{what}"
        return persistent("POST", path, body, token=self.token, **more)

    @property
    def ships(self) -> Counter[str]:
        """How many pieces of which lines this supplier is to ship, by its own book."""
        book, pieces = self.server.book, Counter[str]()
        for attempt_id, answer in book.answers.items():
            keeps = book.keeps.get(attempt_id, {})
            for line in answer.get("lines", ()):
                if line["code"] in ("ACCEPTED", "BACKORDERED"):
                    line_id, quantity = line["line_id"], line["quantity"]
                    pieces[line_id] += min(quantity, keeps.get(line_id, quantity))
        return +pieces


def persistent(method: str, target: str, body: Any = None, **more: Any) -> Reply:
    """A request as a client makes it that asks again where no answer comes."""
    try:
        return call(method, target, body, **more)
    except Crash:
        return call(method, target, body, **more)


def check_stock(sellers: Iterable[Seller], records: Sequence[OrderRecord]) -> None:
    """Nothing of what was received is lost or sold twice, and what is reserved is waited for."""
    for seller in sellers:
        available, reserved, sold = stock_of(seller.offer_id)
        lines = [line for _, line in _all_lines(records) if line.offer_id == seller.offer_id]
        waiting = [line.quantity - line.canceled for line in lines if line.status == "WAITING_ACCEPTANCE"]
        assert available + reserved + sold == seller.stock, lines
        assert reserved == sum(waiting), lines
        assert sold == sum(line.accepted for line in lines), lines


def _all_lines(records: Iterable[OrderRecord]) -> list[tuple[SupplierOrder, OrderLine]]:
    return [(part, line) for record in records for part in record.supplier_orders for line in part.lines]


def check_lines(record: OrderRecord) -> None:
    """The lines as they are add up to those placed, and to no more anywhere."""
    placed = sum(line.quantity for line in record.order.lines)
    assert sum(line.served.quantity for line in current_lines(record)) == placed
    for part in record.supplier_orders:
        for line in part.lines:
            assert line.accepted + line.canceled + line.remainder + line.moved <= line.quantity, line
            assert line.returned <= line.shipped <= line.accepted, line


def check_suppliers(sellers: Iterable[Seller], records: Sequence[OrderRecord]) -> None:
    """Each supplier is to ship, by its own book, what the orders say that it has accepted; so no line is
    shipped by two."""
    believed = [
        (line_id, seller.supplier_id, pieces)
        for seller in sellers
        for line_id, pieces in seller.ships.items()
    ]
    accepted = [
        (line.line_id, part.supplier_id, line.accepted) for part, line in _all_lines(records) if line.accepted
    ]
    assert sorted(believed) == sorted(accepted)
    assert len({line_id for line_id, *_ in believed}) == len(believed)


def check_money(sellers: Iterable[Seller], records: Sequence[OrderRecord]) -> None:
    """What was posted for each supplier order is what its lines come to; all together it adds up to nothing,
    and the shopper is charged what was accepted less what was paid back."""
    stands: dict[str, Counter[str]] = {}
    for posting in (posting for seller in sellers for posting in ledger.walk(seller.supplier_id)):
        assert posting.supplier_order_id
        balances = stands.setdefault(posting.supplier_order_id, Counter())
        for entry in entries(posting):
            balances[entry.account] += entry.amount.minor
    for record in records:
        charged = 0
        for part in record.supplier_orders:
            balances = stands.pop(part.supplier_order_id, Counter())
            charged -= balances["SHOPPER"]
            assert sum(balances.values()) == 0
            expected: Counter[str] = Counter()
            for (_, account), minor in sales.stands(record.order, part).items():
                expected[account] += minor
            assert {name: n for name, n in balances.items() if n} == {
                name: n for name, n in expected.items() if n
            }
            if not record.order.shipping.minor + record.order.tax.minor:
                assert -balances["SHOPPER"] == sum(_charged(record.order, part))
        to_pay = payable.of_order(record).total
        assert charged == to_pay or (charged < to_pay and _waits(record))
    assert not stands


def _waits(record: OrderRecord) -> bool:
    """Whether a supplier may yet take some of it, this one or another."""
    parts = record.supplier_orders
    return any(waiting(part, line) or line.remainder for part in parts for line in part.lines)


def _charged(order: Order, part: SupplierOrder) -> Iterator[int]:
    prices = asked_of(order, part).prices
    for line in part.lines:
        yield prices[line.line_id].minor * line.accepted - line.refunded


def forget_everything() -> None:
    """Empty the table and the queues."""
    table = boto3.resource("dynamodb").Table("marketplace-test")
    with table.batch_writer() as batch:
        for pk, sk in images():
            batch.delete_item(Key={"PK": pk, "SK": sk})
    for variable in WORKERS:
        boto3.client("sqs").purge_queue(QueueUrl=os.environ[variable])
