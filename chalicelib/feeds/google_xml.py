"""Google Merchant's RSS 2.0 and Atom, item by item.

Expat itself, because only it tells at which byte an item begins and ends: an item comes back in its own
words, and reading goes on behind any of them. A document type is refused before anything in it is read, so
there are no entities to expand and none to fetch.
"""

import re
from collections.abc import Iterator, Mapping
from xml.parsers import expat
from xml.sax.saxutils import escape

from chalicelib.feeds import encodings, google
from chalicelib.feeds.headers import REASON, name_of
from chalicelib.feeds.kinds import MAX_CELL, MAX_ROW, Feed, FeedRefused, Options, Position, Row
from chalicelib.feeds.readings import Reading
from chalicelib.feeds.sources import Source
from chalicelib.feeds.unused import Unused

_NAMESPACE = re.compile(r"https?://base\.google\.com/ns/1\.0/?")
_ITEMS = ("item", "entry")
_ALSO_CALLED = {"summary": "description", "content": "description"}
_EMPTY = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*/>""")
"""The tag of an element that is begun and ended at once."""
_EMPTY_BYTES = re.compile(_EMPTY.pattern.encode())
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class _Item:
    """An item: where it stands, its source, its elements' texts and how they are called in it."""

    def __init__(self, number: int, begin: int) -> None:
        self.number, self.begin, self.end = number, begin, begin
        self.source = b""
        self.fields: dict[str, str] = {}
        self.wording: dict[str, str] = {}


def feed(source: Source, encoding: str, options: Options, position: Position | None) -> Feed:
    """The feed of the document's items. Rows are counted by their items."""
    opening = _Opening(source.head)
    start = position or Position(len(opening.text), 1)
    unused = Unused()

    def rows() -> Iterator[Row]:
        for item in _items(source, opening, start):
            unused.add(item.wording[name] for name in item.fields if not _is_used(name))
            yield _row(item, options)

    shape = {
        "dialect": google.XML,
        "encoding": encoding if encodings.is_declared(opening.text) else encodings.of_copy(encoding),
        "prefix": opening.prefix,
        "before": opening.text.decode("utf-8", "replace"),
        "after": "".join(f"</{name}>" for name in reversed(opening.names)),
    }
    return Feed(google.XML, (), unused, encoding, shape, rows())


def with_reason(text: str, reason: str, prefix: str) -> str:
    """The item's source with its reason as the last element; one from before is taken away."""
    name = f"{prefix}:{REASON}"
    bare = re.sub(rf"<{re.escape(name)}>[^<]*</{re.escape(name)}>\n?", "", text)
    if _EMPTY.fullmatch(bare):
        bare = f"{bare[:-2]}></{bare[1:-2].split()[0]}>"
    at = bare.rindex("</")
    return f"{bare[:at]}<{name}>{escape(_CONTROLS.sub(' ', reason))}</{name}>\n{bare[at:]}"


def _is_used(name: str) -> bool:
    return name == REASON or google.is_used(name)


def _row(item: _Item, options: Options) -> Row:
    reading = Reading(item.fields, wording=item.wording, options=options)
    sku, offer = google.read(reading)
    if not sku:
        reading.note("sku", "MISSING_ATTRIBUTE", "id", "The item has no id; give each offer one of its own.")
    raw = {"text": item.source.decode("utf-8", "replace")}
    after = Position(item.end, item.number + 1)
    return Row(item.number, raw, sku or None, offer, tuple(reading.faults), after)


class _Opening:
    """What stands before the first item: its source, the elements open there, and Google's prefix."""

    def __init__(self, head: bytes) -> None:
        self.text = b""
        self.names: list[str] = []
        self.prefix = "g"
        self._end: int | None = None
        self._parser = _parser()
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = lambda _name: self.names.pop()
        try:
            self._parser.Parse(head)
        except _Found:
            pass
        except expat.ExpatError as error:
            raise _not_well_formed(error, 1) from error
        if self._end is None or f"<{self.prefix}:".encode() not in head:
            raise FeedRefused(
                "UNKNOWN_DIALECT",
                "The XML has no items with elements of Google Merchant, such as g:id and g:price. Send its "
                "RSS or Atom feed.",
            )
        self.text = head[: self._end]

    def _started(self, name: str, attributes: Mapping[str, str]) -> None:
        for attribute, value in attributes.items():
            if attribute.startswith("xmlns:") and _NAMESPACE.fullmatch(value):
                self.prefix = attribute.removeprefix("xmlns:")
        if name in _ITEMS and self.names:
            self._end = self._parser.CurrentByteIndex
            raise _Found
        self.names.append(name)


