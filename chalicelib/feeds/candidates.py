"""Records arranged as candidates for offers: each with what it takes from the rows that it belongs to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def places(names: Sequence[str], *wanted: str) -> tuple[int, ...]:
    """Where the wanted columns are."""
    return tuple(place for place, name in enumerate(names) if name in wanted)


def cell(record: Record, places: Iterable[int]) -> str:
    """The first of the cells that is filled, without white space at its ends."""
    cells = record.cells
    for place in places:
        if place < len(cells) and (text := cells[place].strip()):
            return text
    return ""


def filled_from(first: Record, record: Record, width: int, inherited: Iterable[int]) -> list[str]:
    """The record's cells, at least `width`, with those of `first` where it leaves inherited ones empty."""
    cells = [*record.cells, *[""] * (width - len(record.cells))]
    for place in inherited:
        if place < len(first.cells) and not cells[place].strip():
            cells[place] = first.cells[place]
    return cells
