"""Which row of a table is its header, what separates its cells, and which dialect it speaks."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from chalicelib.feeds import google, own, sheets, shopify, woocommerce
from chalicelib.feeds.candidates import Candidate, each_alone
from chalicelib.feeds.kinds import FeedRefused, Position
from chalicelib.feeds.lines import lines
from chalicelib.feeds.readings import Reading
from chalicelib.feeds.tables import Record, records

DELIMITERS = (",", ";", "\t", "|")
REASON = "error"
"""The column that a file of failed rows has besides."""
_ROWS_BEFORE = 20
_LONGEST = 30_000
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
    width: int
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
    plain = column.strip().removeprefix("g:")
    prefix = _ATTRIBUTE.match(plain)
    if prefix:
        return "attributes." + plain[prefix.end() :]
    return re.sub(r"[\s_]+", "_", plain.casefold())


def find_in_text(head: bytes) -> tuple[Header, Position]:
    """The header in the beginning of a table in UTF-8, and where the rows begin. Raises FeedRefused where
    there is none that is known, or one that names a column twice."""
    newline = b"\r" if b"\r" in head and b"\n" not in head else b"\n"
    start = len(BOM_UTF8) if head.startswith(BOM_UTF8) else 0
    seen: list[list[str]] = []
    for delimiter in DELIMITERS:
        text = lines([head[start:]], start, newline)
        spaced = _is_spaced(head, delimiter.encode())
        rows = records(text, start=start, number=1, delimiter=delimiter, spaced=spaced)
        first_rows = list(islice(rows, _ROWS_BEFORE))
        found = _find(first_rows, delimiter, spaced=spaced, newline=newline)
        if found:
            return found
        seen = max(seen, [row.cells for row in first_rows if any(row.cells)][:1], key=_width)
    raise _unknown(seen)


def find_in_sheets(found: Iterable[Any]) -> tuple[Any, Header, Position]:
    """The first sheet with a header that is known, the header, and where the rows begin. Raises FeedRefused
    as `find_in_text`."""
    rows: list[Record] = []
    for sheet in found:
        rows = list(sheets.records(sheet, 1, _ROWS_BEFORE))
        header = _find(rows, ",")
        if header:
            return sheet, *header
    raise _unknown([row.cells for row in rows if any(row.cells)])


def _find(
    rows: Iterable[Record], delimiter: str, *, spaced: bool = False, newline: bytes = b"\n"
) -> tuple[Header, Position] | None:
    for row in rows:
        dialect = _dialect_of(row.cells)
        if dialect:
            columns = _without_empty_end(row.cells)
            header = Header(dialect, columns, row.number, delimiter, spaced, newline, len(row.cells))
            _refuse_twice(header)
            _refuse_long(header)
            return header, Position(row.end, row.number + 1)
    return None


def _dialect_of(cells: Sequence[str]) -> Dialect | None:
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


def _refuse_long(header: Header) -> None:
    """It is kept with the import, to write the failed rows."""
    if sum(map(len, header.columns)) > _LONGEST:
        message = (
            f"The header is longer than {_LONGEST} characters. Send the columns that offers are made of."
        )
        raise FeedRefused("HEADER_TOO_LONG", message, row=header.number)


def _is_spaced(head: bytes, delimiter: bytes) -> bool:
    """Whether a blank follows each delimiter of the first line: then it belongs to no cell."""
    first_line = head.strip().partition(b"\n")[0]
    return 0 < first_line.count(delimiter) == first_line.count(delimiter + b" ")


def _width(rows: Sequence[Sequence[str]]) -> int:
    return len(rows[0]) if rows else 0


def _unknown(rows: Sequence[Sequence[str]]) -> FeedRefused:
    """The refusal of a file that begins with `rows`, the empty ones left out."""
    seen = ", ".join(cell.strip()[:40] for row in rows[:1] for cell in row[:10] if cell.strip()) or "nothing"
    return FeedRefused(
        "UNKNOWN_DIALECT",
        f"No row among the first {_ROWS_BEFORE} is a header that is known here; the first has: {seen}. Send "
        "a product export of Shopify or WooCommerce, a Google Merchant feed, or a table with the columns sku,"
        " gtin, title, description, brand, category, condition, price, currency, quantity, handling_days and "
        "image_urls.",
        row=1,
    )


def _without_empty_end(cells: Sequence[str]) -> tuple[str, ...]:
    columns = [cell.strip() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    return tuple(columns)
