"""How a supplier serves reaches the rank, the allocation, its standing, and comes back."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from api import call
from bodies import a_registration
from conftest import Heard
from marketplace import a_product, a_supplier, an_offer, euros, place
from stream import everything, records_of
from test_dispatch_limits import Seller
from test_follow_supplier import listed

from chalicelib import clock
from chalicelib.clients import queues
from chalicelib.domain.circuit import FAILURES, LEASE, Held
from chalicelib.domain.health import Served
from chalicelib.domain.money import Money
from chalicelib.services import check_suppliers, endpoint_calls, move_supplier, try_order_api
from chalicelib.services.endpoint_calls import Call
from chalicelib.services.move_supplier import Instruction
from chalicelib.services.react_to_changes import react
from chalicelib.storage import endpoints, offer_terms, products, suppliers
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")

URL = "https://supplier.invalid/orders"


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def serve(supplier_id: str, *exchanges: Served) -> list[dict[str, Any]]:
    """The stream records of what these exchanges with the supplier show."""

    def exchange() -> None:
        for served in exchanges:
            taken = endpoint_calls.take(*endpoints.get(supplier_id), url=URL)
            assert not isinstance(taken, Held)
            endpoint_calls.conclude(Call(taken, bool(served.failed)), lines=served)

    return records_of(exchange)


def refusing(lines: int, *, of: int) -> Served:
    return Served(lines_refused=lines, lines_taken=of - lines)


def health_of(supplier_id: str) -> str:
    return endpoints.get(supplier_id)[1].health


def checked() -> None:
    """Let the schedule run, and what it calls for."""
    check_suppliers.call_for()
    queue = os.environ["DISPATCH_QUEUE_URL"]
    for message in queues.receive(queue, limit=10, visibility_seconds=60):
        queues.delete(queue, message)
        if "check_supplier_id" in message.body:
            check_suppliers.check(json.loads(message.body)["check_supplier_id"])


def test_offers_of_a_supplier_that_refuses_too_much_stand_behind_dearer_ones() -> None:
    poor, good = a_supplier("poor"), a_supplier("good")
    cheap, dear = listed(poor, "A", price="4.00"), listed(good, "A", price="5.00")
    a_product("prd_A", cheap, dear)

    react(records_of(lambda: react(serve(poor, refusing(6, of=20)))))

    assert health_of(poor) == "POOR"
    assert offer_terms.get_many([cheap])[cheap].health == 60
    shown = products.get("prd_A")
    assert shown is not None
    assert [entry["offer_id"] for entry in shown.offers_view] == [dear, cheap]


def test_an_order_for_a_product_goes_to_a_failing_supplier_only_where_nobody_else_is() -> None:
    failing = an_offer(a_supplier("failing"), supplier_health="FAILING")
    dear = an_offer(a_supplier("good"), stock=1, shipping_price=Money(400, "EUR"))
    a_product("prd_A", failing, dear)
    line = {"product_id": "prd_A", "quantity": 1, "expected_price": euros("5.00")}
    taken = []
    for number in range(2):
        react(everything())
        taken.append(place(line, key=f"key-{number}").answer["order"]["lines"][0]["offer_id"])

    assert taken == [dear, failing]


def test_a_rule_suspends_once_says_its_figures_and_a_reinstatement_counts_anew() -> None:
    supplier_id = a_supplier()
    told = serve(supplier_id, refusing(9, of=20))

    react(told)
    react(told)
    suspended = suppliers.get(supplier_id)
    assert suspended is not None
    assert suspended.standing == ("SUSPENDED", "AUTOMATIC")
    assert [(entry["by"], entry["reason"]) for entry in suspended.history] == [
        (
            "rule:health",
            "It has not taken 9 of 20 order lines in seven days: 45%, where 40% of 20 is the most.",
        )
    ]

    move_supplier.reinstate(supplier_id, Instruction("admin:one", "new staff"))
    react(told)
    reinstated = suppliers.get(supplier_id)
    assert reinstated is not None
    assert reinstated.standing == ("OPEN", None)
    assert health_of(supplier_id) == "GOOD"
    serve(supplier_id, refusing(9, of=9))
    assert endpoints.get(supplier_id)[1].suspend_for is None


def test_a_second_delivery_suspends_no_second_time() -> None:
    supplier_id = a_supplier()
    told = serve(supplier_id, refusing(20, of=20))

    once = records_of(lambda: react(told))
    again = records_of(lambda: react(told))

    assert len(once) == 1
    assert again == []


def test_a_supplier_that_nobody_reaches_fails_for_all_to_hear_and_comes_back_by_a_test_order(
    server: ReferenceSupplier, travel: time_machine.Traveller, heard: Heard
) -> None:
    seller = Seller.of(server, orders=FAILURES)
    seller.break_down(server)
    travel.shift(LEASE)
    server.book.faults.append(503)
    react(records_of(lambda: seller.dispatch(0)))
    travel.shift(endpoint_calls.LOOK_AGAIN)

    sent = len(server.book.messages)
    react(records_of(checked))

    assert server.book.messages[sent]["body"]["type"] == "supplier_order.test"
    told = [each["data"] for each in heard() if each["type"] == "supplier.health_changed"]
    assert [(each["new"]["health"], each.get("code")) for each in told] == [
        ("FAILING", "UNREACHABLE"),
        ("GOOD", None),
    ]
    assert seller.dispatch(1) == ("ACCEPTED", None)


def test_a_supplier_that_stays_unreachable_for_a_day_is_suspended_and_called_no_more(
    server: ReferenceSupplier, travel: time_machine.Traveller
) -> None:
    seller = Seller.of(server, orders=FAILURES)
    seller.break_down(server)
    server.book.faults.extend([503] * 100)
    travel.shift(LEASE)
    seller.dispatch(0)
    for _ in range(2):
        travel.shift(timedelta(hours=12))
        react(records_of(checked))
    sent = len(server.book.messages)
    travel.shift(timedelta(hours=1))
    checked()

    supplier = suppliers.get(seller.supplier_id)
    assert supplier is not None
    assert supplier.standing == ("SUSPENDED", "AUTOMATIC")
    assert len(server.book.messages) == sent


def test_what_was_poor_is_good_again_when_its_time_has_passed(travel: time_machine.Traveller) -> None:
    supplier_id = a_supplier()
    serve(supplier_id, refusing(6, of=20))
    assert health_of(supplier_id) == "POOR"

    travel.shift(timedelta(days=9))
    checked()

    assert health_of(supplier_id) == "GOOD"
    assert check_suppliers.call_for() == 0


def test_a_test_that_holds_calls_an_endpoint_again_that_was_gone(server: ReferenceSupplier) -> None:
    seller = Seller.of(server, orders=2)
    server.book.faults.append(410)
    seller.dispatch(0)
    assert health_of(seller.supplier_id) == "FAILING"

    assert try_order_api.try_order_api(seller.supplier_id)["passed"]

    assert health_of(seller.supplier_id) == "GOOD"
    assert seller.dispatch(1) == ("ACCEPTED", None)


def test_a_supplier_reads_its_figures_and_what_to_do(server: ReferenceSupplier) -> None:
    registered = call("POST", "/suppliers", a_registration(order_api=server.order_api)).json
    supplier_id, token = registered["supplier"]["supplier_id"], registered["api_key"]
    serve(supplier_id, *[Served(failed=True)] * FAILURES)

    told = call("GET", f"/suppliers/{supplier_id}/health", token=token).json

    assert told["health"] == "GOOD"
    assert (told["of_the_last_hour"]["calls"], told["of_the_last_hour"]["failed_calls"]) == (5, 5)
    assert told["order_api"]["state"] == "LEFT_ALONE"
    assert told["order_api"]["called_again_at"] > told["told_at"]
