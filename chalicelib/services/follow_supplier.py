"""A supplier opens, closes or takes another name: the terms of its offers follow.

Only what comes from the supplier is changed, where the terms stand as they were read, so that a decision
on an offer that is written meanwhile is not undone. Following again changes nothing.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib import clock, telemetry
from chalicelib.domain.offer import Terms, blocks_at_supplier
from chalicelib.domain.supplier import Supplier
from chalicelib.services.commits import commit
from chalicelib.storage import offers, suppliers
from chalicelib.storage.errors import WriteRefused

_PAGE = 100
_TRIES = 5


class UnsettledTerms(Exception):
    """Others kept changing the terms of an offer while they were to follow its supplier."""


def calls_for_it(before: object | None, after: object | None) -> bool:
    """Whether this change of a record is one of a supplier that its offers must follow."""
    if not isinstance(before, Supplier) or not isinstance(after, Supplier):
        return False
    return (before.is_open, before.display_name) != (after.is_open, after.display_name)


def follow(supplier_id: str) -> None:
    """Have all offers of the supplier follow it, page by page. Raises UnsettledTerms."""
    cursor: str | None = None
    while True:
        page = offers.page_of_supplier(supplier_id, limit=_PAGE, cursor=cursor)
        follow_with(supplier_id, [offer.offer_id for offer in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return


def follow_with(supplier_id: str, offer_ids: Iterable[str]) -> None:
    """Have these offers follow their supplier as it stands now. Raises UnsettledTerms."""
    supplier = suppliers.get(supplier_id)
    if supplier is None:
        return
    for terms in offers.get_terms(offer_ids).values():
        _follow_one(terms, supplier)


def _follow_one(terms: Terms, supplier: Supplier) -> None:
    current: Terms | None = terms
    for _ in range(_TRIES):
        if current is None or _follows(current, supplier) == current or _written(current, supplier):
            return
        current = offers.get_terms([terms.offer_id]).get(terms.offer_id)
    raise UnsettledTerms(terms.offer_id)


def _follows(terms: Terms, supplier: Supplier) -> Terms:
    blocks = blocks_at_supplier(terms.blocks, supplier_is_open=supplier.is_open)
    return replace(terms, blocks=blocks, supplier_name=supplier.display_name)


def _written(terms: Terms, supplier: Supplier) -> bool:
    following = _follows(terms, supplier)
    write = offers.blocking(
        terms,
        blocks=following.blocks,
        supplier_name=following.supplier_name,
        now=clock.timestamp(),
        correlation_id=telemetry.correlation_id(),
    )
    try:
        commit(write)
    except WriteRefused:
        return False
    return True
