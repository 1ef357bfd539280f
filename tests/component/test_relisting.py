"""How products get into the catalogue's lists, and what that costs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import marketplace
import pytest
from marketplace import a_supplier, an_offer
from shop_window import NOON, Crash, a_product, after, dying_after, entries, numbers, size_of
from stream import everything, records_of

from chalicelib import clock
from chalicelib.problems import BadRequest
from chalicelib.services import browse_catalogue, react_to_changes
from chalicelib.services.browse_catalogue import Wanted
from chalicelib.services.relist_products import relist
from chalicelib.storage import keys, offer_terms, validations
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


def listed() -> list[str]:
    page = browse_catalogue.page(Wanted(sort="price"), limit=100, cursor=None, now=clock.now())
    return list(page.cards)


@pytest.fixture
def written(aws: None) -> Iterator[list[int]]:
    """How many requests each write of many carried."""
    sizes: list[int] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sizes.append(sum(map(len, params["RequestItems"].values())))

    events = Item._get_connection().connection.client.meta.events
    events.register("before-parameter-build.dynamodb.BatchWriteItem", note)
    yield sizes
    events.unregister("before-parameter-build.dynamodb.BatchWriteItem", note)


def follow(work: Any) -> None:
    """Have the stream's handler follow a change, and what follows from that."""
    records = records_of(work)
    while records:
        records = records_of(lambda records=records: react_to_changes.react(records))


def test_a_product_is_listed_once_its_offer_is_on_sale_and_leaves_with_it() -> None:
    supplier = a_supplier()
    offer = an_offer(supplier, "A", stock=2)
    follow(lambda: marketplace.a_product("prd_A", offer))
    assert listed() == []

    follow(lambda: react_to_changes.react(everything()))
    (card,) = listed()
    assert '"price":{"amount":"5.00","currency":"EUR"}' in card

    follow(lambda: marketplace.place(marketplace.a_line(offer, quantity=2)))
    assert listed() == []


def test_a_sale_that_leaves_some_writes_no_entry(written: list[int]) -> None:
    offer = an_offer(a_supplier(), "A", stock=9)
    marketplace.a_product("prd_A", offer)
    follow(lambda: react_to_changes.react(everything()))
    before = entries()
    written.clear()

    follow(lambda: marketplace.place(marketplace.a_line(offer)))

    assert offer_terms.get_many([offer])[offer].available == 8
    assert (entries(), written) == (before, [])


def test_new_products_are_listed_in_full_batches_of_small_items(written: list[int]) -> None:
    relist([a_product(number, title="Assam tea, leaf") for number in range(25)], now=NOON)

    # Eight entries with cards, four words' and what is known of them, for each; nothing twice.
    assert sum(written) == 25 * (8 + 4 + 1) == len(entries())
    assert written.count(25) == len(written)
    assert all(size_of(item) < 1024 for item in entries())


def test_a_price_change_writes_where_the_price_stands_and_nothing_of_words(written: list[int]) -> None:
    product = replace(a_product(1), version=2)
    relist([a_product(1), a_product(2)], now=NOON)
    relist([product], now=after(60), anew=[product.product_id])
    written.clear()

    relist([replace(product, version=3, offers_view=a_product(1, "6.00").offers_view)], now=after(120))

    # Four cards by age, four prices closed, four opened; what is known before and after.
    assert sum(written) == 4 + 4 + 4 + 2


def test_an_older_state_never_replaces_a_newer_one() -> None:
    older, newer = a_product(1, "5.00"), replace(a_product(1, "7.00"), version=2)
    relist([newer], now=NOON)
    before = entries()

    relist([older], now=after(1))
    relist([older, newer], now=after(2))

    assert [item for item in entries() if item["PK"]["S"].startswith("LIST#")] == [
        item for item in before if item["PK"]["S"].startswith("LIST#")
    ]


def test_a_touched_product_takes_all_its_places_again() -> None:
    offer = an_offer(a_supplier(), "A")
    marketplace.a_product("prd_A", offer)
    follow(lambda: react_to_changes.react(everything()))
    before = {(item["PK"]["S"], item["SK"]["S"]) for item in entries()}
    table = boto3.resource("dynamodb").Table("marketplace-test")
    for pk, sk in before:
        if pk.startswith("LIST#"):
            table.delete_item(Key={"PK": pk, "SK": sk})
    assert listed() == []

    follow(lambda: commit(validations.touching(keys.product("prd_A"), now=clock.timestamp())))

    assert {(item["PK"]["S"], item["SK"]["S"]) for item in entries()} == before


def test_a_repriced_product_is_at_its_new_place_after_the_grace() -> None:
    relist([a_product(1, "3.00"), a_product(2, "4.00")], now=NOON)
    relist([replace(a_product(1, "5.00"), version=2)], now=after(60))

    def order(seconds: int) -> list[int]:
        page = browse_catalogue.page(Wanted(sort="price"), limit=9, cursor=None, now=after(seconds))
        return numbers(map(json.loads, page.cards))

    assert order(61) == [1, 2]
    assert order(66) == [2, 1]


def test_a_cursor_is_good_where_the_clock_is_a_little_behind_and_when_it_is_not_too_old() -> None:
    relist([a_product(1), a_product(2)], now=NOON)
    cursor = browse_catalogue.page(Wanted(sort="price"), limit=1, cursor=None, now=after(5)).next_cursor

    for seconds in (3, 3600):
        page = browse_catalogue.page(Wanted(sort="price"), limit=1, cursor=cursor, now=after(seconds))
        assert numbers(map(json.loads, page.cards)) == [2]
    with pytest.raises(BadRequest, match="CURSOR_EXPIRED"):
        browse_catalogue.page(Wanted(sort="price"), limit=1, cursor=cursor, now=after(3606))


def test_a_move_that_was_begun_and_given_up_leaves_no_moment_with_two_places() -> None:
    product = replace(a_product(1, "3.00"), version=2)
    relist([a_product(1, "3.00")], now=NOON)
    relist([product], now=after(30), anew=[product.product_id])
    with pytest.raises(Crash), dying_after(2):
        relist([replace(product, version=3, offers_view=a_product(1, "4.00").offers_view)], now=after(60))

    relist([replace(product, version=4, offers_view=a_product(1, "5.00").offers_view)], now=after(63))

    for seconds in (61, 66, 70):
        cards = browse_catalogue.page(Wanted(sort="price"), limit=9, cursor=None, now=after(seconds)).cards
        assert len(cards) == 1, seconds
