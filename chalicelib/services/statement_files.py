"""A statement's rows as a file that programs and spreadsheets read."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence

from chalicelib.clients import object_store
from chalicelib.domain.ledger import Entry
from chalicelib.domain.statements import Statement
from chalicelib.feeds.formulas import shielded
from chalicelib.services import read_statements
from chalicelib.services.failed_rows import MAX_INLINE_BYTES, File

CSV = "text/csv"

_COLUMNS = (
    *("entry_id", "at", "type", "amount", "currency", "order_id", "supplier_order_id", "line_id"),
    *("rules_version", "rule", "cause", "reverses", "reason"),
)
_LINK_SECONDS = 300


def as_csv(statement: Statement) -> File:
    """Its rows, one a line, under a line of names. Written row by row, whatever their number."""
    name = f"{statement.statement_id}.csv"
    with tempfile.TemporaryFile() as file:
        for line in _lines(read_statements.rows(statement)):
            file.write(line.encode())
        size = file.tell()
        file.seek(0)
        if size <= MAX_INLINE_BYTES:
            return File(name, CSV, text=file.read().decode())
        key = f"statements/{name}"
        object_store.put(key, file, media_type=CSV)
    return File(name, CSV, link=object_store.link_to(key, filename=name, seconds=_LINK_SECONDS))


def _lines(rows: Iterable[Entry]) -> Iterator[str]:
    yield _line(_COLUMNS)
    for entry in rows:
        move, posting = entry.move, entry.posting
        amount = entry.amount.as_json()
        cells = (
            *(entry.entry_id, posting.at, move.type, amount["amount"], amount["currency"]),
            *(posting.order_id, posting.supplier_order_id, move.line_id, move.rules_version, move.rule),
            *(posting.cause, entry.reverses, posting.reason),
        )
        yield _line(["" if cell is None else shielded(str(cell)) for cell in cells])


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
