import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from marketplace import a_member

from chalicelib import clock, ids
from chalicelib.domain.money import Money
from chalicelib.domain.offer import Offer, Product, Terms
from chalicelib.domain.order import Attempt, Buyer, Order, OrderLine, PlacedLine, SupplierOrder
from chalicelib.domain.ranking import View
from chalicelib.domain.review import Review
from chalicelib.domain.supplier import ApiKey, Supplier
from chalicelib.storage import (
    api_keys,
    keys,
    offer_terms,
    offers,
    orders,
    products,
    reviews,
    supplier_orders,
    suppliers,
    validations,
)
from chalicelib.storage.errors import BadCursor, WriteRefused
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

NOW = "2026-03-01T12:00:00.000Z"
EARLIER, LATER = "2026-03-01T11:59:00.000Z", "2026-03-01T12:01:00.000Z"
SUPPLIER = "sup_01jd0000000000000000000000"
OFFER = ids.offer_id(SUPPLIER, "A")
SOURCE = {"offer_id": OFFER, "supplier_id": SUPPLIER, "at": NOW}
STAMPS = {"correlation_id": "c", "created_at": NOW, "updated_at": NOW}


def a_supplier(supplier_id=SUPPLIER, **fields):
    return Supplier(supplier_id, {"legal_name": "Sample", "weight": 1.5}, **STAMPS, **fields)


def an_offer(sku="A", **fields):
    return Offer(ids.offer_id(SUPPLIER, sku), SUPPLIER, sku, {"title": "T"}, **STAMPS, **fields)


def some_terms(sku="A", **fields):
    defaults = {"price": Money(500, "EUR"), "available": 3, "stock_as_of": NOW, "product_id": "prd_1"}
    return Terms(ids.offer_id(SUPPLIER, sku), SUPPLIER, sku, **STAMPS, **{**defaults, **fields})


def reserve(terms, quantity, price=None):
    commit(
        offer_terms.reserving(
            terms.offer_id, quantity=quantity, price=price or terms.price, now=NOW, correlation_id="c"
        )
    )


def stored_terms(offer_id):
    return offer_terms.get_many([offer_id])[offer_id]


def test_what_is_written_is_read_back():
    supplier, offer, terms = a_supplier(), an_offer(), some_terms()
    review = Review("rev_1", "SUPPLIER", SUPPLIER, 1, **STAMPS)
    product = Product(
        "prd_1",
        "0001",
        "T",
        "B",
        "C",
        attributes={"a": 1},
        sources={"/title": SOURCE, "/attributes/a": SOURCE, "/brand": {**SOURCE, "offer_id": "off_2"}},
        is_content_due=True,
        **STAMPS,
    )
    commit(
        suppliers.adding(supplier),
        offers.adding(offer),
        offer_terms.adding(terms),
        reviews.adding(review),
        products.adding(product),
    )
    assert suppliers.get(SUPPLIER) == supplier
    assert offers.get_with_terms(SUPPLIER, "A", offer.offer_id) == (offer, terms)
    assert reviews.get("rev_1") == review
    assert products.get("prd_1") == product


def test_nothing_is_found_where_nothing_was_written():
    assert suppliers.get("sup_x") is None
    assert offers.get_with_terms("sup_x", "A", "off_x") == (None, None)
    assert products.get_many(["prd_x"]) == {}
    assert orders.get("ord_x") is None
    assert supplier_orders.get("no id") is None


def test_a_stale_version_is_refused_and_changes_nothing():
    supplier = a_supplier()
    commit(suppliers.adding(supplier))
    commit(suppliers.replacing(replace(supplier, status="OPEN"), expected_version=1))
    with pytest.raises(WriteRefused) as refused:
        commit(suppliers.replacing(replace(supplier, status="REJECTED"), expected_version=1))
    assert refused.value.labels == ("supplier",)
    stored = suppliers.get(SUPPLIER)
    assert (stored.status, stored.version) == ("OPEN", 2)


def test_one_of_many_registrations_takes_the_tax_identity(serialised):
    def register(n):
        try:
            commit(
                suppliers.adding(a_supplier(f"sup_{n}")), suppliers.holding_tax_identity("DE#1", f"sup_{n}")
            )
        except WriteRefused as refused:
            return refused.labels
        return ()

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(register, range(8)))
    assert sorted(outcomes) == [()] + [("tax_identity",)] * 7
    assert sum(suppliers.get(f"sup_{n}") is not None for n in range(8)) == 1


