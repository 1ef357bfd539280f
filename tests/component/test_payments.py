"""Orders whose payment is confirmed after they are placed, or not in time."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from api import Reply, call
from conftest import Meddle, taken
from marketplace import a_line, a_supplier, an_offer, an_order_body, euros, stock_of
from stream import everything, records_of

from chalicelib.problems import Conflict
from chalicelib.services import dispatch, payments, react_to_changes, reallocate_by_hand, sweep_orders
from chalicelib.storage import keys as storage_keys
from chalicelib.storage import orders

pytestmark = pytest.mark.usefixtures("aws")

HELD, FREE = (9, 1, 0), (10, 0, 0)
REFERENCE = {"reference": "pay-1"}


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False) as coordinates:
        yield coordinates


class Unpaid:
    """An order of two suppliers that waits for its payment."""

    def __init__(self) -> None:
        self.offers = [an_offer(a_supplier()), an_offer(a_supplier())]
        payment = {**REFERENCE, "authorized_amount": euros("10.00"), "confirmed": False}
        body = an_order_body(*map(a_line, self.offers), payment=payment)
        self.body = body
        placed = self.place()
        self.order, self.token = placed.json["order"], placed.json["order_token"]
        self.path = f"/orders/{self.order['order_id']}"

    def place(self) -> Reply:
        return call("POST", "/orders", self.body, headers={"Idempotency-Key": "k1"})

    def confirm(self, **body: Any) -> Reply:
        return call("POST", f"{self.path}/payment-confirmation", {**REFERENCE, **body}, token=self.token)

    def read(self) -> Any:
        return call("GET", self.path, token=self.token).json

    @property
    def state(self) -> tuple[str, str, list[tuple[int, int, int]]]:
        order = self.read()
        return order["payment"]["status"], order["status"], [stock_of(offer) for offer in self.offers]


WAITS = ("PENDING", "WAITING_ACCEPTANCE", [HELD, HELD])
GOES_ON = ("CONFIRMED", "WAITING_ACCEPTANCE", [HELD, HELD])
ENDED = ("EXPIRED", "CANCELED", [FREE, FREE])


@pytest.fixture
def unpaid(now: time_machine.Traveller) -> Unpaid:
    return Unpaid()


def asked_for() -> int:
    """How many dispatches wait in the queue."""
    return len(taken(os.environ["DISPATCH_QUEUE_URL"]))


def test_nothing_is_sent_before_the_payment_is_confirmed(unpaid: Unpaid) -> None:
    part = unpaid.order["supplier_orders"][0]
    record = orders.get(unpaid.order["order_id"])
    assert record is not None

    dispatch.dispatch(
        {
            "supplier_order_id": part["supplier_order_id"],
            "attempt_id": record.supplier_orders[0].attempt.attempt_id,
            "supplier_id": part["supplier_id"],
        }
    )

    assert unpaid.order["payment"]["confirm_by"] == "2026-11-24T12:30:00.000Z"
    assert unpaid.state == WAITS
    assert payments.sweep() == 0
    assert unpaid.place().json["order"] == unpaid.order


def test_a_confirmed_order_is_dispatched_and_a_repetition_changes_nothing(
    unpaid: Unpaid, now: time_machine.Traveller
) -> None:
    react_to_changes.react(everything())
    assert asked_for() == 0
    now.shift(timedelta(minutes=20))

    react_to_changes.react(records_of(unpaid.confirm))

    assert asked_for() == 2
    assert unpaid.state == GOES_ON
    assert {part["accept_by"] for part in unpaid.read()["supplier_orders"]} == {"2026-11-25T12:20:00.000Z"}
    version = unpaid.read()["version"]
    assert unpaid.confirm(authorized_amount=euros("10.00")).json["version"] == version
    now.shift(timedelta(minutes=20))
    assert payments.sweep() == 0


def test_an_order_whose_payment_is_overdue_is_canceled_once_and_its_stock_is_back(
    unpaid: Unpaid, now: time_machine.Traveller
) -> None:
    now.shift(timedelta(minutes=31))

    sweep_orders.sweep()
    assert payments.sweep() == 0

    assert unpaid.state == ENDED
    late = unpaid.confirm()
    assert (late.status, late.code) == (409, "PAYMENT_EXPIRED")
    assert unpaid.state == ENDED


def test_an_unpaid_order_that_cannot_be_read_keeps_no_other_from_its_end(
    unpaid: Unpaid, now: time_machine.Traveller
) -> None:
    keys = ("k2", "k3", "k4", "k5")
    others = [
        call("POST", "/orders", unpaid.body, headers={"Idempotency-Key": key}).json["order"] for key in keys
    ]
    broken = min(order["order_id"] for order in (unpaid.order, *others))
    table = boto3.resource("dynamodb").Table("marketplace-test")
    key = storage_keys.order(broken)
    table.update_item(
        Key={"PK": key.pk, "SK": key.sk},
        UpdateExpression="SET #l = :l",
        ExpressionAttributeNames={"#l": "lines"},
        ExpressionAttributeValues={":l": "[[1]]"},
    )
    now.shift(timedelta(minutes=31))

    assert payments.sweep() == len(others)


def test_what_the_shopper_canceled_before_is_not_put_back_twice(
    unpaid: Unpaid, now: time_machine.Traveller
) -> None:
    first = unpaid.order["lines"][0]["line_id"]
    body = {"lines": [{"line_id": first}]}
    call("POST", f"{unpaid.path}/cancellation", body, token=unpaid.token)
    assert unpaid.state[2] == [FREE, HELD]
    now.shift(timedelta(minutes=31))

    assert payments.sweep() == 1

    assert unpaid.state == ENDED


def test_an_order_that_is_canceled_whole_before_it_is_paid_is_to_be_paid_no_more(
    unpaid: Unpaid, now: time_machine.Traveller
) -> None:
    call("POST", f"{unpaid.path}/cancellation", {}, token=unpaid.token)
    void = ("VOID", "CANCELED", [FREE, FREE])
    assert unpaid.state == void
    assert unpaid.read()["payable"]["total"] == euros("0.00")
    now.shift(timedelta(minutes=31))

    assert payments.sweep() == 0
    late = unpaid.confirm()

    assert (late.status, late.code) == (409, "PAYMENT_VOID")
    assert unpaid.state == void


@pytest.mark.parametrize("first", ["confirmed", "expired"])
def test_of_confirmation_and_expiry_that_meet_one_happens(
    unpaid: Unpaid, now: time_machine.Traveller, before_each_transaction: Meddle, first: str
) -> None:
    now.shift(timedelta(minutes=31))
    met: list[str] = []

    def meet() -> None:
        if not met:
            met.append(first)
            if first == "confirmed":
                unpaid.confirm()
            else:
                payments.sweep()

    before_each_transaction(meet)
    if first == "confirmed":
        assert payments.sweep() == 0
        assert unpaid.state == GOES_ON
    else:
        assert unpaid.confirm().code == "PAYMENT_EXPIRED"
        assert unpaid.state == ENDED


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reference": "another"}, "PAYMENT_MISMATCH"),
        ({"authorized_amount": euros("9.99")}, "AUTHORIZATION_TOO_LOW"),
        ({"authorized_amount": {"amount": "10.00", "currency": "USD"}}, "AUTHORIZATION_TOO_LOW"),
        ({"amount": "10.00"}, "INVALID_BODY"),
    ],
    ids=["another payment", "too little", "another currency", "unknown field"],
)
def test_a_confirmation_that_does_not_fit_is_refused(unpaid: Unpaid, body: dict[str, Any], code: str) -> None:
    refused = unpaid.confirm(**body)

    assert (refused.status, refused.code) == (422, code)
    assert unpaid.state == WAITS


def test_an_order_that_was_paid_when_it_was_placed_is_confirmed(now: time_machine.Traveller) -> None:
    placed = call(
        "POST",
        "/orders",
        an_order_body(a_line(an_offer(a_supplier()))),
        headers={"Idempotency-Key": "k1"},
    ).json

    assert placed["order"]["payment"]["status"] == "CONFIRMED"


def test_an_unpaid_order_is_moved_to_no_other_supplier(unpaid: Unpaid) -> None:
    with pytest.raises(Conflict, match="LINE_NOT_MOVABLE"):
        reallocate_by_hand.reallocate(
            unpaid.order["order_id"], {"reason": "slow"}, actor="admin:a", idempotency_key=None
        )
