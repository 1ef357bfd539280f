"""Stock and prices in bulk: a result per row, nothing reset that was not sent, later times win."""

import csv
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from api import Reply, call
from bodies import a_registration, an_offer_body
from marketplace import an_offer
from moto.dynamodb.responses import DynamoHandler

from chalicelib import ids
from chalicelib.domain.offer import Offer
from chalicelib.storage import offer_terms, offers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws", "serialised")

REAL_STOCK = Path(os.environ.get("MARKETPLACE_REAL_DATA", "../shared/data")) / "commercetools-stock"
NINE, TEN, ELEVEN = (f"2026-03-01T{hour:02}:00:00.000Z" for hour in (9, 10, 11))


class Shop:
    """A registered supplier that updates its offers."""

    def __init__(self) -> None:
        registered = call("POST", "/suppliers", a_registration()).json
        self.key, self.supplier_id = registered["api_key"], registered["supplier"]["supplier_id"]

    def update(self, *rows: Any, **more: Any) -> Reply:
        target = f"/suppliers/{self.supplier_id}/offer-updates"
        return call("POST", target, {"updates": list(rows)}, token=self.key, **more)

    def results(self, *rows: Any) -> list[str]:
        reply = self.update(*rows)
        assert reply.status == 200, reply.text
        return [row["result"] for row in reply.json["results"]]

    def put(self, sku: str, **fields: Any) -> None:
        target = f"/suppliers/{self.supplier_id}/offers/{sku}"
        assert call("PUT", target, an_offer_body(**fields), token=self.key).status == 201

    def listed(self, sku: str, *, as_of: str = NINE, **content: Any) -> None:
        """An accepted offer of twelve pieces, as of nine o'clock."""
        body = an_offer_body(**content)
        offer_id = an_offer(
            self.supplier_id, sku, stock=body["quantity"], stock_as_of=as_of, price_as_of=as_of, price="1.95"
        )
        stamps = {"created_at": as_of, "updated_at": as_of}
        offer = Offer(offer_id, self.supplier_id, sku, body, "ACCEPTED", "DONE", **stamps)
        commit(offers.adding(offer))

    def read(self, sku: str) -> dict[str, Any]:
        return dict(call("GET", f"/suppliers/{self.supplier_id}/offers/{sku}", token=self.key).json)

    def quantity(self, sku: str) -> int:
        return int(self.read(sku)["quantity"])


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def asked(serialised: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that the table is asked for, as they come."""
    seen: list[str] = []
    answer = DynamoHandler.call_action

    def noting(handler: DynamoHandler) -> Any:
        seen.append(handler.headers["X-Amz-Target"].partition(".")[2])
        return answer(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", noting)
    return seen


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def test_each_row_has_its_own_result_and_a_wrong_one_stops_no_other(shop: Shop) -> None:
    shop.listed("A")
    shop.listed("B")

    reply = shop.update(
        {"sku": "A", "quantity": 7, "as_of": TEN},
        {"sku": "nobody", "quantity": 1},
        {"sku": "B", "quantity": -1},
        {"sku": "B", "price": 5},
        {"sku": "B"},
        "B",
        {"sku": "B", "quantity": 3, "colour": "red"},
        {"sku": "B", "quantity": 3, "as_of": "2999-01-01T00:00:00Z"},
        None,
        {"sku": "B", "quantity": 4, "as_of": TEN},
    )

    assert [(row["index"], row["result"]) for row in reply.json["results"]] == [
        (0, "APPLIED"),
        (1, "NOT_FOUND"),
        *((index, "INVALID") for index in range(2, 9)),
        (9, "APPLIED"),
    ]
    pointers = [row["errors"][0]["pointer"] for row in reply.json["results"][2:9]]
    assert pointers == [
        "/updates/2/quantity",
        "/updates/3/price",
        "/updates/4",
        "/updates/5",
        "/updates/6/colour",
        "/updates/7/as_of",
        "/updates/8",
    ]
    assert reply.json["counts"] == {"APPLIED": 2, "NOT_FOUND": 1, "INVALID": 7}
    assert (shop.quantity("A"), shop.quantity("B")) == (7, 4)


def test_what_is_not_sent_stays(shop: Shop) -> None:
    shop.listed("A", list_price=euros("2.50"))

    shop.update({"sku": "A", "quantity": 7})
    after_stock = shop.read("A")
    shop.update({"sku": "A", "price": euros("1.80")})
    after_price = shop.read("A")

    assert (after_stock["price"], after_stock["list_price"]) == (euros("1.95"), euros("2.50"))
    assert (after_price["quantity"], after_price["list_price"]) == (7, euros("2.50"))
    assert after_price["price"] == euros("1.80")
    assert after_price["title"] == after_stock["title"]


def test_stock_and_price_have_their_own_times(shop: Shop) -> None:
    shop.listed("A")

    first = shop.update({"sku": "A", "quantity": 7, "as_of": ELEVEN}).json["results"][0]
    second = shop.update({"sku": "A", "quantity": 8, "price": euros("1.80"), "as_of": TEN}).json["results"][0]

    assert first == {"index": 0, "sku": "A", "result": "APPLIED", "stock": "APPLIED"}
    assert (second["result"], second["stock"], second["price"]) == ("STALE", "STALE", "APPLIED")
    assert (shop.quantity("A"), shop.read("A")["price"]) == (7, euros("1.80"))


def test_the_same_again_changes_nothing(shop: Shop) -> None:
    shop.listed("A")
    rows = [{"sku": "A", "quantity": 7, "price": euros("1.80"), "as_of": TEN}]
    shop.update(*rows)
    before, terms = shop.read("A"), offer_terms.get_many([ids.offer_id(shop.supplier_id, "A")])

    assert shop.results(*rows) == ["UNCHANGED"]
    assert shop.read("A") == before
    assert offer_terms.get_many([ids.offer_id(shop.supplier_id, "A")]) == terms


def test_what_is_the_same_is_so_as_of_the_later_time(shop: Shop) -> None:
    shop.listed("A")

    later = shop.results({"sku": "A", "quantity": 12, "price": euros("1.95"), "as_of": ELEVEN})
    late = shop.results({"sku": "A", "quantity": 3, "price": euros("9.00"), "as_of": TEN})

    assert (later, late) == (["UNCHANGED"], ["STALE"])
    assert (shop.quantity("A"), shop.read("A")["price"]) == (12, euros("1.95"))


def test_rows_of_one_sku_count_in_their_order_and_are_written_once(shop: Shop, asked: list[str]) -> None:
    shop.listed("A")
    shop.read("A")  # notes the day of the key's use
    asked.clear()

    results = shop.results(
        {"sku": "A", "quantity": 5, "as_of": ELEVEN},
        {"sku": "A", "quantity": 4, "as_of": TEN},
        {"sku": "A", "quantity": 5, "as_of": ELEVEN},
        {"sku": "A", "quantity": 6, "as_of": ELEVEN},
    )

    assert results == ["APPLIED", "STALE", "UNCHANGED", "APPLIED"]
    assert asked.count("UpdateItem") == 1
    assert shop.quantity("A") == 6


def test_a_price_of_an_accepted_offer_waits_for_validation_on_sale(shop: Shop) -> None:
    shop.listed("A")

    shop.update({"sku": "A", "price": euros("1.80")})

    read = shop.read("A")
    assert (read["acceptance"], read["validation_state"]) == ("ACCEPTED", "PENDING")
    terms = offer_terms.get_many([ids.offer_id(shop.supplier_id, "A")]).popitem()[1]
    assert terms.price
    assert terms.price.as_json() == euros("1.95")


def test_prices_that_do_not_fit_each_other_are_invalid(shop: Shop) -> None:
    shop.listed("A", list_price=euros("2.50"))
    dollars = {"amount": "1.80", "currency": "USD"}

    reply = shop.update({"sku": "A", "price": dollars}, {"sku": "A", "price": dollars, "list_price": None})

    first, second = reply.json["results"]
    assert (first["result"], first["errors"][0]["pointer"]) == ("INVALID", "/updates/0")
    assert second["result"] == "APPLIED"
    assert "list_price" not in shop.read("A")


def test_a_price_put_later_than_an_update_says_so(shop: Shop) -> None:
    shop.put("A")

    assert shop.results({"sku": "A", "price": euros("1.00"), "quantity": 1, "as_of": TEN}) == ["STALE"]


def test_a_withdrawn_offer_is_not_brought_back(shop: Shop) -> None:
    shop.put("A")
    call("DELETE", f"/suppliers/{shop.supplier_id}/offers/A", token=shop.key)

    assert (
        shop.results({"sku": "A", "quantity": 1}, {"sku": "A", "price": euros("1.00")}) == ["WITHDRAWN"] * 2
    )
    assert "WITHDRAWN" in shop.read("A")["inactivity_reasons"]


def test_no_row_and_too_many_are_refused_as_a_whole(shop: Shop) -> None:
    assert shop.update().faults == {"/updates": "INVALID_VALUE"}
    assert shop.update(*[{"sku": "A", "quantity": 1}] * 1001).faults == {"/updates": "INVALID_VALUE"}


def test_updates_at_the_same_moment_end_with_the_latest(shop: Shop) -> None:
    shop.listed("A")
    rows = [
        {"sku": "A", "quantity": n, "price": euros(f"2.0{n}"), "as_of": TEN[:14] + f"0{n}:00Z"}
        for n in range(8)
    ]

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(shop.update, rows))

    codes = {row["result"] for reply in replies for row in reply.json["results"]}
    assert codes <= {"APPLIED", "STALE", "CONTENTION"}
    again = shop.results(*rows)
    assert again[-1] in ("UNCHANGED", "APPLIED")
    assert (shop.quantity("A"), shop.read("A")["price"]) == (7, euros("2.07"))


def test_many_counts_cost_a_read_for_every_hundred_and_a_small_write_for_each_that_counts(
    shop: Shop, asked: list[str]
) -> None:
    rows = [{"sku": f"S{n}", "quantity": 100 + n, "as_of": TEN} for n in range(250)]
    for row in rows[:60]:
        an_offer(shop.supplier_id, row["sku"], stock_as_of=NINE)
    call("GET", f"/suppliers/{shop.supplier_id}", token=shop.key)  # notes the day of the key's use

    asked.clear()

    assert shop.results(*rows) == ["APPLIED"] * 60 + ["NOT_FOUND"] * 190
    assert asked.count("BatchGetItem") == 3
    assert asked.count("UpdateItem") == 60

    asked.clear()
    shop.results(*rows)
    assert sorted(asked) == ["BatchGetItem"] * 3 + ["GetItem"] * 2  # the terms; the key, the supplier


@pytest.mark.skipif(not REAL_STOCK.exists(), reason="needs the shared data")
def test_a_real_stock_file_goes_through_a_thousand_rows_at_a_time(shop: Shop) -> None:
    (path,) = REAL_STOCK.glob("**/*.csv")
    with path.open() as file:
        rows = [{"sku": row["sku"], "quantity": int(row["quantityOnStock"])} for row in csv.DictReader(file)][
            :1500
        ]
    known = {row["sku"] for row in rows[::25]}
    for sku in known:
        an_offer(shop.supplier_id, sku, stock_as_of=NINE)

    results = [*shop.results(*rows[:1000]), *shop.results(*rows[1000:])]

    last = {row["sku"]: row["quantity"] for row in rows}
    assert [result != "NOT_FOUND" for result in results] == [row["sku"] in known for row in rows]
    terms = offer_terms.get_many(ids.offer_id(shop.supplier_id, sku) for sku in known)
    assert {each.sku: each.quantity for each in terms.values()} == {sku: last[sku] for sku in known}
    assert all(each.stock_as_of > NINE for each in terms.values())
