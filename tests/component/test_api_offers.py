from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from api import Reply, call
from bodies import a_registration, an_offer_body

from chalicelib import clock, ids
from chalicelib.domain.authorizations import Authorizations
from chalicelib.domain.money import Money
from chalicelib.domain.offer import Offer, Product
from chalicelib.services import manage_offers, publish_offers
from chalicelib.storage import offer_terms, offers, products, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


class Shop:
    """A supplier that puts offers."""

    def __init__(self, tax_id: str = "DE136695976") -> None:
        registered = call("POST", "/suppliers", a_registration(tax_id=tax_id)).json
        self.supplier_id = registered["supplier"]["supplier_id"]
        self.token = registered["api_key"]

    def send(self, method: str, sku: str = "PEN-1", body: Any = None, **more: Any) -> Reply:
        return call(method, f"/suppliers/{self.supplier_id}/offers/{sku}", body, token=self.token, **more)

    def put(self, sku: str = "PEN-1", **fields: Any) -> Reply:
        return self.send("PUT", sku, an_offer_body(**fields))

    def accepted(self, sku: str = "PEN-1", **fields: Any) -> Offer:
        """Put an offer and accept it as validation does."""
        self.put(sku, **fields)
        return accept(self.supplier_id, sku)


def accept(supplier_id: str, sku: str, **changes: Any) -> Offer:
    offer, supplier = offers.get(supplier_id, sku), suppliers.get(supplier_id)
    assert offer
    assert supplier
    if not supplier.is_open:
        opened = replace(supplier, status="OPEN", validation_state="DONE")
        commit(suppliers.replacing(opened, expected_version=supplier.version))
        supplier = opened
    now = clock.timestamp()
    changes = {"acceptance": "ACCEPTED", "validation_state": "DONE", **changes}
    accepted = replace(offer, **changes)
    product, writes = publish_offers.joined(accepted, None, now=now, holds_brand=False)
    accepted = replace(accepted, product_id=product.product_id)
    commit(
        offers.replacing(accepted, expected_version=offer.version),
        publish_offers.terms_write(accepted, supplier, Authorizations(), now=now),
        *(writes if products.get(product.product_id) is None else []),
    )
    return accepted


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_new_offer_is_answered_before_validation(shop: Shop) -> None:
    reply = shop.put()

    assert reply.status == 201
    assert reply.etag == '"1"'
    assert reply.json["offer_id"] == ids.offer_id(shop.supplier_id, "PEN-1")
    assert reply.json["acceptance"] == "NEW"
    assert reply.json["active"] is False
    assert reply.json["inactivity_reasons"] == ["PRODUCT_STATUS_NEW", "SUPPLIER_NOT_OPEN", "NO_ACTIVE_PRICE"]
    assert (reply.json["quantity"], reply.json["available"]) == (12, 12)


def test_the_same_offer_again_changes_nothing(shop: Shop) -> None:
    shop.put()

    again = shop.put()

    assert (again.status, again.etag) == (200, '"1"')


def test_an_accepted_offer_put_again_as_it_was_stays_on_sale(shop: Shop) -> None:
    shop.accepted()

    again = shop.put(quantity=7)

    assert again.json["acceptance"] == "ACCEPTED"
    assert again.json["active"] is True
    assert again.json["available"] == 7


def test_an_offer_put_again_as_it_was_before_its_correction_stays_on_sale(shop: Shop) -> None:
    shop.put(title="  Fineliner, blue ")
    correction = {
        "correction_id": "cor_1",
        "rule": "TRIM",
        "field": "/title",
        "before": "  Fineliner, blue ",
        "after": "Fineliner, blue",
    }
    accept(shop.supplier_id, "PEN-1", content=an_offer_body(), corrections=(correction,))

    again = shop.put(title="  Fineliner, blue ")

    assert (again.json["acceptance"], again.json["title"]) == ("ACCEPTED", "Fineliner, blue")


