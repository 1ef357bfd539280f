"""What an administrator credits, charges and takes back, over HTTP."""

from typing import Any

import pytest
from api import Reply, call
from conftest import Meddle
from marketplace import a_supplier, euros
from test_api_fulfilment import Sale, clock, sale
from trade import Crash, dying_at

from chalicelib.domain.ledger import sums
from chalicelib.storage import ledger

__all__ = ["clock", "sale"]  # fixtures

pytestmark = pytest.mark.usefixtures("aws")

INVOICE = {"type": "MANUAL_INVOICE", "amount": euros("10.00"), "vat": euros("2.10"), "reason": "Photographs"}


class Desk:
    """An administrator, and the supplier whose ledger it writes in."""

    def __init__(self, token: str) -> None:
        self.token, self.supplier_id = token, a_supplier()

    def post(self, body: Any = INVOICE, *, key: str = "k", supplier_id: str | None = None) -> Reply:
        return self._send(f"/admin/suppliers/{supplier_id or self.supplier_id}/ledger-entries", body, key)

    def take_back(
        self, posted: Reply, amount: str | None = None, *, key: str = "r", currency: str = "EUR"
    ) -> Reply:
        part = {"amount": {"amount": amount, "currency": currency}} if amount else {}
        body = {"reason": "by mistake", **part}
        entries = f"/admin/suppliers/{posted.json['supplier_id']}/ledger-entries"
        return self._send(f"{entries}/{posted.json['posting_id']}/reversal", body, key)

    def _send(self, target: str, body: Any, key: str) -> Reply:
        return call("POST", target, body, token=self.token, headers={"Idempotency-Key": key})

    @property
    def postings(self) -> list[ledger.Posting]:
        return list(ledger.walk(self.supplier_id))

    @property
    def owed(self) -> int:
        return sums(self.postings).get(("EUR", "SUPPLIER_PAYABLE"), 0)


@pytest.fixture
def by_hand(admin: str) -> Desk:
    return Desk(admin)


def told(posted: Reply) -> list[tuple[str, str, str]]:
    return [(each["type"], each["account"], each["amount"]["amount"]) for each in posted.json["entries"]]


@pytest.mark.parametrize(
    ("kind", "signs"),
    [("MANUAL_CREDIT", (1, "REFUND_")), ("MANUAL_INVOICE", (-1, "")), ("PENALTY_FEE", (-1, ""))],
    ids=["credit", "invoice", "penalty"],
)
def test_a_supplier_is_credited_or_charged_with_tax(by_hand: Desk, kind: str, signs: tuple[int, str]) -> None:
    posted = by_hand.post({**INVOICE, "type": kind})

    sign, prefix = signs
    assert posted.status == 201
    assert {(kind, "SUPPLIER"), (f"{prefix}COMMISSION_VAT", "FEE_VAT")} <= {each[:2] for each in told(posted)}
    assert by_hand.owed == sign * 1210
    assert (posted.json["reason"], posted.json["by"][:6]) == ("Photographs", "admin:")
    read = call("GET", posted.headers["Location"].removeprefix("/v1"), token=by_hand.token)
    assert read.json["entries"] == posted.json["entries"]


def test_a_replay_posts_once_and_another_body_is_refused(by_hand: Desk) -> None:
    first, again = by_hand.post(), by_hand.post()
    other = by_hand.post({**INVOICE, "amount": euros("11.00")})

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert by_hand.owed == -1210
    by_hand.post(key="another")
    assert by_hand.owed == -2420


def test_without_a_key_nothing_is_posted(by_hand: Desk) -> None:
    target = f"/admin/suppliers/{by_hand.supplier_id}/ledger-entries"

    assert call("POST", target, INVOICE, token=by_hand.token).code == "IDEMPOTENCY_KEY_MISSING"
    assert by_hand.postings == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_died_at_its_write_is_posted_once_when_it_comes_again(by_hand: Desk, moment: str) -> None:
    with dying_at(1, moment), pytest.raises(Crash):
        by_hand.post()

    posted = by_hand.post()

    assert (posted.status, by_hand.owed) == (201, -1210)
    with dying_at(1, moment), pytest.raises(Crash):
        by_hand.take_back(posted, "4.00")
    assert (by_hand.take_back(posted, "4.00").status, by_hand.owed) == (201, -726)


