"""The books are held against the orders and the statements: what is wrong is found, and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import time_machine
from api import Reply, call
from identity_provider import Provider
from marketplace import charge, euros
from test_orders import Ordered
from test_statements import run_queue

from chalicelib.events import schedules
from chalicelib.services import close_period, reconcile, ship_order
from chalicelib.services.refund_order import refund
from chalicelib.storage import supplier_orders, suppliers
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

NOVEMBER = datetime(2026, 11, 10, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 1, tzinfo=UTC)
EVENT = dict.fromkeys(
    ("version", "account", "region", "detail", "detail-type", "source", "time", "id", "resources"), ""
)


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOVEMBER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ordered(time: time_machine.Traveller) -> Ordered:
    """An order of 25.00, accepted, delivered, and paid back in part; November is closed, December has
    begun."""
    charge(0)
    order = Ordered()
    order.accept_all()
    parcel = order.ship((order.tea_line, 2), (order.pot_line, 3), key="p").answer["shipment_id"]
    ship_order.deliver(order.supplier_id, order.part_id, parcel, delivered_at=None)
    time.move_to(DECEMBER)
    close_period.close("2026-11", by="admin")
    run_queue()
    body = {"lines": [{"line_id": order.tea_line, "amount": euros("3.00"), "reason": "late"}]}
    refund(order.supplier_id, order.part_id, body, idempotency_key="r", by="supplier")
    return order


@pytest.fixture
def ask(ordered: Ordered, admin: str, provider: Provider) -> Callable[..., Reply]:
    """A request of an administrator, with a token of the time that it is."""

    def asked(method: str, path: str, body: Any = None, **more: Any) -> Reply:
        return call(method, path, body, token=provider.token(), **more)

    return asked


def found(ordered: Ordered) -> list[dict[str, Any]]:
    _, differences = reconcile.look_at(ordered.supplier_id)
    return [reconcile.difference_view(each) for each in differences]


def stored(ordered: Ordered, prefix: str) -> list[dict[str, Any]]:
    """What the ledger's partition holds, as it is in the table."""
    answer = boto3.client("dynamodb").query(
        TableName="marketplace-test",
        KeyConditionExpression="PK = :p AND begins_with(SK, :s)",
        ExpressionAttributeValues={":p": {"S": f"LEDGER#{ordered.supplier_id}"}, ":s": {"S": prefix}},
    )
    return list(answer["Items"])


def put(item: dict[str, Any], **change: dict[str, str]) -> None:
    boto3.client("dynamodb").put_item(TableName="marketplace-test", Item={**item, **change})


def remove(item: dict[str, Any]) -> None:
    boto3.client("dynamodb").delete_item(
        TableName="marketplace-test", Key={"PK": item["PK"], "SK": item["SK"]}
    )


