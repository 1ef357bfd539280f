"""Imports as clients read them: one, a page, the issues of their rows."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from chalicelib.domain.imports import RowResult
from chalicelib.problems import BadRequest
from chalicelib.services import import_records, supplier_records
from chalicelib.services.paging import Listing, listed, read_page
from chalicelib.storage import import_rows, imports

MAX_BYTES = 2_000_000
"""Of issues in one answer, of which Lambda gives 6 MB."""


def read(supplier_id: str, import_id: str) -> dict[str, Any]:
    """The import. Raises NotFound."""
    return import_records.shown(import_records.existing(supplier_id, import_id))


def page(supplier_id: str, *, limit: int, cursor: str | None) -> Listing:
    """The supplier's imports, newest first. Raises NotFound, BadRequest."""
    supplier_records.existing(supplier_id)
    return listed(lambda: imports.page(supplier_id, limit=limit, cursor=cursor), import_records.shown)


def issues(supplier_id: str, import_id: str, *, limit: int, cursor: str | None) -> Listing:
    """Every issue of every row that was judged, in the order of the rows, each with its row and SKU.

    Rows are kept a hundred together, so a cursor is a place among those and how many of its issues were
    shown. Raises NotFound, BadRequest.
    """
    import_records.existing(supplier_id, import_id)
    place, skipped = _place(cursor)
    found: list[dict[str, Any]] = []
    while True:
        rows = read_page(lambda place=place: import_rows.page_of_results(import_id, cursor=place))  # type: ignore[misc]
        here = [
            shown_issue(result, issue) for each in rows.items for result in each for issue in result.issues
        ]
        taken = fitting(here[skipped : skipped + limit - len(found)], MAX_BYTES - _size(found))
        found += taken
        if skipped + len(taken) < len(here):
            return {"items": found, "next_cursor": _cursor(place, skipped + len(taken))}
        if rows.next_cursor is None:
            return {"items": found, "next_cursor": None}
        place, skipped = rows.next_cursor, 0
        if len(found) == limit:
            return {"items": found, "next_cursor": _cursor(place, 0)}


def fitting(items: Sequence[Any], max_bytes: int) -> list[Any]:
    """As many of the items, from the first, as take so many bytes as JSON; one at least."""
    found: list[Any] = []
    size = 0
    for item in items:
        size += _size(item)
        if found and size > max_bytes:
            break
        found.append(item)
    return found


def _size(value: Any) -> int:
    return len(json.dumps(value))


def shown_issue(result: RowResult, issue: Any) -> dict[str, Any]:
    """An issue with the row that it is of."""
    return {**issue, "row": result.row, "sku": result.sku, "outcome": result.outcome}


def _cursor(place: str | None, skipped: int) -> str:
    return base64.urlsafe_b64encode(f"{skipped}.{place or ''}".encode()).decode().rstrip("=")


def _place(cursor: str | None) -> tuple[str | None, int]:
    if cursor is None:
        return None, 0
    try:
        skipped, _, place = base64.urlsafe_b64decode(cursor.encode() + b"==").decode().partition(".")
        return place or None, _natural(skipped)
    except (ValueError, binascii.Error) as error:
        raise BadRequest("INVALID_CURSOR", "Send the next_cursor of a page of this very list.") from error


def _natural(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise ValueError(text)
    return int(text)
