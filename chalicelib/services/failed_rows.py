"""The file of an import's failed rows: made once when the import ends, in the dialect they came in."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.clients import object_store
from chalicelib.domain.imports import QUEUED, Import
from chalicelib.feeds import write_failed
from chalicelib.problems import Conflict, NotFound
from chalicelib.services import import_records
from chalicelib.storage import import_rows

MAX_INLINE_BYTES = 900_000
"""Lambda answers at most 6 MB, and a control character takes six bytes in JSON."""

_LINK_SECONDS = 300
MEDIA_TYPES = (
    *("text/csv", "text/tab-separated-values", "application/x-ndjson", "application/json", "application/xml"),
)

_TSV = ("tsv", "text/tab-separated-values")
_CSV = ("csv", "text/csv")
_XML = ("xml", "application/xml")
_JSON = ("json", "application/json")
_NDJSON = ("ndjson", "application/x-ndjson")


@dataclass(frozen=True)
class File:
    """A small file as its text; a large one, and one that is not UTF-8, as a link to it."""

    name: str
    media_type: str
    text: str | None = None
    link: str | None = None


def make(import_: Import) -> int:
    """Write the file into the bucket and give its size. Rows are read and written one by one."""
    rows = (
        (result.raw, " ".join(result.reasons))
        for result in import_rows.results_of(import_.import_id)
        if result.raw is not None and result.reasons
    )
    with tempfile.TemporaryFile() as file:
        for piece in write_failed(import_.shape, rows):
            file.write(piece)
        size = file.tell()
        file.seek(0)
        object_store.put(_key(import_.import_id), file, media_type=_kind(import_.shape)[1])
    return size


def read(supplier_id: str, import_id: str) -> File:
    """The file. Raises NotFound where the feed could not be read at all, Conflict while it is being read."""
    import_ = import_records.existing(supplier_id, import_id)
    if import_.failed_rows_size is None:
        waits_for_file = not import_.has_file and import_records.status_of(import_) == QUEUED
        if waits_for_file or (import_.has_file and import_.finished_at is None):
            raise Conflict("IMPORT_NOT_FINISHED", "The failed rows come back when the import has ended.")
        raise NotFound("No row of this import was read.")
    ending, media_type = _kind(import_.shape)
    name = f"failed-rows-{import_id}.{ending}"
    is_utf_8 = import_.shape["encoding"].startswith("utf-8")
    if is_utf_8 and import_.failed_rows_size <= MAX_INLINE_BYTES:
        return File(name, media_type, text=object_store.read(_key(import_id)).decode())
    return File(
        name, media_type, link=object_store.link_to(_key(import_id), filename=name, seconds=_LINK_SECONDS)
    )


def _key(import_id: str) -> str:
    return f"failed-rows/{import_id}"


def _kind(shape: Mapping[str, Any]) -> tuple[str, str]:
    if "columns" in shape:
        return _TSV if shape["delimiter"] == "\t" else _CSV
    if "before" in shape:
        return _XML
    return _NDJSON if shape["dialect"].endswith("NDJSON") else _JSON
