"""From a file to rows: what it is packed in, how it is written, which dialect it speaks."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from chalicelib.feeds import headers, json_records, tabular
from chalicelib.feeds.kinds import Feed, FeedRefused, Options, Position
from chalicelib.feeds.lines import lines
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
    options = options or Options()
    start = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise FeedRefused("EMPTY_FEED", "The file is empty. Send a header and at least one row.")
    if start.startswith(b"{") or (media_type or "").startswith("application/x-ndjson"):
        return json_records.ndjson(source, options, position)
    return _table(source, options, position)


def _table(source: Source, options: Options, position: Position | None) -> Feed:
    header = headers.find(source.head.decode("utf-8-sig", "replace"))

    def read(begin: Position, chunks: Iterator[bytes]) -> Iterator[Record]:
        return records(
            lines(chunks, begin.offset),
            start=begin.offset,
            number=begin.row,
            delimiter=header.delimiter,
            spaced=header.spaced,
        )

    def behind_header() -> Position:
        before = read(Position(0, 1), iter([source.head]))
        return Position(next(islice(before, header.number - 1, None)).end, header.number + 1)

    return tabular.feed(
        header,
        lambda begin: read(begin, source.chunks(begin.offset)),
        position or behind_header(),
        options,
        "utf-8",
    )
