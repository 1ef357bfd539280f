"""From a file to rows: what it is packed in, how it is written, which dialect it speaks."""

import itertools
from collections.abc import Iterator
from typing import BinaryIO

from chalicelib.feeds import headers, json_records
from chalicelib.feeds.formulas import is_computed, text_of, unshielded
from chalicelib.feeds.headers import Header
from chalicelib.feeds.kinds import ERROR, Fault, Feed, FeedRefused, Options, Position, Row
from chalicelib.feeds.lines import lines
from chalicelib.feeds.readings import Reading
from chalicelib.feeds.sources import Source
from chalicelib.feeds.tables import Record, records


def open_feed(
    stream: BinaryIO,
    *,
    media_type: str | None = None,
    options: Options | None = None,
    position: Position | None = None,
) -> Feed:
    """The feed that `stream` holds, told from its content; `media_type` settles only what that leaves open.

    Give `position`, the last row's `after`, to go on behind it: in the same file, with the same options. A
    stream that can seek is then not read up to there. Raises FeedRefused for what is no feed.
    """
    source = Source(stream)
    if not source.head.strip():
        raise FeedRefused("EMPTY_FEED", "The file is empty. Send a header and at least one row.")
    options = options or Options()
    is_json = source.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    if is_json or (media_type or "").startswith("application/x-ndjson"):
        return json_records.ndjson(source, options, position)
    return _table(source, options, position)


def _table(source: Source, options: Options, position: Position | None) -> Feed:
    encoding = "utf-8"
    head = source.head.decode("utf-8-sig", "replace")
    header = headers.find(head)
    begin = position or _behind(source, header, encoding)
    rows = _rows(
        records(
            lines(source.chunks(begin.offset), begin.offset),
            start=begin.offset,
            number=begin.row,
            delimiter=header.delimiter,
            encoding=encoding,
            spaced=header.spaced,
        ),
        header,
        options,
    )
    return Feed(
        dialect=header.dialect.name,
        columns=header.columns,
        unused_columns=header.unused(),
        encoding=encoding,
        shape={
            "dialect": header.dialect.name,
            "columns": list(header.columns),
            "delimiter": header.delimiter,
            "encoding": encoding,
        },
        rows=rows,
    )


def _behind(source: Source, header: Header, encoding: str) -> Position:
    """The position behind the header."""
    before = records(
        lines(iter([source.head]), 0),
        start=0,
        number=1,
        delimiter=header.delimiter,
        encoding=encoding,
        spaced=header.spaced,
    )
    last = next(itertools.islice(before, header.number - 1, None))
    return Position(last.end, header.number + 1)


def _rows(found: Iterator[Record], header: Header, options: Options) -> Iterator[Row]:
    for record in found:
        if record.faults or any(record.cells):
            yield _row(record, header, options)


def _row(record: Record, header: Header, options: Options) -> Row:
    cells = [unshielded(cell) for cell in record.cells]
    after = Position(record.end, record.number + 1)
    if any(fault.severity == ERROR for fault in record.faults):
        return Row(record.number, {"cells": cells}, None, None, record.faults, after)
    faults = [*record.faults, *_cell_faults(cells, header)]
    reading = Reading(_values(cells, header), wording=header.wording, options=options, faults=faults)
    sku, offer = header.dialect.read(reading)
    if not sku:
        reading.note("sku", "MISSING_ATTRIBUTE", "sku", "The row has no SKU; give each offer one of its own.")
    return Row(record.number, {"cells": cells}, sku or None, offer, tuple(reading.faults), after)


def _values(cells: list[str], header: Header) -> dict[str, str]:
    return {
        name: text_of(cell) if cell[:1] == "=" else cell
        for name, cell in zip(header.names, cells, strict=False)
    }


def _cell_faults(cells: list[str], header: Header) -> Iterator[Fault]:
    surplus = [cell for cell in cells[len(header.columns) :] if cell.strip()]
    if surplus:
        message = (
            f"The row has {len(cells)} cells and the header {len(header.columns)}. Put cells that hold a "
            "separator in quotes."
        )
        yield Fault("feed.row_width", "INVALID_ATTRIBUTE", None, message, value_seen=surplus[0][:100])
    for column, name, cell in zip(header.columns, header.names, cells, strict=False):
        if cell[:1] in ("=", "+", "-", "@") and is_computed(text_of(cell)) and header.dialect.is_used(name):
            message = "The cell holds a formula. Send the value that it gives."
            yield Fault("feed.formula", "INVALID_ATTRIBUTE", column, message, value_seen=cell[:100])
