"""Another supplier is found for what one has not taken of an order, or the rest is refused for good.

A message may come twice and two may work at once: what they write is one transaction under the versions that
were read, and of two new supplier orders of one number only one can be written. Whoever is second reads again
and finds nothing left to do.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import clock, ids, settings, telemetry
from chalicelib.clients.errors import CallFailed
from chalicelib.domain import allocation, deadlines, reallocation, takeover
from chalicelib.domain.acceptance import ByHand
from chalicelib.domain.allocation import Candidate
from chalicelib.domain.fee_rules import DIRECT
from chalicelib.domain.order import OrderRecord
from chalicelib.domain.placement import FeeOf, Selling
from chalicelib.domain.reallocation import Found, Limits, Remainder
from chalicelib.domain.supplier import Supplier
from chalicelib.domain.takeover import Move
from chalicelib.services import fee_rules, part_writes, poll_inventory
from chalicelib.services.allocation_costs import allocation_costs
from chalicelib.services.commits import commit
from chalicelib.storage import offer_terms, order_reads, orders, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Concerned
from chalicelib.storage.transaction import Write

_READS = 6
"""Each time that somebody else was quicker, the order and the offers are read anew."""

_LINES = 30
"""That move in one transaction: each may need its old and its new supplier order and the new terms."""

_OFFERS = 8
"""Of a product that are looked at, best first."""

_POLLED = 3
_POLL_SECONDS = 20.0
"""After which no more suppliers are asked for their stock: the last call may hang, too, and 60 seconds are
what the function has."""


class UnknownOrder(LookupError):
    """A message names what is not in the table."""


class UnsettledRemainder(Exception):
    """Others kept changing the order, or the offers that were to take over."""


@dataclass(frozen=True)
class Plan:
    """What takes over, and who offers it."""

    waiting: Sequence[Remainder]
    found: Found
    suppliers: Mapping[str, Supplier]


def reallocate(order_id: str) -> None:
    """Find another supplier for all of the order that waits for one; what none can be found for is refused.

    Raises UnknownOrder, UnsettledRemainder; what the table raises goes up, so that the message comes again.
    """
    for number in range(_READS):
        record = orders.get(order_id)
        if record is None:
            raise UnknownOrder(order_id)
        waiting = reallocation.remainders(record)[:_LINES]
        if not waiting:
            return
        plan = planned(record, waiting, limits_of(record), poll_for=0.0 if number else _POLL_SECONDS)
        try:
            commit(*writes(record, plan))
        except WriteRefused:
            continue
        _log(order_id, plan)
        if len(waiting) < _LINES:
            return
    raise UnsettledRemainder(order_id)


def limits_of(record: OrderRecord) -> Limits:
    """What the buyer was promised, and the marketplace's own limits."""
    placed = clock.parse(record.order.created_at)
    return reallocation.limits_of(
        record.order,
        until=placed + timedelta(hours=settings.reallocate_within_hours()),
        suppliers=settings.max_suppliers_per_line(),
        transit_days=settings.transit_days(),
    )


def planned(record: OrderRecord, waiting: Sequence[Remainder], limits: Limits, *, poll_for: float) -> Plan:
    """The next best offer of each remainder, as the offers stand now. Before, their suppliers are asked for
    their stock, one after the other for `poll_for` seconds."""
    now = clock.now()
    asking = [each for each in waiting if reallocation.may_be_tried(each, limits, now)]
    if not asking:
        return Plan(waiting, Found(), {})
    shown = _shown(record, asking, limits, now)
    concerned = _concerned(record, shown)
    if _poll(concerned, poll_for):
        concerned = _concerned(record, shown)
    candidates = {line_id: _candidates(each, concerned, now) for line_id, each in shown.items()}
    found = reallocation.next_best(
        waiting,
        candidates,
        record=record,
        limits=limits,
        costs=allocation_costs(record.order.currency),
        now=now,
    )
    return Plan(waiting, found, concerned.suppliers)


@dataclass(frozen=True)
class _Shown:
    """Of a line's product, ids of the offers that may take over, best first, and the condition ordered."""

    product_id: str
    condition: str
    offer_ids: Sequence[str]


def _shown(
    record: OrderRecord, asking: Sequence[Remainder], limits: Limits, now: datetime
) -> dict[str, _Shown]:
    """What the products show that may take over, by line id."""
    known = order_reads.read_for_placing(
        record.order.order_id,
        offer_ids={each.placed.offer_id for each in asking},
        product_ids={each.placed.product_id for each in asking},
    )
    shown: dict[str, _Shown] = {}
    for remainder in asking:
        product = known.products.get(remainder.placed.product_id)
        ordered = known.terms.get(remainder.placed.offer_id)
        if product is None or ordered is None:
            continue
        able = [
            each.offer_id
            for each in allocation.of_product(product, now)
            if each.condition == ordered.condition
            and each.supplier_id not in remainder.tried | remainder.unable
            and reallocation.keeps_promise(each, remainder, limits, now)
        ]
        shown[remainder.line_id] = _Shown(product.product_id, ordered.condition, able[:_OFFERS])
    return shown


