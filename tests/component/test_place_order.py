import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from api import call
from marketplace import a_line, a_product, a_supplier, an_offer, an_order_body, euros, place, stock_of

from chalicelib import clock
from chalicelib.domain.fees import FeeFacts
from chalicelib.problems import Conflict, Problem, TemporarilyUnavailable, Unprocessable
from chalicelib.services import read_order
from chalicelib.services.refresh_product import refresh
from chalicelib.storage import offer_terms
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


def refusal_of(*lines: dict[str, Any], **fields: Any) -> tuple[str, list[tuple[str, str]]]:
    with pytest.raises(Problem) as caught:
        place(*lines, **fields)
    return caught.value.code, [(error.pointer, error.code) for error in caught.value.errors]


def paid(amount: str) -> dict[str, Any]:
    return {"reference": "pay-1", "authorized_amount": euros(amount)}


def stored_orders() -> int:
    items = boto3.client("dynamodb").scan(TableName="marketplace-test")["Items"]
    return sum(item["kind"]["S"] == "ORDER" for item in items)


def test_an_order_of_two_suppliers_is_split_and_reserved() -> None:
    north, south = a_supplier("north"), a_supplier("south")
    tea, pot, cup = an_offer(north, "TEA"), an_offer(south, "POT", price="34.00"), an_offer(north, "CUP")

    outcome = place(
        a_line(tea, 2),
        a_line(pot, 1, "34.00"),
        a_line(cup, 3),
        shipping=euros("4.90"),
        tax=euros("1.01"),
        channel_reference="web-7",
    )

    order = outcome.answer["order"]
    assert not outcome.replayed
    assert outcome.answer["order_token"].startswith("ot_")
    assert order["status"] == "WAITING_ACCEPTANCE"
    assert [part["supplier_id"] for part in order["supplier_orders"]] == [north, south]
    assert [len(part["lines"]) for part in order["supplier_orders"]] == [2, 1]
    assert order["totals"] == {
        "items": euros("59.00"),
        "shipping": euros("4.90"),
        "tax": euros("1.01"),
        "grand_total": euros("64.91"),
    }
    assert [line["line_total"]["amount"] for line in order["lines"]] == ["10.00", "34.00", "15.00"]
    assert (stock_of(tea), stock_of(pot), stock_of(cup)) == ((8, 2, 0), (9, 1, 0), (7, 3, 0))
    assert read_order.read_order(order["order_id"], is_admin=False) == order


def test_what_the_order_says_of_shipping_and_tax_is_divided_among_its_lines() -> None:
    tea, pot = an_offer(a_supplier(), "TEA"), an_offer(a_supplier(), "POT", price="10.00")

    order = place(a_line(tea, 1), a_line(pot, 1, "10.00"), shipping=euros("1.00"), tax=euros("3.36")).answer[
        "order"
    ]

    said = [(line["shipping"], line["tax"], line["shipping_tax"]) for line in order["lines"]]
    assert said == [
        (euros("0.33"), euros("1.05"), euros("0.07")),
        (euros("0.67"), euros("2.10"), euros("0.14")),
    ]
    assert [line["gross"] for line in order["lines"]] == [euros("6.05"), euros("12.10")]
    assert order["payable"] == {
        "items": euros("15.00"),
        "shipping": euros("1.00"),
        "tax": euros("3.36"),
        "total": euros("19.36"),
    }
    assert read_order.read_order(order["order_id"], is_admin=False) == order


def test_prices_that_hold_their_tax_are_the_whole_sum() -> None:
    tea = an_offer(a_supplier())
    line = a_line(tea, 2) | {"tax": euros("1.74"), "shipping": euros("2.42"), "shipping_tax": euros("0.42")}
    held = {"tax_included": True, "tax_collector": "MARKETPLACE"}

    assert refusal_of(line, **held, payment=paid("12.41"))[0] == "AUTHORIZATION_TOO_LOW"
    order = place(line, **held, payment=paid("12.42")).answer["order"]

    assert order["totals"]["tax"] == euros("2.16")
    assert order["totals"]["grand_total"] == euros("12.42") == order["payable"]["total"]
    assert (order["lines"][0]["net"], order["lines"][0]["gross"]) == (euros("8.26"), euros("10.00"))
    assert order["tax_collector"] == "MARKETPLACE"


