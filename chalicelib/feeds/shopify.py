"""Shopify's product export, in both of its generations of headers.

A product is a run of rows with one handle. Its first row says what holds for all of its variants; a row with
an image alone adds it to the product. See help.shopify.com/manual/products/import-export/using-csv.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice
from typing import Any

from chalicelib.feeds.candidates import Candidate, cell, filled_from, places
from chalicelib.feeds.kinds import MAX_ROW, Position
from chalicelib.feeds.markup import plain_text
from chalicelib.feeds.readings import Reading, filled, is_below
from chalicelib.feeds.tables import Record

NAME = "SHOPIFY_CSV"

_OF_PRODUCT = frozenset(
    {
        *("title", "body_(html)", "description", "vendor", "product_category", "type", "tags"),
        *("published", "published_on_online_store", "status", "gift_card", "option1_name", "option2_name"),
        *("option3_name", "google_shopping_/_google_product_category", "google_shopping_/_condition"),
    }
)
_HANDLE, _IMAGE = ("handle", "url_handle"), ("image_src", "product_image_url")
_SKU, _BARCODE = ("variant_sku", "sku"), ("variant_barcode", "barcode", "barcodes", "barcode(s)")
_PRICE, _WAS = ("variant_price", "price"), ("variant_compare_at_price", "compare-at_price")
_STOCK, _GRAMS = ("variant_inventory_qty", "inventory_quantity"), ("variant_grams", "weight_value_(grams)")
_VARIANT_IMAGE = ("variant_image", "variant_image_url")
_OPTIONS = tuple((f"option{n}_name", f"option{n}_value") for n in (1, 2, 3))
_MPN = "google_shopping_/_mpn"
_USED = frozenset(
    (*_OF_PRODUCT, *_HANDLE, *_IMAGE, *_SKU, *_BARCODE, *_PRICE, *_WAS, *_STOCK, *_GRAMS, *_VARIANT_IMAGE)
) | {_MPN, *(value for _, value in _OPTIONS)}
_UNUSED = frozenset(("tags", "published", "published_on_online_store"))
_LEAST_OF_VARIANT = (*_SKU, *_PRICE, *_BARCODE, "option1_value")
_MOST_ROWS, _MOST_BYTES = 2_500, 8 * MAX_ROW
"""Of one product at a time: Shopify itself ends at 2,048 variants and 250 images."""
_MOST_IMAGES = 12
"""Of one product; an offer shows ten and says that it has more."""
_NOT_SOLD = frozenset(("draft", "archived"))


def is_told_by(names: Set[str]) -> bool:
    old = {"handle", "title"} <= names and any(name.startswith(("variant_", "option1_")) for name in names)
    new = "title" in names and not names.isdisjoint(("url_handle", "published_on_online_store"))
    return old or new


def is_used(name: str) -> bool:
    return name in _USED and name not in _UNUSED


def arrange(records: Iterable[Record], names: tuple[str, ...], begin: Position) -> Iterator[Candidate]:
    """Each variant with what its product's first row says. Reading goes on at a product's first row."""
    columns = _Columns(names)
    product = _Product(columns, begin)
    for record in records:
        key = cell(record, columns.handle) or cell(record, columns.title)
        if key and key != product.key:
            yield from product.variants(is_complete=True)
            product = _Product(columns, Position(record.begin, record.number), key)
        elif product.is_full:
            yield from product.variants(is_complete=False)
        product.add(record)
    yield from product.variants(is_complete=True)


class _Columns:
    """Where the columns are that tell which rows are one product's."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.width = len(names)
        self.handle, self.title = places(names, *_HANDLE), places(names, "title")
        self.image = places(names, *_IMAGE)
        self.of_product = places(names, *_OF_PRODUCT)
        self.of_variant = places(names, *_LEAST_OF_VARIANT)