def _concerned(record: OrderRecord, shown: Mapping[str, _Shown]) -> Concerned:
    offer_ids = {offer_id for each in shown.values() for offer_id in each.offer_ids}
    return order_reads.read_for_placing(record.order.order_id, offer_ids=offer_ids, product_ids=())


def _candidates(shown: _Shown, concerned: Concerned, now: datetime) -> list[Candidate]:
    """Those of the offers that are for sale now, by their terms and not by what was shown of them."""
    found = []
    for terms in map(concerned.terms.get, shown.offer_ids):
        supplier = concerned.suppliers.get(terms.supplier_id) if terms else None
        if terms is None or supplier is None or not supplier.is_selling(now):
            continue
        candidate = allocation.of_terms(terms, now)
        if candidate and (candidate.product_id, candidate.condition) == (shown.product_id, shown.condition):
            found.append(candidate)
    return found


def _poll(concerned: Concerned, seconds: float) -> bool:
    """Ask the suppliers that have an inventory API for the offers' stock, as far as there is time; say
    whether any has told. One that does not is taken at what is known."""
    end, told = time.monotonic() + seconds, False
    able = [
        each for each in concerned.suppliers.values() if each.is_open and each.profile.get("inventory_api")
    ]
    for supplier in able[:_POLLED]:
        if time.monotonic() >= end:
            break
        skus = [each.sku for each in concerned.terms.values() if each.supplier_id == supplier.supplier_id]
        try:
            poll_inventory.ask(supplier, skus)
        except CallFailed as failure:
            telemetry.log(
                "INVENTORY_NOT_TOLD",
                level=logging.WARNING,
                supplier_id=supplier.supplier_id,
                reason=failure.code,
            )
        else:
            told = True
    return told


def writes(record: OrderRecord, plan: Plan, *, by_hand: ByHand | None = None) -> list[Write]:
    """What makes the plan true: supplier orders changed as `record` has them, others added (and who has asked
    for them `by_hand`), and the new offers' stock reserved."""
    now = clock.now()
    stamp, correlation_id = clock.timestamp(now), telemetry.correlation_id()
    moved = _move(record, plan, now)
    before = {part.supplier_order_id: part for part in record.supplier_orders}
    return [
        *(
            write
            for part in moved.changed
            for write in part_writes.replacing(record.order, before[part.supplier_order_id], part)
        ),
        *(
            supplier_orders.adding(
                replace(
                    part,
                    correlation_id=correlation_id,
                    moved_by=by_hand.actor if by_hand else None,
                    moved_because=by_hand.reason if by_hand else None,
                )
            )
            for part in moved.added
        ),
        *_reserving(plan, now=stamp, correlation_id=correlation_id),
    ]


def _move(record: OrderRecord, plan: Plan, now: datetime) -> Move:
    deliver_by = (record.order.promise or {}).get("deliver_by")

    def accept_by(supplier_id: str, handling_days: int) -> str:
        end = deadlines.accept_by(
            now,
            default=now + timedelta(hours=settings.accept_within_hours()),
            profile=plan.suppliers[supplier_id].profile,
            deliver_by=deliver_by,
            handling_days=handling_days + settings.transit_days(),
        )
        return clock.timestamp(end)

    return takeover.move(
        record,
        plan.waiting,
        plan.found,
        name_part=lambda prefix, number: ids.part_id(prefix, record.order.order_id, number),
        accept_by=accept_by,
        now=clock.timestamp(now),
        fee_of=_fees(record) if plan.found.offers else None,
    )


def _fees(record: OrderRecord) -> Callable[[Remainder], FeeOf]:
    """Commissions by the rules that the order was placed under, at the storefront that sent it."""
    rules = fee_rules.numbered(record.order.rules_version)

    def fee_of(remainder: Remainder) -> FeeOf:
        placed = remainder.placed.fee
        return Selling(rules, ((placed and placed.inputs) or {}).get("channel", DIRECT)).fee_of

    return fee_of


def _reserving(plan: Plan, *, now: str, correlation_id: str) -> list[Write]:
    pieces: dict[str, int] = {}
    for each in plan.waiting:
        if (candidate := plan.found.offers.get(each.line_id)) is not None:
            pieces[candidate.offer_id] = pieces.get(candidate.offer_id, 0) + each.pieces
    offered = {candidate.offer_id: candidate for candidate in plan.found.offers.values()}
    return [
        offer_terms.reserving(
            offer_id,
            quantity=quantity,
            price=offered[offer_id].base_price,
            windows=offered[offer_id].windows,
            now=now,
            correlation_id=correlation_id,
        )
        for offer_id, quantity in pieces.items()
    ]


def _log(order_id: str, plan: Plan) -> None:
    moved = len(plan.found.offers)
    telemetry.log("ORDER_REALLOCATED", order_id=order_id, moved=moved, refused=len(plan.waiting) - moved)