def test_a_charge_is_taken_back_in_parts_and_never_beyond_what_was_posted(by_hand: Desk) -> None:
    posted = by_hand.post({**INVOICE, "vat": euros("0.05")})

    third = by_hand.take_back(posted, "3.33", key="1")
    assert told(third) == [
        ("MANUAL_INVOICE", "MARKETPLACE", "-3.33"),
        ("MANUAL_INVOICE", "SUPPLIER", "3.33"),
        ("REFUND_COMMISSION_VAT", "FEE_VAT", "-0.01"),
        ("REFUND_COMMISSION_VAT", "SUPPLIER", "0.01"),
    ]
    by_id = {each["entry_id"]: each for each in posted.json["entries"]}
    assert [by_id[each["reverses"]]["account"] for each in third.json["entries"]] == [
        each["account"] for each in third.json["entries"]
    ]
    assert by_hand.take_back(posted, "6.68", key="2").faults == {"/amount": "REVERSED_TOO_MUCH"}
    assert by_hand.take_back(posted, "0.01", key="3").status == 201
    assert told(by_hand.take_back(posted, key="4"))[1::2] == [
        ("MANUAL_INVOICE", "SUPPLIER", "6.66"),
        ("REFUND_COMMISSION_VAT", "SUPPLIER", "0.04"),
    ]
    assert by_hand.owed == 0
    for amount in (None, "0.01"):
        assert by_hand.take_back(posted, amount, key=f"5{amount}").status in (409, 422)
    assert by_hand.take_back(posted, "3.33", key="1").json == third.json
    assert by_hand.owed == 0


def test_two_who_take_back_at_once_take_back_no_more_than_was_posted(
    by_hand: Desk, before_the_transaction: Meddle
) -> None:
    posted = by_hand.post()
    quicker: list[Reply] = []
    before_the_transaction(lambda: quicker.append(by_hand.take_back(posted, "6.00", key="quick")))

    slow = by_hand.take_back(posted, "6.00", key="slow")

    assert (quicker[0].status, slow.status, slow.faults) == (201, 422, {"/amount": "REVERSED_TOO_MUCH"})
    assert by_hand.owed == -1210 + 726


def test_sales_and_reversals_are_not_reversed_by_hand(by_hand: Desk, sale: Sale) -> None:
    (sold,) = ledger.walk(sale.seller.supplier_id)
    back = by_hand.take_back(by_hand.post())

    entries = f"/admin/suppliers/{sale.seller.supplier_id}/ledger-entries"
    refused = by_hand._send(f"{entries}/{sold.posting_id}/reversal", {"reason": "no"}, "s")

    assert (refused.status, refused.code) == (409, "NOT_REVERSIBLE")
    assert by_hand.take_back(back, key="again").code == "NOT_REVERSIBLE"
    for supplier_id in (by_hand.supplier_id, "sup_unknown"):
        target = f"/admin/suppliers/{supplier_id}/ledger-entries/{sold.posting_id}/reversal"
        assert by_hand._send(target, {"reason": "no"}, "o").status == 404


def test_a_charge_may_name_an_order_and_a_line_of_its_supplier(by_hand: Desk, sale: Sale) -> None:
    about = {"order_id": sale.order_id, "line_id": sale.tea}
    posted = by_hand.post({**INVOICE, **about}, supplier_id=sale.seller.supplier_id)

    entry = posted.json["entries"][0]
    assert {**about, "supplier_order_id": sale.part}.items() <= entry.items()
    of_order = f"/suppliers/{sale.seller.supplier_id}/ledger?order_id={sale.order_id}&type=MANUAL_INVOICE"
    shown = call("GET", of_order, token=sale.seller.token).json["items"]
    assert [each["by"] for each in shown] == ["admin", "admin"]
    others = {"order_id": sale.order_id, "line_id": sale.pot}
    assert by_hand.post({**INVOICE, **others}, key="2", supplier_id=sale.seller.supplier_id).faults == {
        "/line_id": "UNKNOWN_LINE"
    }
    assert by_hand.post({**INVOICE, **about}, key="3").faults == {"/order_id": "UNKNOWN_ORDER"}
    assert by_hand.post(supplier_id="sup_unknown", key="4").status == 404


def test_what_does_not_fit_is_named_and_not_posted(by_hand: Desk) -> None:
    changes: list[tuple[dict[str, Any], str]] = [
        ({"type": "ORDER_AMOUNT"}, "/type"),
        ({"type": "PAYMENT"}, "/type"),
        ({"amount": euros("0.00")}, "/amount/amount"),
        ({"amount": euros("-1.00")}, "/amount/amount"),
        ({"amount": euros("1.0")}, "/amount/amount"),
        ({"amount": 10}, "/amount"),
        ({"vat": {"amount": "2.10", "currency": "USD"}}, "/vat/currency"),
        ({"reason": ""}, "/reason"),
        ({"line_id": "lin_1"}, "/order_id"),
        ({"supplier_id": "sup_1"}, "/supplier_id"),
    ]
    for change, pointer in changes:
        refused = by_hand.post({**INVOICE, **change})
        assert (refused.status, list(refused.faults)) == (422, [pointer]), change
    assert by_hand.postings == []


def test_a_reversal_is_in_the_currency_of_what_it_reverses(by_hand: Desk) -> None:
    posted = by_hand.post()

    refused = by_hand.take_back(posted, "1.00", currency="USD")

    assert refused.faults == {"/amount/currency": "CURRENCY_MISMATCH"}
