"""A supplier says how many it has: one small write, in force at once."""

from datetime import timedelta
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services import offer_records
from chalicelib.services.commits import commit
from chalicelib.storage import offers
from chalicelib.storage.errors import WriteRefused

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours a supplier's clock may be."""


def set_stock(supplier_id: str, sku: str, *, quantity: int, as_of: str | None) -> dict[str, Any]:
    """Make `quantity` what is on hand, reservations included, as counted at `as_of` (now, if not said).

    Raises NotFound, Unprocessable for a count from the future, and Conflict (STALE_UPDATE) where a later
    count is known already.
    """
    if not offer_records.is_sku(sku):
        raise NotFound
    now = clock.now()
    _check_not_ahead(as_of, latest=clock.timestamp(now + CLOCK_TOLERANCE))
    write = offers.setting_stock(
        ids.offer_id(supplier_id, sku),
        quantity=quantity,
        as_of=as_of or clock.timestamp(now),
        now=clock.timestamp(now),
        correlation_id=telemetry.correlation_id(),
    )
    try:
        commit(write)
    except WriteRefused as refused:
        _, terms = offer_records.existing(supplier_id, sku)
        raise Conflict(
            "STALE_UPDATE", f"The stock as of {terms.stock_as_of} is known; send a later count."
        ) from refused
    return offer_records.read(supplier_id, sku)


def _check_not_ahead(as_of: str | None, *, latest: str) -> None:
    if as_of is not None and as_of > latest:
        detail = "A count cannot be of the future: it would shut out the ones that follow."
        problem = FieldProblem("/as_of", "INVALID_VALUE", detail)
        raise Unprocessable("INVALID_BODY", detail, errors=[problem])
