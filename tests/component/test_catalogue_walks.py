"""Whoever pages through a list sees all that stays in it once, whatever happens to it between the pages."""

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from shop_window import NOON, Crash, a_product, dying_after, numbers

from chalicelib.domain.catalogue import words
from chalicelib.domain.offer import Product
from chalicelib.problems import BadRequest
from chalicelib.services import browse_catalogue
from chalicelib.services.browse_catalogue import Wanted
from chalicelib.services.relist_products import GRACE, LASTS, relist

PRODUCTS = st.integers(1, 6)
PRICES = st.sampled_from(["1.00", "2.00", "3.00", "4.00", "5.00"])
TITLES = st.sampled_from(["Tea", "Green tea", "Tea pot of green clay", "Coffee"])
BRANDS = st.sampled_from(["Tea", "Northern"])
LISTS = st.sampled_from(
    [
        Wanted(sort=sort, **narrowed)
        for sort in browse_catalogue.SORTS
        for narrowed in ({}, {"category": "Food"}, {"brand": "Northern"}, {"words": ("tea",)})
    ]
)


@dataclass
class Walk:
    """Someone who pages through a list. `steady` are those that have been in it all the while."""

    wanted: Wanted
    steady: set[int]
    began: datetime
    cursor: str | None = None
    seen: list[int] = field(default_factory=list)

    def go_on(self, now: datetime) -> bool:
        page = browse_catalogue.page(self.wanted, limit=2, cursor=self.cursor, now=now)
        self.seen += numbers(map(json.loads, page.cards))
        self.cursor = page.next_cursor
        return self.cursor is not None

    def is_too_old(self, now: datetime) -> bool:
        moves = self.wanted.words or self.wanted.sort in ("price", "-price")
        return bool(moves) and now - self.began > LASTS

    def check(self) -> None:
        assert len(self.seen) == len(set(self.seen)), f"{self.seen} of {self.wanted} shows one twice"
        assert self.steady <= set(self.seen), f"{self.seen} of {self.wanted} lacks some of {self.steady}"


class Catalogue(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        clear_the_table()
        self.now = NOON
        self.products: dict[int, Product] = {}
        self.settled_at: dict[int, datetime] = {}
        self.walks: list[Walk] = []
        for number in (1, 2, 3, 4):
            self._change(number, "2.00", title="Green tea")
        self.now += timedelta(seconds=10)

    def _change(self, number: int, price: str | None, **fields: Any) -> Product:
        """The product's next state, in the lists."""
        product = self._next(number, price, **fields)
        self.now += timedelta(milliseconds=100)
        relist([product], now=self.now)
        return product

    def _next(self, number: int, price: str | None, **fields: Any) -> Product:
        known = self.products.get(number)
        view = a_product(number, price).offers_view
        if known is None:
            product = a_product(number, price, **fields)
        else:
            product = replace(known, offers_view=view, version=known.version + 1, **fields)
        self.products[number] = product
        if known is None or about(known) != about(product):
            self.settled_at[number] = self.now + GRACE
        for walk in self.walks:
            if not is_in(product, walk.wanted):
                walk.steady.discard(number)
        return product

    @rule(number=PRODUCTS, price=PRICES)
    def reprice(self, number: int, price: str) -> None:
        self._change(number, price)

    @rule(number=PRODUCTS)
    def sell_out(self, number: int) -> None:
        self._change(number, None)

    @rule(number=PRODUCTS, price=PRICES, title=TITLES, brand=BRANDS)
    def rewrite(self, number: int, price: str, title: str, brand: str) -> None:
        self._change(number, price, title=title, brand=brand)

    @rule(
        number=PRODUCTS,
        states=st.lists(st.tuples(PRICES | st.none(), TITLES, BRANDS), min_size=1, max_size=3),
        writes=st.integers(0, 3),
    )
    def crash_and_come_back(
        self, number: int, states: list[tuple[str | None, str, str]], writes: int
    ) -> None:
        """The stream gives the record again, and with it perhaps what happened since."""
        for price, title, brand in states:
            with suppress(Crash), dying_after(writes):
                self._change(number, price, title=title, brand=brand)
        relist([self.products[number]], now=self.now)

    @rule(number=PRODUCTS)
    def deliver_again(self, number: int) -> None:
        if number in self.products:
            relist([self.products[number]], now=self.now, anew=[self.products[number].product_id])

    @rule(seconds=st.sampled_from([1, 10, 1200]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: len(self.walks) < 3)
    @rule(wanted=LISTS)
    def set_out(self, wanted: Wanted) -> None:
        walk = Walk(
            wanted, {each for each in self._there(wanted) if self.settled_at[each] < self.now}, self.now
        )
        self.walks.append(walk)
        self._take(walk)

    @precondition(lambda self: self.walks)
    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        self._take(data.draw(st.sampled_from(self.walks)))

    def _there(self, wanted: Wanted) -> set[int]:
        return {number for number, product in self.products.items() if is_in(product, wanted)}

    def _take(self, walk: Walk) -> None:
        if walk.is_too_old(self.now):
            with pytest.raises(BadRequest, match="CURSOR_EXPIRED"):
                walk.go_on(self.now)
            walk.steady.clear()
        elif walk.go_on(self.now):
            return
        self.walks.remove(walk)
        walk.check()

    def teardown(self) -> None:
        while self.walks:
            self._take(self.walks[0])
        self.now += timedelta(seconds=10)
        for wanted in (Wanted(sort="price"), Wanted(words=("tea",)), Wanted(brand="Tea", sort="-price")):
            there = self._there(wanted)
            walk = Walk(wanted, there, self.now)
            while walk.go_on(self.now):
                pass
            assert sorted(walk.seen) == sorted(there)


def about(product: Product) -> tuple[object, ...]:
    """What decides in which lists a product is."""
    return bool(product.offers_view), product.title, product.brand


def is_in(product: Product, wanted: Wanted) -> bool:
    return (
        bool(product.offers_view)
        and wanted.brand in (None, product.brand)
        and set(wanted.words) <= set(words(f"{product.title} {product.brand}"))
    )


def clear_the_table() -> None:
    table = boto3.resource("dynamodb").Table("marketplace-test")
    with table.batch_writer() as batch:
        for item in table.scan()["Items"]:
            batch.delete_item(Key={"PK": item["PK"], "SK": item["SK"]})


@pytest.mark.usefixtures("aws")
def test_a_walk_through_a_list_shows_what_stays_in_it_exactly_once() -> None:
    run_state_machine_as_test(
        Catalogue,
        settings=settings(
            max_examples=10,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
