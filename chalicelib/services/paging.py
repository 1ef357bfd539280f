"""Pages as clients read them."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from chalicelib.problems import BadRequest
from chalicelib.storage.errors import BadCursor
from chalicelib.storage.pages import Page

T = TypeVar("T")
Listing = dict[str, Any]
"""`{"items": [...], "next_cursor": ... or None}`"""
_MAX_BYTES = 4_000_000
"""Of JSON in ASCII; a function answers with 6 MB at most."""


def read_page(read: Callable[[], T]) -> T:
    """What `read` reads. Raises BadRequest for a cursor that its list did not give out."""
    try:
        return read()
    except BadCursor as error:
        raise BadRequest("INVALID_CURSOR", "Send the next_cursor of a page of this very list.") from error


def fitting(items: Iterable[Mapping[str, Any]]) -> int:
    """How many of the items one answer holds, one at least."""
    sizes = itertools.accumulate(len(json.dumps(item, default=str)) for item in items)
    return max(1, sum(size <= _MAX_BYTES for size in sizes))


def listed(read: Callable[[], Page[T]], show: Callable[[T], dict[str, Any]]) -> Listing:
    """The page that `read` reads, each item as `show` shows it."""
    page: Page[T] = read_page(read)
    return {"items": [show(item) for item in page.items], "next_cursor": page.next_cursor}
