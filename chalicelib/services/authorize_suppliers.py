"""Restricted categories and brands are read and set; offers that it concerns go off sale or come back."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain.authorizations import Authorizations, duplicates
from chalicelib.problems import FieldProblem, StaleVersion, Unprocessable
from chalicelib.services.commits import commit
from chalicelib.services.versions import Expected
from chalicelib.storage import authorizations, suppliers, validations
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.keys import supplier as supplier_key

Restrictions = Sequence[Mapping[str, Any]]

_PAGE = 100
_MAY_SELL = ("OPEN", "SUSPENDED", "PENDING_APPROVAL", "ONBOARDING")
"""The statuses from which an offer may still be sold one day."""


def read() -> dict[str, Any]:
    """The version that holds; 0 where nothing was ever restricted."""
    return _shown(authorizations.current())


def change(
    document: Mapping[str, Restrictions], *, reason: str, actor: str, expected: Expected
) -> dict[str, Any]:
    """Set the document as the next version. Offers follow it in the background.

    Raises StaleVersion, Unprocessable for a name that stands there twice.
    """
    before = authorizations.current()
    expected.check(before.version)
    twice = [
        FieldProblem(pointer, "DUPLICATE", "This name stands there before.")
        for pointer in duplicates(document)
    ]
    if twice:
        raise Unprocessable("INVALID_BODY", "A category or brand is restricted twice.", errors=twice)
    after = Authorizations(
        version=before.version + 1,
        document=document,
        set_by=actor,
        set_at=clock.timestamp(),
        reason=reason,
        correlation_id=telemetry.correlation_id(),
    )
    try:
        commit(*authorizations.setting(after))
    except WriteRefused as refused:
        raise StaleVersion from refused
    return _shown(after)


def have_offers_follow() -> None:
    """Touch every supplier that may sell: the offers of each then follow it, and the authorisations with it.

    A write for each supplier; where it stops half way it is done again from the beginning, to the same end.
    """
    for status in _MAY_SELL:
        cursor: str | None = None
        while True:
            page = suppliers.page(status, limit=_PAGE, cursor=cursor)
            for supplier in page.items:
                commit(validations.touching(supplier_key(supplier.supplier_id), now=clock.timestamp()))
            cursor = page.next_cursor
            if cursor is None:
                break


def _shown(current: Authorizations) -> dict[str, Any]:
    return {
        "version": current.version,
        "categories": list(current.document.get("categories", ())),
        "brands": list(current.document.get("brands", ())),
        "set_by": current.set_by or None,
        "set_at": current.set_at or None,
        "reason": current.reason or None,
    }