def test_other_content_is_new_and_off_sale_until_it_is_validated(shop: Shop) -> None:
    shop.accepted()

    reply = shop.put(title="Fineliner, red")

    assert reply.status == 200
    assert (reply.json["acceptance"], reply.json["validation_state"]) == ("NEW", "PENDING")
    assert reply.json["inactivity_reasons"] == ["PRODUCT_STATUS_NEW"]


def test_a_patched_price_leaves_the_offer_on_sale_at_the_old_one(shop: Shop) -> None:
    shop.accepted()

    reply = shop.send("PATCH", body={"price": {"amount": "2.10"}})

    assert reply.json["price"] == {"amount": "2.10", "currency": "EUR"}
    assert (reply.json["acceptance"], reply.json["active"]) == ("ACCEPTED", True)
    assert reply.json["validation_state"] == "PENDING"
    terms = offer_terms.get_many([reply.json["offer_id"]])[reply.json["offer_id"]]
    assert terms.price is not None
    assert terms.price.minor == 195


def test_a_patched_quantity_alone_is_not_validated(shop: Shop) -> None:
    accepted = shop.accepted()

    reply = shop.send("PATCH", body={"quantity": 0})

    assert reply.etag == f'"{accepted.version + 1}"'
    assert reply.json["validation_state"] == "DONE"
    assert reply.json["inactivity_reasons"] == ["ZERO_QUANTITY"]


def test_a_patched_title_goes_to_validation(shop: Shop) -> None:
    shop.accepted()

    reply = shop.send("PATCH", body={"title": "New title", "attributes": {"colour": None, "tip": "fine"}})

    assert reply.json["acceptance"] == "NEW"
    assert reply.json["attributes"] == {"tip": "fine"}


def test_a_patch_of_something_else_brings_no_sold_stock_back(shop: Shop) -> None:
    offer = shop.accepted(quantity=10)
    now = clock.timestamp()
    commit(
        offer_terms.reserving(
            offer.offer_id, quantity=3, price=Money(195, "EUR"), now=now, correlation_id="order"
        )
    )

    def sold_before_the_patch_is_written(current: Mapping[str, Any]) -> dict[str, Any]:
        commit(offer_terms.settling(offer.offer_id, accepted=3, released=0, now=now, correlation_id="order"))
        return {**current, "title": "Fineliner, dark blue"}

    manage_offers.change(shop.supplier_id, "PEN-1", changed=sold_before_the_patch_is_written, expected=None)

    terms = offer_terms.get_many([offer.offer_id])[offer.offer_id]
    assert (terms.available, terms.reserved, terms.sold) == (7, 0, 3)


def test_a_patch_of_content_and_quantity_counts_the_stock(shop: Shop) -> None:
    shop.accepted(quantity=10)

    patched = shop.send("PATCH", body={"title": "Fineliner, dark blue", "quantity": 4})

    assert (patched.json["quantity"], patched.json["available"]) == (4, 4)
    assert shop.send("GET").json["available"] == 4


def test_stock_takes_effect_at_once_and_an_older_count_is_refused(shop: Shop) -> None:
    shop.accepted()
    later, earlier = "2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"

    set_now = shop.send("PUT", "PEN-1/stock", {"quantity": 3})
    stale = shop.send("PUT", "PEN-1/stock", {"quantity": 5, "as_of": earlier})
    future = shop.send("PUT", "PEN-1/stock", {"quantity": 5, "as_of": later})

    assert (set_now.status, set_now.json["available"]) == (200, 3)
    assert (stale.status, stale.code) == (409, "STALE_UPDATE")
    assert (future.status, future.faults) == (422, {"/as_of": "INVALID_VALUE"})
    assert shop.send("GET").json["available"] == 3


def test_stock_of_an_unknown_offer_is_not_found(shop: Shop) -> None:
    assert shop.send("PUT", "NOPE/stock", {"quantity": 3}).status == 404


