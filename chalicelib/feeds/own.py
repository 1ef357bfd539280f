"""Our own dialect: the offer body's names, as JSON records or as the columns of a table."""

from collections.abc import Set
from typing import Any

from chalicelib.domain import prices
from chalicelib.feeds.readings import Reading, filled

NAMES = {"NDJSON": "MARKETPLACE_NDJSON", "JSON": "MARKETPLACE_JSON", "TABLE": "MARKETPLACE_CSV"}

_TEXTS = ("title", "description", "brand", "category")
_FILLED_TEXTS = (
    *("condition", "gtin", "identifier_exempt_reason", "commission_category"),
    *("available_from", "available_until"),
)
_OTHERS = (
    *("price", "list_price", "shipping_price", "quantity", "handling_days", "image_urls"),
    "shipping_weight",
)
_ONLY_IN_JSON = ("prices", "attributes")
FIELDS = frozenset({"sku", *_TEXTS, *_FILLED_TEXTS, *_OTHERS, *_ONLY_IN_JSON})
"""What a JSON record may say."""
_COLUMNS = FIELDS.difference(_ONLY_IN_JSON) | {"currency"}
_ATTRIBUTE = "attributes."
"""Each attribute has a column, `attributes.<name>`."""


def is_told_by(names: Set[str]) -> bool:
    return "sku" in names and len(names & _COLUMNS) >= 3


def is_used(name: str) -> bool:
    return name in _COLUMNS or name.startswith(_ATTRIBUTE)


def read(row: Reading) -> tuple[str, dict[str, Any]]:
    """The SKU and the offer body of a table's row. An empty cell is no text where the
    field is a text that may be empty, and says nothing elsewhere."""
    named = row.text("currency")
    currency = (prices.currency_of(named) or named) if named else row.currency
    offer: dict[str, Any] = {name: row.values[name] for name in _TEXTS if name in row.values}
    offer |= {name: text for name in _FILLED_TEXTS if (text := row.text(name))}
    offer |= filled(
        price=row.price("price", currency),
        list_price=row.price("list_price", currency),
        shipping_price=row.price("shipping_price", currency),
        quantity=row.whole("quantity"),
        handling_days=row.whole("handling_days"),
        shipping_weight=row.weight("shipping_weight"),
    )
    if images := row.urls("image_urls"):
        offer["image_urls"] = images
    attributes = {
        name.removeprefix(_ATTRIBUTE): value
        for name, value in row.values.items()
        if value and name.startswith(_ATTRIBUTE)
    }
    if attributes:
        offer["attributes"] = attributes
    return row.text("sku"), offer
