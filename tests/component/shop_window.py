"""Products to list, as they are once their offers are ranked."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.domain.offer import Product
from chalicelib.services import browse_catalogue
from chalicelib.services.browse_catalogue import Wanted

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


def walk(wanted: Wanted, *, limit: int, now: datetime = NOON) -> list[str]:
    """The cards of all pages."""
    cards, cursor = [], None
    while True:
        page = browse_catalogue.page(wanted, limit=limit, cursor=cursor, now=now)
        cards += page.cards
        cursor = page.next_cursor
        if cursor is None:
            return cards