def test_a_run_comes_to_every_supplier_once_and_finds_nothing_in_books_that_are_in_order(
    ask: Callable[..., Reply],
) -> None:
    assert ask("GET", "/admin/reconciliations/latest").status == 404

    begun = [ask("POST", "/admin/reconciliations", headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert {each.status for each in begun} == {202}
    run_queue()

    shown = ask("GET", "/admin/reconciliations/latest").json
    assert shown["reconciliation_id"] == begun[1].json["reconciliation_id"]
    assert (shown["status"], shown["suppliers"], shown["suppliers_done"]) == ("COMPLETE", 1, 1)
    assert (shown["supplier_orders"], shown["postings"], shown["statements"]) == (1, 3, 1)
    assert (shown["differences"], shown["items"], shown["next_cursor"]) == (0, [], None)


def test_a_run_lists_what_it_has_found_page_by_page(ordered: Ordered, ask: Callable[..., Reply]) -> None:
    remove(stored(ordered, "led_")[-1])
    schedules.reconcile_books(EVENT, None)
    run_queue()

    first = ask("GET", "/admin/reconciliations/latest?limit=1").json
    second = ask("GET", f"/admin/reconciliations/latest?limit=1&cursor={first['next_cursor']}").json

    assert (first["started_by"], first["differences"]) == ("schedule", 2)
    assert [*first["items"], *second["items"]] == found(ordered)


def test_a_posting_that_is_gone_is_named_by_order_line_and_account(ordered: Ordered) -> None:
    remove(stored(ordered, "led_")[-1])

    shared = {
        "kind": "ENTRIES_DIFFER",
        "supplier_id": ordered.supplier_id,
        "currency": "EUR",
        "order_id": ordered.order["order_id"],
        "supplier_order_id": ordered.part_id,
        "line_id": ordered.tea_line,
    }
    assert found(ordered) == [
        {**shared, "account": "SHOPPER", "expected": euros("-7.00"), "found": euros("-10.00")},
        {
            **shared,
            "account": "SUPPLIER",
            "state": "PAYABLE",
            "expected": euros("7.00"),
            "found": euros("10.00"),
        },
    ]


def test_an_amount_that_was_changed_is_found_in_the_order_the_statement_and_the_balance(
    ordered: Ordered,
) -> None:
    release = stored(ordered, "led_")[1]
    put(release, moves={"S": release["moves"]["S"].replace('"minor":1000', '"minor":999')})

    assert {(each["kind"], each.get("field"), each.get("account")) for each in found(ordered)} == {
        ("ENTRIES_DIFFER", None, "SUPPLIER"),
        ("STATEMENT_DIFFERS", "ORDER_AMOUNT", None),
        ("BALANCE_DIFFERS", None, "SUPPLIER"),
    }


def test_a_figure_of_a_statement_that_was_changed_is_named_with_its_period(ordered: Ordered) -> None:
    (statement,) = stored(ordered, "STATEMENT#")
    put(statement, opening_minor={"N": "7"}, rows={"N": "3"})

    shared = {"kind": "STATEMENT_DIFFERS", "supplier_id": ordered.supplier_id, "currency": "EUR"}
    assert found(ordered) == [
        {
            **shared,
            "period": "2026-11",
            "field": "opening_balance",
            "expected": euros("0.00"),
            "found": euros("0.07"),
        },
        {**shared, "period": "2026-11", "field": "rows", "expected_rows": 2, "found_rows": 3},
    ]


def test_a_statement_of_another_currency_that_nothing_was_posted_in_is_found(ordered: Ordered) -> None:
    (statement,) = stored(ordered, "STATEMENT#")
    key = statement["SK"]["S"].replace("EUR", "JPY")
    put(statement, SK={"S": key}, currency={"S": "JPY"})

    assert {(each["currency"], each["kind"]) for each in found(ordered)} == {("JPY", "STATEMENT_DIFFERS")}


def test_entries_of_a_closed_period_on_no_statement_are_found(ordered: Ordered) -> None:
    (sale, *_) = stored(ordered, "led_")
    (statement,) = stored(ordered, "STATEMENT#")
    key = sale["SK"]["S"].replace(sale["cause"]["S"], "manual-1")
    moves = (
        '[{"number":0,"type":"MANUAL_CREDIT","minor":5,"source":"MARKETPLACE","target":"SUPPLIER_PAYABLE"}]'
    )
    put(sale, SK={"S": key}, cause={"S": "manual-1"}, currency={"S": "JPY"}, moves={"S": moves})

    kinds = {(each["kind"], each["currency"], each.get("period")) for each in found(ordered)}
    assert ("STATEMENT_MISSING", "JPY", statement["period"]["S"]) in kinds


def test_a_supplier_order_that_was_changed_without_a_posting_is_found(ordered: Ordered) -> None:
    part = supplier_orders.get(ordered.part_id)
    assert part
    lines = tuple(replace(line, refunded=line.refunded + 1) for line in part.lines[:1]) + part.lines[1:]
    commit(supplier_orders.replacing(replace(part, lines=lines), expected_version=part.version))

    assert {each["line_id"] for each in found(ordered)} == {ordered.tea_line}


def test_entries_of_an_order_that_there_is_not_are_found(ordered: Ordered) -> None:
    last = stored(ordered, "led_")[-1]
    other = "so_nowhere_1"
    change = last["cause"]["S"].replace(ordered.part_id, other)
    put(
        last,
        SK={"S": last["SK"]["S"].replace(ordered.part_id, other)},
        cause={"S": change},
        supplier_order_id={"S": other},
    )

    assert {(each["kind"], each["supplier_order_id"]) for each in found(ordered)} == {
        ("ORDER_UNKNOWN", other)
    }


def test_what_is_written_while_it_reads_is_no_difference(ordered: Ordered) -> None:
    """The order goes on after it was read and before the ledger is, each time."""
    amounts = iter(("0.10", "0.20"))

    def meanwhile(params: dict[str, Any], **_: Any) -> None:
        if b"led_" in params["body"]:
            lines = [{"line_id": ordered.tea_line, "amount": euros(next(amounts)), "reason": "late"}]
            refund(
                ordered.supplier_id, ordered.part_id, {"lines": lines}, idempotency_key=None, by="supplier"
            )

    events = Item._get_connection().connection.client.meta.events
    events.register("before-call.dynamodb.Query", meanwhile)
    try:
        differences = found(ordered)
    finally:
        events.unregister("before-call.dynamodb.Query", meanwhile)

    assert differences == []
    assert next(amounts, None) is None


def test_a_payout_without_its_posting_and_one_of_another_amount_are_found(
    ordered: Ordered, time: time_machine.Traveller
) -> None:
    payout = {"payout_account": {"iban": "BE68539007547034"}}
    supplier = suppliers.get(ordered.supplier_id)
    assert supplier
    changed = replace(supplier, profile={**supplier.profile, **payout})
    commit(suppliers.replacing(changed, expected_version=supplier.version))
    time.move_to(datetime(2027, 1, 1, 1, tzinfo=UTC))
    close_period.close("2026-12", by="admin")
    run_queue()
    time.shift(60)
    assert found(ordered) == []

    payment = stored(ordered, "led_")[-1]
    put(payment, moves={"S": payment["moves"]["S"].replace('"minor":', '"minor":1')})
    (other,) = [each for each in found(ordered) if each["kind"] == "PAYOUT_DIFFERS"]
    assert (other["period"], other["field"], other["expected"]) == ("2026-12", "TO_PAY", euros("22.00"))

    remove(payment)
    (gone,) = found(ordered)
    assert (gone["payout_id"], gone["found"]) == (other["payout_id"], euros("0.00"))
