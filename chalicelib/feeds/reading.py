"""From a file to rows: what it is packed in, how it is written, which dialect it speaks."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from chalicelib.feeds import (
    encodings,
    google_xml,
    headers,
    json_arrays,
    json_records,
    packing,
    sheets,
    sources,
    tabular,
)
from chalicelib.feeds.kinds import Feed, FeedRefused, Options, Position
from chalicelib.feeds.lines import lines
from chalicelib.feeds.sources import HEAD, Source
from chalicelib.feeds.tables import Record, records

_BLANK = b" \t\r\n\xef\xbb\xbf"


def open_feed(
    stream: BinaryIO,
    *,
    media_type: str | None = None,
    options: Options | None = None,
    position: Position | None = None,
) -> Feed:
    """The feed that `stream` holds, told from its content; of `media_type` only a charset counts, and whether
    it names lines of JSON.

    Give `position`, the last row's `after`, to go on behind it: in the same file, with the same options. A
    plain text in UTF-8 whose stream can seek is then read from there. What is packed, or in another
    encoding, is unpacked up to there, which is quick; a workbook is parsed up to there, which is not. Raises
    FeedRefused for what is no feed.
    """
    options = options or Options()
    source = sources.of_stream(stream)
    if packing.is_gzip(source.head):
        source = packing.gunzipped(source)
    elif packing.is_zip(source.head):
        file, archive = packing.opened_zip(source, stream)
        if packing.is_workbook(archive):
            return _sheet(sheets.open_sheets(archive, file), options, position)
        source = packing.unzipped(archive)
    packing.refuse_if_no_feed(source.head)
    encoding = encodings.of(source.head, media_type)
    source = encodings.in_utf_8(source, encoding)
    return _text(source, encoding, (media_type or "").lower(), options, position)


def _text(
    source: Source, encoding: str, media_type: str, options: Options, position: Position | None
) -> Feed:
    start = source.head.lstrip(_BLANK)[:1]
    if not start:
        raise FeedRefused("EMPTY_FEED", "The file is empty. Send a header and at least one row.")
    if start == b"<":
        return google_xml.feed(source, encoding, options, position)
    if media_type.startswith("application/x-ndjson") or _is_lines_of_json(source.head):
        return json_records.feed(source, encoding, options, position)
    if start in b"{[":
        return json_arrays.feed(source, encoding, options, position)
    return _table(source, encoding, options, position)


def is_json_feed(content: bytes) -> bool:
    """Whether a JSON text is a list of records, has one, or is a record a line, and not one object alone."""
    head = content[:HEAD]
    first, _, rest = head.lstrip(_BLANK).partition(b"\n")
    is_lines = first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")
    return is_lines or json_arrays.array_begin(head) is not None


def _is_lines_of_json(head: bytes) -> bool:
    """Whether the first line is an object by itself, or more than one line begins one."""
    first, _, rest = head.lstrip(_BLANK).partition(b"\n")
    is_object = first.startswith(b"{") and json_arrays.array_begin(head) is None
    return is_object and (first.rstrip().endswith(b"}") or rest.lstrip().startswith(b"{"))


def _table(source: Source, encoding: str, options: Options, position: Position | None) -> Feed:
    header, begin = headers.find_in_text(source.head)

    def read(begin: Position) -> Iterator[Record]:
        return records(
            lines(source.chunks(begin.offset), begin.offset, header.newline),
            start=begin.offset,
            number=begin.row,
            delimiter=header.delimiter,
            spaced=header.spaced,
            width=header.width,
        )

    return tabular.feed(header, read, position or begin, options, encoding)


def _sheet(found: list[Any], options: Options, position: Position | None) -> Feed:
    """The first sheet that has a header; failed rows come back as CSV."""
    sheet, header, begin = headers.find_in_sheets(found)

    def read(begin: Position) -> Iterator[Record]:
        return sheets.records(sheet, begin.offset)

    return tabular.feed(header, read, position or begin, options, "utf-8-sig")
