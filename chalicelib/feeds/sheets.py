"""XLSX workbooks as records of cells, row by row.

openpyxl parses them with defusedxml; what a part unpacks to is limited before, because a workbook's texts are
all in memory while it is read.
"""

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from chalicelib.feeds.kinds import MAX_ROW, FeedRefused
from chalicelib.feeds.packing import BROKEN, refuse_bomb
from chalicelib.feeds.tables import NOT_ENDING, Record, long_cells

_MOST_COLUMNS, _MOST_ROWS = 500, 1_048_576
_MB = 1024**2
_LARGEST = ((re.compile(r"xl/worksheets/"), 512 * _MB), (re.compile(r"xl/sharedStrings"), 128 * _MB))
_LARGEST_OTHER = 16 * _MB
_BROKEN = (*BROKEN, ParseError, TypeError, LookupError, AttributeError, AssertionError)
"""What openpyxl raises for parts that are missing or not as they should be."""


def open_sheets(archive: zipfile.ZipFile, file: BinaryIO) -> list[Any]:
    """The workbook's sheets, as openpyxl has them. Raises FeedRefused for one damaged or too large."""
    import openpyxl

    for part in archive.infolist():
        most = next((size for name, size in _LARGEST if name.match(part.filename)), _LARGEST_OTHER)
        if part.filename.endswith((".xml", ".rels")) and part.file_size > most:
            raise FeedRefused(
                "FILE_TOO_LARGE", "The workbook is larger than can be read. Save it as CSV, or in parts."
            )
        refuse_bomb(part.compress_size, part.file_size)
    warnings.filterwarnings("ignore", module="openpyxl")  # of styles and validations that nobody asks for
    with _refused_if_broken():
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its size would be filled with empty cells
    return list(book.worksheets)


def records(sheet: Any, first: int, last: int | None = None) -> Iterator[Record]:
    """The sheet's rows from number `first` on; a row stands at its number. A formula counts as what it gave
    when the workbook was saved."""
    with _refused_if_broken():
        rows = enumerate(sheet.iter_rows(min_row=first, max_row=last, values_only=True), start=first)
        for number, values in rows:
            if number > _MOST_ROWS or len(values) > _MOST_COLUMNS:
                raise FeedRefused(
                    "FILE_TOO_LARGE",
                    f"A sheet has at most {_MOST_COLUMNS} columns and {_MOST_ROWS} rows. Save it as CSV.",
                    row=number,
                )
            yield _record(number, list(map(_text, values)))


def _record(number: int, cells: list[str]) -> Record:
    size = sum(map(len, cells))
    if size > MAX_ROW:
        return Record(number, [cell[:100] for cell in cells], number, number + 1, (NOT_ENDING,))
    return Record(number, cells, number, number + 1, long_cells(cells, size))


@contextmanager
def _refused_if_broken() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise FeedRefused(
            "BROKEN_FILE", "The workbook is damaged. Open it, save it anew and send that."
        ) from error


def _text(value: Any) -> str:
    """What the cell shows, without its number format: a GTIN that is a number keeps all of its digits."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _plain(value)
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: float) -> str:
    """A number with the 15 digits that a spreadsheet counts with, never as `1.2E+13`."""
    exact = Decimal(f"{value:.15g}")
    return f"{exact:f}" if exact.is_finite() else str(value)
