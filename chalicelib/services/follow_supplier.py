"""A supplier opens, closes, shuts its shop, takes another name, is authorised otherwise or serves otherwise:
its offers follow.

Only what comes from the supplier is changed, where the terms stand as they were read, so that a decision
on an offer that is written meanwhile is not undone. Following again changes nothing.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib import clock, telemetry
from chalicelib.domain.offer import Terms, blocks_at_supplier
from chalicelib.domain.supplier import Supplier
from chalicelib.services.commits import commit
from chalicelib.storage import authorizations, endpoints, offer_terms, offers, suppliers
from chalicelib.storage.errors import WriteRefused

_PAGE = 100
_TRIES = 5


class UnsettledTerms(Exception):
    """Others kept changing the terms of an offer while they were to follow its supplier."""


def calls_for_it(before: object | None, after: object | None) -> bool:
    """Whether this change of a record is one of a supplier that its offers must follow."""
    if not isinstance(before, Supplier) or not isinstance(after, Supplier):
        return False
    return _followed(before) != _followed(after)


def _followed(supplier: Supplier) -> tuple[object, ...]:
    period = supplier.closed_from, supplier.closed_until
    return supplier.is_open, supplier.display_name, supplier.plan, supplier.country, *period


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
    """Have these offers follow their supplier, its health, and what it is authorised for, as they stand now.
    Raises UnsettledTerms.

    The terms are read before everything else: where they are still as they were read, whoever wrote them did
    not know a later supplier, authorisation or content than what is read here.
    """
    waiting = list(offer_ids)
    for _ in range(_TRIES):
        found = offer_terms.get_many(waiting)
        supplier = suppliers.get(supplier_id) if found else None
        if supplier is None:
            return
        _, standing = endpoints.get(supplier_id)
        forbidden = _forbidden(found.values())
        waiting = [
            terms.offer_id
            for terms in found.values()
            if not _follows(
                terms, supplier, health=standing.health, unauthorized=forbidden.get(terms.offer_id, ())
            )
        ]
    if waiting:
        raise UnsettledTerms(waiting[0])


def _forbidden(found: Iterable[Terms]) -> dict[str, tuple[str, ...]]:
    """What the offers of these terms are not authorised for. The offers are read only where there is any
    restriction."""
    authorized = authorizations.current()
    if not authorized.restrict_any:
        return {}
    stored = offers.get_many((terms.supplier_id, terms.sku) for terms in found)
    return {offer.offer_id: authorized.forbid(offer.content, offer.supplier_id) for offer in stored.values()}


def _follows(terms: Terms, supplier: Supplier, *, health: str, unauthorized: Iterable[str]) -> bool:
    """Whether the terms say what the supplier is now, or were made to; not where they have changed since."""
    blocks = blocks_at_supplier(terms.blocks, supplier_is_open=supplier.is_open, unauthorized=unauthorized)
    following = replace(
        terms,
        blocks=blocks,
        supplier_name=supplier.display_name,
        supplier_health=health,
        closed_from=supplier.closed_from,
        closed_until=supplier.closed_until,
        fee_facts=terms.fee_facts._replace(plan=supplier.plan, country=supplier.country),
    )
    if following == terms:
        return True
    write = offer_terms.following_supplier(
        terms, following, now=clock.timestamp(), correlation_id=telemetry.correlation_id()
    )
    try:
        commit(write)
    except WriteRefused:
        return False
    return True
