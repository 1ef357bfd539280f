"""Statements as files: CSV for programs, a page for a printer."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from pathlib import Path
from string import Template

from chalicelib.clients import object_store
from chalicelib.domain import statements as domain
from chalicelib.domain.ledger import Entry
from chalicelib.domain.money import Money
from chalicelib.domain.statements import Statement
from chalicelib.services import read_statements, supplier_records

CSV, HTML = "text/csv", "text/html"

_COLUMNS = (
    *("entry_id", "at", "type", "amount", "currency", "order_id", "supplier_order_id", "line_id"),
    *("rules_version", "rule", "cause", "reverses", "reason"),
)
_MAX_INLINE_BYTES = 900_000
"""Lambda answers at most 6 MB, and a character may take six bytes in JSON."""
_LINK_SECONDS = 300
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ROWS_PRINTED = 2000
_TEMPLATE = Path(__file__).parents[1] / "console" / "statement.html"
_STYLE = Path(__file__).parents[1] / "console" / "statement.css"


@dataclass(frozen=True)
class File:
    """A small file as its text, a large one as a link to it."""

    name: str
    text: str | None = None
    link: str | None = None


def as_csv(statement: Statement) -> File:
    """Its rows, one a line, under a line of names. Written row by row, whatever their number."""
    name = f"{statement.statement_id}.csv"
    with tempfile.TemporaryFile() as file:
        for line in _lines(read_statements.rows(statement)):
            file.write(line.encode())
        size = file.tell()
        file.seek(0)
        if size <= _MAX_INLINE_BYTES:
            return File(name, text=file.read().decode())
        key = f"statements/{name}"
        object_store.put(key, file, media_type=CSV)
    return File(name, link=object_store.link_to(key, filename=name, seconds=_LINK_SECONDS))


def as_page(statement: Statement) -> str:
    """A page that prints well and needs nothing else; of very many rows it has the first ones."""
    rows = list(islice(read_statements.rows(statement), _ROWS_PRINTED))
    more = statement.tally.rows - len(rows)
    supplier = supplier_records.existing(statement.supplier_id)
    return Template(_TEMPLATE.read_text()).substitute(
        style=_STYLE.read_text(),
        statement_id=escape(statement.statement_id),
        supplier=escape(str(supplier.profile.get("legal_name") or supplier.display_name)),
        supplier_id=escape(statement.supplier_id),
        period=escape(statement.period),
        currency=escape(statement.currency),
        status=escape(statement.status),
        since=_day(statement.since or supplier.created_at),
        cutoff=_moment(statement.cutoff),
        figures=_table_rows(_figures(statement)),
        summary=_table_rows(_summary(statement)),
        rows=_table_rows(_row(entry) for entry in rows),
        more=f"{more} more rows stand in the CSV file." if more > 0 else "",
    )


def style() -> str:
    """What the page is styled by, for the policy that lets nothing else in."""
    return _STYLE.read_text()


def _lines(rows: Iterable[Entry]) -> Iterator[str]:
    yield _line(_COLUMNS)
    for entry in rows:
        move, posting = entry.move, entry.posting
        amount = entry.amount.as_json()
        cells = (
            *(entry.entry_id, posting.at, move.type, amount["amount"], amount["currency"]),
            *(posting.order_id, posting.supplier_order_id, move.line_id, move.rules_version, move.rule),
            *(posting.cause, entry.reverses, _harmless(posting.reason)),
        )
        yield _line(["" if cell is None else str(cell) for cell in cells])


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _harmless(text: str | None) -> str | None:
    """What a person wrote, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text and text.startswith(_FORMULA) else text


def _figures(statement: Statement) -> Iterator[tuple[str, ...]]:
    tally = statement.tally
    for name, figures in (
        ("Sales", domain.sales(tally)),
        ("Refunds", domain.refunds(tally)),
        ("Fees", domain.fees(tally)),
    ):
        yield (name, *(_amount(minor, statement) for minor in (figures.net, figures.tax, figures.gross)))
    others = _amount(domain.others(tally), statement)
    yield "Payouts and corrections by hand", others, _amount(0, statement), others


def _summary(statement: Statement) -> Iterator[tuple[str, ...]]:
    yield "Balance before", _amount(statement.opening, statement)
    yield "Total of this statement", _amount(statement.tally.total, statement)
    yield "Balance", _amount(statement.balance, statement)
    yield "Paid out", _amount(statement.payout_minor, statement)
    yield "Carried over", _amount(statement.carried_over, statement)
    if statement.withheld:
        yield "Withheld because of", ", ".join(statement.withheld)
    if statement.tally.handed_on:
        yield "Tax that the marketplace hands on", _amount(statement.tally.handed_on, statement)


def _row(entry: Entry) -> tuple[str, ...]:
    move, posting = entry.move, entry.posting
    rule = f"{move.rule} (version {move.rules_version})" if move.rule else ""
    what = move.type.replace("_", " ").capitalize()
    return _moment(posting.at), what, move.line_id or posting.cause, rule, entry.amount.as_json()["amount"]


def _table_rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )


def _amount(minor: int, statement: Statement) -> str:
    return Money(minor, statement.currency).as_json()["amount"]


def _day(moment: str) -> str:
    return escape(moment[:10])


def _moment(moment: str) -> str:
    return escape(moment[:16].replace("T", " "))
