"""Payouts over HTTP: made with a statement, told to the bank in a file, settled by what it says."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from api import Reply
from bookkeeping import DECEMBER, JANUARY, admin, close, delivered, statement
from conftest import Meddle
from marketplace import euros
from stream import records_of
from test_orders import Ordered
from trade import Crash, dying_at

from chalicelib.events import stream
from chalicelib.services import balances, close_statement, move_supplier
from chalicelib.services.move_supplier import Instruction
from chalicelib.storage import ledger, statements, suppliers
from chalicelib.storage.statements import Closing
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

IBAN = "NL91 ABNA 0417 1643 00"


def with_account(
    ordered: Ordered, account: dict[str, str] | None = None, name: str = "Nörd & Söhne"
) -> Ordered:
    supplier = suppliers.get(ordered.supplier_id)
    assert supplier
    profile = {**supplier.profile, "legal_name": name, "payout_account": account or {"iban": IBAN}}
    commit(suppliers.replacing(replace(supplier, profile=profile), expected_version=supplier.version))
    return ordered


def closed(november: time_machine.Traveller, *orders: Ordered) -> list[str]:
    """The ids of the payouts that closing November makes, in the order of the orders."""
    november.move_to(DECEMBER)
    assert close().status == 202
    return [statement(each.supplier_id).json["payout_id"] for each in orders]


def result(payout_id: str, status: str = "PAID", **fields: Any) -> Reply:
    return admin("POST", f"/admin/payouts/{payout_id}/result", {"status": status, **fields})


def a_file(key: str = "f", day: str = "2026-12-02", **fields: Any) -> Reply:
    body = {"currency": "EUR", "execution_date": day, **fields}
    return admin("POST", "/admin/payout-files", body, headers={"Idempotency-Key": key})


def begun(period: str) -> Closing:
    """The run that closes the period, which has come to nobody yet."""
    admin("POST", f"/admin/statements/{period}/close")
    run = statements.get_closing(period)
    assert run
    return run


def in_account(ordered: Ordered, account: Any) -> int:
    return balances.of_supplier(ordered.supplier_id)["EUR", account]


def test_a_statement_is_paid_out_once_and_the_bank_says_so(november: time_machine.Traveller) -> None:
    ordered = with_account(delivered())
    (payout_id,) = closed(november, ordered)
    close()

    assert in_account(ordered, "PAYOUTS") == 2500
    (listed,) = admin("GET", "/admin/payouts").json["items"]
    assert (listed["payout_id"], listed["amount"], listed["status"]) == (payout_id, euros("25.00"), "TO_PAY")

    paid = result(payout_id, bank_reference="B-1", executed_on="2026-12-02")
    again = result(payout_id, bank_reference="B-1", executed_on="2026-12-02")

    assert (paid.status, paid.json["status"], paid.json) == (200, "PAID", again.json)
    assert (in_account(ordered, "PAYOUTS"), in_account(ordered, "BANK")) == (0, 2500)
    assert result(payout_id, "FAILED").code == "PAYOUT_SETTLED"
    assert admin("GET", "/admin/payouts").json["items"] == []


def test_what_the_bank_cannot_pay_is_in_the_next_statement(november: time_machine.Traveller) -> None:
    ordered = with_account(delivered())
    (payout_id,) = closed(november, ordered)
    assert result(payout_id, "FAILED", reason="account closed").status == 200
    november.move_to(datetime.fromisoformat("2027-01-01T01:00:00+00:00"))
    close("2026-12")

    december = statement(ordered.supplier_id, "2026-12").json
    assert (december["opening_balance"], december["total"]) == (euros("25.00"), euros("0.00"))
    assert [row["amount"]["amount"] for row in december["rows"]] == ["-25.00", "25.00"]
    assert december["payout_amount"] == euros("25.00")
    assert december["payout_id"] != payout_id


@pytest.mark.usefixtures("serialised")
def test_two_answers_of_the_bank_at_once_are_one(november: time_machine.Traveller) -> None:
    ordered = with_account(delivered())
    (payout_id,) = closed(november, ordered)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda status: result(payout_id, status).status, ["PAID", "FAILED"] * 3))

    assert sorted(set(found)) in ([200, 409], [200])
    assert in_account(ordered, "PAYOUTS") == 0
    assert sum(posting.cause.startswith(f"{payout_id}-") for posting in ledger.walk(ordered.supplier_id)) == 1


def test_terms_hold_minimum_reserve_and_release(november: time_machine.Traveller) -> None:
    ordered = with_account(delivered())
    path = f"/admin/suppliers/{ordered.supplier_id}/payout-terms"
    terms = {"kyb": "VERIFIED", "reserve_percent": "10", "minimums": [euros("20.00")]}
    put = admin("PUT", path, terms)
    assert (put.status, put.json["version"], put.json["reserve_percent"]) == (200, 1, "10")
    assert admin("PUT", path, terms, headers={"If-Match": '"7"'}).status == 412
    assert admin("GET", path).json == put.json

    closed(november, ordered)

    shown = statement(ordered.supplier_id).json
    assert (shown["payout_amount"], shown["carried_over"]) == (euros("22.50"), euros("2.50"))
    assert shown["withheld"] == ["RESERVE"]


def test_a_supplier_leaves_when_all_is_paid(november: time_machine.Traveller) -> None:
    ordered = with_account(delivered())
    path = f"/admin/suppliers/{ordered.supplier_id}/termination"
    owed = admin("POST", path, {"reason": "moves"})
    (payout_id,) = closed(november, ordered)
    under_way = admin("POST", path, {"reason": "moves"})
    result(payout_id)

    nothing = euros("0.00")
    assert (owed.status, owed.code, under_way.code) == (409, "BALANCE_OPEN", "BALANCE_OPEN")
    assert [reply.json["balances"] for reply in (owed, under_way)] == [
        [{"currency": "EUR", "pending": nothing, "payable": euros("25.00"), "in_payout": nothing}],
        [{"currency": "EUR", "pending": nothing, "payable": nothing, "in_payout": euros("25.00")}],
    ]
    ended = move_supplier.terminate(ordered.supplier_id, Instruction("admin:anna", "moves"))
    assert ended["status"] == "TERMINATED"


def test_a_supplier_is_told_of_its_statement_and_of_what_becomes_of_its_payout(
    november: time_machine.Traveller,
) -> None:
    ordered = with_account(delivered())
    body = {"url": "http://127.0.0.1:9/hooks", "events": ["statement.*", "payout.*"]}
    path = f"/suppliers/{ordered.supplier_id}/webhooks"
    webhook_id = admin("POST", path, body).json["webhook_id"]
    records = records_of(lambda: closed(november, ordered))
    records += records_of(lambda: result(statement(ordered.supplier_id).json["payout_id"], "FAILED"))
    for number, record in enumerate(records):
        record["dynamodb"]["SequenceNumber"] = str(number)
    stream.on_change({"Records": records * 2}, None)

    found = admin("GET", f"{path}/{webhook_id}/deliveries?status=PENDING").json["items"]
    assert sorted(each["message"]["type"] for each in found) == [
        "payout.created",
        "payout.failed",
        "statement.closed",
    ]


def test_without_an_account_nothing_is_paid(november: time_machine.Traveller) -> None:
    ordered = delivered()
    november.move_to(DECEMBER)
    close()

    shown = statement(ordered.supplier_id).json
    assert (shown["withheld"], shown["payout_amount"]) == (["NO_PAYOUT_ACCOUNT"], euros("0.00"))
    assert shown["carried_over"] == euros("25.00")


def test_a_supplier_sees_its_payouts_and_not_all_of_the_account(november: time_machine.Traveller) -> None:
    ordered = with_account(delivered())
    closed(november, ordered)

    (shown,) = admin("GET", f"/suppliers/{ordered.supplier_id}/payouts").json["items"]

    assert shown["account"] == {"iban": "…3 00"}


@pytest.fixture
def payer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYER_NAME", "Marketplace AG")
    monkeypatch.setenv("PAYER_IBAN", "DE89 3704 0044 0532 0130 00")


@pytest.mark.usefixtures("payer")
def test_the_bank_is_told_by_a_file_of_pain_001(november: time_machine.Traveller) -> None:
    orders = [with_account(delivered(f"key-{number}")) for number in range(3)]
    american = with_account(delivered("key-us"), {"account_number": "1", "routing_number": "021000021"})
    payout_ids = closed(november, *orders)

    made = a_file()

    assert made.status == 201
    assert made.json["amount"] == euros("75.00")
    assert set(made.json["payout_ids"]) == set(payout_ids)
    assert made.json["left_out"] == [statement(american.supplier_id).json["payout_id"]]
    path = f"/admin/payout-files/{made.json['file_id']}"
    text = admin("GET", path, headers={"Accept": "application/xml"}).text
    told = read_back(text)
    assert told == {(named(payout_id), "25.00", "EUR", IBAN.replace(" ", "")) for payout_id in payout_ids}
    assert admin("GET", path, headers={"Accept": "application/xml"}).text == text
    assert "Nord + Sohne" in texts(text)
    assert made.json["format"] == "pain.001.001.09"


def named(payout_id: str) -> str:
    """How a payout is called in files: SEPA has no underscore."""
    return payout_id.replace("_", "-")


def texts(file: str) -> list[str]:
    return [node.text for node in ElementTree.fromstring(file).iter() if node.text and node.text.strip()]


@pytest.mark.usefixtures("payer")
def test_nobody_keeps_others_from_being_paid_by_a_name_or_an_account_that_no_bank_takes(
    november: time_machine.Traveller,
) -> None:
    names = ['Zwölf_Äpfel <GmbH> & Co. \x00"KG"', "株式会社", "x" * 200, "Öл/" * 30, "\x01\U0001f642"]
    good = [with_account(delivered(f"key-{place}"), name=name) for place, name in enumerate(names)]
    bad = [
        with_account(delivered("key-digits"), {"iban": "NL91ABNA0417164301"}),
        with_account(delivered("key-inject"), {"iban": "</IBAN><IBAN>NL91ABNA0417164300"}),
    ]
    payout_ids = closed(november, *good, *bad)

    made = a_file()

    assert made.status == 201
    assert set(made.json["payout_ids"]) == set(payout_ids[:5])
    assert set(made.json["left_out"]) == set(payout_ids[5:])
    path = f"/admin/payout-files/{made.json['file_id']}"
    text = admin("GET", path, headers={"Accept": "application/xml"}).text
    assert {told[0] for told in read_back(text)} == set(map(named, payout_ids[:5]))
    assert [each for each in texts(text) if re.search(r"[^A-Za-z0-9/?:().,'+ -]", each)] == []
    assert {len(each) for each in texts(text) if each.startswith("xx")} == {70}
    assert "NOTPROVIDED" in texts(text)
    assert a_file("again").code == "NOTHING_TO_PAY"


@pytest.mark.parametrize(
    ("name", "value"),
    [("PAYER_IBAN", "DE00370400440532013000"), ("PAYER_NAME", "\U0001f642"), ("PAYER_BIC", "BANK")],
    ids=["account", "name", "bank"],
)
@pytest.mark.usefixtures("payer")
def test_an_account_to_pay_from_that_no_bank_has_is_told_at_once(
    november: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    closed(november, with_account(delivered()))
    monkeypatch.setenv(name, value)

    assert (a_file().status, a_file().code) == (409, "PAYER_NOT_SET")


@pytest.mark.usefixtures("payer")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_wherever_making_a_file_dies_each_payout_is_told_once(
    november: time_machine.Traveller, moment: str
) -> None:
    payout_ids = closed(november, with_account(delivered()))
    with dying_at(1, moment), suppress(Crash):
        a_file()

    assert a_file().json["payout_ids"] == payout_ids
    assert a_file("other").code == "NOTHING_TO_PAY"


def read_back(text: str) -> set[tuple[str | None, ...]]:
    root = ElementTree.fromstring(text)
    space = {"p": root.tag.partition("}")[0][1:]}
    assert space["p"].endswith("pain.001.001.09")
    transfers = root.findall(".//p:CdtTrfTxInf", space)
    total = sum(round(100 * float(each.findtext(".//p:InstdAmt", "", space))) for each in transfers)
    assert root.findtext(".//p:GrpHdr/p:CtrlSum", "", space) == f"{total / 100:.2f}"
    return {
        (
            each.findtext(".//p:EndToEndId", None, space),
            each.findtext(".//p:InstdAmt", None, space),
            next(node.get("Ccy") for node in each.iterfind(".//p:InstdAmt", space)),
            each.findtext(".//p:CdtrAcct//p:IBAN", None, space),
        )
        for each in transfers
    }


@pytest.mark.usefixtures("payer", "serialised")
def test_a_payout_is_in_one_file_only(november: time_machine.Traveller) -> None:
    closed(november, *(with_account(delivered(f"key-{number}")) for number in range(2)))

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(a_file, ["a", "b", "c", "d"]))

    told = [payout for reply in made if reply.status == 201 for payout in reply.json["payout_ids"]]
    assert len(told) == len(set(told)) == 2
    assert {reply.code for reply in made if reply.status != 201} <= {"NOTHING_TO_PAY", "CHANGED_MEANWHILE"}
    first = next(key for key, reply in zip("abcd", made, strict=True) if reply.status == 201)
    assert a_file(first).headers["Idempotency-Replayed"] == "true"
    assert a_file(first, day="2026-12-03").code == "IDEMPOTENCY_KEY_REUSED"


def test_a_file_needs_an_account_to_pay_from(november: time_machine.Traveller) -> None:
    closed(november, with_account(delivered()))

    assert a_file().code == "PAYER_NOT_SET"


@pytest.mark.usefixtures("payer")
@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"currency": "USD"}, "/currency"),
        ({"day": "2026-11-30"}, "/execution_date"),
        ({"day": "2026-02-31"}, "/execution_date"),
    ],
    ids=["no SEPA", "over", "no day"],
)
def test_what_no_bank_would_take_is_refused(
    november: time_machine.Traveller, fields: dict[str, str], pointer: str
) -> None:
    closed(november, with_account(delivered()))

    reply = a_file(**fields)

    assert (reply.status, list(reply.faults)) == (422, [pointer])


def test_a_run_that_comes_late_is_paid_out_of_the_statement_behind_it(
    november: time_machine.Traveller,
) -> None:
    ordered = with_account(delivered())
    november.move_to(DECEMBER)
    november_run = begun("2026-11")
    november.move_to(JANUARY)
    december_run = begun("2026-12")

    for run in (november_run, december_run):
        close_statement.close(ordered.supplier_id, run)

    first, second = (statement(ordered.supplier_id, each).json for each in ("2026-11", "2026-12"))
    assert first["payout_amount"] == euros("25.00")
    assert (second["opening_balance"], second["total"]) == (euros("25.00"), euros("-25.00"))
    assert second["payout_amount"] == euros("0.00")
    assert in_account(ordered, "PAYOUTS") == 2500


def test_two_runs_at_the_same_ledger_pay_once(
    november: time_machine.Traveller, before_the_transaction: Meddle
) -> None:
    ordered = with_account(delivered())
    november.move_to(DECEMBER)
    first = begun("2026-11")
    november.move_to(JANUARY)
    second = begun("2026-12")
    before_the_transaction(lambda: close_statement.close(ordered.supplier_id, first))

    close_statement.close(ordered.supplier_id, second)

    assert in_account(ordered, "PAYOUTS") == 2500
    assert statement(ordered.supplier_id, "2026-12").json["since"] == first.cutoff
