"""Our own dialect as lines of JSON, one record each.

A record is an offer body with its `sku` among its fields, or `{"sku": …, "offer": {…}}`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from chalicelib.feeds import own
from chalicelib.feeds.kinds import Fault, Feed, Options, Position, Row
from chalicelib.feeds.lines import Line, lines
from chalicelib.feeds.readings import Reading
from chalicelib.feeds.sources import Source
from chalicelib.feeds.tables import NOT_ENDING
from chalicelib.feeds.unused import Unused

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BESIDES = frozenset({"offer", "error"})
"""What a record may have beside the offer's fields: the body, and why a failed row came back."""


def feed(source: Source, encoding: str, options: Options, position: Position | None) -> Feed:
    """A feed of one JSON object a line. Rows are counted by their lines."""
    begin = position or Position(0, 1)
    unused = Unused()

    def rows() -> Iterator[Row]:
        number = begin.row
        for number, line in enumerate(lines(source.chunks(begin.offset), begin.offset), start=begin.row):
            if line.content.strip(b"\xef\xbb\xbf \t\r\n"):
                yield _row_of_line(line, number, unused, options)

    dialect = own.NAMES["NDJSON"]
    return Feed(dialect, (), unused, encoding, {"dialect": dialect, "encoding": "utf-8"}, rows())


def _row_of_line(line: Line, number: int, unused: Unused, options: Options) -> Row:
    after = Position(line.end, number + 1)
    if line.is_too_long:
        return Row(number, {"text": ""}, None, None, (NOT_ENDING,), after)
    return row(line.content.strip(b"\xef\xbb\xbf \t\r\n"), number, after, unused, options)


def row(content: bytes, number: int, after: Position, unused: Unused, options: Options) -> Row:
    """The row that one record's text is."""
    text = content.decode("utf-8", "replace")
    try:
        record = _parsed(content)
    except _NoRecord as error:
        fault = Fault("feed.json", "INVALID_ATTRIBUTE", None, f"The record is not JSON: {error}.")
        return Row(number, {"text": text}, None, None, (fault,), after)
    sku, offer, faults = _offer(record, unused, options)
    return Row(number, {"text": text}, sku, offer, faults, after)


def _offer(
    record: dict[str, Any], unused: Unused, options: Options
) -> tuple[str | None, dict[str, Any], tuple[Fault, ...]]:
    body = record.get("offer")
    fields = {**body, "sku": record.get("sku", body.get("sku"))} if isinstance(body, dict) else record
    unused.add(name for name in (*record, *fields) if name not in own.FIELDS and name not in _BESIDES)
    offer = {name: value for name, value in fields.items() if name in own.FIELDS and name != "sku"}
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    reading = Reading(texts, wording={}, options=options)
    for name in ("price", "list_price"):
        if isinstance(offer.get(name), str):
            offer[name] = reading.price(name, options.currency)
    sku = reading.text("sku")
    if not sku:
        reading.note(
            "sku", "MISSING_ATTRIBUTE", "sku", "The record has no SKU; give each offer one of its own."
        )
    return sku or None, offer, tuple(reading.faults)


class _NoRecord(Exception):
    """Why, in words that end a sentence."""


def _parsed(content: bytes) -> dict[str, Any]:
    """The record. Raises _NoRecord for what is no JSON object or means two things."""
    try:
        text = content.decode("utf-8")
        value = json.loads(
            text, parse_float=_decimal, parse_constant=_refuse_constant, object_pairs_hook=_without_duplicates
        )
    except UnicodeDecodeError as error:
        raise _NoRecord(f"byte {error.start + 1} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise _NoRecord(f"{error.msg.lower()} at character {error.pos + 1}") from error
    except ValueError as error:
        raise _NoRecord("it holds a number that nobody can count to") from error
    except RecursionError as error:
        raise _NoRecord("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise _NoRecord("a record is an object in braces")
    if _ESCAPED_SURROGATE.search(text):
        _refuse_half_characters(value)
    return value


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise _NoRecord(f"nobody can count to {text[:40]}") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _NoRecord("it has the same name twice in one object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _NoRecord(f"{name} is no JSON number")


def _refuse_half_characters(value: Mapping[str, Any]) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise _NoRecord("a \\u escape is half of a character") from error