def test_a_reservation_needs_the_price_the_stock_and_a_sale():
    terms = some_terms()
    commit(offer_terms.adding(terms))
    with pytest.raises(WriteRefused):
        reserve(terms, 1, price=Money(501, "EUR"))
    with pytest.raises(WriteRefused):
        reserve(terms, 1, price=Money(500, "USD"))
    with pytest.raises(WriteRefused):
        reserve(terms, 4)
    commit(offer_terms.changing(replace(terms, blocks=("WITHDRAWN",)), now=NOW))
    with pytest.raises(WriteRefused):
        reserve(terms, 1)
    assert stored_terms(terms.offer_id).available == 3


def test_stock_moves_keep_the_sum():
    terms = some_terms()
    commit(offer_terms.adding(terms))
    reserve(terms, 3)
    commit(offer_terms.settling(terms.offer_id, accepted=2, released=1, now=NOW, correlation_id="c"))
    after = stored_terms(terms.offer_id)
    assert (after.available, after.reserved, after.sold) == (1, 0, 2)
    with pytest.raises(WriteRefused):
        commit(offer_terms.settling(terms.offer_id, accepted=1, released=0, now=NOW, correlation_id="c"))


def test_a_new_count_keeps_reservations_and_an_older_one_is_refused():
    terms = some_terms()
    commit(offer_terms.adding(terms))
    reserve(terms, 2)
    count = {"now": NOW, "correlation_id": "c"}
    commit(offer_terms.setting_stock(terms.offer_id, quantity=10, as_of=LATER, **count))
    assert stored_terms(terms.offer_id).available == 8
    with pytest.raises(WriteRefused) as refused:
        commit(offer_terms.setting_stock(terms.offer_id, quantity=99, as_of=EARLIER, **count))
    assert stored_terms(terms.offer_id).available == 8
    assert refused.value.labels == (f"terms:{terms.offer_id}",)


def test_a_product_has_one_sku_of_each_supplier():
    product = Product("prd_1", "0001", "T", "B", "C", **STAMPS)
    commit(products.adding(product))

    def join(known, sku):
        joined = replace(known, offer_ids={SUPPLIER: a_member("off_1", sku)})
        commit(products.joining(joined, SUPPLIER, now=NOW))

    join(product, "A")
    join(products.get("prd_1"), "A")
    with pytest.raises(WriteRefused):
        join(products.get("prd_1"), "B")
    assert products.get("prd_1").offer_ids == {SUPPLIER: a_member("off_1", "A")}
    with pytest.raises(WriteRefused):
        join(product, "A")
    commit(products.leaving("prd_1", supplier_id=SUPPLIER, sku="A", now=NOW, correlation_id="c"))
    left = products.get("prd_1")
    assert (left.offer_ids, left.is_content_due) == ({}, True)


def test_a_view_built_on_an_old_one_is_refused():
    commit(products.adding(Product("prd_1", "0001", "T", "B", "C", **STAMPS)))
    view = View(({"offer_id": "off_1"},), ({"offer_id": "off_2"},), LATER)
    commit(products.showing("prd_1", view, seen=0, now=NOW))
    with pytest.raises(WriteRefused):
        commit(products.showing("prd_1", View((), (), None), seen=0, now=NOW))
    stored = products.get("prd_1")
    assert View(stored.offers_view, stored.offers_later, stored.view_until) == view


def test_a_view_that_time_changes_is_due_until_it_is_built_anew():
    commit(products.adding(Product("prd_1", "0001", "T", "B", "C", **STAMPS)))

    def due(at):
        shards = range(keys.DUE_SHARDS)
        return [key for shard in shards for key in products.views_due(at, shard=shard, limit=10)]

    commit(products.showing("prd_1", View((), (), NOW), seen=0, now=EARLIER))
    assert (due(EARLIER), due(NOW)) == ([], [keys.product("prd_1")])
    commit(products.showing("prd_1", View((), (), None), seen=1, now=NOW))
    assert due(LATER) == []


def test_an_order_is_read_whole_and_its_second_placing_shows_the_first():
    order, buyer, part = an_order()
    writes = (
        orders.adding(order),
        orders.adding_buyer(buyer, now=NOW, correlation_id="c"),
        supplier_orders.adding(part),
    )
    commit(*writes)
    record = orders.get(order.order_id)
    assert (record.order, record.buyer, record.supplier_orders) == (order, buyer, (part,))
    with pytest.raises(WriteRefused) as refused:
        commit(*writes)
    assert refused.value.found["order"] == order


