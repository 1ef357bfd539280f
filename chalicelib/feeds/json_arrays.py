"""A JSON array of records, element by element, without the whole of it in memory.

The array is the text itself or stands in an object under `items`, `offers` or `products`; an object without
one is a single record.
"""

import re
from collections.abc import Iterable, Iterator

from chalicelib.feeds import own
from chalicelib.feeds.json_records import row
from chalicelib.feeds.kinds import MAX_ROW, Feed, FeedRefused, Options, Position, Row
from chalicelib.feeds.sources import Source
from chalicelib.feeds.unused import Unused

_BETWEEN = re.compile(rb"[\s,]+")
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(_STRING + rb'|["\[\]{}]', re.DOTALL)
"""A quote alone opens a string that ends beyond the buffer."""
_PLAIN = re.compile(_STRING + rb'|[^\s,\[\]{}"]+', re.DOTALL)
_LISTS = (b'"items"', b'"offers"', b'"products"')


def array_begin(head: bytes) -> int | None:
    """The offset behind the bracket that opens the records; None where there is no array of them."""
    depth, key = 0, b""
    for token in _TOKEN.finditer(head):
        mark = token[0]
        if mark == b"[" and (depth == 0 or (depth == 1 and key in _LISTS)):
            return token.end()
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return None
        elif depth == 1:
            key = mark
    return None


def feed(source: Source, encoding: str, options: Options, position: Position | None) -> Feed:
    """The feed of the array's records, or of the one that there is. Rows are counted by their records."""
    begin = array_begin(source.head)
    start = position or Position(begin or source.head.index(b"{"), 1)
    unused = Unused()

    def rows() -> Iterator[Row]:
        elements = _elements(source.chunks(start.offset), start, is_array=begin is not None)
        for number, (content, end) in enumerate(elements, start=start.row):
            yield row(content, number, Position(end, number + 1), unused, options)

    dialect = own.NAMES["JSON"]
    return Feed(dialect, (), unused, encoding, {"dialect": dialect, "encoding": "utf-8"}, rows())


def _elements(chunks: Iterable[bytes], start: Position, *, is_array: bool) -> Iterator[tuple[bytes, int]]:
    """Each element's text and the offset behind it. Raises FeedRefused for one without an end: what is inside
    of an element is only looked at for brackets and strings."""
    buffer, offset, number = b"", start.offset, start.row
    for chunk in chunks:
        buffer += chunk
        at = 0
        while True:
            between = _BETWEEN.match(buffer, at)
            begin = between.end() if between else at
            if buffer[begin : begin + 1] == b"]":
                return
            end = _end(buffer, begin)
            if end is None:
                break
            yield buffer[begin:end], offset + end
            at, number = end, number + 1
        buffer, offset = buffer[at:], offset + at
        if len(buffer) > MAX_ROW + len(chunk):
            break
    if not is_array and not buffer.strip():
        return
    raise FeedRefused(
        "BROKEN_FILE",
        f"Record {number} has no end within {MAX_ROW} bytes, or the file is cut off. Send the whole file.",
        row=number,
    )


def _end(buffer: bytes, begin: int) -> int | None:
    """The offset behind the element that begins here; None where the buffer ends before it."""
    if buffer[begin : begin + 1] not in (b"{", b"["):
        plain = _PLAIN.match(buffer, begin)
        if plain is None:
            return begin + 1 if begin < len(buffer) and buffer[begin : begin + 1] != b'"' else None
        return plain.end() if plain.end() < len(buffer) else None
    depth = 0
    for token in _TOKEN.finditer(buffer, begin):
        if token[0] == b'"':
            return None
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return token.end()
    return None
