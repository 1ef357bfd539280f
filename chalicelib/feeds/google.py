"""Google Merchant Center's product data specification, as a table or as RSS or Atom.

Its `id` is the SKU. Attribute names are English, with underscores or blanks, with or without `g:`.
"""

from collections.abc import Set
from typing import Any

from chalicelib.domain.availability import BACKORDER, IN_STOCK, OUT_OF_STOCK, PREORDER, availability_of
from chalicelib.feeds.markup import plain_text
from chalicelib.feeds.readings import Reading, filled

TABLE, XML = "GOOGLE_TSV", "GOOGLE_XML"

_TOLD = frozenset(
    {
        *("link", "image_link", "availability", "google_product_category", "product_type", "condition"),
        *("mpn", "gtin", "additional_image_link", "identifier_exists", "item_group_id"),
    }
)
_ATTRIBUTES = (
    *("age_group", "color", "energy_efficiency_class", "gender", "is_bundle", "item_group_id", "material"),
    *("mpn", "multipack", "pattern", "product_highlight", "size", "size_system", "size_type"),
)
_IMAGES = ("image_link", "additional_image_link", "lifestyle_image_link")
_QUANTITIES = ("quantity", "sell_on_google_quantity", "inventory")
_HANDLING = ("max_handling_time", "min_handling_time")
_USED = frozenset(
    {
        *("id", "title", "description", "brand", "gtin", "condition", "price", "sale_price"),
        *("sale_price_effective_date", "availability", "availability_date", "expiration_date"),
        *("google_product_category", "product_type", "shipping_weight", "identifier_exists"),
    }
) | {*_ATTRIBUTES, *_IMAGES, *_QUANTITIES, *_HANDLING}
REPEATABLE = frozenset(("additional_image_link", "lifestyle_image_link", "product_highlight", "product_type"))


def is_told_by(names: Set[str]) -> bool:
    return {"id", "title"} <= names and len(names & _TOLD) >= 2


def is_used(name: str) -> bool:
    return name in _USED


def read(row: Reading) -> tuple[str, dict[str, Any]]:
    """The SKU and the offer body of an item."""
    gtin = row.text("gtin")
    offer = {
        "title": row.text("title"),
        "description": plain_text(row.text("description")),
        "brand": row.text("brand"),
        "category": _category(row),
        "condition": row.text("condition") or "NEW",
        "image_urls": row.urls(*_IMAGES),
        "attributes": {name: text for name in _ATTRIBUTES if (text := row.text(name))},
        "handling_days": _handling_days(row),
    }
    return row.text("id"), offer | _prices(row) | filled(
        gtin=gtin or None,
        identifier_exempt_reason=None if gtin else _exemption(row),
        quantity=_quantity(row),
        shipping_weight=row.weight("shipping_weight"),
        available_from=row.moment("availability_date"),
        available_until=row.moment("expiration_date"),
    )


def _prices(row: Reading) -> dict[str, Any]:
    """A sale price holds always or in an ISO 8601 interval, `2027-02-24T11:07+0100/2027-02-28T23:07+0100`."""
    price, sale = row.price("price", row.currency), row.price("sale_price", row.currency)
    if sale is None:
        row.required(price, "price")
    begin, _, end = row.text("sale_price_effective_date").partition("/")
    return row.on_sale(price, sale, row.period(begin, end, of="sale_price_effective_date"))


def _category(row: Reading) -> str:
    """Google's category where it is named; its number says nothing to a shopper, the shop's own path does."""
    google = row.text("google_product_category")
    return google if google and not google.isdecimal() else row.text("product_type") or google


def _handling_days(row: Reading) -> Any:
    for name in _HANDLING:
        days = row.whole(name)
        if days is not None:
            return days
    return row.options.handling_days


def _exemption(row: Reading) -> str | None:
    if row.text("identifier_exists").casefold() in ("no", "false", "0"):
        return "The supplier's feed says that the product has no GTIN (identifier_exists)."
    return None


def _quantity(row: Reading) -> int | str | None:
    """What is counted, and what the word for it lets one assume where nothing is."""
    word = row.text("availability")
    state = availability_of(word) if word else None
    if word and state is None:
        row.note(
            "availability", "INVALID_ATTRIBUTE", "availability", "Send in_stock, out_of_stock or preorder."
        )
        return None
    if state == OUT_OF_STOCK or (state in (PREORDER, BACKORDER) and not row.text("availability_date")):
        return 0
    for name in _QUANTITIES:
        counted = row.whole(name)
        if counted is not None:
            return counted
    if state in (IN_STOCK, PREORDER, BACKORDER):
        return row.assumed_quantity("availability")
    row.note(
        "quantity", "MISSING_ATTRIBUTE", "availability", "Say how many there are, or whether there are any."
    )
    return None
