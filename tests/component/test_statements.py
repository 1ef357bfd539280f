"""Statements and the closing of periods, over HTTP and through the accounting queue."""

import base64
import csv
import hashlib
import io
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from bookkeeping import DECEMBER, JANUARY, admin, close, delivered, run_queue, statement
from marketplace import a_supplier, charge, euros
from test_orders import Ordered
from trade import Crash, dying_at

from chalicelib import clock
from chalicelib.clients import object_store, queues
from chalicelib.domain.ledger import Move, Posting, posting_id
from chalicelib.events import schedules
from chalicelib.services import ship_order
from chalicelib.services.refund_order import refund
from chalicelib.storage import ledger, statements
from chalicelib.storage.pages import packed
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


def test_a_statement_under_way_is_the_sum_of_its_rows(november: time_machine.Traveller) -> None:
    ordered = delivered()
    november.shift(1)

    read = statement(ordered.supplier_id)

    assert read.status == 200
    shown = read.json
    assert (shown["status"], shown["total"], shown["balance"]) == ("OPEN", euros("25.00"), euros("25.00"))
    assert sum(float(row["amount"]["amount"]) for row in shown["rows"]) == 25.0
    assert {row["line_id"] for row in shown["rows"]} == {ordered.tea_line, ordered.pot_line}
    assert shown["sales"] == {"net": euros("25.00"), "tax": euros("0.00"), "gross": euros("25.00")}


def test_a_period_that_is_over_is_closed_once(november: time_machine.Traveller) -> None:
    ordered = delivered()
    november.move_to(DECEMBER)

    first, second = close(), close()

    assert (first.status, second.status) == (202, 202)
    run = admin("GET", "/admin/statements/2026-11").json
    assert (run["status"], run["cutoff"], run["suppliers"]) == ("CLOSED", "2026-12-01T00:00:00.000Z", 1)
    (made,) = run["items"]
    assert made["statement_id"] == statement(ordered.supplier_id).json["statement_id"]
    assert (made["status"], made["balance"]) == ("CLOSED", euros("25.00"))


def test_nothing_falls_between_two_statements_and_what_is_below_zero_is_carried(
    november: time_machine.Traveller,
) -> None:
    ordered = delivered()
    body = {"lines": [{"line_id": ordered.tea_line, "amount": euros("10.00"), "reason": "broken"}]}
    november.move_to(DECEMBER)
    close()
    refund(ordered.supplier_id, ordered.part_id, body, idempotency_key="r", by="supplier")
    november.move_to(datetime(2027, 1, 1, 1, tzinfo=UTC))
    close("2026-12")

    first, second = (statement(ordered.supplier_id, period).json for period in ("2026-11", "2026-12"))

    assert second["opening_balance"] == first["balance"]
    assert (second["since"], second["refunds"]["gross"]) == (first["cutoff"], euros("-10.00"))
    assert second["total"] == sum_of(second["rows"])
    listed = admin("GET", f"/suppliers/{ordered.supplier_id}/statements").json["items"]
    assert [each["period"] for each in listed] == ["2027-01", "2026-12", "2026-11"]


def test_a_balance_is_what_stood_at_the_last_closing_and_what_came_since(
    november: time_machine.Traveller,
) -> None:
    ordered = Ordered()
    ordered.accept_all()

    def balance() -> list[str]:
        (shown,) = admin("GET", f"/suppliers/{ordered.supplier_id}/balance").json["balances"]
        return [shown[name]["amount"] for name in ("pending", "payable", "in_payout")]

    for moment, period in ((DECEMBER, "2026-11"), (datetime(2027, 1, 1, 1, tzinfo=UTC), "2026-12")):
        november.move_to(moment)
        close(period)
        assert balance() == ["25.00", "0.00", "0.00"]
    assert ledger.standing(ordered.supplier_id).cutoff == "2027-01-01T00:00:00.000Z"
    parcel = ordered.ship((ordered.tea_line, 2), (ordered.pot_line, 3), key="p").answer["shipment_id"]
    ship_order.deliver(ordered.supplier_id, ordered.part_id, parcel, delivered_at=None)
    assert balance() == ["0.00", "25.00", "0.00"]


