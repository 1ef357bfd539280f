"""Delimited text (RFC 4180 and its relatives) as records of cells."""

import csv
from collections.abc import Iterator
from typing import NamedTuple, TypedDict

from chalicelib.feeds.kinds import ERROR, MAX_CELL, MAX_ROW, WARNING, Fault, FeedRefused
from chalicelib.feeds.lines import Line

csv.field_size_limit(MAX_ROW + 1)  # of the process; what is longer never gets to the parser

_FREE_TO_READ_AGAIN = 20 * MAX_ROW
"""Bytes, besides twice the file: a table in which more must be read again has too many open quotes."""
_SHOWN_OF_LONG_LINE = 10_000


class Record(NamedTuple):
    """The cells of one row, none for an empty one, and where it stands: a byte's or a row's index."""

    number: int
    cells: list[str]
    begin: int
    end: int
    faults: tuple[Fault, ...] = ()

    @property
    def is_bad(self) -> bool:
        return any(fault.severity == ERROR for fault in self.faults)


def records(
    lines: Iterator[Line], *, start: int, number: int, delimiter: str, spaced: bool, width: int | None = None
) -> Iterator[Record]:
    """The records of a table in UTF-8 from offset `start` on, where row `number` begins.

    `spaced` where a blank follows each delimiter, before quotes, too; `width` is how many cells its header
    has. A record that is too long, or whose quote never closes, is one bad record: reading goes on with the
    line behind its first.
    """
    text = _Text(lines, start)
    form = _Form(delimiter=delimiter, skipinitialspace=spaced)
    while True:
        reader = csv.reader(text, **form)
        try:
            for cells in reader:
                text.check_is_whole(len(cells), width, form)
                begin, end, faults = text.taken()
                yield Record(number, cells, begin, end, faults + long_cells(cells, end - begin))
                number += 1
        except (_Overrun, csv.Error) as error:
            first_line, begin, end = text.give_back_all_but_first(number)
            cells = next(csv.reader([first_line], **form))
            yield Record(number, cells, begin, end, (NOT_ENDING if isinstance(error, _Overrun) else _STRAY,))
            number += 1
        else:
            return


class _Form(TypedDict):
    delimiter: str
    skipinitialspace: bool


class _Overrun(Exception):
    """The record goes on and on, or into rows that are others."""


class _Text:
    """Lines as text for csv.reader, and the account of which lines made the last record."""

    def __init__(self, lines: Iterator[Line], start: int) -> None:
        self._lines, self._begin, self._start = lines, start, start
        self._again: list[Line] = []
        self._record: list[Line] = []
        self._size = 0
        self._is_mixed = self._is_at_end = False
        self._read_again = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._again.pop() if self._again else next(self._lines, None):
            self._record.append(line)
            self._size += len(line.content)
            if self._size > MAX_ROW:
                raise _Overrun
            yield self._decoded(line.content)
        self._is_at_end = True

    def check_is_whole(self, count: int, width: int | None, form: _Form) -> None:
        """Raise _Overrun where the record of `count` cells wanted another line and there was none; or where
        its first line has swallowed a row: the second is one by itself, and the quotes are not as they should
        be or there are not as many cells as columns."""
        if self._is_at_end:
            raise _Overrun
        if width is None or len(self._record) == 1:
            return
        texts = [self._decoded(line.content) for line in self._record]
        is_second_a_row = _count(texts[1:2], form) == width
        if is_second_a_row and (count != width or _count(texts, form, strict=True) != width):
            raise _Overrun

    def taken(self) -> tuple[int, int, tuple[Fault, ...]]:
        begin, end = self._begin, self._record[-1].end
        faults = (_MIXED,) if self._is_mixed else ()
        self._forget(end)
        return begin, end, faults

    def give_back_all_but_first(self, number: int) -> tuple[str, int, int]:
        self._read_again += self._size
        if self._read_again > _FREE_TO_READ_AGAIN + 2 * (self._begin - self._start):
            raise FeedRefused(
                "QUOTE_NOT_CLOSED",
                f"Quotes are opened and never closed again and again, last in row {number}. Export the file "
                "anew, with cells that hold quotes in quotes and theirs doubled.",
                row=number,
            )
        first, *others = self._record
        begin = self._begin
        self._again.extend(reversed(others))
        self._forget(first.end)
        shown = self._decoded(first.content[:_SHOWN_OF_LONG_LINE]).rstrip("\r\n")
        return shown.replace("\r", " "), begin, first.end

    def _decoded(self, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError:
            self._is_mixed = True
            return content.decode("cp1252", "replace")

    def _forget(self, end: int) -> None:
        self._begin = end
        self._record.clear()
        self._size = 0
        self._is_mixed = self._is_at_end = False


def _count(texts: list[str], form: _Form, *, strict: bool = False) -> int:
    """How many cells the texts have as one record, -1 where they are not one."""
    try:
        found = list(csv.reader(texts, strict=strict, **form))
    except csv.Error:
        return -1
    return len(found[0]) if len(found) == 1 else -1


def long_cells(cells: list[str], size: int) -> tuple[Fault, ...]:
    """The fault of a record of `size` characters or bytes in which a cell is too long."""
    if size <= MAX_CELL or all(len(cell) <= MAX_CELL for cell in cells):
        return ()
    return (_LONG_CELL,)


NOT_ENDING = Fault(
    "feed.row_end",
    "INVALID_ATTRIBUTE",
    None,
    f"The row does not end within {MAX_ROW} bytes or before the file does: most often a quote is opened in "
    "it and never closed. Close it, or shorten the row.",
)
_STRAY = Fault(
    "feed.row_end",
    "INVALID_ATTRIBUTE",
    None,
    "A carriage return stands within the row, outside of quotes. Take it away, or put the cell in quotes.",
)
_LONG_CELL = Fault(
    "feed.cell_length",
    "INVALID_ATTRIBUTE",
    None,
    f"A cell of the row is longer than {MAX_CELL} characters. Shorten it.",
)
_MIXED = Fault(
    "feed.encoding",
    "INVALID_ATTRIBUTE",
    None,
    "The row is not UTF-8 like the file's beginning and was read as Windows-1252. Look at its accents.",
    WARNING,
)
