"""Tables of any dialect, from text or a sheet, as rows that can be offers."""

from collections.abc import Callable, Iterator
from itertools import islice

from chalicelib.feeds import encodings
from chalicelib.feeds.candidates import Candidate
from chalicelib.feeds.formulas import is_computed, text_of, unshielded
from chalicelib.feeds.headers import Header
from chalicelib.feeds.kinds import Fault, Feed, Options, Position, Row
from chalicelib.feeds.readings import Reading
from chalicelib.feeds.tables import Record

Records = Callable[[Position], Iterator[Record]]
"""A table's records from a position on."""


def feed(header: Header, records: Records, begin: Position, options: Options, encoding: str) -> Feed:
    """The feed of a table, read from `begin` on."""
    dialect = header.dialect
    return Feed(
        dialect=dialect.name,
        columns=header.columns,
        unused_columns=header.unused(),
        encoding=encoding,
        shape={
            "dialect": dialect.name,
            "columns": list(header.columns),
            "delimiter": header.delimiter,
            "encoding": encodings.of_copy(encoding),
        },
        rows=_rows(records, header, begin, options),
    )


def _rows(records: Records, header: Header, begin: Position, options: Options) -> Iterator[Row]:
    start = begin._replace(skip=0)
    filled = (
        _unshielded(record) for record in records(start) if record.is_bad or any(map(str.strip, record.cells))
    )
    candidates = header.dialect.arrange(filled, header.names, start)
    for candidate in islice(candidates, begin.skip, None):
        yield _row(candidate, header, options)


def _unshielded(record: Record) -> Record:
    return record._replace(cells=[unshielded(cell) if cell[:1] == "'" else cell for cell in record.cells])


def _row(candidate: Candidate, header: Header, options: Options) -> Row:
    record = candidate.record
    raw = {"cells": record.cells} | ({"others": candidate.others} if candidate.others else {})
    if record.is_bad:
        return Row(record.number, raw, None, None, record.faults, candidate.after)
    reading = Reading(
        {**_values(record.cells, header), **candidate.context},
        wording=header.wording,
        options=options,
        faults=[*record.faults, *_cell_faults(record.cells, header)],
    )
    sku, offer = header.dialect.read(reading)
    if not sku:
        column = reading.filled("sku", "id", "variant_sku")
        reading.note(
            "sku", "MISSING_ATTRIBUTE", column, "The row has no SKU; give each offer one of its own."
        )
    return Row(record.number, raw, sku or None, offer, tuple(reading.faults), candidate.after)


def _values(cells: list[str], header: Header) -> dict[str, str]:
    """What each column says, nothing where the row is short; where several are one (Google's images), each
    on a line of its own."""
    texts = [text_of(cell) if cell[:1] == "=" else cell for cell in cells]
    texts += [""] * (len(header.names) - len(texts))
    values = dict(zip(header.names, texts, strict=False))
    if len(values) < len(header.names):
        for name in header.dialect.repeatable & values.keys():
            same = (text for other, text in zip(header.names, texts, strict=False) if other == name)
            values[name] = "\n".join(filter(None, same))
    return values


def _cell_faults(cells: list[str], header: Header) -> Iterator[Fault]:
    surplus = [cell for cell in cells[len(header.columns) :] if cell.strip()]
    if surplus:
        message = (
            f"The row has {len(cells)} cells and the header {len(header.columns)}. Put cells that hold a "
            "separator in quotes."
        )
        yield Fault("feed.row_width", "INVALID_ATTRIBUTE", None, message, value_seen=surplus[0][:100])
    for column, name, cell in zip(header.columns, header.names, cells, strict=False):
        if cell[:1] in _SUSPECT and is_computed(text_of(cell)) and header.dialect.is_used(name):
            message = "The cell holds a formula. Send the value that it gives."
            yield Fault("feed.formula", "INVALID_ATTRIBUTE", column, message, value_seen=cell[:100])


_SUSPECT = frozenset("=+-@#")
