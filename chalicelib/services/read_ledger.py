"""A supplier's ledger, for those who may read it."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from chalicelib.domain.ledger import SUPPLIER_STATES, Entry, Posting, entries
from chalicelib.problems import NotFound
from chalicelib.services import paging, supplier_records
from chalicelib.storage import ledger, orders
from chalicelib.storage.errors import BadCursor
from chalicelib.storage.pages import packed, unpacked

MOST_READ = 2000
"""Postings, two MB or so, that one page looks through for what is asked for; two at least, or it would stay
where it is."""


_OF_POSTING = (
    *("posting_id", "supplier_id", "type", "cause", "at", "order_id", "supplier_order_id", "line_id"),
    *("reason", "by", "version", "created_at", "updated_at"),
)


class Wanted(NamedTuple):
    """Which entries are asked for; None asks for all. `since` is the first moment, `until` the one after the
    last."""

    since: str | None = None
    until: str | None = None
    order_id: str | None = None
    account: str | None = None
    state: str | None = None
    type: str | None = None
    currency: str | None = None


def list_entries(
    supplier_id: str,
    wanted: Wanted,
    *,
    limit: int,
    cursor: str | None = None,
    names_people: bool = False,
    most_read: int = MOST_READ,
) -> paging.Listing:
    """The supplier's entries, oldest first, both sides of every move.

    A page that had to look through very many may hold fewer than `limit`, or none, and still have a
    `next_cursor`. Raises NotFound, BadRequest for a cursor of another ledger.
    """
    supplier_records.existing(supplier_id)
    behind = paging.read_page(lambda: _entry_of(cursor, supplier_id))
    postings = _postings(supplier_id, wanted, behind, limit)
    return _page(
        supplier_id,
        postings,
        behind,
        wanted,
        limit=limit,
        names_people=names_people,
        most_read=most_read,
    )


def list_entries_of_order(order_id: str, *, limit: int, cursor: str | None) -> paging.Listing:
    """The entries that the order caused in the ledgers of all its suppliers, oldest first. Raises NotFound,
    BadRequest for a cursor of another list."""
    if orders.get(order_id) is None:
        raise NotFound
    behind = paging.read_page(lambda: _entry_of(cursor, order_id))
    postings = ledger.of_order(order_id, first=_posting_of(behind or ""))
    return _page(order_id, postings, behind, Wanted(), limit=limit, names_people=True)


def read_entry(supplier_id: str, entry_id: str, *, names_people: bool = False) -> dict[str, Any]:
    """The entry, with all that was posted together with it. Raises NotFound, also for another supplier's."""
    posting = ledger.get(supplier_id, _posting_of(entry_id))
    together = list(entries(posting)) if posting else []
    for entry in together:
        if entry.entry_id == entry_id:
            others = [entry_view(each, names_people=names_people) for each in together]
            return {**entry_view(entry, names_people=names_people), "entries": others}
    raise NotFound


def entry_view(entry: Entry, *, names_people: bool = False) -> dict[str, Any]:
    """The entry as clients read it. Without `names_people` an administrator is just that."""
    move, posting = entry.move, entry.posting
    optional = {
        "state": SUPPLIER_STATES.get(entry.account),
        "order_id": posting.order_id,
        "supplier_order_id": posting.supplier_order_id,
        "line_id": move.line_id,
        "rules_version": move.rules_version,
        "rule": move.rule,
        "reverses": entry.reverses,
        "reason": posting.reason,
        "by": posting.by if names_people or not posting.by else posting.by.partition(":")[0],
    }
    return {
        "entry_id": entry.entry_id,
        "posting_id": posting.posting_id,
        "supplier_id": posting.supplier_id,
        "account": "SUPPLIER" if entry.account in SUPPLIER_STATES else entry.account,
        "type": move.type,
        "amount": entry.amount.as_json(),
        "cause": posting.cause,
        "at": posting.at,
        "version": 1,
        "created_at": posting.at,
        "updated_at": posting.at,
        **{name: value for name, value in optional.items() if value is not None},
    }


def posting_view(posting: Posting) -> dict[str, Any]:
    """A posting that was made by hand, as administrators read it."""
    together = [entry_view(entry, names_people=True) for entry in entries(posting)]
    said = {name: value for name, value in together[0].items() if name in _OF_POSTING}
    return {**said, "entries": together}


def _postings(supplier_id: str, wanted: Wanted, behind: str | None, limit: int) -> Iterator[Posting]:
    since, until, first = wanted.since, wanted.until, _posting_of(behind or "")
    if wanted.order_id is not None:
        of_order = ledger.of_order(wanted.order_id, since=since, until=until, first=first)
        return (posting for posting in of_order if posting.supplier_id == supplier_id)
    # Of all entries one page is never more than so many postings; what is rare is looked for a MB at a time.
    is_everything = wanted.account is None and wanted.type is None and wanted.state is None
    at_once = limit if is_everything else None
    return ledger.walk(supplier_id, since=since, until=until, first=first, at_once=at_once)


def _behind(posting: Posting, last: str | None) -> Iterable[Entry]:
    """The posting's entries, those up to the `last` one seen left out."""
    if last is None or _posting_of(last) != posting.posting_id:
        return entries(posting)
    return itertools.islice(
        itertools.dropwhile(lambda entry: entry.entry_id != last, entries(posting)), 1, None
    )


def _is_wanted(entry: Entry, wanted: Wanted) -> bool:
    state = SUPPLIER_STATES.get(entry.account)
    account = "SUPPLIER" if state else entry.account
    return (
        wanted.account in (None, account)
        and wanted.state in (None, state)
        and wanted.type in (None, entry.move.type)
        and wanted.currency in (None, entry.amount.currency)
    )


def _page(
    owner: str,
    postings: Iterable[Posting],
    behind: str | None,
    wanted: Wanted,
    *,
    limit: int,
    names_people: bool,
    most_read: int = MOST_READ,
) -> paging.Listing:
    found: list[Entry] = []

    def listing(last: Entry | None) -> paging.Listing:
        items = [entry_view(entry, names_people=names_people) for entry in found]
        return {"items": items, "next_cursor": packed([owner, last.entry_id]) if last else None}

    for number, posting in enumerate(postings, 1):
        for entry in _behind(posting, behind):
            if not _is_wanted(entry, wanted):
                continue
            if len(found) == limit:
                return listing(found[-1])
            found.append(entry)
        if number == most_read:
            *_, last = entries(posting)
            return listing(last)
    return listing(None)


def _entry_of(cursor: str | None, owner: str) -> str | None:
    """The last entry that was seen before the cursor. Raises BadCursor."""
    match unpacked(cursor) if cursor else None:
        case None if not cursor:
            return None
        case [str(named), str(entry_id)] if named == owner and _may_be_id(entry_id):
            return entry_id
    raise BadCursor


def _may_be_id(entry_id: str) -> bool:
    return entry_id.startswith("led_") and entry_id.isascii()


def _posting_of(entry_id: str) -> str:
    return entry_id.rpartition(".")[0]
