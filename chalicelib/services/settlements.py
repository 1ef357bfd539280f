"""Storing what a supplier's answer, or the lack of one, did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from chalicelib import clock, telemetry
from chalicelib.domain import acceptance, notices, refused_voids, shipping
from chalicelib.domain.acceptance import Answer, ByHand
from chalicelib.domain.health import Served
from chalicelib.domain.order import OrderRecord, SupplierOrder
from chalicelib.domain.settlement import Settlement, StockMove
from chalicelib.problems import Conflict
from chalicelib.services import endpoint_calls, part_writes
from chalicelib.services.commits import commit
from chalicelib.services.endpoint_calls import Call
from chalicelib.storage import offer_terms
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Part
from chalicelib.storage.transaction import Write


def settle(
    part: Part, answer: Answer, *, by_hand: ByHand | None = None, call: Call | None = None
) -> SupplierOrder:
    """Store what the answer does, and give the supplier order as it stands then. Raises InvalidLines for an
    answer that does not fit, IllegalMove for an attempt that has ended, WriteRefused as `store` does."""
    before = part.supplier_order
    settlement = acceptance.settle(
        before,
        answer,
        now=clock.timestamp(),
        asked=acceptance.asked_of(part.order, before),
        by_hand=by_hand,
    )
    if by_hand:
        settlement = _voided(settlement, before)
    settlement = replace(settlement, supplier_order=refused_voids.still_refused(settlement.supplier_order))
    return store(promised(settlement, part), part, call=call)


def settle_void(part: Part, answer: Answer, *, by_hand: ByHand) -> SupplierOrder:
    """Store what was decided on what the supplier ships although it was taken back. Raises IllegalMove for
    what another supplier has taken over, Conflict OUT_OF_STOCK where it was sold to others, WriteRefused as
    `store` does."""
    before = part.supplier_order
    decided = refused_voids.settle_by_hand(before, answer, by_hand=by_hand, now=clock.timestamp())
    try:
        return store(promised(decided, part), part)
    except WriteRefused as refused:
        if "supplier_order" in refused.labels:
            raise
        raise Conflict(
            "OUT_OF_STOCK", "The offer has not so many pieces any more. Have the supplier count its stock."
        ) from refused


def give_up(part: Part, *, status: str, reason: str, call: Call | None = None) -> SupplierOrder:
    """End an attempt without an answer; another supplier is looked for then, where the buyer was promised so.
    Raises WriteRefused as `store` does."""
    before = part.supplier_order
    settlement = acceptance.give_up(
        before,
        status=status,
        reason=reason,
        now=clock.timestamp(),
        asked=acceptance.asked_of(part.order, before),
    )
    return store(_voided(settlement, before), part, call=call)


def promised(settlement: Settlement, part: Part) -> Settlement:
    """The settlement with the time by which what was accepted should leave."""
    settled = settlement.supplier_order
    return replace(settlement, supplier_order=shipping.promise(settled, _handling_days(settled, part)))


def _voided(settlement: Settlement, before: SupplierOrder) -> Settlement:
    """The settlement with what its supplier, who has not made it, must be told."""
    after = settlement.supplier_order
    return replace(settlement, supplier_order=notices.voided(after, before=before, now=after.updated_at))


def store(settlement: Settlement, part: Part, *, call: Call | None = None) -> SupplierOrder:
    """Write the supplier order, every offer's stock and the ledger together, if the order is still as it was
    read in `part`, and give it as it stands then. `call` is the one that came to this, which ends with it.

    Raises WriteRefused (`supplier_order`) where somebody settled it meanwhile.
    """
    after = replace(settlement.supplier_order, correlation_id=telemetry.correlation_id())
    made = [
        *part_writes.replacing(part.order, part.supplier_order, after),
        *stock_writes(settlement.moves, now=after.updated_at, correlation_id=after.correlation_id),
    ]
    lines = Served(
        lines_taken=sum(move.lines_accepted for move in settlement.moves),
        lines_refused=sum(move.lines_refused for move in settlement.moves),
    )
    if call is not None:
        endpoint_calls.conclude(call, *made, lines=lines)
    else:
        commit(*made)
        endpoint_calls.count(settlement.supplier_order.supplier_id, lines)
    return replace(after, version=part.supplier_order.version + 1)


def writes_together(record: OrderRecord, changes: Sequence[Settlement]) -> list[Write]:
    """What makes several supplier orders of the order as they are now, where each is still as it was read in
    `record`; the terms of an offer are written once."""
    before = {part.supplier_order_id: part for part in record.supplier_orders}
    now, correlation_id = clock.timestamp(), telemetry.correlation_id()
    moves = notices.merged(move for change in changes for move in change.moves)
    return [
        *(
            write
            for after in (change.supplier_order for change in changes)
            for write in part_writes.replacing(record.order, before[after.supplier_order_id], after)
        ),
        *stock_writes(moves, now=now, correlation_id=correlation_id),
    ]


def stock_writes(moves: Iterable[StockMove], *, now: str, correlation_id: str) -> list[Write]:
    """What ends the reservations; the write of the supplier order beside them makes it happen once."""
    return [
        offer_terms.settling(
            move.offer_id,
            accepted=move.sold,
            released=move.released,
            lines_accepted=move.lines_accepted,
            lines_refused=move.lines_refused,
            now=now,
            correlation_id=correlation_id,
        )
        for move in moves
    ]


def _handling_days(settled: SupplierOrder, part: Part) -> Mapping[str, int]:
    """Those of the accepted lines' offers; they are read where they were not together with the part."""
    accepted = {line.offer_id for line in settled.lines if line.accepted and line.ship_by is None}
    unknown = accepted - part.handling_days.keys()
    read = offer_terms.get_many(unknown) if unknown else {}
    return {**part.handling_days, **{offer_id: each.handling_days for offer_id, each in read.items()}}
