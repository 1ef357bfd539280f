"""What an import keeps of the rows that were judged together: every SKU, and the rows that have issues.

One item for about a hundred rows, in parts where it would grow too large; written before the checkpoint
that counts them and under a key that follows from the rows, so writing them again changes nothing.
"""

import json
import zlib
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.domain.imports import RowResult
from chalicelib.storage import keys, pages
from chalicelib.storage.items import ImportRowsItem

KEPT_SECONDS = 30 * 24 * 3600
"""As long as the bucket keeps the feed itself."""

_PART = 350_000
"""Bytes of JSON in one part, so that even what cannot be compressed fits the 400 KB of an item."""


def write(
    import_id: str,
    first_row: int,
    *,
    seen: Sequence[tuple[int, int]],
    results: Sequence[RowResult],
    now: str,
    epoch_seconds: int,
) -> None:
    """Keep `seen` (SKU hash and row) of the rows from `first_row` on, and the `results` among them that say
    anything."""
    for part, texts in enumerate(_parts(results)):
        ImportRowsItem(
            *keys.import_rows(import_id, first_row, part),
            seen=_packed(seen) if part == 0 else b"",
            results=zlib.compress(b"[" + b",".join(texts) + b"]"),
            expires_at=epoch_seconds + KEPT_SECONDS,
            created_at=now,
            updated_at=now,
        ).save()


def seen_in(import_id: str) -> Iterator[tuple[int, int]]:
    """SKU hash and row of every SKU that was seen so far, and of those that a worker saw who died before it
    could count them: they stand in the same rows when those are read again."""
    pk, prefix = keys.import_rows(import_id, None)
    found = ImportRowsItem.query(
        pk,
        ImportRowsItem.sk.startswith(prefix),
        consistent_read=True,
        attributes_to_get=["PK", "SK", "kind", "seen"],
    )
    for item in found:
        yield from _unpacked(item.seen)


def results_of(import_id: str) -> Iterator[RowResult]:
    """Every result that was kept, by row, read as it is consumed."""
    pk, prefix = keys.import_rows(import_id, None)
    for item in ImportRowsItem.query(pk, ImportRowsItem.sk.startswith(prefix), consistent_read=True):
        yield from _results(item)


def page_of_results(import_id: str, *, cursor: str | None) -> pages.Page[tuple[RowResult, ...]]:
    """The results of one item, and a cursor to the next. Raises BadCursor."""
    pk, prefix = keys.import_rows(import_id, None)
    start = pages.decode(cursor, partition=("PK", pk), attributes=("PK", "SK"))
    found = ImportRowsItem.query(
        pk,
        ImportRowsItem.sk.startswith(prefix),
        limit=1,
        last_evaluated_key=pages.within(start, prefix),
        consistent_read=True,
    )
    return pages.read(found, lambda item: tuple(_results(item)))


def _parts(results: Sequence[RowResult]) -> Iterator[list[bytes]]:
    """JSON texts of results, as many together as one item holds; at least one part, if an empty one."""
    part, size = list[bytes](), 0
    for text in (_text(result) for result in results if result.issues):
        if part and size + len(text) > _PART:
            yield part
            part, size = [], 0
        part.append(text)
        size += len(text)
    yield part


def _text(result: RowResult) -> bytes:
    """The result as JSON; a row that would fill an item alone is kept without what it said."""
    full = _json([result.row, result.sku, result.outcome, result.issues, result.raw])
    return (
        full if len(full) <= _PART else _json([result.row, result.sku, result.outcome, result.issues, None])
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _results(item: ImportRowsItem) -> Iterator[RowResult]:
    for row, sku, outcome, issues, raw in json.loads(zlib.decompress(item.results)):
        yield RowResult(row, sku, outcome, tuple(issues), raw)


def _packed(seen: Sequence[tuple[int, int]]) -> bytes:
    return array("q", [number for pair in seen for number in pair]).tobytes()


def _unpacked(packed: bytes) -> Iterator[tuple[int, int]]:
    numbers = array("q", packed)
    return zip(numbers[::2], numbers[1::2], strict=True)
