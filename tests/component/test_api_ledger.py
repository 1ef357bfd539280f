"""What stands in a supplier's ledger, over HTTP."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from api import Reply, call
from test_api_fulfilment import Sale, clock, sale
from test_api_orders import Seller

from chalicelib.services.read_ledger import Wanted, list_entries

__all__ = ["clock", "sale"]  # fixtures

pytestmark = pytest.mark.usefixtures("aws")

Entries = list[dict[str, Any]]


def ask(sale: Sale, what: str = "", *, token: str | None = None) -> Reply:
    return call("GET", f"/suppliers/{sale.seller.supplier_id}/ledger{what}", token=token or sale.seller.token)


def entries(sale: Sale, query: str = "") -> Entries:
    reply = ask(sale, query)
    assert (reply.status, reply.json["next_cursor"]) == (200, None), reply.text
    return list(reply.json["items"])


def told(found: Entries) -> list[tuple[str, str, str | None, str]]:
    return [(each["type"], each["account"], each.get("state"), each["amount"]["amount"]) for each in found]


def sold_and_delivered(sale: Sale) -> Entries:
    sale.deliver(sale.ship())
    return entries(sale, "?limit=100")


def test_a_ledger_shows_both_sides_of_every_move_oldest_first(sale: Sale) -> None:
    found = entries(sale)

    assert told(found)[:2] == [
        ("ORDER_AMOUNT", "SHOPPER", None, "-10.00"),
        ("ORDER_AMOUNT", "SUPPLIER", "PENDING", "10.00"),
    ]
    assert {each["order_id"] for each in found} == {sale.order_id}
    assert {each["supplier_order_id"] for each in found} == {sale.part}
    assert {each["line_id"] for each in found} == {sale.tea}
    assert len({each["posting_id"] for each in found}) == 1

    after = sold_and_delivered(sale)
    assert after[: len(found)] == found
    sums: Counter[str] = Counter()
    for each in after:
        sums[each.get("state") or each["account"]] += round(float(each["amount"]["amount"]) * 100)
    assert sums["PENDING"] == 0
    assert sums["PAYABLE"] + sums["MARKETPLACE"] == -sums["SHOPPER"]


def test_a_balance_tells_what_is_pending_and_what_is_payable(sale: Sale, admin: str) -> None:
    def read(token: str = sale.seller.token, seller: Seller = sale.seller) -> Any:
        reply = call("GET", f"/suppliers/{seller.supplier_id}/balance", token=token)
        return reply.status, [
            {name: each[name]["amount"] for name in ("pending", "payable", "in_payout")}
            for each in reply.json.get("balances", [])
        ]

    before = read()
    sale.deliver(sale.ship())
    after = read()

    (pending,) = before[1]
    assert pending == {"pending": pending["pending"], "payable": "0.00", "in_payout": "0.00"}
    assert after == (200, [{"pending": "0.00", "payable": pending["pending"], "in_payout": "0.00"}])
    assert read(admin) == after
    assert read(sale.other.token) == (404, [])
    assert read(seller=Seller("new"), token=admin) == (200, [])


def test_pages_show_every_entry_once_though_postings_hold_several(sale: Sale) -> None:
    every = sold_and_delivered(sale)
    seen: Entries = []
    cursor = ""

    while cursor is not None:
        page = ask(sale, f"?limit=3{cursor and '&cursor='}{cursor}").json
        if not seen:
            sale.refund({"amount": {"amount": "1.00", "currency": "EUR"}})
        assert len(page["items"]) <= 3
        seen += page["items"]
        cursor = page["next_cursor"]

    assert seen[: len(every)] == every
    assert len({each["entry_id"] for each in seen}) == len(seen) > len(every)


def test_a_page_that_looks_through_much_goes_on_where_it_stopped(sale: Sale) -> None:
    sold_and_delivered(sale)
    sale.refund({"amount": {"amount": "1.00", "currency": "EUR"}})
    wanted = Wanted(type="REFUND_ORDER_AMOUNT", account="SHOPPER")
    supplier_id = sale.seller.supplier_id

    first = list_entries(supplier_id, wanted, limit=24, most_read=2)
    second = list_entries(supplier_id, wanted, limit=24, most_read=2, cursor=first["next_cursor"])
    third = list_entries(supplier_id, wanted, limit=24, most_read=2, cursor=second["next_cursor"])

    assert [len(page["items"]) for page in (first, second, third)] == [0, 1, 0]
    assert third["next_cursor"] is None


def test_a_ledger_is_read_by_time_account_state_and_type(sale: Sale, clock: Any) -> None:
    clock.move_to("2026-11-24T10:00:00Z")
    every = sold_and_delivered(sale)
    read: dict[str, Callable[[dict[str, Any]], bool]] = {
        "account=SHOPPER": lambda each: each["account"] == "SHOPPER",
        "state=PENDING": lambda each: each.get("state") == "PENDING",
        "type=ORDER_AMOUNT": lambda each: each["type"] == "ORDER_AMOUNT",
        "from=2026-11-24": lambda each: each["at"] >= "2026-11-24",
        "to=2026-11-23": lambda each: each["at"] < "2026-11-24",
        "to=2026-11-23T09:00:00Z": lambda _: False,
        "from=2026-11-23T09:00:00Z": lambda _: True,
    }

    for query, keeps in read.items():
        assert entries(sale, f"?limit=100&{query}") == [each for each in every if keeps(each)], query


def test_the_entries_of_an_order_are_seen_together(sale: Sale) -> None:
    every = sold_and_delivered(sale)

    assert entries(sale, f"?limit=100&order_id={sale.order_id}") == every
    assert entries(sale, f"?order_id={sale.order_id}&to=2026-11-22") == []
    assert entries(sale, "?order_id=ord_other") == []
    first = ask(sale, f"?order_id={sale.order_id}&limit=1").json
    rest = ask(sale, f"?order_id={sale.order_id}&limit=100&cursor={first['next_cursor']}").json
    assert first["items"] + rest["items"] == every


def test_an_administrator_sees_what_an_order_moved_in_all_its_suppliers_ledgers(
    sale: Sale, admin: str
) -> None:
    path = f"/admin/orders/{sale.order_id}/ledger"
    every = call("GET", f"{path}?limit=100", token=admin).json["items"]

    first = call("GET", f"{path}?limit=1", token=admin).json
    rest = call("GET", f"{path}?limit=100&cursor={first['next_cursor']}", token=admin).json

    assert first["items"] + rest["items"] == every
    assert {each["supplier_id"] for each in every} == {sale.seller.supplier_id, sale.other.supplier_id}
    assert call("GET", "/admin/orders/ord_x/ledger", token=admin).status == 404
    own = ask(sale, "?limit=1").json["next_cursor"]
    assert call("GET", f"{path}?cursor={own}", token=admin).code == "INVALID_CURSOR"


def test_an_entry_is_read_with_what_was_posted_together_with_it(sale: Sale) -> None:
    every = entries(sale)

    read = ask(sale, f"/{every[1]['entry_id']}").json

    assert read == every[1] | {"entries": every}


def test_a_refund_names_the_entry_that_it_takes_back(sale: Sale) -> None:
    sale.deliver(sale.ship())
    sale.refund({"amount": {"amount": "1.00", "currency": "EUR"}})

    taken = next(each for each in entries(sale, "?type=REFUND_ORDER_AMOUNT") if each["account"] == "SHOPPER")

    assert taken["amount"]["amount"] == "1.00"
    assert told([ask(sale, f"/{taken['reverses']}").json]) == [("ORDER_AMOUNT", "SHOPPER", None, "-10.00")]


def test_a_bad_parameter_is_named(sale: Sale) -> None:
    for query, pointer in (
        ("from=yesterday", "/from"),
        ("to=2026-02-30", "/to"),
        ("to=9999-12-31", "/to"),
        ("from=2026-02-02&to=2026-02-01", "/to"),
        ("account=MINE", "/account"),
        ("type=GIFT", "/type"),
        ("state=PAID", "/state"),
        ("order=1", "/order"),
    ):
        reply = ask(sale, f"?{query}")
        assert (reply.status, list(reply.faults)) == (422, [pointer]), query


def test_nobody_reads_another_suppliers_ledger(sale: Sale, admin: str) -> None:
    entry = entries(sale)[0]["entry_id"]
    cursor = ask(sale, "?limit=1").json["next_cursor"]
    other = f"/suppliers/{sale.other.supplier_id}/ledger"

    assert ask(sale, token=sale.other.token).status == 404
    assert ask(sale, f"/{entry}", token=sale.other.token).status == 404
    assert call("GET", f"{other}/{entry}", token=sale.other.token).status == 404
    assert call("GET", f"{other}?cursor={cursor}", token=sale.other.token).code == "INVALID_CURSOR"
    of_order = call("GET", f"{other}?limit=100&order_id={sale.order_id}", token=sale.other.token).json
    assert {each["supplier_id"] for each in of_order["items"]} == {sale.other.supplier_id}
    assert ask(sale, token=admin).json == ask(sale).json
    assert call("GET", "/suppliers/sup_unknown/ledger", token=admin).status == 404


def test_what_is_no_entry_and_no_cursor_of_a_ledger_is_refused(sale: Sale) -> None:
    for entry_id in ("led_", "led_1", "led_1.0", "STATEMENT#2026-11#EUR.0", "é.0", ".."):
        assert ask(sale, f"/{quote(entry_id)}").status == 404, entry_id
    for cursor in ("x", "bnVsbA", "WyJhIiwiYiJd", "e30", "WzEsMl0"):
        assert ask(sale, f"?cursor={cursor}").code == "INVALID_CURSOR", cursor
