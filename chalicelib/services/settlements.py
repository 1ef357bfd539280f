"""Storing what a supplier's answer, or the lack of one, did."""

from dataclasses import replace

from chalicelib import telemetry
from chalicelib.domain.acceptance import Settlement
from chalicelib.domain.order import SupplierOrder
from chalicelib.services.commits import commit
from chalicelib.storage import offer_terms, supplier_orders


def store(settlement: Settlement, *, seen_version: int) -> SupplierOrder:
    """Write the supplier order and every offer's stock together, if the order is still as it was seen, and
    give the order as it stands then.

    Raises WriteRefused (`supplier_order`) where somebody settled it meanwhile.
    """
    after = replace(settlement.supplier_order, correlation_id=telemetry.correlation_id())
    commit(
        supplier_orders.replacing(after, expected_version=seen_version),
        *(
            offer_terms.settling(
                move.offer_id,
                accepted=move.sold,
                released=move.released,
                lines_accepted=move.lines_accepted,
                lines_refused=move.lines_refused,
                now=after.updated_at,
                correlation_id=after.correlation_id,
            )
            for move in settlement.moves
        ),
    )
    return replace(after, version=seen_version + 1)