def sum_of(rows: list[dict[str, Any]]) -> dict[str, str]:
    cents = sum(round(100 * float(row["amount"]["amount"])) for row in rows)
    return euros(f"{cents / 100:.2f}")


def test_a_period_closed_before_its_end_leaves_the_rest_to_the_next(
    november: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSE_AFTER_SECONDS", "0")
    delivered()
    november.shift(60)
    close()
    ordered = delivered("key-2")
    november.move_to(datetime(2027, 1, 1, 1, tzinfo=UTC))
    close("2026-12")

    assert statement(ordered.supplier_id, "2026-11").status == 404
    assert statement(ordered.supplier_id, "2026-12").json["balance"] == euros("25.00")


def test_it_is_not_closed_before_all_that_is_dated_before_can_be_written(
    november: time_machine.Traveller,
) -> None:
    ordered = delivered()
    november.move_to(datetime(2026, 12, 1, 0, 1, tzinfo=UTC))
    close()
    assert statements.get(ordered.supplier_id, "2026-11") == []

    november.shift(15 * 60)
    run_queue()
    assert [each.status for each in statements.get(ordered.supplier_id, "2026-11")] == ["CLOSED"]


@pytest.mark.parametrize(
    ("period", "status", "code"),
    [("2026-13", 404, "NOT_FOUND"), ("soon", 404, "NOT_FOUND"), ("2027-02", 409, "PERIOD_NOT_BEGUN")],
    ids=["no month", "no period", "to come"],
)
def test_only_a_period_that_has_begun_is_closed(
    november: time_machine.Traveller, period: str, status: int, code: str
) -> None:
    reply = admin("POST", f"/admin/statements/{period}/close")

    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_wherever_closing_dies_it_comes_to_the_same_end(
    november: time_machine.Traveller, moment: str
) -> None:
    ordered = delivered()
    november.move_to(DECEMBER)
    with dying_at(0, moment) as made:
        close()
    expected = statement(ordered.supplier_id).json
    for place in range(1, len(made) + 1):
        other = delivered(f"other-{place}")
        period = f"20{27 + place // 12}-{1 + place % 12:02}"
        november.move_to(datetime(2027 + place // 12, 1 + place % 12, 28, 23, tzinfo=UTC))
        with dying_at(place, moment), suppress(Crash):
            close(period)
        november.shift(3600)
        close(period)
        again = statement(other.supplier_id, period).json
        assert (again["balance"], again["row_count"]) == (expected["balance"], expected["row_count"])


def test_the_schedule_closes_what_is_over_and_leaves_it_then(november: time_machine.Traveller) -> None:
    ordered = delivered()
    november.move_to(DECEMBER)
    names = ("version", "account", "region", "detail", "detail-type", "source", "time", "id", "resources")
    event = dict.fromkeys(names, "")

    schedules.keep_books(event, None)
    run_queue()

    assert admin("GET", "/admin/statements/2026-11").json["closed_by"] == "schedule"
    assert statement(ordered.supplier_id).json["status"] == "CLOSED"
    schedules.keep_books(event, None)
    assert queues.receive(os.environ["ACCOUNTING_QUEUE_URL"], limit=1, visibility_seconds=1) == ()


def test_each_currency_has_a_statement_of_its_own(november: time_machine.Traveller) -> None:
    ordered = delivered()
    body = {"type": "MANUAL_CREDIT", "amount": {"amount": "500", "currency": "JPY"}, "reason": "thanks"}
    path = f"/admin/suppliers/{ordered.supplier_id}/ledger-entries"
    assert admin("POST", path, body, headers={"Idempotency-Key": "k"}).status == 201
    november.shift(1)

    several = statement(ordered.supplier_id)
    assert (several.status, several.code) == (422, "CURRENCY_REQUIRED")
    assert "EUR, JPY" in several.json["errors"][0]["detail"]
    assert statement(ordered.supplier_id, query="?currency=JPY").json["total"] == {
        "amount": "500",
        "currency": "JPY",
    }
    assert statement(ordered.supplier_id, query="?currency=USD").status == 404


def test_what_has_not_arrived_is_in_no_row_and_makes_no_statement_when_it_is_closed(
    november: time_machine.Traveller,
) -> None:
    ordered = Ordered()
    ordered.accept_all()
    november.shift(1)

    shown = statement(ordered.supplier_id).json
    assert (shown["status"], shown["rows"], shown["total"]) == ("OPEN", [], euros("0.00"))
    november.move_to(DECEMBER)
    close()
    assert statements.get(ordered.supplier_id, "2026-11") == []


def test_a_supplier_without_a_sale_has_no_statement(november: time_machine.Traveller) -> None:
    supplier_id = a_supplier()

    assert statement(supplier_id).status == 404
    assert admin("GET", f"/suppliers/{supplier_id}/statements").json == {"items": [], "next_cursor": None}


def test_as_csv_it_has_every_row_and_no_formula(november: time_machine.Traveller) -> None:
    ordered = delivered()
    path = f"/admin/suppliers/{ordered.supplier_id}/ledger-entries"
    body = {"type": "MANUAL_INVOICE", "amount": euros("1.00"), "reason": "=HYPERLINK(1)"}
    admin("POST", path, body, headers={"Idempotency-Key": "k"})
    november.shift(1)

    read = statement(ordered.supplier_id, headers={"Accept": "text/csv"})

    assert read.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(read.text)))
    assert sum(round(100 * float(row["amount"])) for row in rows) == 2400
    assert [row["reason"] for row in rows if row["reason"]] == ["'=HYPERLINK(1)"]
    assert {row["entry_id"] for row in rows} == {
        row["entry_id"] for row in statement(ordered.supplier_id).json["rows"]
    }


def test_as_a_page_it_lets_nothing_in_and_escapes_what_people_wrote(
    november: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_NAME", "Fair & Square")
    ordered = delivered()
    path = f"/admin/suppliers/{ordered.supplier_id}/ledger-entries"
    body = {"type": "MANUAL_INVOICE", "amount": euros("1234.50"), "reason": "<script>$rows</script>"}
    admin("POST", path, body, headers={"Idempotency-Key": "k"})
    november.shift(1)

    read = statement(ordered.supplier_id, headers={"Accept": "text/html,application/xhtml+xml"})

    assert read.headers["Content-Type"] == "text/html; charset=utf-8"
    policy, style = (
        read.headers["Content-Security-Policy"],
        read.text.split("<style>")[1].split("</style>")[0],
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "<script" not in read.text
    for shown in ("Fair &amp; Square", "north", "&lt;script&gt;$rows", "not closed yet", ordered.tea_line):
        assert shown in read.text
    assert "\u22121\u202f234.50" in read.text


def test_every_figure_leads_by_id_to_its_order_line_and_rule(november: time_machine.Traveller) -> None:
    charge(10)
    ordered = delivered()
    november.shift(1)
    shown = statement(ordered.supplier_id).json
    fees = [row for row in shown["rows"] if row["type"] == "COMMISSION_FEE"]

    assert sum_of(fees) == shown["fees"]["net"] == euros("-2.50")
    for row in shown["rows"]:
        entry = admin("GET", f"/suppliers/{ordered.supplier_id}/ledger/{row['entry_id']}").json
        assert row.items() <= entry.items()
        part = admin("GET", f"/suppliers/{ordered.supplier_id}/orders/{entry['supplier_order_id']}").json
        assert entry["line_id"] in {line["line_id"] for line in part["lines"]}
    for row in fees:
        rules = admin("GET", f"/admin/commission-rules?version={row['rules_version']}").json
        assert [each["percent"] for each in rules["rules"] if each["rule"] == row["rule"]] == [10]


def test_rows_come_in_pages_that_add_up(november: time_machine.Traveller) -> None:
    ordered = delivered()
    november.shift(1)
    first = statement(ordered.supplier_id, query="?limit=1").json
    second = statement(ordered.supplier_id, query=f"?limit=1&cursor={first['next_cursor']}").json

    assert sum_of([*first["rows"], *second["rows"]]) == first["total"]
    assert second["next_cursor"] is None
    assert list(ledger.walk(ordered.supplier_id, until=clock.timestamp()))


def test_where_a_period_is_closed_before_its_end_the_next_one_is_under_way(
    november: time_machine.Traveller,
) -> None:
    ordered = delivered()
    november.shift(60)
    admin("POST", "/admin/statements/2026-11/close")

    def listed() -> list[tuple[str, str]]:
        found = admin("GET", f"/suppliers/{ordered.supplier_id}/statements").json["items"]
        return [(each["period"], each["status"]) for each in found]

    assert listed() == [("2026-11", "OPEN")]
    november.shift(15 * 60)
    run_queue()
    assert listed() == [("2026-12", "OPEN"), ("2026-11", "CLOSED")]
    assert statement(ordered.supplier_id, "2026-12").json["opening_balance"] == euros("25.00")
    assert statement(ordered.supplier_id, "2027-01").status == 404


def test_another_cycle_goes_on_where_the_last_one_ended(
    november: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert admin("POST", "/admin/statements/2026-W46/close").code == "OTHER_CYCLE"
    ordered = delivered()
    monkeypatch.setenv("STATEMENT_CYCLE", "WEEK")
    november.move_to(DECEMBER)
    close("2026-W46")
    monkeypatch.delenv("STATEMENT_CYCLE")

    for period, at in (("2026-11", DECEMBER), ("2026-12", JANUARY)):
        november.move_to(at)
        close(period)
        month = statement(ordered.supplier_id, period).json
        assert (month["opening_balance"], month["row_count"]) == (euros("25.00"), 0)


def test_a_list_gives_no_more_than_its_limit_and_leaves_none_out(november: time_machine.Traveller) -> None:
    ordered = delivered()
    november.move_to(DECEMBER)
    close()
    body = {"type": "MANUAL_CREDIT", "amount": {"amount": "500", "currency": "JPY"}, "reason": "thanks"}
    path = f"/admin/suppliers/{ordered.supplier_id}/ledger-entries"
    admin("POST", path, body, headers={"Idempotency-Key": "k"})
    november.shift(1)
    listed, cursor = [], ""
    while cursor is not None:
        target = f"/suppliers/{ordered.supplier_id}/statements?limit=1{cursor}"
        page = admin("GET", target).json
        assert len(page["items"]) <= 1
        listed += [(each["period"], each["currency"]) for each in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert listed == [("2026-12", "EUR"), ("2026-12", "JPY"), ("2026-11", "EUR")]
    for wrong in ("x", packed(["OPEN"]), packed({"PK": "LEDGER#other", "SK": "STATEMENT#"})):
        reply = admin("GET", f"/suppliers/{ordered.supplier_id}/statements?cursor={wrong}")
        assert reply.code == "INVALID_CURSOR"


def test_of_very_many_rows_a_page_has_some_and_the_file_all(november: time_machine.Traveller) -> None:
    supplier_id, rows = a_supplier(), 4000
    moves = tuple(
        Move(number, "ORDER_AMOUNT", 1, "SHOPPER", "SUPPLIER_PAYABLE", line_id=f"lin_{number:0150}")
        for number in range(rows // 5)
    )
    for number in range(5):
        at, cause = clock.timestamp(), f"so_{number}"
        commit(ledger.adding(Posting(posting_id(at, cause), cause, supplier_id, at, "EUR", moves)))
    november.shift(1)

    shown = statement(supplier_id, query="?limit=1").json
    assert (shown["row_count"], len(shown["rows"]), shown["total"]) == (rows, 1, euros("40.00"))
    assert "2000 more rows" in statement(supplier_id, headers={"Accept": "text/html"}).text
    link = statement(supplier_id, headers={"Accept": "text/csv"})
    assert (link.status, link.text) == (303, "")
    key = urlsplit(link.headers["Location"]).path.removeprefix("/")
    assert object_store.read(key).count(b"\n") == rows + 1
