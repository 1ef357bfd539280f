"""Which row of a table is its header, what separates its cells, and which dialect it speaks."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from chalicelib.feeds import google, own, sheets, shopify, woocommerce
from chalicelib.feeds.candidates import Candidate, each_alone
from chalicelib.feeds.kinds import FeedRefused, Position
from chalicelib.feeds.readings import Reading
from chalicelib.feeds.tables import Record

DELIMITERS = (",", ";", "\t", "|")
REASON = "error"
"""The column that a file of failed rows has besides."""
_ROWS_BEFORE = 20
_ATTRIBUTE = re.compile(r"attributes?\.", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """What a table of one dialect is known by, which columns it uses, and how its rows are read."""

    name: str
    is_told_by: Callable[[Set[str]], bool]
    is_used: Callable[[str], bool]
    read: Callable[[Reading], tuple[str, dict[str, object]]]
    arrange: Callable[[Iterable[Record], tuple[str, ...], Position], Iterator[Candidate]] = each_alone
    repeatable: frozenset[str] = frozenset()


DIALECTS = (
    Dialect(shopify.NAME, shopify.is_told_by, shopify.is_used, shopify.read, shopify.arrange),
    Dialect(
        woocommerce.NAME, woocommerce.is_told_by, woocommerce.is_used, woocommerce.read, woocommerce.arrange
    ),
    Dialect(google.TABLE, google.is_told_by, google.is_used, google.read, repeatable=google.REPEATABLE),
    Dialect(own.NAMES["TABLE"], own.is_told_by, own.is_used, own.read),
)
"""In the order in which they are tried: shops, too, have columns that are called as ours."""


@dataclass(frozen=True)
class Header:
    """The header's cells as they stand, the name that each column goes by, and the row that they are in."""

    dialect: Dialect
    columns: tuple[str, ...]
    number: int
    delimiter: str
    spaced: bool
    newline: bytes
    names: tuple[str, ...] = field(init=False)
    wording: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(map(name_of, self.columns)))
        object.__setattr__(self, "wording", dict(zip(self.names, self.columns, strict=True)))

    def unused(self) -> list[str]:
        return [
            column
            for column, name in zip(self.columns, self.names, strict=True)
            if column and name != REASON and not self.dialect.is_used(name)
        ]


def name_of(column: str) -> str:
    """The name that a column's wording stands for: `Image Link`, `image_link` and `g:image_link` are one.
    What follows `attributes.` is an attribute's name and stays as it is."""
    plain = column.strip().strip("\ufeff").removeprefix("g:")
    prefix = _ATTRIBUTE.match(plain)
    if prefix:
        return "attributes." + plain[prefix.end() :]
    return re.sub(r"[\s_]+", "_", plain.casefold())


def find_in_text(head: str) -> Header:
    """The header in the beginning of a table. Raises FeedRefused where there is none that is known, or one
    that names a column twice."""
    spaced = re.search(r'[,;\t|] "', head) is not None
    newline = b"\r" if "\r" in head and "\n" not in head else b"\n"
    for delimiter in DELIMITERS:
        header = _find(_first_rows(head, delimiter, spaced), delimiter, spaced=spaced, newline=newline)
        if header:
            return header
    raise _unknown(_first_rows(head, ",", spaced))


def find_in_sheets(found: Iterable[Any]) -> tuple[Any, Header]:
    """The first sheet with a header that is known, and the header. Raises FeedRefused as `find_in_text`."""
    first_rows: list[list[str]] = []
    for sheet in found:
        first_rows = [record.cells for record in sheets.records(sheet, 1, _ROWS_BEFORE)]
        header = _find(first_rows, ",")
        if header:
            return sheet, header
    raise _unknown(first_rows)


def _find(
    rows: Iterable[Sequence[str]], delimiter: str, *, spaced: bool = False, newline: bytes = b"\n"
) -> Header | None:
    for number, cells in enumerate(rows, start=1):
        dialect = dialect_of(cells)
        if dialect:
            header = Header(dialect, _without_empty_end(cells), number, delimiter, spaced, newline)
            _refuse_twice(header)
            return header
    return None


def dialect_of(cells: Sequence[str]) -> Dialect | None:
    names = frozenset(map(name_of, cells))
    return next((dialect for dialect in DIALECTS if dialect.is_told_by(names)), None)


def _refuse_twice(header: Header) -> None:
    seen = set()
    for column, name in zip(header.columns, header.names, strict=True):
        if name in seen and name not in header.dialect.repeatable and header.dialect.is_used(name):
            raise FeedRefused(
                "DUPLICATE_HEADER",
                f"The header names the column {column!r} twice. Keep one of them, or rename the other.",
                row=header.number,
                column=column,
            )
        seen.add(name)


def _unknown(rows: Iterable[Sequence[str]]) -> FeedRefused:
    first = next((cells for cells in rows if any(cells)), [])
    seen = ", ".join(cell.strip()[:40] for cell in first[:10] if cell.strip()) or "nothing"
    return FeedRefused(
        "UNKNOWN_DIALECT",
        f"No row among the first {_ROWS_BEFORE} is a header that is known here; the first has: {seen}. Send "
        "a product export of Shopify or WooCommerce, a Google Merchant feed, or a table with the columns sku,"
        " gtin, title, description, brand, category, condition, price, currency, quantity, handling_days and "
        "image_urls.",
        row=1,
    )


def _first_rows(head: str, delimiter: str, spaced: bool) -> list[list[str]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=spaced)
    return [cells for cells, _ in zip(reader, range(_ROWS_BEFORE), strict=False)]


def _without_empty_end(cells: Sequence[str]) -> tuple[str, ...]:
    columns = [cell.strip().strip("\ufeff") for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    return tuple(columns)
