"""Products to list, as they are once their offers are ranked."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from chalicelib import clock
from chalicelib.domain.offer import Product
from chalicelib.storage.items import Item

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_product(number: int, price: str | None = "5.00", **fields: Any) -> Product:
    """A product with one active offer at `price` in euros, or with none. The higher its number, the newer."""
    offers = [] if price is None else [{"price": {"amount": price, "currency": "EUR"}}]
    return Product(
        **{
            "product_id": f"prd_{number:014}",
            "gtin": f"{number:014}",
            "title": f"Green tea {number}",
            "brand": "Northern",
            "category": "Food > Tea",
            "image_urls": ("https://north.example/tea.jpg",),
            "offers_view": tuple(offers),
            "created_at": clock.timestamp(after(number)),
            **fields,
        }
    )


def numbers(cards: Iterable[dict[str, Any]]) -> list[int]:
    return [int(card["product_id"].removeprefix("prd_")) for card in cards]


def entries() -> list[dict[str, Any]]:
    """Everything that the lists are made of."""
    items = boto3.client("dynamodb").scan(TableName="marketplace-test")["Items"]
    return [item for item in items if item["PK"]["S"].startswith(("LIST#", "LISTING#"))]


def size_of(item: dict[str, Any]) -> int:
    """Bytes of an item of texts and numbers, as the table charges for them."""
    return sum(len(name) + len(next(iter(value.values())).encode()) for name, value in item.items())


class Crash(Exception):
    """The function's process dies."""


@contextmanager
def dying_after(writes: int) -> Iterator[None]:
    """The table takes so many requests to write and the next one never reaches it."""
    left = [writes]

    def count(**_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Crash

    events = Item._get_connection().connection.client.meta.events
    events.register("before-call.dynamodb.BatchWriteItem", count)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.BatchWriteItem", count)