class _Found(Exception):
    pass


class _Items:
    """What the parser calls: items that are complete, and the one that is open."""

    def __init__(self, parser: expat.XMLParserType, prefix: str, number: int) -> None:
        self.complete: list[_Item] = []
        self.last_event = 0
        self.number = number
        self._parser, self._prefix = parser, f"{prefix}:"
        self._open: _Item | None = None
        self._depth = 0
        self._text: list[str] = []
        parser.StartElementHandler = self._started
        parser.EndElementHandler = self._ended
        parser.CharacterDataHandler = self._text.append

    @property
    def needed_from(self) -> int:
        """The first byte whose source is still wanted."""
        return self._open.begin if self._open else self.last_event

    def _started(self, name: str, _attributes: Mapping[str, str]) -> None:
        self.last_event = self._parser.CurrentByteIndex
        if self._open:
            self._depth += 1
        elif name in _ITEMS:
            self._open, self._depth = _Item(self.number, self.last_event), 0
        if self._depth <= 1:
            self._text.clear()

    def _ended(self, name: str) -> None:
        self.last_event = self._parser.CurrentByteIndex
        if self._open is None:
            self._text.clear()
        elif self._depth == 0:
            self._open.end = self.last_event
            self.complete.append(self._open)
            self._open, self.number = None, self.number + 1
        else:
            if self._depth == 1:
                self._keep(self._open, name, "".join(self._text).strip())
            self._depth -= 1

    def _keep(self, item: _Item, element: str, text: str) -> None:
        name = name_of(element.removeprefix(self._prefix))
        name = _ALSO_CALLED.get(name, name)
        before = item.fields.get(name)
        if not before:
            item.fields[name], item.wording[name] = text, element
        elif text and name in google.REPEATABLE and len(before) < MAX_CELL:
            item.fields[name] = f"{before}\n{text}"


def _items(source: Source, opening: _Opening, start: Position) -> Iterator[_Item]:
    """The items behind `start`: the parser is shown the opening, and what follows as if it stood there."""
    parser = _parser()
    items = _Items(parser, opening.prefix, start.row)
    shift = start.offset - len(opening.text)
    try:
        parser.Parse(opening.text)
        window, base = b"", len(opening.text)
        for chunk in source.chunks(start.offset):
            window += chunk
            broken = _error_of(parser, chunk)
            for item in items.complete:
                stop = _end_of(item, window, base)
                item.source, item.end = window[item.begin - base : stop], base + stop + shift
                yield item
            items.complete.clear()
            if broken:
                raise broken
            passed = max(0, items.needed_from - base)
            window, base = window[passed:], base + passed
            if len(window) > MAX_ROW + len(chunk):
                message = (
                    f"Item {items.number} is longer than {MAX_ROW} bytes. Shorten it, or close its elements."
                )
                raise FeedRefused("ROW_TOO_LONG", message, row=items.number)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _not_well_formed(error, items.number) from error


def _end_of(item: _Item, window: bytes, base: int) -> int:
    """Where in the window the item ends: the parser tells where its end tag begins, and of an empty element
    where that ends."""
    last = item.end - base
    is_empty = _EMPTY_BYTES.fullmatch(window, item.begin - base, last)
    return last if is_empty else window.index(b">", last) + 1


def _error_of(parser: expat.XMLParserType, chunk: bytes) -> expat.ExpatError | None:
    """What is wrong with the chunk: what stands before it in the chunk was parsed and counts."""
    try:
        parser.Parse(chunk)
    except expat.ExpatError as error:
        return error
    return None


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    return parser


def _refuse_document_type(*_declared: object) -> None:
    raise FeedRefused("DOCTYPE", "The XML declares a document type. Send it without <!DOCTYPE …>.")


def _not_well_formed(error: expat.ExpatError, number: int) -> FeedRefused:
    return FeedRefused(
        "BROKEN_FILE",
        f"The XML breaks off or is not well-formed in item {number}: {expat.ErrorString(error.code)}.",
        row=number,
    )