def test_a_tax_that_the_price_holds_is_that_of_the_price_that_it_is_sold_at() -> None:
    line = a_line(an_offer(a_supplier()), 2, "6.00") | {"tax": euros("2.00")}
    promise = {"max_unit_price": euros("6.00")}

    held = place(line, tax_included=True, promise=promise, payment=paid("10.00")).answer["order"]
    on_top = place(line, promise=promise, payment=paid("12.00"), key="key-2").answer["order"]

    assert [held["totals"][name] for name in ("tax", "grand_total")] == [euros("1.67"), euros("10.00")]
    assert [on_top["totals"][name] for name in ("tax", "grand_total")] == [euros("2.00"), euros("12.00")]


def test_who_hands_on_the_tax_is_a_setting_where_the_order_does_not_say_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TAX_COLLECTOR", "MARKETPLACE")
    tea = an_offer(a_supplier())

    orders = [
        place(a_line(tea), key=f"key-{number}", **said).answer["order"]
        for number, said in enumerate([{}, {"tax_collector": "SUPPLIER"}])
    ]

    assert [order["tax_collector"] for order in orders] == ["MARKETPLACE", "SUPPLIER"]


def test_a_tax_that_comes_on_top_is_authorised_too() -> None:
    line = a_line(an_offer(a_supplier()), 2) | {"tax": euros("1.74")}

    assert refusal_of(line, payment=paid("11.73"))[0] == "AUTHORIZATION_TOO_LOW"
    order = place(line, payment=paid("11.74")).answer["order"]

    assert order["totals"]["grand_total"] == euros("11.74")
    assert order["tax_collector"] == "SUPPLIER"


def test_lines_and_order_that_say_different_taxes_are_refused_with_the_place() -> None:
    tea = an_offer(a_supplier())
    lines = [a_line(tea) | {"tax": euros("1.05")}, a_line(tea)]

    assert refusal_of(*lines) == ("INVALID_BODY", [("/lines/1/tax", "MISSING_FIELD")])
    assert refusal_of(lines[0], tax=euros("1.04")) == ("INVALID_BODY", [("/tax", "TOTAL_MISMATCH")])
    dollars = {"tax": {"amount": "1.05", "currency": "USD"}}
    assert refusal_of(a_line(tea) | dollars)[1] == [("/lines/0/tax/currency", "CURRENCY_MISMATCH")]
    assert stored_orders() == 0


def test_the_same_request_again_changes_nothing_and_answers_the_same() -> None:
    tea = an_offer(a_supplier())

    first, second = place(a_line(tea)), place(a_line(tea))

    assert (first.replayed, second.replayed) == (False, True)
    assert first.answer == second.answer
    assert stock_of(tea) == (9, 1, 0)


def test_a_replay_answers_the_same_even_when_everything_has_changed() -> None:
    tea = an_offer(a_supplier(), stock=1)
    first = place(a_line(tea))
    commit(
        offer_terms.setting_stock(
            tea, quantity=0, as_of=clock.timestamp(), now=clock.timestamp(), correlation_id=""
        )
    )

    assert place(a_line(tea)).answer == first.answer


def test_another_body_under_the_same_key_is_refused() -> None:
    tea = an_offer(a_supplier())
    place(a_line(tea))

    assert refusal_of(a_line(tea, 2))[0] == "IDEMPOTENCY_KEY_REUSED"
    assert stock_of(tea) == (9, 1, 0)


def test_lines_of_the_same_offer_share_its_stock() -> None:
    tea = an_offer(a_supplier(), stock=5)

    assert refusal_of(a_line(tea, 3), a_line(tea, 3)) == ("OUT_OF_STOCK", [("/lines/1", "OUT_OF_STOCK")])
    place(a_line(tea, 3), a_line(tea, 2))
    assert stock_of(tea) == (0, 5, 0)


def test_every_line_concerned_is_named_and_nothing_is_stored() -> None:
    supplier = a_supplier()
    tea, pot, cup = an_offer(supplier, "TEA", stock=1), an_offer(supplier, "POT"), an_offer(supplier, "CUP")

    code, errors = refusal_of(a_line(tea, 2), a_line(pot, 1, "4.99"), a_line(cup))

    assert code == "OUT_OF_STOCK"
    assert errors == [("/lines/0", "OUT_OF_STOCK"), ("/lines/1", "PRICE_CHANGED")]
    assert stored_orders() == 0
    assert stock_of(cup) == (10, 0, 0)


def test_a_changed_price_alone_is_said_to_be_one() -> None:
    with pytest.raises(Conflict) as caught:
        place(a_line(an_offer(a_supplier()), price="4.99"))

    assert caught.value.code == "PRICE_CHANGED"
    assert "5.00 EUR" in caught.value.errors[0].detail