def test_a_withdrawn_offer_keeps_its_history_and_can_come_back(shop: Shop) -> None:
    accepted = shop.accepted()

    gone = shop.send("DELETE", headers={"If-Match": f'"{accepted.version + 1}"'})
    again = shop.send("DELETE")
    product = products.get(accepted.product_id or "")
    back = shop.put()

    assert gone.json["inactivity_reasons"] == ["WITHDRAWN"]
    assert again.etag == gone.etag
    assert product is not None
    assert product.offer_ids == {}
    assert (back.status, back.json["acceptance"]) == (200, "NEW")
    assert "WITHDRAWN" not in back.json["inactivity_reasons"]


def test_if_match_guards_put_patch_and_delete(shop: Shop) -> None:
    stale = {"If-Match": '"7"'}

    assert shop.send("PUT", body=an_offer_body(), headers=stale).status == 412
    shop.put()
    assert shop.send("PUT", body=an_offer_body(title="x"), headers=stale).status == 412
    assert shop.send("PATCH", body={"title": "x"}, headers=stale).status == 412
    assert shop.send("DELETE", headers=stale).status == 412
    assert shop.send("PATCH", body={"title": "x"}, headers={"If-Match": "*"}).status == 200


@pytest.mark.parametrize(
    ("encoded", "sku"), [("a%20b", "a b"), ("%C3%A9t%C3%A9", "été"), ("50%25", "50%"), ("a%2Bb+c", "a+b+c")]
)
def test_a_sku_is_percent_decoded_once(shop: Shop, encoded: str, sku: str) -> None:
    assert shop.put(encoded).json["sku"] == sku
    assert shop.send("GET", encoded).json["sku"] == sku


@pytest.mark.parametrize("sku", ["a%2Fb", "%20a", "a%20", "%07", "x" * 65, "%E2%80%8B"])
def test_what_can_be_no_sku_is_refused(shop: Shop, sku: str) -> None:
    assert shop.put(sku).faults == {"/sku": "INVALID_VALUE"}
    assert shop.send("GET", sku).status == 404


def test_a_path_that_is_not_utf_8_is_not_found(shop: Shop) -> None:
    assert shop.put("%FF").status == 404


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"price": {"amount": 1.95, "currency": "EUR"}}, "/price/amount"),
        ({"price": {"amount": "1.955", "currency": "EUR"}}, "/price/amount"),
        ({"price": {"amount": "-1.00", "currency": "EUR"}}, "/price/amount"),
        ({"price": {"amount": "195", "currency": "eur"}}, "/price/amount"),
        ({"price": 1.95}, "/price"),
        ({"quantity": "12"}, "/quantity"),
        ({"quantity": 1.5}, "/quantity"),
        ({"quantity": True}, "/quantity"),
        ({"quantity": -1}, "/quantity"),
        ({"image_urls": ["u"] * 11}, "/image_urls"),
        ({"attributes": {"a/b": {"deep": 1}}}, "/attributes/a~1b"),
        ({"attributes": {"n": 10**20}}, "/attributes/n"),
        ({"shipping_weight": {"value": "1", "unit": "kg"}}, "/shipping_weight/value"),
        ({"available_from": "tomorrow"}, "/available_from"),
        ({"available_from": "9999-12-31T23:59:59-12:00"}, "/available_from"),
        ({"list_price": {"amount": "1.95", "currency": "USD"}}, "/list_price"),
    ],
)
def test_a_malformed_offer_is_refused_with_a_pointer(
    shop: Shop, fields: dict[str, Any], pointer: str
) -> None:
    reply = shop.put(**fields)

    assert (reply.status, reply.faults) == (422, {pointer: "INVALID_VALUE"})


def test_numbers_and_times_come_back_as_they_were_meant(shop: Shop) -> None:
    sent = {
        "attributes": {"ratio": 0.1, "count": 3, "ok": True, "tags": ["a", "b"]},
        "shipping_weight": {"value": 0.25, "unit": "kg"},
        "available_from": "2026-01-01T01:00:00+01:00",
    }

    first = shop.put(**sent)
    read = shop.send("GET")

    assert first.json == read.json
    assert read.json["attributes"] == sent["attributes"]
    assert read.json["shipping_weight"] == {"value": 0.25, "unit": "kg"}
    assert read.json["available_from"] == "2026-01-01T00:00:00.000Z"


