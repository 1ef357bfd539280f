from typing import Any

import pytest
from api import Reply, call
from marketplace import a_line, a_supplier, an_offer, an_order_body, euros, stock_of

from chalicelib import clock
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.supplier import Keyring
from chalicelib.services import api_keys
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


class Seller:
    """An open supplier with one offer, and its key."""

    def __init__(self, name: str = "north", *, stock: int = 10) -> None:
        self.supplier_id = a_supplier(name)
        self.offer_id = an_offer(self.supplier_id, stock=stock)
        key = api_keys.new_key(self.supplier_id, now=clock.timestamp())
        commit(*api_keys.adding(key, Keyring(self.supplier_id)))
        self.token = credentials.api_key(master_secret(), key.key_id)

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        return call(method, f"/suppliers/{self.supplier_id}/orders{path}", body, token=self.token, **more)


def order(*lines: dict[str, Any], key: str | None = "k1", **fields: Any) -> Reply:
    headers = {"Idempotency-Key": key} if key else {}
    return call("POST", "/orders", an_order_body(*lines, **fields), headers=headers)


@pytest.fixture
def seller() -> Seller:
    return Seller()


def test_an_order_is_placed_and_read_with_its_token(seller: Seller) -> None:
    placed = order(a_line(seller.offer_id, 2))

    order_id = placed.json["order"]["order_id"]
    read = call("GET", f"/orders/{order_id}", token=placed.json["order_token"])
    assert placed.status == 201
    assert placed.headers["Location"] == f"/v1/orders/{order_id}"
    assert read.json == placed.json["order"]
    assert read.etag == placed.etag
    assert "attempts" not in read.json


def test_an_administrator_sees_the_attempts(seller: Seller, admin: str) -> None:
    order_id = order(a_line(seller.offer_id)).json["order"]["order_id"]

    read = call("GET", f"/orders/{order_id}", token=admin)

    assert [attempt["status"] for attempt in read.json["attempts"]] == ["PLANNED"]


def test_the_token_of_another_order_finds_nothing(seller: Seller) -> None:
    first = order(a_line(seller.offer_id), key="k1").json
    second = order(a_line(seller.offer_id), key="k2").json

    reply = call("GET", f"/orders/{first['order']['order_id']}", token=second["order_token"])

    assert reply.status == 404


def test_an_order_without_an_idempotency_key_is_refused(seller: Seller) -> None:
    for key in (None, " "):
        reply = order(a_line(seller.offer_id), key=key)
        assert (reply.status, reply.code) == (400, "IDEMPOTENCY_KEY_MISSING")


def test_the_same_order_again_is_the_same_order(seller: Seller) -> None:
    first = order(a_line(seller.offer_id, 3))
    again = order(a_line(seller.offer_id, 3))
    other = order(a_line(seller.offer_id, 4))

    assert (again.status, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert stock_of(seller.offer_id) == (7, 3, 0)


def test_too_many_are_refused_with_the_line_concerned(seller: Seller) -> None:
    reply = order(a_line(seller.offer_id, 11))

    assert (reply.status, reply.code) == (409, "OUT_OF_STOCK")
    assert reply.faults == {"/lines/0": "OUT_OF_STOCK"}


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"lines": []}, "/lines", "INVALID_VALUE"),
        ({"currency": "XYZ"}, "/currency", "INVALID_VALUE"),
        ({"contact": {"email": "nobody"}}, "/contact/email", "INVALID_VALUE"),
        ({"payment": {"reference": "p"}}, "/payment/authorized_amount", "MISSING_FIELD"),
        ({"promise": {"may_split": "yes"}}, "/promise/may_split", "INVALID_VALUE"),
        ({"promise": {"deliver_by": "2999-13-01"}}, "/promise/deliver_by", "INVALID_VALUE"),
        ({"promise": {"deliver_in": 3}}, "/promise/deliver_in", "UNKNOWN_FIELD"),
        ({"ship_to": {"name": "A"}}, "/ship_to/address", "MISSING_FIELD"),
        ({"coupon": "X"}, "/coupon", "UNKNOWN_FIELD"),
        ({"tax": 1}, "/tax", "INVALID_VALUE"),
    ],
)
def test_a_malformed_order_is_refused_with_a_pointer(
    seller: Seller, fields: dict[str, Any], pointer: str, code: str
) -> None:
    body = an_order_body(a_line(seller.offer_id)) | fields

    reply = call("POST", "/orders", body, headers={"Idempotency-Key": "k"})

    assert (reply.status, reply.faults) == (422, {pointer: code})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quantity": 0}, "/lines/0/quantity"),
        ({"quantity": 1000}, "/lines/0/quantity"),
        ({"quantity": "1"}, "/lines/0/quantity"),
        ({"expected_price": {"amount": "5", "currency": "EUR"}}, "/lines/0/expected_price/amount"),
        ({"product_id": "prd_1"}, "/lines/0"),
    ],
)
def test_a_malformed_line_is_refused_with_a_pointer(
    seller: Seller, change: dict[str, Any], pointer: str
) -> None:
    reply = order(a_line(seller.offer_id) | change)

    assert (reply.status, reply.faults) == (422, {pointer: "INVALID_VALUE"})