def test_what_does_not_exist_is_not_a_matter_of_stock() -> None:
    tea = an_offer(a_supplier())
    unknown = {"product_id": "prd_none", "quantity": 1, "expected_price": euros("1.00")}

    assert refusal_of(a_line("off_none"), a_line(tea, 99), unknown) == (
        "INVALID_BODY",
        [("/lines/0/offer_id", "UNKNOWN_OFFER"), ("/lines/2/product_id", "UNKNOWN_PRODUCT")],
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"blocks": ("WITHDRAWN",)},
        {"price": None},
        {"available_from": "2999-01-01T00:00:00.000Z"},
        {"available_until": "2020-01-01T00:00:00.000Z"},
    ],
    ids=str,
)
def test_an_offer_that_is_not_for_sale_is_out_of_stock(fields: dict[str, Any]) -> None:
    assert refusal_of(a_line(an_offer(a_supplier(), **fields)))[0] == "OUT_OF_STOCK"


@pytest.mark.parametrize("status", ["ONBOARDING", "PENDING_APPROVAL", "SUSPENDED", "TERMINATED"])
def test_a_supplier_that_is_not_open_sells_nothing(status: str) -> None:
    assert refusal_of(a_line(an_offer(a_supplier(status=status))))[0] == "OUT_OF_STOCK"


def test_all_amounts_are_in_the_orders_currency() -> None:
    tea = an_offer(a_supplier())
    dollars = {"amount": "1.00", "currency": "USD"}

    assert refusal_of(
        a_line(tea) | {"expected_price": dollars},
        tax=dollars,
        payment={"reference": "p", "authorized_amount": dollars},
    ) == (
        "INVALID_BODY",
        [
            ("/lines/0/expected_price/currency", "CURRENCY_MISMATCH"),
            ("/tax/currency", "CURRENCY_MISMATCH"),
            ("/payment/authorized_amount/currency", "CURRENCY_MISMATCH"),
        ],
    )


@pytest.mark.parametrize("period", ["available_from", "available_until"])
def test_an_offer_out_of_its_period_is_not_sold_though_its_product_still_shows_it(period: str) -> None:
    tea = an_offer(a_supplier())
    a_product("prd_A", tea)
    refresh("prd_A")
    in_time = offer_terms.get_many([tea])[tea]
    moment = clock.now() + timedelta(days=1 if period == "available_from" else -1)
    out_of_time = replace(in_time, **{period: clock.timestamp(moment)})
    commit(offer_terms.changing(out_of_time, now=clock.timestamp()))

    line = {"product_id": "prd_A", "quantity": 1, "expected_price": euros("5.00")}

    assert refusal_of(line, key="key-2") == ("OUT_OF_STOCK", [("/lines/0", "OUT_OF_STOCK")])
    assert stock_of(tea) == (10, 0, 0)


def test_the_authorisation_must_cover_the_whole_order() -> None:
    tea = an_offer(a_supplier())

    def paying(amount: str) -> dict[str, Any]:
        return {"payment": {"reference": "p", "authorized_amount": euros(amount)}, "shipping": euros("1.00")}

    with pytest.raises(Unprocessable, match="AUTHORIZATION_TOO_LOW"):
        place(a_line(tea, 2), **paying("10.99"))
    place(a_line(tea, 2), **paying("11.00"))


def test_an_order_has_at_most_forty_lines() -> None:
    tea = an_offer(a_supplier(), stock=100)

    assert refusal_of(*[a_line(tea)] * 41)[0] == "TOO_MANY_LINES"
    assert len(place(*[a_line(tea)] * 40).answer["order"]["lines"]) == 40


def test_forty_lines_of_forty_suppliers_fit_in_one_transaction() -> None:
    lines = [a_line(an_offer(a_supplier())) for _ in range(40)]

    assert len(place(*lines).answer["order"]["supplier_orders"]) == 40


def test_for_a_product_the_best_offer_with_enough_stock_is_taken() -> None:
    cheap, dear = an_offer(a_supplier(), price="4.00", stock=2), an_offer(a_supplier(), price="5.00")
    a_product("prd_A", cheap, dear)
    refresh("prd_A")

    def line(quantity: int, price: str) -> dict[str, Any]:
        return {"product_id": "prd_A", "quantity": quantity, "expected_price": euros(price)}

    outcome = place(line(2, "4.00"), line(1, "5.00"))

    assert [each["offer_id"] for each in outcome.answer["order"]["lines"]] == [cheap, dear]
    assert outcome.answer["order"]["lines"][0]["title"] == "Golden title"
    assert refusal_of(line(1, "4.00"), key="key-2") == ("PRICE_CHANGED", [("/lines/0", "PRICE_CHANGED")])


