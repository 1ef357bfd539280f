"""Orders that a Shopify store sends, and the store's connection."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from api import Reply, app, call
from chalice.test import Client
from desk import Desk
from marketplace import a_line, a_product, a_supplier, an_offer, place, stock_of
from stream import everything

from chalicelib import clock
from chalicelib.services import payments, react_to_changes
from chalicelib.services.manage_channels import KEEPS_GOOD
from chalicelib.storage.items import Item

pytestmark = pytest.mark.usefixtures("aws")

SHOP = "quiet-tea.myshopify.com"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
HOOK = "/channels/shopify/orders"
CHANNEL = f"/admin/channels/shopify/{SHOP}"


@pytest.fixture
def connected(desk: Desk) -> Desk:
    assert desk.send("PUT", CHANNEL, {"secret": SECRET}).status == 201
    return desk


def a_shopify_order(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """As the store sends it, with some of what we do not read."""
    goods = sum(float(line["price"]) * line["quantity"] for line in lines)
    order = {
        "id": 5678901234567,
        "admin_graphql_api_id": "gid://shopify/Order/5678901234567",
        "name": "#1001",
        "email": "ada@buyer.example",
        "contact_email": "ada@buyer.example",
        "currency": "EUR",
        "presentment_currency": "EUR",
        "financial_status": "paid",
        "fulfillment_status": None,
        "taxes_included": False,
        "test": False,
        "total_discounts": "0.00",
        "subtotal_price": f"{goods:.2f}",
        "total_tax": "1.05",
        "total_price": f"{goods + 4.95 + 1.05:.2f}",
        "note": "Grüße aus Köln – 谢谢",
        "note_attributes": [],
        "tax_lines": [{"title": "VAT", "price": "1.05", "rate": 0.21}],
        "shipping_lines": [{"id": 1, "title": "Standard", "price": "4.95", "discounted_price": "4.95"}],
        "line_items": list(lines),
        "customer": {"id": 1, "first_name": "Ada", "last_name": "Buyer"},
        "billing_address": {"name": "Ada Buyer"},
        "shipping_address": {
            "first_name": "Ada",
            "last_name": "Buyer",
            "name": "Ada Buyer",
            "company": None,
            "address1": "1 Quiet Lane",
            "address2": "",
            "city": "Ghent",
            "province": None,
            "province_code": None,
            "zip": "9000",
            "country": "Belgium",
            "country_code": "BE",
            "phone": None,
            "latitude": 51.05,
        },
    }
    return {**order, **fields}


def an_item(sku: str | None, quantity: int = 1, price: str = "5.00", **fields: Any) -> dict[str, Any]:
    return {
        "id": 13,
        "variant_id": 14,
        "title": "Tea, green",
        "vendor": "North",
        "sku": sku,
        "quantity": quantity,
        "price": price,
        "properties": [{"name": "engraving", "value": "Ada"}],
        **fields,
    }


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def tell(
    order: Any,
    *,
    secret: str = SECRET,
    shop: str = SHOP,
    topic: str = "orders/create",
    tampered: Callable[[bytes], bytes] = bytes,
) -> Reply:
    body = json.dumps(order, ensure_ascii=False).encode()
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Hmac-Sha256": signature(body, secret),
        "Content-Type": "application/json",
    }
    return call("POST", HOOK, raw=tampered(body), headers=headers)


def refusals(desk: Desk) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = desk.send("GET", f"{CHANNEL}/refused-orders").json["items"]
    return listed


def test_an_order_of_the_store_is_placed_with_what_was_paid(connected: Desk) -> None:
    offer = an_offer(a_supplier(), "TEA")

    reply = tell(a_shopify_order(an_item(offer, 2)))

    order = reply.json["order"]
    assert reply.status == 201
    assert [(line["offer_id"], line["quantity"]) for line in order["lines"]] == [(offer, 2)]
    assert {name: each["amount"] for name, each in order["totals"].items()} == {
        "items": "10.00",
        "shipping": "4.95",
        "tax": "1.05",
        "grand_total": "16.00",
    }
    assert order["ship_to"]["address"] == {
        "line1": "1 Quiet Lane",
        "city": "Ghent",
        "postal_code": "9000",
        "country": "BE",
    }
    assert order["channel_reference"] == f"shopify:{SHOP}:5678901234567"
    explained = f"/orders/{order['order_id']}/lines/{order['lines'][0]['line_id']}/explain"
    assert connected.send("GET", explained).json["fee"]["inputs"]["channel"] == SHOP
    assert stock_of(offer) == (8, 2, 0)
    assert refusals(connected) == []


def test_a_product_id_as_sku_lets_allocation_choose(connected: Desk) -> None:
    dear, cheap = an_offer(a_supplier(), price="6.00"), an_offer(a_supplier(), price="5.00")
    a_product("prd_A", dear, cheap)
    react_to_changes.react(everything())

    reply = tell(a_shopify_order(an_item("prd_A")))

    assert [line["offer_id"] for line in reply.json["order"]["lines"]] == [cheap]


def test_taxes_that_prices_include_do_not_come_on_top(connected: Desk) -> None:
    offer = an_offer(a_supplier())

    reply = tell(a_shopify_order(an_item(offer), taxes_included=True, total_price="9.95"))

    assert reply.status == 201
    totals = reply.json["order"]["totals"]
    assert (totals["tax"]["amount"], totals["grand_total"]["amount"]) == ("1.05", "9.95")
    assert reply.json["order"]["tax_included"] is True


def test_the_taxes_of_each_line_and_of_shipping_are_taken_over(connected: Desk) -> None:
    supplier = a_supplier()
    tea, book = an_offer(supplier, "TEA"), an_offer(supplier, "BOOK", price="10.00")
    items = [an_item(tea, 2, tax_lines=[{"price": "1.50"}, {"price": "0.60"}]), an_item(book, 1, "10.00")]
    shipping = {
        "price": "4.95",
        "discount_allocations": [{"amount": "2.95"}],
        "tax_lines": [{"price": "0.42"}],
    }

    order = tell(
        a_shopify_order(*items, shipping_lines=[shipping], total_tax="2.52", total_price="24.52")
    ).json["order"]

    said = [
        [line[name]["amount"] for name in ("net", "tax", "shipping", "shipping_tax")]
        for line in order["lines"]
    ]
    assert said == [["10.00", "2.10", "1.00", "0.21"], ["10.00", "0.00", "1.00", "0.21"]]
    assert order["payable"]["total"]["amount"] == "24.52"


def test_an_order_that_is_told_again_is_placed_once_whatever_changed_in_it(connected: Desk) -> None:
    offer = an_offer(a_supplier())
    order = a_shopify_order(an_item(offer, 2))

    others = [{"email": "other@buyer.example"}, {"financial_status": "refunded"}, {"line_items": []}]
    replies = [tell(order), tell(order), *[tell({**order, **other}) for other in others]]

    assert [reply.status for reply in replies] == [201, 200, 200, 200, 200]
    assert len({reply.json["order"]["order_id"] for reply in replies}) == 1
    assert stock_of(offer) == (8, 2, 0)
    assert refusals(connected) == []


def test_an_order_that_is_not_paid_yet_goes_on_when_the_store_says_that_it_is(connected: Desk) -> None:
    order = a_shopify_order(an_item(an_offer(a_supplier())), financial_status="pending")
    paid = {**order, "financial_status": "paid"}

    replies = [tell(order), tell(order), tell(paid, topic="orders/paid"), tell(order), tell(paid)]

    assert [reply.status for reply in replies] == [201, *[200] * 4]
    read = connected.send("GET", f"/orders/{replies[0].json['order']['order_id']}").json
    assert replies[0].json["order"]["payment"]["status"] == "PENDING"
    assert replies[2].json["order"]["payment"]["status"] == "CONFIRMED"
    assert read["payment"]["status"] == "CONFIRMED"


def test_a_payment_that_comes_after_its_order_has_ended_is_shown_to_the_administrator(
    connected: Desk,
) -> None:
    order = a_shopify_order(an_item(an_offer(a_supplier())), financial_status="pending")
    tell(order)
    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        payments.sweep()
        reply = tell({**order, "financial_status": "paid"})

    assert (reply.status, reply.code) == (409, "PAYMENT_EXPIRED")
    assert [each["code"] for each in refusals(connected)] == ["PAYMENT_EXPIRED"]


def test_the_same_number_at_another_store_is_another_order(connected: Desk) -> None:
    other = "loud-tea.myshopify.com"
    connected.send("PUT", f"/admin/channels/shopify/{other}", {"secret": "another-secret-of-that-store"})
    order = a_shopify_order(an_item(an_offer(a_supplier())))

    replies = [tell(order), tell(order, shop=other, secret="another-secret-of-that-store")]

    assert [reply.status for reply in replies] == [201, 201]
    assert len({reply.json["order"]["order_id"] for reply in replies}) == 2


UNSIGNED: dict[str, dict[str, Any]] = {
    "a byte": {"tampered": lambda body: body.replace(b'"quantity": 2', b'"quantity": 1')},
    "a space more": {"tampered": lambda body: body + b" "},
    "another secret": {"secret": "shpss_ffffffffffffffffffffffffffffffff"},
    "an unknown store": {"shop": "loud-tea.myshopify.com"},
    "no store": {"shop": "../orders"},
}


def test_what_the_store_has_not_signed_is_refused_before_it_is_read(connected: Desk) -> None:
    offer = an_offer(a_supplier())

    replies = {name: tell(a_shopify_order(an_item(offer, 2)), **wrong) for name, wrong in UNSIGNED.items()}

    assert {name: (reply.status, reply.code) for name, reply in replies.items()} == dict.fromkeys(
        UNSIGNED, (401, "SIGNATURE_INVALID")
    )
    assert stock_of(offer) == (10, 0, 0)
    assert refusals(connected) == []


def test_a_body_without_a_signature_is_refused_unread(connected: Desk) -> None:
    assert call("POST", HOOK, raw=b"not json", headers={"X-Shopify-Shop-Domain": SHOP}).status == 401


UNFIT: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "other-currency": ({"currency": "USD"}, {"/line_items/0": "OUT_OF_STOCK"}),
    "no-currency": ({"currency": "XXQ"}, {"/currency": "INVALID_VALUE"}),
    "discounted": ({"total_price": "10.00"}, {"/total_price": "TOTAL_MISMATCH"}),
    "discounted-too-far": (
        {
            "shipping_lines": [{"price": "1.00", "discount_allocations": [{"amount": "7.00"}]}],
            "total_price": "0.05",
        },
        {"/shipping_lines": "INVALID_VALUE"},
    ),
    "absurd-amount": ({"total_price": "1e400"}, {"/total_price": "INVALID_VALUE"}),
    "voided": ({"financial_status": "voided"}, {"/financial_status": "NOT_PAYABLE"}),
    "test-order": ({"test": True}, {"/test": "TEST_ORDER"}),
    "no-email": ({"email": None, "contact_email": None}, {"/email": "MISSING_FIELD"}),
    "no-lines": ({"line_items": []}, {"/line_items": "INVALID_VALUE"}),
    "lines-of-another-kind": ({"line_items": "none"}, {"/line_items": "INVALID_VALUE"}),
    "no-address": ({"shipping_address": {}}, {"/shipping_address/name": "MISSING_FIELD"}),
    "digital": ({"shipping_address": None}, {"/shipping_address": "INVALID_VALUE"}),
}


def test_an_order_that_cannot_be_one_is_refused_in_shopifys_words_and_kept_for_the_administrator(
    connected: Desk,
) -> None:
    offer = an_offer(a_supplier())

    for name, (fields, faults) in UNFIT.items():
        reply = tell(a_shopify_order(an_item(offer), **fields))

        assert reply.status in (409, 422), name
        assert faults.items() <= reply.faults.items(), name
        (kept,) = refusals(connected)
        assert (kept["order"], kept["name"], kept["code"]) == ("5678901234567", "#1001", reply.code), name
        assert {each["pointer"]: each["code"] for each in kept["errors"]} == reply.faults, name
    assert stock_of(offer) == (10, 0, 0)
    assert not [item for item in Item.scan() if "Quiet Lane" in str(item.attribute_values)]


def test_a_sku_that_is_not_ours_is_pointed_at(connected: Desk) -> None:
    offer = an_offer(a_supplier())
    codes = {
        None: "UNKNOWN_OFFER",
        "TEA-1": "UNKNOWN_OFFER",
        "off_nobody_1": "UNKNOWN_OFFER",
        "prd_nothing": "UNKNOWN_PRODUCT",
    }

    for sku, code in codes.items():
        reply = tell(a_shopify_order(an_item(offer), an_item(sku)))

        assert (reply.status, reply.faults) == (422, {"/line_items/1/sku": code}), sku


@pytest.mark.parametrize("lines", [41, 300])
def test_an_order_of_too_many_lines_is_refused_with_its_reason(connected: Desk, lines: int) -> None:
    padding = {"title": "A long title of " + "tea " * 500}

    reply = tell(a_shopify_order(*[an_item(f"off_a_{n}", **padding) for n in range(lines)]))

    assert (reply.status, reply.faults) == (422, {"/line_items": "INVALID_VALUE"})
    assert len(refusals(connected)) == 1


def test_a_body_that_is_too_large_is_refused(connected: Desk) -> None:
    assert tell({"id": 1, "note": "x" * 1024 * 1024}).status == 413


def test_an_order_that_was_sold_out_is_placed_when_it_is_told_again(connected: Desk) -> None:
    offer = an_offer(a_supplier(), stock=1)
    place(a_line(offer))
    order = a_shopify_order(an_item(offer))

    refused = tell(order)
    kept = refusals(connected)
    more = an_offer(a_supplier(), "MORE")
    placed = tell({**order, "line_items": [an_item(more)]})

    assert (refused.status, refused.faults) == (409, {"/line_items/0": "OUT_OF_STOCK"})
    assert [each["code"] for each in kept] == ["OUT_OF_STOCK"]
    assert placed.status == 201
    assert refusals(connected) == []


def test_another_topic_is_refused(connected: Desk) -> None:
    assert tell({"id": 1}, topic="orders/updated").code == "UNEXPECTED_TOPIC"


def test_the_bytes_are_checked_as_they_came_when_the_gateway_passes_text(connected: Desk) -> None:
    body = json.dumps(a_shopify_order(an_item(an_offer(a_supplier()))), ensure_ascii=False)
    headers = {
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Hmac-Sha256": signature(body.encode()),
        "Content-Type": "application/json",
    }

    with Client(app) as client:
        answer = client.http.post(HOOK, headers=headers, body=body)

    assert answer.status_code == 201


def test_a_secret_is_never_shown_nor_stored_as_it_is(connected: Desk) -> None:
    answers = [connected.send("GET", CHANNEL), connected.send("GET", "/admin/channels/shopify")]

    assert not [answer for answer in answers if SECRET in answer.text]
    assert not [item for item in Item.scan() if SECRET in str(item.attribute_values)]
    assert [item["shop"] for item in answers[1].json["items"]] == [SHOP]


def test_a_secret_that_was_replaced_stays_good_for_a_day(connected: Desk) -> None:
    new = "shpss_a-new-one-0123456789"
    assert connected.send("PUT", CHANNEL, {"secret": new}).status == 200
    order = a_shopify_order(an_item(an_offer(a_supplier())))

    assert [tell(order).status, tell(order, secret=new).status] == [201, 200]
    with time_machine.travel(clock.now() + KEEPS_GOOD + timedelta(seconds=1), tick=False):
        assert [tell(order).status, tell(order, secret=new).status] == [401, 200]


def test_a_store_that_was_disconnected_is_refused(connected: Desk) -> None:
    stale = connected.send("DELETE", CHANNEL, headers={"If-Match": '"7"'})
    gone = connected.send("DELETE", CHANNEL, headers={"If-Match": '"1"'})

    assert (stale.status, gone.status) == (412, 204)
    assert tell({"id": 1}).status == 401
    assert connected.send("GET", CHANNEL).status == 404


def test_a_channel_is_named_by_a_stores_domain(desk: Desk) -> None:
    assert desk.send("PUT", "/admin/channels/shopify/evil.example", {"secret": SECRET}).status == 404
    assert desk.send("PUT", CHANNEL, {"secret": "short"}).status == 422
