"""A supplier says how many it has: one small write, in force at once."""

from datetime import timedelta
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services import offer_records
from chalicelib.services.commits import commit
from chalicelib.storage import offer_terms
from chalicelib.storage.errors import WriteRefused

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours a supplier's clock may be."""

FROM_THE_FUTURE = FieldProblem(
    "/as_of", "INVALID_VALUE", "What is of the future would shut out what is true until then."
)


def set_stock(supplier_id: str, sku: str, *, quantity: int, as_of: str | None) -> dict[str, Any]:
    """Make `quantity` what is on hand, reservations included, as counted at `as_of` (now, if not said).

    Raises NotFound, Unprocessable for a count from the future, and Conflict (STALE_UPDATE) where a later
    count is known already.
    """
    if not offer_records.is_sku(sku):
        raise NotFound
    now = clock.timestamp()
    if as_of is not None and is_of_the_future(as_of):
        raise Unprocessable("INVALID_BODY", FROM_THE_FUTURE.detail, errors=[FROM_THE_FUTURE])
    write = offer_terms.setting_stock(
        ids.offer_id(supplier_id, sku),
        quantity=quantity,
        as_of=as_of or now,
        now=now,
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


def is_of_the_future(as_of: str) -> bool:
    """Whether it is further ahead than a clock may go wrong."""
    return as_of > clock.timestamp(clock.now() + CLOCK_TOLERANCE)
