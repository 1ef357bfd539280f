import base64
import json
import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from api import Reply, call
from shop_window import a_product, entries, numbers, size_of

from chalicelib import clock
from chalicelib.domain.offer import Product
from chalicelib.services.browse_catalogue import Wanted
from chalicelib.services.relist_products import relist
from chalicelib.storage.items import Item

pytestmark = pytest.mark.usefixtures("aws")


Asked = list[tuple[str, int]]


@pytest.fixture
def asked(aws: None) -> Iterator[Asked]:
    """Every operation that the table was asked for, with how many items a query went through."""
    operations: Asked = []

    def note(model: Any, parsed: dict[str, Any], **_: Any) -> None:
        operations.append((model.name, parsed.get("ScannedCount", 0)))

    events = Item._get_connection().connection.client.meta.events
    events.register("after-call.dynamodb", note)
    yield operations
    events.unregister("after-call.dynamodb", note)


def show(*products: Product) -> None:
    relist(products, now=clock.now() - timedelta(minutes=1))


def get(headers: dict[str, str] | None = None, **query: Any) -> Reply:
    return call("GET", f"/products?{urlencode(query)}", headers=headers)


def found(**query: Any) -> list[int]:
    """The numbers of the products on all pages of the list."""
    cards, cursor = [], {}
    while True:
        page = get(**query, **cursor).json
        cards += page["items"]
        if page["next_cursor"] is None:
            return numbers(cards)
        cursor = {"cursor": page["next_cursor"]}


def test_a_card_shows_the_product_at_its_featured_price() -> None:
    show(a_product(1, "4.20", title="Grüner Tee «Nord»"))

    reply = get()

    assert reply.json == {
        "items": [
            {
                "product_id": "prd_00000000000001",
                "gtin": "00000000000001",
                "title": "Grüner Tee «Nord»",
                "brand": "Northern",
                "category": "Food > Tea",
                "image_url": "https://north.example/tea.jpg",
                "price": {"amount": "4.20", "currency": "EUR"},
                "offer_count": 1,
            }
        ],
        "next_cursor": None,
    }
    assert reply.headers["Cache-Control"] == "public, max-age=15"


def test_what_nobody_sells_is_not_listed() -> None:
    show(a_product(1), a_product(2, None))
    assert found() == [1]

    show(a_product(1, None, version=2))

    assert found() == found(sort="price") == found(q="tea") == []


@pytest.mark.parametrize("narrowed", [{}, {"category": "food"}, {"brand": "NORTHERN"}, {"q": "tea"}])
def test_every_sort_pages_through_the_same_products(narrowed: dict[str, str]) -> None:
    show(*(a_product(number, price) for number, price in enumerate(["3.00", "1.00", "20.00", "1.00"], 1)))

    for limit in (1, 2, 3, 24):
        query = {**narrowed, "limit": limit}
        assert found(**query, sort="price") == [2, 4, 1, 3]
        assert found(**query, sort="-price") == [3, 1, 4, 2]
        assert found(**query, sort="newest") == [4, 3, 2, 1]
        assert found(**query) == [4, 3, 2, 1]


def test_prices_of_other_currencies_are_listed_apart() -> None:
    yen = ({"price": {"amount": "300", "currency": "JPY"}},)
    show(a_product(1, offers_view=yen), a_product(2, "900.00"), a_product(3, "1.00"))

    assert found(sort="price") == [3, 2, 1]


def test_a_category_holds_what_is_below_it() -> None:
    deep = "Food > Tea > Green > Japan > Uji"
    show(
        a_product(1, category="Food"),
        a_product(2, category="Food > Tea"),
        a_product(3, category=deep),
        a_product(4, category="Food > Tea > Green > China"),
        a_product(5, category="Foodstuffs"),
    )

    assert found(category="Food") == [4, 3, 2, 1]
    assert found(category=" food>TEA ") == [4, 3, 2]
    assert found(category="Food > Tea > Green") == [4, 3]
    assert found(category="Food > Tea > Green > Japan") == found(category=deep) == [3]
    assert found(category="Food > Te") == found(category="Tea") == found(category=" > ") == []


def test_a_brand_within_a_category_is_both() -> None:
    show(
        a_product(1, brand="Nord-Kraft"),
        a_product(2, brand="Nord-Kraft", category="Tools"),
        a_product(3, category="Food"),
    )

    assert found(brand="nord kraft") == [2, 1]
    assert found(brand="Nord-Kraft", category="Food") == [1]
    assert found(brand="Nord-Kraft", category="Food", q="green") == [1]
    assert found(brand="Nord") == found(brand=" ") == []


def test_words_are_found_in_title_and_brand_whatever_their_case_and_accents() -> None:
    show(
        a_product(1, title="Crème brûlée, 2 × 100 g", brand="Élan"), a_product(2, title="Straße 7", brand="X")
    )

    assert found(q="CREME") == found(q="crème") == found(q="brulee elan") == found(q="élan") == [1]
    assert found(q="strasse") == [2]
    assert found(q="crem") == found(q="creme strasse") == []
    assert found(q="茶") == []


def test_the_most_relevant_has_the_word_in_a_short_title() -> None:
    show(
        a_product(1, title="Pot of cast iron for tea", brand="Kettle"),
        a_product(2, title="Tea", brand="Kettle"),
        a_product(3, title="Cups", brand="Tea"),
        a_product(4, title="Tea", brand="Leaf"),
    )

    assert found(q="tea") == [4, 2, 1, 3]


