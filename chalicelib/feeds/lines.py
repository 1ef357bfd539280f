"""Bytes cut into lines, each with the offset behind it, in bounded memory."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from chalicelib.feeds.kinds import MAX_ROW


class Line(NamedTuple):
    """A line with its end; of one longer than MAX_ROW only a beginning, which is longer than that, too."""

    content: bytes
    end: int

    @property
    def is_too_long(self) -> bool:
        return len(self.content) > MAX_ROW


def lines(chunks: Iterable[bytes], start: int, newline: bytes = b"\n") -> Iterator[Line]:
    """Every line of `chunks`, which begin at offset `start` of their file."""
    end, rest, dropped = start, b"", 0
    for chunk in chunks:
        first, *others = chunk.split(newline)
        *whole, rest = rest + first, *others
        for content in whole:
            end += len(content) + len(newline) + dropped
            dropped = 0
            yield Line(content + newline, end)
        dropped += len(rest[MAX_ROW + 1 :])
        rest = rest[: MAX_ROW + 1]
    if rest:
        yield Line(rest, end + len(rest) + dropped)
