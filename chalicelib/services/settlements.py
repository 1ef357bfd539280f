"""Storing what a supplier's answer, or the lack of one, did."""

from dataclasses import replace

from chalicelib import telemetry
from chalicelib.domain.acceptance import Settlement
from chalicelib.services.commits import commit
from chalicelib.storage import offers, orders


def store(settlement: Settlement, *, seen_version: int) -> None:
    """Write the supplier order and every offer's stock together, if the order is still as it was seen.

    Raises WriteRefused (`supplier_order`) where somebody settled it meanwhile.
    """
    after = replace(settlement.supplier_order, correlation_id=telemetry.correlation_id())
    commit(
        orders.replacing_supplier_order(after, expected_version=seen_version),
        *(
            offers.settling(
                move.offer_id,
                accepted=move.sold,
                released=move.released,
                now=after.updated_at,
                correlation_id=after.correlation_id,
            )
            for move in settlement.moves
        ),
    )
