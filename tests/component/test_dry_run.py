"""Trying offers and feeds: what an import would find, with nothing stored."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import NDJSON, Seller, a_bad_row, a_feed, a_row, a_seller, body_of, table

from chalicelib.services import run_import

pytestmark = pytest.mark.usefixtures("aws")

DAMAGE: list[dict[str, Any]] = [
    {},
    {"gtin": "4006381333930"},
    {"gtin": "400-6381-333931"},
    {"gtin": "8.06E+12"},
    {"title": "CafÃ© au lait  "},
    {"title": "", "brand": ""},
    {"title": "t" * 900, "description": "<script>x</script>"},
    {"price": {"amount": "0.00", "currency": "EUR"}},
    {"price": {"amount": "1.999", "currency": "EUR"}},
    {"list_price": {"amount": "0.50", "currency": "EUR"}},
    {"image_urls": []},
    {"image_urls": ["http://127.0.0.1:9/none.png"]},
    {"condition": "like new", "quantity": -1},
    {"condition": "brand new", "category": "Office / Pens"},
    {"sku": "SAME"},
    {"sku": "has/slash"},
]
numbers = itertools.count(1000)


@pytest.fixture
def seller(aws: None) -> Seller:
    return a_seller()


def tried(seller: Seller, feed: bytes, media_type: str = NDJSON) -> dict[str, Any]:
    answer = seller.send("POST", "/offer-validations", raw=feed, headers={"content-type": media_type})
    assert answer.status == 200, answer.text
    return dict(answer.json)


def counters(report: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in report.items() if name.startswith("lines_")}


@given(damage=st.lists(st.sampled_from(DAMAGE), min_size=1, max_size=6), again=st.booleans())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_finds_what_the_import_finds(seller: Seller, damage: list[dict[str, Any]], again: bool):
    rows = [a_row(next(numbers), **each) for each in damage]
    feed = a_feed(*rows, *rows[:again])
    report = tried(seller, feed)

    import_id = seller.post(feed).json["import"]["import_id"]
    run_import.receive({"import_id": import_id})
    import_ = seller.read(import_id)
    assert report["issues"] == seller.issues(import_["import_id"])
    assert counters(report) == counters(import_)
    assert made(report["corrections"]) == stored_corrections(seller, report)


def made(corrections: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(each["sku"], each["rule"], each["field"], each["before"], each["after"]) for each in corrections]


def stored_corrections(seller: Seller, report: dict[str, Any]) -> list[tuple[Any, ...]]:
    skus = dict.fromkeys(each["sku"] for each in report["corrections"])
    return made([{"sku": sku, **each} for sku in skus for each in seller.offer(sku)["corrections"]])


def test_one_offer_is_tried_as_its_body(seller: Seller):
    body = body_of(a_row(1, gtin="4006381333930"))

    report = seller.send("POST", "/offer-validations", body).json

    assert [(each["sku"], each["field"]) for each in report["issues"] if each["severity"] == "ERROR"] == [
        (None, "/gtin")
    ]
    assert seller.send("POST", "/offer-validations", {"sku": "a/b", **body}).code == "INVALID_SKU"
    assert seller.send("POST", "/offer-validations", {"title": "x"}).status == 422


def test_an_offer_that_is_there_is_tried_as_its_change_and_nothing_is_stored(seller: Seller):
    seller.imported(a_feed(a_row(1)))
    before = table()

    report = tried(seller, a_feed(a_row(1, title="Another title"), a_row(2, gtin=a_row(1)["gtin"])))

    assert (report["lines_in_success"], report["lines_in_pending"]) == (1, 1)
    assert table() == before


def test_what_is_more_than_an_answer_holds_is_said_to_be_left_out(seller: Seller):
    report = tried(seller, a_feed(*(a_bad_row(number) for number in range(1001))))

    assert (report["lines_read"], report["complete"]) == (1000, False)


def test_what_an_answer_cannot_hold_is_left_out(seller: Seller):
    rows = [a_row(number, description=" x" * 10_000) for number in range(150)]

    report = tried(seller, a_feed(*rows))

    assert not report["complete"]
    assert len(json.dumps(report)) < 5_000_000


def test_a_file_that_is_no_feed_says_why(seller: Seller):
    report = tried(seller, b"nothing of a table\n", "text/csv")

    assert report["failure"]["code"]
    assert report["lines_read"] == 0
