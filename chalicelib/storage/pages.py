"""Pages of a query: items and an opaque cursor that belongs to this query alone.

A cursor is the key of the last item read, so a page goes on behind that place whatever was added or
removed meanwhile: nothing comes twice, nothing that stayed is lost.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chalicelib.storage.errors import BadCursor

T = TypeVar("T")
U = TypeVar("U")

_LONGEST_PART = 1024
"""Bytes; DynamoDB's limit of a sort key."""


@dataclass(frozen=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    next_cursor: str | None

    def map(self, change: Callable[[T], U]) -> "Page[U]":
        return Page(tuple(change(item) for item in self.items), self.next_cursor)


def read(results: Any, change: Callable[[Any], T]) -> Page[T]:
    """The page that a PynamoDB result iterator (made with `limit`) yields."""
    items = tuple(change(item) for item in results)
    return Page(items, encode(results.last_evaluated_key))


def decode(
    cursor: str | None, *, partition: tuple[str, str], attributes: Iterable[str]
) -> dict[str, Any] | None:
    """The start key that `cursor` stands for.

    `partition` is the queried partition's attribute and value, `attributes` the key's names. Raises
    BadCursor for a text that this query did not give out: another list's, or one that was tampered with.
    """
    if cursor is None:
        return None
    key = unpacked(cursor)
    if not isinstance(key, dict) or set(key) != set(attributes) or key.get(partition[0]) != partition[1]:
        raise BadCursor
    if not all(map(_is_key_part, key.values())):
        raise BadCursor
    return {name: {"S": value} for name, value in key.items()}


def within(start: dict[str, Any] | None, prefix: str) -> dict[str, Any] | None:
    """The start key of a query for sort keys that begin with `prefix`. Raises BadCursor for another's."""
    if start is not None and not start["SK"]["S"].startswith(prefix):
        raise BadCursor
    return start


def _is_key_part(value: object) -> bool:
    """Whether the table takes this as part of a key."""
    try:
        return isinstance(value, str) and 0 < len(value.encode()) <= _LONGEST_PART
    except UnicodeEncodeError:
        return False


def encode(last_key: Mapping[str, Mapping[str, str]] | None) -> str | None:
    """The cursor behind the item that has this key, None where nothing comes behind it."""
    if not last_key:
        return None
    return packed({name: value["S"] for name, value in last_key.items()})


def packed(value: Any) -> str:
    """A JSON value as a cursor."""
    plain = json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def unpacked(cursor: str) -> Any:
    """The JSON value of a cursor. Raises BadCursor for a text that holds none."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=="))
    except (ValueError, RecursionError) as error:
        raise BadCursor from error
