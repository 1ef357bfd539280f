from collections.abc import Iterator
from typing import Any

import pytest
from marketplace import a_line, a_product, a_supplier, an_offer, place, stock_of

from chalicelib import telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.services import dispatch, read_order, reallocate_order, refresh_product
from chalicelib.storage import orders
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")

A, B, C = "north", "south", "west"


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


class Market:
    """Three suppliers that listen and sell the same teapot; the handling time ranks them."""

    def __init__(
        self, server: ReferenceSupplier, *, prices: tuple[str, ...] = ("5.00", "5.00", "5.00")
    ) -> None:
        self.server = server
        self.suppliers = [a_supplier(name, order_api=server.order_api) for name in (A, B, C)]
        self.offers = [
            an_offer(supplier, f"POT-{number}", price=price, product_id="prd_pot", handling_days=number)
            for number, (supplier, price) in enumerate(zip(self.suppliers, prices, strict=True), start=1)
        ]
        a_product("prd_pot", *self.offers)
        refresh_product.refresh("prd_pot")

    def order(self, quantity: int = 3, **fields: Any) -> str:
        telemetry.bind("cor-shopper")
        order = place(a_line(self.offers[0], quantity), **fields).answer["order"]
        return str(order["order_id"])

    def dispatch(self, order_id: str, number: int) -> None:
        part = self.part(order_id, number)
        self.server.signing_secret = credentials.signing_secret(master_secret(), part.supplier_id, 1)
        dispatch.dispatch(
            {
                "supplier_order_id": part.supplier_order_id,
                "attempt_id": part.attempt.attempt_id,
                "supplier_id": part.supplier_id,
                "correlation_id": "cor-shopper",
            }
        )

    def part(self, order_id: str, number: int) -> Any:
        record = orders.get(order_id)
        assert record is not None
        return record.supplier_orders[number - 1]

    @property
    def stock(self) -> list[tuple[int, int, int]]:
        return [stock_of(offer_id) for offer_id in self.offers]


def read(order_id: str) -> dict[str, Any]:
    return read_order.read_order(order_id, is_admin=True)


def lines(order_id: str) -> list[tuple[str, int, str]]:
    return [(line["supplier_id"], line["quantity"], line["status"]) for line in read(order_id)["lines"]]


def test_what_one_supplier_refuses_the_next_best_ships(server: ReferenceSupplier) -> None:
    market = Market(server)
    server.book.rejected_skus = {"POT-1"}
    order_id = market.order()
    first, second, _ = market.suppliers

    market.dispatch(order_id, 1)
    assert lines(order_id) == [(first, 3, "WAITING_ACCEPTANCE")]
    assert market.stock[0] == (10, 0, 0)
    reallocate_order.reallocate(order_id)
    assert lines(order_id) == [(second, 3, "WAITING_ACCEPTANCE")]
    assert market.stock[1] == (7, 3, 0)
    market.dispatch(order_id, 2)

    order = read(order_id)
    assert lines(order_id) == [(second, 3, "SHIPPING")]
    assert order["lines"][0]["line_id"] == server.book.messages[0]["body"]["data"]["lines"][0]["line_id"]
    assert server.book.messages[1]["body"]["data"]["lines"][0]["sku"] == "POT-2"
    assert [attempt["status"] for attempt in order["attempts"]] == ["REJECTED", "ACCEPTED"]
    assert market.stock == [(10, 0, 0), (7, 0, 3), (10, 0, 0)]