def test_a_product_is_found_by_any_form_of_its_gtin() -> None:
    gtin = 4006381333931
    show(a_product(1, product_id=f"prd_{gtin:014}"))

    assert [numbers(get(gtin=form).json["items"]) for form in ("4006381333931", "04006381333931")] == [
        [gtin]
    ] * 2
    assert get(gtin="4006381333948").json == get(gtin="x").json == {"items": [], "next_cursor": None}
    assert get(gtin="4006381333931", q="tea").faults == {"/gtin": "INVALID_VALUE"}


def test_a_question_that_makes_no_sense_is_refused() -> None:
    for query, pointer in (
        ({"sort": "cheapest"}, "/sort"),
        ({"sort": ""}, "/sort"),
        ({"q": ""}, "/q"),
        ({"q": "?! -"}, "/q"),
        ({"q": "a"}, "/q"),
        ({"q": "tea " * 60}, "/q"),
        ({"q": "a1 a2 a3 a4 a5 a6 a7 a8 a9"}, "/q"),
        ({"brand": ""}, "/brand"),
        ({"category": "x" * 501}, "/category"),
        ({"limit": "0"}, "/limit"),
        ({"limit": "101"}, "/limit"),
        ({"page": "2"}, "/page"),
    ):
        reply = get(**query)
        assert (reply.status, list(reply.faults)) == (422, [pointer])


def test_what_cannot_be_in_any_list_is_not_there() -> None:
    for text in ("\0", "#", "a#PRICE", "\ud800".encode("utf-8", "surrogatepass"), "𝕏" * 200, "ﷺ" * 200):
        assert get(category=text).json["items"] == get(brand=text).json["items"] == []


def test_products_with_the_strangest_names_are_listed() -> None:
    names = {1: "#", 2: "﷽" * 200, 3: "?" * 200, 4: "a > > b > "}
    show(*(a_product(number, title=text, brand=text, category=text) for number, text in names.items()))

    assert found() == found(sort="-price") == [4, 3, 2, 1]
    for number, text in names.items():
        assert number in found(brand=text)
        assert number in found(category=text)


def test_a_cursor_belongs_to_its_list() -> None:
    show(a_product(1), a_product(2), a_product(3))
    cursor = get(sort="price", limit=1).json["next_cursor"]

    assert numbers(get(sort="price", limit=2, cursor=cursor).json["items"]) == [2, 3]
    for other in (
        {"sort": "-price"},
        {},
        {"sort": "price", "brand": "northern"},
        {"sort": "price", "q": "tea"},
    ):
        reply = get(**other, cursor=cursor)
        assert (reply.status, reply.code) == (400, "INVALID_CURSOR")


def test_a_forged_cursor_is_refused() -> None:
    for cursor in ("x", "%", "eyJhIjoxfQ", "bnVsbA", "W10", "WzEsMiwzXQ", "WyIiLCIiLCIiXQ", "é"):
        reply = get(cursor=cursor)
        assert (reply.status, reply.code) == (400, "INVALID_CURSOR"), cursor


def test_a_cursor_made_to_break_its_reader_is_refused() -> None:
    digest = Wanted(sort="price").digest
    deep, far = "[" * 1500, json.dumps([digest, "0001-01-01T00:00:00+23:00", "EUR"])
    for plain in (deep, far, json.dumps([digest, "2026-03-01", "EUR"]), json.dumps([digest, "", "EUR"])):
        reply = get(sort="price", cursor=base64.urlsafe_b64encode(plain.encode()).decode().rstrip("="))
        assert (reply.status, reply.code) == (400, "INVALID_CURSOR")


def test_a_page_that_the_client_holds_is_not_sent_again() -> None:
    show(a_product(1), a_product(2))
    for query in ({}, {"sort": "price", "limit": 1}, {"q": "tea"}):
        first = get(**query)
        again = get(**query, headers={"If-None-Match": first.etag})
        assert (again.status, again.text, again.etag) == (304, "", first.etag)

    show(a_product(2, "4.00", version=2))

    assert get(headers={"If-None-Match": get().etag}).status == 304
    assert get(headers={"If-None-Match": first.etag}).status == 200


def test_a_page_of_24_cards_is_one_query_of_two_read_units(asked: Asked) -> None:
    show(
        *(
            a_product(number, f"{number}.00", title=f"A title as long as many: {number:030}")
            for number in range(1, 31)
        )
    )
    asked.clear()

    for query in ({}, {"sort": "price"}, {"category": "Food > Tea", "sort": "-price"}, {"brand": "Northern"}):
        assert len(get(**query).json["items"]) == 24

    assert [operation for operation, _ in asked] == ["Query"] * 4
    largest = max(size_of(entry) for entry in entries() if entry["PK"]["S"].startswith("LIST#"))
    assert 400 < largest < 600
    assert max(math.ceil(count * largest / 4096) for _, count in asked) * 0.5 <= 2


def test_a_search_is_one_query_and_one_read_of_cards(asked: Asked) -> None:
    show(*(a_product(number) for number in range(1, 31)))
    asked.clear()

    assert len(get(q="green tea").json["items"]) == 24

    assert [operation for operation, _ in asked] == ["Query", "BatchGetItem"]