def test_an_offer_sold_out_since_it_was_shown_is_passed_over_for_the_next() -> None:
    first, second = an_offer(a_supplier(), stock=1), an_offer(a_supplier(), stock=1)
    a_product("prd_A", first, second)
    refresh("prd_A")
    line = {"product_id": "prd_A", "quantity": 1, "expected_price": euros("5.00")}

    orders = [place(line, key=f"key-{number}").answer["order"] for number in range(2)]

    assert {order["lines"][0]["offer_id"] for order in orders} == {first, second}
    assert refusal_of(line, key="key-2") == ("OUT_OF_STOCK", [("/lines/0", "OUT_OF_STOCK")])


def test_within_the_highest_price_the_order_is_placed_at_the_real_ones() -> None:
    tea = an_offer(a_supplier(), price="5.00")

    def placing(authorized: str, **promise: Any) -> dict[str, Any]:
        payment = {"reference": "p", "authorized_amount": euros(authorized)}
        return {"promise": {"max_unit_price": euros("5.50"), **promise}, "payment": payment}

    line = a_line(tea, 2, price="4.50")

    assert refusal_of(line, **placing("9.99"))[0] == "AUTHORIZATION_TOO_LOW"
    assert refusal_of(line, **placing("10.00", max_unit_price=euros("4.99")))[0] == "PRICE_CHANGED"
    assert refusal_of(line, **placing("10.00", deliver_by=clock.timestamp()))[0] == "PROMISE_NOT_KEPT"
    foreign = {"amount": "9.00", "currency": "USD"}
    assert refusal_of(line, **placing("10.00", max_unit_price=foreign))[1] == [
        ("/promise/max_unit_price/currency", "CURRENCY_MISMATCH")
    ]
    order = place(line, **placing("10.00")).answer["order"]
    assert order["totals"]["items"] == euros("10.00")


def test_lines_go_to_one_supplier_where_a_second_parcel_would_cost_more() -> None:
    north, south = a_supplier(), a_supplier()
    cheap, dear = an_offer(north, price="5.00"), an_offer(south, price="5.50")
    a_product("prd_A", cheap, dear)
    refresh("prd_A")
    tea = {"product_id": "prd_A", "quantity": 1, "expected_price": euros("5.00")}
    pot = a_line(an_offer(south, "POT"))

    order = place(tea, pot, promise={"max_unit_price": euros("6.00")}).answer["order"]

    assert [line["offer_id"] for line in order["lines"]] == [dear, pot["offer_id"]]
    assert len(order["supplier_orders"]) == 1


@pytest.mark.usefixtures("serialised")
def test_ten_parallel_orders_for_the_last_three_pieces_make_exactly_three() -> None:
    tea = an_offer(a_supplier(), stock=3)

    def order(number: int) -> str:
        try:
            return str(place(a_line(tea), key=f"key-{number}").answer["order"]["status"])
        except Conflict as conflict:
            return conflict.code

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(order, range(10)))

    assert sorted(outcomes) == ["OUT_OF_STOCK"] * 7 + ["WAITING_ACCEPTANCE"] * 3
    assert stock_of(tea) == (0, 3, 0)
    assert stored_orders() == 3


@pytest.mark.usefixtures("serialised")
def test_ten_parallel_requests_under_one_key_make_one_order() -> None:
    tea = an_offer(a_supplier(), stock=30)

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(lambda _: place(a_line(tea)), range(10)))

    assert len({outcome.answer["order_token"] for outcome in outcomes}) == 1
    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert stock_of(tea) == (29, 1, 0)


LEAST_UNITS = {
    "ORDER": 2,  # what was placed, which nothing changes later: written once, read with everything under it
    "BUYER": 2,  # apart, for it must be erasable and may be in no other item
    "SO#1": 3,  # each supplier moves on by itself, so its part is an item; one more for its list of orders
    "SO#2": 3,
    "TERMS": 4,  # two offers' stock, each asserted and reserved where all other orders assert theirs
}
"""A write costs a unit a started KB, two in a transaction, which there must be: all or nothing is over five
items at least. An index entry costs one more; what has a deadline to be swept has none until it is sent."""


