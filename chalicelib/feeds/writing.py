"""Failed rows as a file in the dialect that they came in, each with its reason."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.feeds import google, google_xml, own
from chalicelib.feeds.formulas import shielded
from chalicelib.feeds.headers import REASON

_OUR_REASON = re.compile(rf'\{{"{REASON}": "[^"\\]*(?:\\.[^"\\]*)*"(?:, |(?=\}}))', re.DOTALL)
"""What the last file of failed rows began a record with."""


def write_failed(shape: Mapping[str, Any], rows: Iterable[tuple[Mapping[str, Any], str]]) -> Iterator[bytes]:
    """The file of the failed rows, piece by piece: `shape` is the feed's, `rows` are each row's `raw` and why
    it failed.

    A table gets a column `error` at its end, JSON a field, XML an element. Mended and sent again, the file is
    read like the one that it came from: the reason is passed over. It is in an encoding that is told from the
    file itself; what that cannot write of a reason is a question mark.
    """
    texts = _WRITERS.get(shape["dialect"], _table)(shape, rows)
    encoder = codecs.getincrementalencoder(shape["encoding"])("replace")
    return (encoder.encode(text) for text in texts)


def _table(shape: Mapping[str, Any], rows: Iterable[tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    """Cells that a spreadsheet would compute are shielded, and read back as they were. What a row has beyond
    the header stays beyond it, behind the reason."""
    columns = list(shape["columns"])
    is_added = REASON not in columns
    if is_added:
        columns.append(REASON)
    place = columns.index(REASON)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=shape["delimiter"], lineterminator="\r\n")
    writer.writerow(columns)
    together = None
    for raw, reason in rows:
        others = raw.get("others", [])
        for cells, why in [(raw["cells"], reason), *((other, "") for other in others if others != together)]:
            padded = [*cells, *[""] * (len(columns) - is_added - len(cells))]
            padded[place : place + (not is_added)] = [why]
            writer.writerow(map(shielded, padded))
        together = others
        yield _taken(text)
    yield _taken(text)


def _lines(_shape: Mapping[str, Any], rows: Iterable[tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    """The reason stands first in the record's own text, which stays byte for byte; what is no JSON object
    becomes the field `text` of one."""
    for raw, reason in rows:
        yield f"{_with_reason(raw['text'], reason)}\n"


def _array(_shape: Mapping[str, Any], rows: Iterable[tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    before = "[\n"
    for raw, reason in rows:
        yield before + _with_reason(raw["text"], reason)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _document(shape: Mapping[str, Any], rows: Iterable[tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    """The items stand where they came from: between what was before the first and the ends of that."""
    yield shape["before"]
    for raw, reason in rows:
        yield google_xml.with_reason(raw["text"], reason, shape["prefix"]) + "\n"
    yield f"{shape['after']}\n"


def _with_reason(text: str, reason: str) -> str:
    field = f'"{REASON}": {json.dumps(reason, ensure_ascii=False)}'
    bare = _OUR_REASON.sub("{", text)
    record = _object(bare)
    if record is None:
        return f'{{{field}, "text": {json.dumps(text)}}}'
    if REASON in record:  # moved by somebody's program: the text is not the supplier's own any more
        bare = json.dumps({name: value for name, value in record.items() if name != REASON})
    return f"{{{field}, {bare[1:].lstrip()}" if _object(bare) else f"{{{field}}}"


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


_WRITERS = {own.NAMES["NDJSON"]: _lines, own.NAMES["JSON"]: _array, google.XML: _document}
"""By dialect; all others are tables."""


def _taken(text: io.StringIO) -> str:
    taken = text.getvalue()
    text.seek(0)
    text.truncate()
    return taken
