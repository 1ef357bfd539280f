"""Records arranged as candidates for offers: each with what it takes from the rows that it belongs to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import NamedTuple

from chalicelib.feeds.kinds import Position
from chalicelib.feeds.tables import Record


class Candidate(NamedTuple):
    """A record that stands alone, its blanks filled; `context` are fields that no column of it holds, and
    `others` the rows that it must be written with to be read so again."""

    record: Record
    after: Position
    context: Mapping[str, str] = MappingProxyType({})
    others: Sequence[list[str]] = ()


def each_alone(records: Iterable[Record], _names: tuple[str, ...], _begin: Position) -> Iterator[Candidate]:
    """Where each row is an offer by itself."""
    for record in records:
        yield Candidate(record, Position(record.end, record.number + 1))


def cell(record: Record, names: tuple[str, ...], *wanted: str) -> str:
    """The first of the wanted cells that is filled, without white space at its ends."""
    for name, content in zip(names, record.cells, strict=False):
        if name in wanted and (text := content.strip()):
            return text
    return ""


def filled_from(first: Record, record: Record, names: tuple[str, ...], inherited: Set[str]) -> list[str]:
    """The record's cells, with those of `first` where it leaves inherited ones empty."""
    cells = [*record.cells, *[""] * (len(names) - len(record.cells))]
    for index, (name, content) in enumerate(zip(names, first.cells, strict=False)):
        if name in inherited and not cells[index].strip():
            cells[index] = content
    return cells