def test_offers_are_listed_by_sku_and_filtered(shop: Shop) -> None:
    shop.accepted("B")
    for sku in ("A", "C", "D"):
        shop.put(sku)
    target = f"/suppliers/{shop.supplier_id}/offers"

    first = call("GET", f"{target}?limit=3", token=shop.token).json
    rest = call("GET", f"{target}?limit=3&cursor={first['next_cursor']}", token=shop.token).json
    accepted = call("GET", f"{target}?acceptance=ACCEPTED", token=shop.token).json
    inactive = call("GET", f"{target}?active=false", token=shop.token).json

    assert [offer["sku"] for offer in first["items"] + rest["items"]] == ["A", "B", "C", "D"]
    assert [offer["sku"] for offer in accepted["items"]] == ["B"]
    assert [offer["sku"] for offer in inactive["items"]] == ["A", "C", "D"]


def test_a_page_goes_on_where_it_stopped_while_offers_come_and_go(shop: Shop) -> None:
    for sku in ("B", "C", "E"):
        shop.put(sku)
    target = f"/suppliers/{shop.supplier_id}/offers?limit=2"

    first = call("GET", target, token=shop.token).json
    shop.put("A")
    shop.put("D")
    rest = call("GET", f"{target}&cursor={first['next_cursor']}", token=shop.token).json

    assert [offer["sku"] for offer in first["items"] + rest["items"]] == ["B", "C", "D", "E"]


def test_another_suppliers_cursor_is_refused(shop: Shop) -> None:
    other = Shop("DE129273398")
    for each in (shop, other):
        each.put("A")
        each.put("B")
    cursor = call("GET", f"/suppliers/{shop.supplier_id}/offers?limit=1", token=shop.token).json[
        "next_cursor"
    ]

    reply = call("GET", f"/suppliers/{other.supplier_id}/offers?cursor={cursor}", token=other.token)

    assert (reply.status, reply.code) == (400, "INVALID_CURSOR")


def test_a_closed_supplier_changes_nothing(shop: Shop) -> None:
    supplier = suppliers.get(shop.supplier_id)
    assert supplier is not None
    commit(suppliers.replacing(replace(supplier, status="REJECTED"), expected_version=1))

    assert shop.put().code == "SUPPLIER_CLOSED"
    assert call("PATCH", f"/suppliers/{shop.supplier_id}", {"country": "AT"}, token=shop.token).status == 409


def a_product(**fields: Any) -> Product:
    now = clock.timestamp()
    product = Product(
        "prd_04006381333931",
        "04006381333931",
        "Fineliner",
        "Northern",
        "Office",
        created_at=now,
        updated_at=now,
        **fields,
    )
    commit(products.adding(product))
    return product


@pytest.mark.parametrize("gtin", ["4006381333931", "04006381333931"])
def test_a_product_is_read_by_any_form_of_its_gtin(gtin: str) -> None:
    product = a_product()

    reply = call("GET", f"/products/by-gtin/{gtin}")

    assert reply.json["product_id"] == product.product_id
    assert reply.headers["Cache-Control"].startswith("public")


@pytest.mark.parametrize(
    "gtin", ["123", "x", "4006381333931%20", "%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6%D9%A7%D9%A8"]
)
def test_what_is_no_gtin_is_not_found(gtin: str) -> None:
    assert call("GET", f"/products/by-gtin/{gtin}").status == 404


def test_a_product_that_the_client_holds_is_not_sent_again() -> None:
    a_product()
    first = call("GET", "/products/prd_04006381333931")

    again = call("GET", "/products/prd_04006381333931", headers={"If-None-Match": first.etag})

    assert (again.status, again.text, again.etag) == (304, "", first.etag)
