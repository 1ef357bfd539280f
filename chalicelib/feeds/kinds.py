"""What reading a feed gives: rows with what they say and what is wrong with them, or a refusal."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

ERROR, WARNING, INFO = "ERROR", "WARNING", "INFO"

MAX_ROW = 256 * 1024
"""Bytes of one row, as many as one offer's body may have over HTTP. What is longer is damage, such as a quote
that never closes, or an attack."""
MAX_CELL = 64_000
"""Characters of one cell; the longest field of an offer has 20,000."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row as a row of a file; `column` is in the header's wording, None for the row.

    `rule` and `code` are an issue's. A row with an ERROR is no offer; a WARNING says what was taken for
    granted; an INFO what was read otherwise than it stands.
    """

    rule: str
    code: str
    column: str | None
    message: str
    severity: str = ERROR
    value_seen: str | None = None


class Position(NamedTuple):
    """Where reading goes on, as numbers to keep and give back: `tuple(position)` and `Position(*numbers)`."""

    offset: int
    row: int
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can be an offer.

    `number` is the row as a person counts it: 1 is the first row of a table, header and empty rows included,
    and the first record of JSON and XML. `raw` is JSON for `write_failed` alone. `offer` has the offer body's
    names and shapes where the row could be read, and the text as it stands where a fault says that it could
    not; None where there is nothing to take for an offer. `after` is where to go on behind this row.
    """

    number: int
    raw: Mapping[str, Any]
    sku: str | None
    offer: Mapping[str, Any] | None
    faults: tuple[Fault, ...]
    after: Position

    @property
    def is_refused(self) -> bool:
        return any(fault.severity == ERROR for fault in self.faults)


@dataclass(frozen=True)
class Feed:
    """A feed that has begun to be read.

    `shape` is JSON: what `write_failed` must know to write rows of this dialect. `unused_columns` are the
    columns that nothing is made of; where records name their own fields (JSON, XML) it grows as `rows` is
    read. `rows` raises FeedRefused where the file itself breaks off; the rows before it stand.
    """

    dialect: str
    columns: tuple[str, ...]
    unused_columns: Collection[str]
    encoding: str
    shape: Mapping[str, Any]
    rows: Iterator[Row]


@dataclass(frozen=True)
class Options:
    """What a supplier's settings say where a shop's export is silent.

    `currency` of prices without one; without it, that of `country`. `handling_days` where the feed has none:
    two, as most shops promise. `quantity_in_stock` stands for `in stock` without a count: one, the least
    that the words can mean, so that nothing is sold that is not there.
    """

    currency: str | None = None
    country: str | None = None
    handling_days: int = 2
    quantity_in_stock: int = 1


class FeedRefused(Exception):
    """This is no feed, or is none from `row` on. `message` says what to do."""

    def __init__(self, code: str, message: str, *, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.row, self.column = code, message, row, column