def an_order():
    order_id = ids.order_id("anyone", "k")
    line_id, part_id = ids.part_id("lin", order_id, 1), ids.part_id("so", order_id, 1)
    line = PlacedLine(line_id, OFFER, "prd_1", SUPPLIER, part_id, "A", None, "T", 2, Money(500, "EUR"))
    order = Order(
        order_id,
        "EUR",
        (line,),
        Money(0, "EUR"),
        Money(0, "EUR"),
        "ref",
        Money(1000, "EUR"),
        "hash",
        **STAMPS,
    )
    part = SupplierOrder(
        part_id,
        order_id,
        SUPPLIER,
        (OrderLine(line_id, OFFER, 2),),
        Attempt(ids.part_id("att", order_id, 1)),
        accept_by=LATER,
        **STAMPS,
    )
    return order, Buyer(order_id, {"line1": "x"}, {"email": "x"}), part


def test_pages_show_each_once_while_others_come_and_go():
    for sku in "ACEG":
        commit(offers.adding(an_offer(sku)))
    first = offers.page_of_supplier(SUPPLIER, limit=2, cursor=None)
    commit(offers.adding(an_offer("B")))
    commit(offers.adding(an_offer("D")))
    second = offers.page_of_supplier(SUPPLIER, limit=10, cursor=first.next_cursor)
    assert [offer.sku for offer in first.items + second.items] == ["A", "C", "D", "E", "G"]
    assert second.next_cursor is None


@pytest.mark.parametrize("place", ["", "PROFILE", "OFFER#" + "x" * 1024, "OFFER#\ud800", 7])
def test_a_cursor_of_no_place_in_the_list_is_refused(place: object):
    forged = json.dumps({"PK": keys.offer(SUPPLIER, "").pk, "SK": place}).encode()
    with pytest.raises(BadCursor):
        offers.page_of_supplier(SUPPLIER, limit=1, cursor=base64.urlsafe_b64encode(forged).decode())


@pytest.mark.parametrize("plain", [b"", b"[" * 1500, b"\xff", b"null"])
def test_a_cursor_that_holds_no_key_is_refused(plain: bytes):
    with pytest.raises(BadCursor):
        offers.page_of_supplier(SUPPLIER, limit=1, cursor=base64.urlsafe_b64encode(plain).decode())


def test_a_cursor_opens_only_the_list_that_gave_it():
    for sku in "AB":
        commit(offers.adding(an_offer(sku)))
    cursor = offers.page_of_supplier(SUPPLIER, limit=1, cursor=None).next_cursor
    for stolen in (cursor, "bm8", "x", "é", ""):
        with pytest.raises(BadCursor):
            offers.page_of_supplier("sup_other", limit=1, cursor=stolen)


def test_keys_are_listed_and_revoked_once():
    key = ApiKey("key_1", SUPPLIER, "f", NOW)
    commit(api_keys.adding(key))
    commit(api_keys.revoking("key_1", at=NOW))
    with pytest.raises(WriteRefused):
        commit(api_keys.revoking("key_1", at=LATER))
    listed = api_keys.page_of_supplier(SUPPLIER, limit=5, cursor=None)
    assert list(listed.items) == [replace(key, revoked_at=NOW)]


def test_reviews_are_listed_by_state_oldest_first():
    for number, status in enumerate(["OPEN", "RESOLVED", "CLAIMED", "OPEN"]):
        until = LATER if status == "CLAIMED" else None
        review = Review(f"rev_{number}", "OFFER", SUPPLIER, 1, status=status, claimed_until=until, **STAMPS)
        commit(reviews.adding(review))

    def listed(status=None, kind=None):
        page = reviews.page(status=status, kind=kind, limit=9, cursor=None, now=NOW)
        return [each.review_id for each in page.items]

    assert listed() == ["rev_0", "rev_2", "rev_3"]
    assert listed("OPEN") == ["rev_0", "rev_3"]
    assert listed("RESOLVED", "OFFER") == ["rev_1"]
    assert listed(kind="SUPPLIER") == []


def test_only_pending_records_wait_and_a_touch_leaves_them_as_they_are():
    commit(suppliers.adding(a_supplier()))
    commit(suppliers.adding(a_supplier("sup_done", validation_state="DONE")))
    waiting = [
        key
        for shard in range(keys.DUE_SHARDS)
        for key in validations.waiting_between(EARLIER, LATER, shard=shard, limit=9)
    ]
    assert waiting == [keys.supplier(SUPPLIER)]
    commit(validations.touching(waiting[0], now=clock.timestamp()))
    assert suppliers.get(SUPPLIER) == a_supplier()
