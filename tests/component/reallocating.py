"""A market of three suppliers of one thing, where the next best takes over."""

import itertools
import json
import os
from typing import Any

from conftest import taken
from marketplace import a_line, a_product, a_supplier, an_offer, place, stock_of

from chalicelib import telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.services import (
    dispatch,
    read_order,
    reallocate_order,
    refresh_product,
)
from chalicelib.storage import orders
from examples.reference_supplier import ReferenceSupplier

FREE, NORTH, SOUTH, WEST = (10, 0, 0), 0, 1, 2
"""An offer's stock that nobody has touched; the suppliers in their order of rank."""


class Market:
    """Three suppliers that listen and sell the same teapot; the handling time ranks them where the price does
    not."""

    keys = itertools.count()

    def __init__(self, server: ReferenceSupplier) -> None:
        self.server = server
        self.suppliers = [a_supplier(name, order_api=server.order_api) for name in ("north", "south", "west")]
        self.offers: list[str] = []

    def sell(self, *prices: str, **fields: Any) -> "Market":
        """Put it on sale at these prices, from the first supplier on."""
        for number, (supplier, price) in enumerate(zip(self.suppliers, prices, strict=False), start=1):
            offered = {"price": price, "product_id": "prd_pot", "handling_days": number}
            more = {name: values[number - 1] for name, values in fields.items()}
            self.offers.append(an_offer(supplier, f"POT-{number}", **{**offered, **more}))
        a_product("prd_pot", *self.offers)
        refresh_product.refresh("prd_pot")
        return self

    def order(self, quantity: int = 3, **fields: Any) -> str:
        """Order from the first supplier; it refuses, unless it is told otherwise."""
        self.server.book.rejected_skus.add("POT-1")
        telemetry.bind("cor-shopper")
        placed = place(a_line(self.offers[0], quantity), key=f"key-{next(self.keys)}", **fields).answer
        return str(placed["order"]["order_id"])

    def dispatch(self, order_id: str, number: int = 1) -> None:
        """Bring the n-th attempt one step forward."""
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

    def refuse(self, order_id: str, number: int = 1) -> None:
        """Have the n-th attempt refused, and another supplier looked for."""
        self.dispatch(order_id, number)
        reallocate_order.reallocate(order_id)

    def part(self, order_id: str, number: int) -> Any:
        record = orders.get(order_id)
        assert record is not None
        return record.supplier_orders[number - 1]

    def lines(self, order_id: str) -> list[tuple[int, int, str]]:
        """Who serves how many pieces of each line, and how far that is."""
        return [
            (self.suppliers.index(line["supplier_id"]), line["quantity"], line["status"])
            for line in read(order_id)["lines"]
        ]

    @property
    def stock(self) -> list[tuple[int, int, int]]:
        return [stock_of(offer_id) for offer_id in self.offers]


def read(order_id: str) -> dict[str, Any]:
    return read_order.read_order(order_id, is_admin=True)


def attempts(order_id: str) -> list[str]:
    return [attempt["status"] for attempt in read(order_id)["attempts"]]


def messages(queue: str) -> list[dict[str, Any]]:
    return [json.loads(body) for body in taken(os.environ[queue])]
