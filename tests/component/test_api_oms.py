"""What an order-management system changes and reads, over HTTP."""

from typing import Any

import pytest
from api import Reply, call
from bodies import a_registration
from component.conftest import Heard, Meddle
from desk import Desk
from marketplace import SHIP_TO, a_line, a_product, a_supplier, an_offer, euros, place
from stream import records_of

from chalicelib import clock
from chalicelib.domain import acceptance
from chalicelib.services import accept_order, react_to_changes
from chalicelib.storage import supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

ELSEWHERE = {"address": {"line1": "2 Loud Street", "city": "Bruges", "postal_code": "8000"}}


class Shopper:
    """Someone who has ordered, with the token of the order."""

    def __init__(self, *offers: str, **fields: Any) -> None:
        answer = place(*map(a_line, offers), **fields).answer
        self.order, self.token = answer["order"], answer["order_token"]
        self.target = f"/orders/{self.order['order_id']}"

    def change(self, patch: dict[str, Any], **more: Any) -> Reply:
        return call("PATCH", self.target, patch, token=more.pop("token", self.token), **more)

    def part(self, number: int = 0) -> Any:
        part = supplier_orders.get(self.order["supplier_orders"][number]["supplier_order_id"])
        assert part is not None
        return part

    def is_sent(self) -> None:
        sent = acceptance.mark_sent(self.part(), now=clock.timestamp())
        commit(supplier_orders.replacing(sent, expected_version=sent.version))

    def is_accepted(self) -> None:
        self.is_sent()
        part = self.part()
        lines = [{"line_id": line.line_id, "code": "ACCEPTED"} for line in part.lines]
        accept_order.accept(
            part.supplier_id,
            part.supplier_order_id,
            {"attempt_id": part.attempt.attempt_id, "lines": lines},
        )


def test_a_shopper_changes_where_an_order_goes_until_a_supplier_was_told() -> None:
    shopper = Shopper(an_offer(a_supplier()))

    reply = shopper.change({"ship_to": ELSEWHERE})

    assert reply.status == 200
    assert reply.json["ship_to"]["name"] == SHIP_TO["name"]
    assert reply.json["ship_to"]["address"]["city"] == "Bruges"
    assert reply.json["version"] > shopper.order["version"]
    assert call("GET", shopper.target, token=shopper.token).json["ship_to"] == reply.json["ship_to"]


@pytest.mark.parametrize("told", [Shopper.is_sent, Shopper.is_accepted])
def test_an_address_that_a_supplier_has_stays(told: Any) -> None:
    shopper = Shopper(an_offer(a_supplier(), "A"), an_offer(a_supplier(), "B"))
    told(shopper)

    refused = shopper.change({"ship_to": ELSEWHERE, "contact": {"email": "new@buyer.example"}})
    taken = shopper.change({"contact": {"email": "new@buyer.example"}})

    assert (refused.status, refused.code) == (409, "ADDRESS_IN_USE")
    assert taken.status == 200
    assert taken.json["ship_to"] == SHIP_TO
    assert taken.json["contact"] == {"email": "new@buyer.example"}


def test_a_dispatch_that_read_the_old_address_cannot_send_it() -> None:
    shopper = Shopper(an_offer(a_supplier()))
    reading = shopper.part()

    assert shopper.change({"ship_to": ELSEWHERE}).status == 200

    sent = acceptance.mark_sent(reading, now=clock.timestamp())
    with pytest.raises(WriteRefused):
        commit(supplier_orders.replacing(sent, expected_version=reading.version))


def test_an_address_that_is_sent_while_it_is_changed_stays(before_the_transaction: Meddle) -> None:
    shopper = Shopper(an_offer(a_supplier()))
    before_the_transaction(shopper.is_sent)

    reply = shopper.change({"ship_to": ELSEWHERE})

    assert (reply.status, reply.code) == (409, "ADDRESS_IN_USE")
    assert call("GET", shopper.target, token=shopper.token).json["ship_to"] == SHIP_TO


def test_a_promise_is_changed_and_taken_back() -> None:
    shopper = Shopper(an_offer(a_supplier()), promise={"may_split": False})

    looser = shopper.change({"promise": {"max_unit_price": euros("6.00")}})
    none = shopper.change({"promise": None, "channel_reference": "PO-7"})

    assert looser.json["promise"] == {"may_split": False, "max_unit_price": euros("6.00")}
    assert "promise" not in none.json
    assert none.json["channel_reference"] == "PO-7"