def test_two_suppliers_cost_two_round_trips_and_no_write_unit_that_could_be_spared() -> None:
    north, south = a_supplier(), a_supplier()
    tea = an_offer(north, "TEA-ASSAM-250", fee_facts=FeeFacts("Food > Drinks > Tea", "North", "gold", "BE"))
    pot = an_offer(south, "POT-STONE-1L", fee_facts=FeeFacts("Home & Garden > Kitchen > Pots", "South"))
    place(a_line(tea), key="warm")
    calls: list[str] = []
    client = Item._get_connection().connection.client
    client.meta.events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name))

    order = place(a_line(tea), a_line(pot), key="counted").answer["order"]

    assert calls == ["BatchGetItem", "TransactWriteItems"]
    units = units_of(order["order_id"], tea, pot)
    assert units == LEAST_UNITS
    assert sum(units.values()) == 14


def test_why_offers_were_chosen_is_kept_within_the_units_of_the_order() -> None:
    lines, chosen = [], []
    for product in ("tea", "pot"):
        offers = [an_offer(a_supplier(), product, handling_days=days) for days in (3, 1, 2)]
        a_product(f"prd_{product}", *offers)
        refresh(f"prd_{product}")
        lines.append({"product_id": f"prd_{product}", "quantity": 1, "expected_price": euros("5.00")})
        chosen.append(offers[1])

    order = place(*lines).answer["order"]

    assert [line["offer_id"] for line in order["lines"]] == chosen
    assert units_of(order["order_id"], *chosen) == LEAST_UNITS


def units_of(order_id: str, *offer_ids: str) -> dict[str, int]:
    """What the writes of these items were charged."""
    partitions = {f"ORDER#{order_id}", *(f"TERMS#{offer_id}" for offer_id in offer_ids)}
    units: dict[str, int] = {}
    for item in boto3.client("dynamodb").scan(TableName="marketplace-test")["Items"]:
        if item["PK"]["S"] in partitions:
            units[item["SK"]["S"]] = units.get(item["SK"]["S"], 0) + _units(item)
    return units


def _units(item: dict[str, Any]) -> int:
    size = sum(len(name) + len(str(next(iter(value.values()))).encode()) for name, value in item.items())
    kilobytes = -(-size // 1024)
    return kilobytes * (3 if "GSI1PK" in item else 2) + ("GSI3PK" in item)


@contextmanager
def others_at(*partitions: str) -> Iterator[list[str]]:
    """Have other transactions at these items whenever one is made; gives the calls."""
    calls: list[str] = []

    def conflict(params: dict[str, Any], **_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
        calls.append("TransactWriteItems")
        writes = [next(iter(each.values())) for each in json.loads(params["body"])["TransactItems"]]
        held = [(each.get("Key") or each["Item"])["PK"]["S"].split("#")[0] in partitions for each in writes]
        reasons = [{"Code": "TransactionConflict" if each else "None"} for each in held]
        error = {"Code": "TransactionCanceledException", "Message": "conflict"}
        return SimpleNamespace(status_code=400), {"Error": error, "CancellationReasons": reasons}

    events = Item._get_connection().connection.client.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", conflict)
    yield calls
    events.unregister("before-call.dynamodb.TransactWriteItems", conflict)


def test_a_crowd_at_an_offer_is_waited_for_and_then_told_to_come_again() -> None:
    tea = an_offer(a_supplier())

    with others_at("TERMS") as calls, pytest.raises(TemporarilyUnavailable) as caught:
        place(a_line(tea))

    assert len(calls) > 2
    assert (caught.value.code, caught.value.headers) == ("CONTENTION", {"Retry-After": "1"})
    assert stored_orders() == 0
    assert not place(a_line(tea)).replayed


def test_over_http_a_crowd_is_told_of_as_the_document_says() -> None:
    body = an_order_body(a_line(an_offer(a_supplier())))

    with others_at("TERMS"):
        reply = call("POST", "/orders", body, headers={"Idempotency-Key": "k1"})

    assert (reply.status, reply.code, reply.headers["Retry-After"]) == (503, "CONTENTION", "1")


def test_the_same_key_at_the_same_moment_is_told_to_be_at_work() -> None:
    tea = an_offer(a_supplier())

    with others_at("ORDER", "TERMS"), pytest.raises(Conflict, match="IDEMPOTENCY_IN_PROGRESS"):
        place(a_line(tea))
