"""WooCommerce's product export. A variation takes what it leaves empty from its parent, which is named by
SKU or as `id:<ID>` and stands above it. See the product CSV import schema in WooCommerce's documentation.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Set
from typing import Any

from chalicelib.feeds.candidates import Candidate, cell, filled_from, places
from chalicelib.feeds.kinds import MAX_ROW, WARNING, Fault, Position
from chalicelib.feeds.markup import plain_text
from chalicelib.feeds.readings import Reading, filled
from chalicelib.feeds.tables import Record

NAME = "WOOCOMMERCE_CSV"

_GTIN = "gtin,_upc,_ean,_or_isbn"
_WEIGHT = re.compile(r"weight_\((kg|g|lbs|oz)\)")
_ATTRIBUTE = re.compile(r"attribute_([0-9]{1,3})_(name|value\(s\))")
_USED = frozenset(
    {
        *("id", "type", "sku", "name", "published", "short_description", "description"),
        *("date_sale_price_starts", "date_sale_price_ends", "in_stock?", "stock", "sale_price"),
        *("regular_price", "categories", "images", "parent", "brands"),
    }
) | {_GTIN}
_OF_VARIATION = frozenset(("id", "type", "sku", "parent", "published", "regular_price", "sale_price", _GTIN))
_MOST_PARENTS = 16 * MAX_ROW
"""Characters of the parents that are kept; the ones longest unused are forgotten."""


def is_told_by(names: Set[str]) -> bool:
    return {"type", "name"} <= names and not names.isdisjoint(("regular_price", "in_stock?", "parent"))


def is_used(name: str) -> bool:
    return name in _USED or bool(_WEIGHT.fullmatch(name) or _ATTRIBUTE.fullmatch(name))


def arrange(records: Iterable[Record], names: tuple[str, ...], begin: Position) -> Iterator[Candidate]:
    """Each simple product, and each variation with what its parent says. As a parent can stand anywhere
    above, reading goes on by passing over the candidates from the first row on."""
    parents, given = _Parents(), 0
    kind, sku, number, parent = (places(names, name) for name in ("type", "sku", "id", "parent"))
    said_by_parent = places(names, "description", "short_description", "categories", "images")
    inherited = places(names, *frozenset(names) - _OF_VARIATION)
    for record in records:
        kinds = cell(record, kind).casefold().replace(" ", "").split(",")
        if "variable" in kinds or "grouped" in kinds:
            parents.keep(record, cell(record, sku), f"id:{cell(record, number)}")
            continue
        given += 1
        after = begin._replace(skip=given)
        if "variation" in kinds and not record.is_bad:
            found = parents.find(cell(record, parent))
            cells = filled_from(found, record, len(names), inherited) if found else record.cells
            is_alone = found is None and not cell(record, said_by_parent)
            faults = (*record.faults, _NO_PARENT) if is_alone else record.faults
            yield Candidate(record._replace(cells=cells, faults=faults), after)
        else:
            yield Candidate(record, after)


_NO_PARENT = Fault(
    "feed.parent",
    "MISSING_ATTRIBUTE",
    "Parent",
    "The parent of the variation is not above it; what it would say for the variation is missing.",
    WARNING,
)


class _Parents:
    def __init__(self) -> None:
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._size = 0

    def keep(self, record: Record, *keys: str) -> None:
        for key in filter(None, keys):
            self._records[key] = record
            self._size += _size(record)
        while self._size > _MOST_PARENTS:
            _, oldest = self._records.popitem(last=False)
            self._size -= _size(oldest)

    def find(self, key: str) -> Record | None:
        found = self._records.get(key)
        if found:
            self._records.move_to_end(key)
        return found


def _size(record: Record) -> int:
    return sum(map(len, record.cells))


def read(row: Reading) -> tuple[str, dict[str, Any]]:
    """The SKU and the offer body of a simple product or a variation."""
    attributes = {
        row.text(name): row.text(name.replace("name", "value(s)"))
        for name in row.values
        if name.endswith("_name") and _ATTRIBUTE.fullmatch(name) and row.text(name)
    }
    offer = {
        "title": row.text("name"),
        "description": plain_text(row.text("description", "short_description").replace("\\n", "\n")),
        "brand": row.text("brands"),
        "category": re.split(r"(?<!\\),", row.text("categories"))[0].replace("\\,", ",").strip(),
        "condition": "NEW",
        "image_urls": row.urls("images"),
        "attributes": {name: text for name, text in attributes.items() if text},
        "handling_days": row.options.handling_days,
    }
    return _sku(row), offer | _prices(row) | filled(
        gtin=row.text(_GTIN) or None,
        quantity=_quantity(row),
        shipping_weight=_weight(row),
    )


def _sku(row: Reading) -> str:
    number = row.text("id")
    return row.text("sku") or row.derived_sku("sku", *(("woo", number) if number else ()))


def _prices(row: Reading) -> dict[str, Any]:
    price, sale = row.price("regular_price", row.currency), row.price("sale_price", row.currency)
    if sale is None:
        row.required(price, "regular_price")
    begin, end = row.text("date_sale_price_starts"), row.text("date_sale_price_ends")
    return row.on_sale(price, sale, row.period(begin, end, of="date_sale_price_ends"))


def _quantity(row: Reading) -> int | str | None:
    if row.text("published") == "-1":
        return row.not_for_sale("published")
    if "external" in row.text("type").casefold():
        return row.not_for_sale("type")
    if row.text("in_stock?").casefold() in ("0", "no", "false", "backorder", "onbackorder"):
        return 0
    if row.text("stock").startswith("-"):
        return row.oversold("stock")
    counted = None if row.text("stock") == "parent" else row.whole("stock")
    return row.assumed_quantity("in_stock?") if counted is None else counted


def _weight(row: Reading) -> dict[str, Any] | None:
    for name in row.values:
        unit = _WEIGHT.fullmatch(name)
        if unit:
            return row.weight(name, unit[1])
    return None