@pytest.mark.parametrize(
    ("patch", "faults"),
    [
        pytest.param(
            {"promise": {"max_unit_price": {"amount": "6.00", "currency": "USD"}}},
            {"/promise/max_unit_price/currency": "CURRENCY_MISMATCH"},
            id="other-currency",
        ),
        pytest.param({"ship_to": None}, {"/ship_to": "MISSING_FIELD"}, id="no-address"),
        pytest.param({"lines": []}, {"/lines": "UNKNOWN_FIELD"}, id="lines"),
        pytest.param({"status": "SHIPPED"}, {"/status": "UNKNOWN_FIELD"}, id="status"),
        pytest.param({"ship_to": {"address": {"country": "Belgium"}}}, None, id="no-country"),
    ],
)
def test_what_cannot_be_changed_is_refused_and_nothing_is(
    patch: dict[str, Any], faults: dict[str, str] | None
) -> None:
    shopper = Shopper(an_offer(a_supplier()))

    reply = shopper.change(patch)

    assert reply.status == 422
    assert faults is None or reply.faults == faults
    assert call("GET", shopper.target, token=shopper.token).json["version"] == shopper.order["version"]


def test_a_patch_that_says_what_is_so_changes_nothing() -> None:
    shopper = Shopper(an_offer(a_supplier()))

    reply = shopper.change({"contact": shopper.order["contact"], "promise": None})

    assert reply.json["version"] == shopper.order["version"]


def test_a_change_of_a_version_that_has_passed_is_refused() -> None:
    shopper = Shopper(an_offer(a_supplier()))
    tag = {"If-Match": f'"{shopper.order["version"]}"'}

    replies = [shopper.change({"channel_reference": name}, headers=tag) for name in ("one", "two")]

    assert [reply.status for reply in replies] == [200, 412]


def test_an_administrator_names_the_version_and_stands_in_the_history(desk: Desk) -> None:
    shopper = Shopper(an_offer(a_supplier()))
    shopper.change({"channel_reference": "PO-7"})
    read = desk.send("GET", shopper.target)

    unnamed = shopper.change({"channel_reference": "PO-8"}, token=desk.token)
    named = shopper.change(
        {"promise": {"may_change_supplier": False}}, token=desk.token, headers={"If-Match": read.etag}
    )

    assert unnamed.status == 428
    history = named.json["history"]
    assert [each["fields"] for each in history] == [["channel_reference"], ["promise"]]
    assert [each["by"].partition(":")[0] for each in history] == ["order", "admin"]
    assert "history" not in call("GET", shopper.target, token=shopper.token).json


def test_a_change_is_told_without_what_it_says_of_the_shopper(heard: Heard) -> None:
    shopper = Shopper(an_offer(a_supplier()))

    records = records_of(lambda: shopper.change({"ship_to": ELSEWHERE, "promise": {"may_split": False}}))
    react_to_changes.react(records)

    (event,) = heard()
    assert event["type"] == "order.changed"
    assert event["data"]["changed"] == ["ship_to", "promise"]
    assert event["data"]["new"]["promise"] == {"may_split": False}
    assert not [word for word in ("Loud", "Bruges", "Ada") if word in str(event)]


def test_an_order_that_was_changed_is_still_a_replay_of_its_placing() -> None:
    offer = an_offer(a_supplier())
    shopper = Shopper(offer)
    shopper.change({"ship_to": ELSEWHERE, "channel_reference": "PO-7"})

    again = place(a_line(offer))

    assert again.replayed
    assert again.answer["order"]["order_id"] == shopper.order["order_id"]


def test_a_suppliers_stock_is_read_at_once_by_itself_and_by_administrators(desk: Desk) -> None:
    registered = call("POST", "/suppliers", a_registration()).json
    supplier, key = registered["supplier"]["supplier_id"], registered["api_key"]
    an_offer(supplier, "TEA", stock=3, reserved=2)
    an_offer(supplier, "POT", stock=0)
    target = f"/suppliers/{supplier}/inventory?skus=TEA,POT,TEA,CUP"

    own = call("GET", target, token=key)

    by_sku = {item["sku"]: item for item in own.json["items"]}
    counts = ("on_hand", "reserved", "sold", "available")
    assert [by_sku["TEA"][name] for name in counts] == [5, 2, 0, 3]
    assert (by_sku["TEA"]["active"], by_sku["POT"]["active"]) == (True, False)
    assert own.json["unknown"] == ["CUP"]
    assert desk.send("GET", target).json == own.json


def test_an_administrator_reads_the_stock_of_offers_and_of_products(desk: Desk) -> None:
    tea, pot = an_offer(a_supplier()), an_offer(a_supplier())
    a_product("prd_A", tea, pot)
    other = an_offer(a_supplier(), "OTHER")

    reply = desk.send("GET", f"/admin/inventory?offer_ids={other},off_none&product_ids=prd_A,prd_none")

    assert {item["offer_id"] for item in reply.json["items"]} == {tea, pot, other}
    assert reply.json["unknown"] == ["off_none", "prd_none"]


@pytest.mark.parametrize("query", ["", "?offer_ids=", "?offer_ids=" + ",".join(map(str, range(101)))])
def test_an_inventory_of_nothing_or_too_much_is_refused(desk: Desk, query: str) -> None:
    assert desk.send("GET", f"/admin/inventory{query}").status == 422