class _Product:
    """The rows of one product that were not yet given out."""

    def __init__(self, columns: _Columns, begin: Position, key: str = "") -> None:
        self.key = key
        self._columns, self._begin = columns, begin
        self._rows: list[Record] = []
        self._first: Record | None = None
        self._given = 0
        self._size = 0

    @property
    def is_full(self) -> bool:
        return len(self._rows) >= _MOST_ROWS or self._size >= _MOST_BYTES

    def add(self, record: Record) -> None:
        self._rows.append(record)
        self._size += sum(map(len, record.cells))
        if self._first is None and not record.is_bad:
            self._first = record

    def variants(self, *, is_complete: bool) -> Iterator[Candidate]:
        images = dict.fromkeys(filter(None, (cell(row, self._columns.image) for row in self._rows)))
        shown = list(islice(images, _MOST_IMAGES))
        variants = [row for row in self._rows if row is self._first or row.is_bad or self._is_variant(row)]
        for row in variants:
            self._given += 1
            after = self._begin._replace(skip=self._given)
            if is_complete and row is variants[-1]:
                after = Position(self._rows[-1].end, self._rows[-1].number + 1)
            yield self._variant(row, shown, after)
        self._rows, self._size = [], 0

    def _is_variant(self, row: Record) -> bool:
        return bool(cell(row, self._columns.of_variant))

    def _variant(self, row: Record, images: Sequence[str], after: Position) -> Candidate:
        """The row so that it can stand alone: the first image is its own, the others have rows beside it."""
        if self._first is None or row.is_bad:
            return Candidate(row, after)
        cells = filled_from(self._first, row, self._columns.width, self._columns.of_product)
        for url in images[:1]:
            self._write(cells, self._columns.image, url)
        others = [self._image_row(url) for url in images[1:]]
        return Candidate(row._replace(cells=cells), after, {"product_images": "\n".join(images)}, others)

    def _image_row(self, url: str) -> list[str]:
        cells = [""] * self._columns.width
        self._write(cells, self._columns.handle or self._columns.title, self.key)
        self._write(cells, self._columns.image, url)
        return cells

    @staticmethod
    def _write(cells: list[str], places: Iterable[int], text: str) -> None:
        for place in places:
            cells[place] = text


def read(row: Reading) -> tuple[str, dict[str, Any]]:
    """The SKU and the offer body of a variant."""
    options = {
        row.text(name): text
        for name, value in _OPTIONS
        if (text := row.text(value)) and text != "Default Title" and row.text(name)
    }
    title = " - ".join(filter(None, (row.text("title"), " / ".join(options.values()))))
    mpn = row.text(_MPN)
    price, was = row.price(row.filled(*_PRICE), row.currency), row.price(row.filled(*_WAS), row.currency)
    offer = {
        "title": title,
        "description": plain_text(row.text("body_(html)", "description")),
        "brand": row.text("vendor"),
        "category": row.text("product_category", "google_shopping_/_google_product_category", "type"),
        "condition": row.text("google_shopping_/_condition") or "NEW",
        "image_urls": row.urls(*_VARIANT_IMAGE, "product_images"),
        "attributes": options | ({"mpn": mpn} if mpn else {}),
        "handling_days": row.options.handling_days,
    }
    return _sku(row, options), offer | filled(
        gtin=row.text(*_BARCODE) or None,
        price=row.required(price, *_PRICE),
        list_price=was if is_below(price, was) else None,
        quantity=_quantity(row),
        shipping_weight=row.weight(row.filled(*_GRAMS), "g"),
    )


def _sku(row: Reading, options: dict[str, str]) -> str:
    """A shop need not give SKUs; handle and options are unique in it and stay as they are."""
    return row.text(*_SKU) or row.derived_sku("variant_sku", row.text(*_HANDLE), *options.values())


def _quantity(row: Reading) -> int | str:
    """Nothing of what the shop itself does not sell; below zero is what it has oversold."""
    if row.text("status").casefold() in _NOT_SOLD:
        return row.not_for_sale("status")
    if row.text("gift_card").casefold() == "true":
        return row.not_for_sale("gift_card")
    name = row.filled(*_STOCK)
    if row.text(name).startswith("-"):
        return row.oversold(name)
    counted = row.whole(name)
    return row.assumed_quantity(name) if counted is None else counted