def test_an_order_promised_for_a_day_is_promised_for_all_of_it(seller: Seller) -> None:
    placed = order(a_line(seller.offer_id), promise={"deliver_by": "2999-01-31"})

    assert placed.json["order"]["promise"] == {"deliver_by": "2999-01-31T23:59:59.999Z"}


def test_a_country_that_is_none_is_refused(seller: Seller) -> None:
    address = {"line1": "1", "city": "c", "postal_code": "p", "country": "XX"}

    reply = order(a_line(seller.offer_id), ship_to={"name": "A", "address": address})

    assert reply.faults == {"/ship_to/address/country": "INVALID_VALUE"}


def test_a_supplier_accepts_and_ships_and_the_shopper_sees_it(seller: Seller) -> None:
    placed = order(a_line(seller.offer_id, 2)).json
    listed = seller.send("GET", "?status=WAITING_ACCEPTANCE").json["items"]
    part, line = listed[0], listed[0]["lines"][0]
    path = f"/{part['supplier_order_id']}"
    attempt_id = seller.send("GET", path).json["attempt"]["attempt_id"]
    answer = {
        "attempt_id": attempt_id,
        "lines": [{"line_id": line["line_id"], "code": "ACCEPTED", "quantity": 2}],
        "supplier_reference": "N-1",
    }
    shipment = {
        "carrier": "DHL",
        "tracking_number": "00340434",
        "tracking_url": "https://track.example/00340434",
        "lines": [{"line_id": line["line_id"], "quantity": 2}],
    }

    accepted = [seller.send("POST", f"{path}/acceptance", answer) for _ in range(2)]
    shipped = [
        seller.send("POST", f"{path}/shipments", shipment, headers={"Idempotency-Key": "s"}) for _ in range(2)
    ]
    seen = call("GET", f"/orders/{placed['order']['order_id']}", token=placed["order_token"]).json

    assert "line1" not in part["ship_to"]["address"]
    assert [reply.status for reply in accepted] == [200, 200]
    assert accepted[0].json["ship_to"]["address"]["line1"] == "1 Quiet Lane"
    assert [reply.status for reply in shipped] == [201, 201]
    assert shipped[1].json == shipped[0].json
    assert shipped[1].headers["Idempotency-Replayed"] == "true"
    assert seen["status"] == "SHIPPED"
    assert seen["shipments"][0]["tracking_number"] == "00340434"
    assert stock_of(seller.offer_id) == (8, 0, 2)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//x", "ftp://x.example", "https://", "https://x y"])
def test_a_tracking_url_that_is_no_web_address_is_refused(seller: Seller, url: str) -> None:
    shipment = {"carrier": "DHL", "tracking_url": url, "lines": [{"line_id": "lin_1", "quantity": 1}]}

    reply = seller.send("POST", "/so_1/shipments", shipment)

    assert reply.faults == {"/tracking_url": "INVALID_VALUE"}


def test_another_suppliers_order_is_not_found(seller: Seller) -> None:
    order(a_line(seller.offer_id))
    part = seller.send("GET", "").json["items"][0]
    other = Seller("south")

    assert other.send("GET", f"/{part['supplier_order_id']}").status == 404
    assert other.send("GET", "").json["items"] == []


def test_an_order_in_another_currency_names_the_amounts(seller: Seller) -> None:
    dollars = {"amount": "1.00", "currency": "USD"}

    reply = order(a_line(seller.offer_id), shipping=dollars, tax=euros("0.00"))

    assert reply.faults == {"/shipping/currency": "CURRENCY_MISMATCH"}
