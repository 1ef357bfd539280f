"""Reads that every repository shares: one item, many at once, a page of an index."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from chalicelib.storage import keys, pages
from chalicelib.storage.items import Item

T = TypeVar("T")
_BY_STATUS_KEY = ("PK", "SK", "GSI1PK", "GSI1SK")


def get_one(key: keys.Key) -> Item | None:
    """The item as last written (a consistent read), or None."""
    try:
        return Item.get(*key, consistent_read=True)
    except Item.DoesNotExist:
        return None


def get_many(wanted: Iterable[keys.Key]) -> dict[keys.Key, Item]:
    """The items that exist, each as last written; a round trip for every 100 keys."""
    found = Item.batch_get(list(dict.fromkeys(wanted)), consistent_read=True)
    return {keys.Key(item.pk, item.sk): item for item in found}


def page_by_status(
    partition: str,
    change: Callable[[Any], T],
    *,
    limit: int,
    cursor: str | None,
    newest_first: bool = False,
    **more: Any,
) -> pages.Page[T]:
    """A page of one partition of the `by_status` index, in the order of its sort key. Raises BadCursor.

    `more` may hold a `range_key_condition` and a `filter_condition`; a filter still fills the page.
    """
    start = pages.decode(cursor, partition=("GSI1PK", partition), attributes=_BY_STATUS_KEY)
    results = Item.by_status.query(
        partition, limit=limit, last_evaluated_key=start, scan_index_forward=not newest_first, **more
    )
    return pages.read(results, change)


def cursor_behind(item: Item) -> str | None:
    """Where a page of the `by_status` index goes on that ended with this item."""
    key = (item.pk, item.sk, item.status_partition, item.status_sort)
    return pages.encode(
        {name: {"S": value} for name, value in zip(_BY_STATUS_KEY, key, strict=True) if value}
    )


def mark_due(item: Item, *, pending: bool) -> None:
    """Put a validated record into the index of those that wait, or leave it out."""
    if pending:
        item.due_partition = keys.validations_due(item.pk, item.sk)
        item.due_sort = item.updated_at
