"""An administrator, or a rule, suspends a supplier; an administrator lifts the suspension, or ends the
supplier for good.

Each is one conditional write with its reason; asking for what is so already changes nothing. The offers and
what is dispatched follow from the record.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.domain import deadlines, verdicts
from chalicelib.domain.review import Review
from chalicelib.domain.rules import supplier_brands
from chalicelib.domain.supplier import Standing, Supplier, moved
from chalicelib.problems import Conflict, StaleVersion, TemporarilyUnavailable
from chalicelib.services import (
    api_keys,
    balances,
    brands,
    endpoint_calls,
    review_records,
    supplier_records,
)
from chalicelib.services.commits import commit
from chalicelib.services.versions import Expected
from chalicelib.storage import endpoints, reviews, supplier_orders, suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

RULE = "rule:health"
"""Who suspends where no person does."""

_TRIES = 4
_NAMED = 20
"""Open orders that a refusal names."""
_LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Instruction:
    """Who wants it and why, and which version of the supplier it is for (None: whichever there is)."""

    actor: str
    reason: str
    expected: Expected | None = None


def suspend(supplier_id: str, instruction: Instruction) -> dict[str, Any]:
    """Take the supplier's offers off sale and send it no new order, until it is reinstated.

    Raises NotFound, StaleVersion, IllegalMove where it never was open or is no more.
    """
    return _move(supplier_id, instruction, verdicts.suspended)


def suspend_by_rule(supplier_id: str) -> None:
    """Suspend the supplier for what its health says, if that says so still and the supplier is open.

    Raises NotFound.
    """
    _, health = endpoints.get(supplier_id)

    def decide(supplier: Supplier) -> Standing:
        # Read after the supplier: who reinstates it meanwhile has cleared this before, or changes it after.
        still = endpoints.get(supplier_id)[1].suspend_for
        return verdicts.suspended_by_rule(supplier) if still else supplier.standing

    if health.suspend_for:
        _move(supplier_id, Instruction(RULE, health.suspend_for), decide)


def reinstate(supplier_id: str, instruction: Instruction) -> dict[str, Any]:
    """Lift the suspension; how the supplier serves is counted anew from then on. A profile that is not in
    order keeps the supplier suspended, for that reason then.

    Raises NotFound, StaleVersion, IllegalMove.
    """

    def decide(supplier: Supplier) -> Standing:
        return verdicts.reinstated(supplier, in_order=_is_in_order(supplier))

    def beginning(supplier: Supplier, _instruction: Instruction) -> list[Write]:
        return [*brands.claiming(supplier), *endpoint_calls.beginning_anew(supplier_id)]

    return _move(supplier_id, instruction, decide, also=beginning)


def terminate(supplier_id: str, instruction: Instruction) -> dict[str, Any]:
    """End the supplier for good: its keys stop working, its own brands are free for others, its tax identity
    stays taken, its review is closed.

    Raises NotFound, StaleVersion, IllegalMove, Conflict (ORDERS_OPEN) while it has orders to answer or ship,
    (BALANCE_OPEN) while there is money that one owes the other or a payout under way.
    """

    def decide(supplier: Supplier) -> Standing:
        standing = verdicts.terminated(supplier)
        if standing != supplier.standing:
            _refuse_open_orders(supplier_id)
            _refuse_open_balance(supplier_id)
        return standing

    return _move(supplier_id, instruction, decide, also=_ending)


def _move(
    supplier_id: str,
    instruction: Instruction,
    decide: Callable[[Supplier], Standing],
    *,
    also: Callable[[Supplier, Instruction], list[Write]] = lambda _supplier, _instruction: [],
) -> dict[str, Any]:
    for _ in range(_TRIES):
        before = supplier_records.existing(supplier_id)
        if instruction.expected is not None:
            instruction.expected.check(before.version)
        after = _moved(before, decide(before), instruction)
        if after == before:
            return supplier_records.shown(before)
        try:
            commit(suppliers.replacing(after, expected_version=before.version), *also(after, instruction))
        except WriteRefused as refused:
            if instruction.expected is not None and "supplier" in refused.labels:
                raise StaleVersion from refused
        else:
            telemetry.log("SUPPLIER_MOVED", supplier_id=supplier_id, status=after.status)
            return supplier_records.shown(replace(after, version=before.version + 1))
    raise TemporarilyUnavailable(
        "CONTENTION", "Others are changing this supplier; nothing was done.", retry_after=1
    )


def _moved(before: Supplier, standing: Standing, instruction: Instruction) -> Supplier:
    now = clock.timestamp()
    after = moved(before, standing, by=instruction.actor, reason=instruction.reason, at=now)
    if after == before:
        return before
    return replace(after, correlation_id=telemetry.correlation_id(), updated_at=now)


def _is_in_order(supplier: Supplier) -> bool:
    """Whether validation, or a person after it, has found nothing against the profile as it stands."""
    review = reviews.get(supplier.review_id) if supplier.review_id else None
    return supplier.validation_state != "PENDING" and not supplier_records.blocking(supplier, review)


def _refuse_open_orders(supplier_id: str) -> None:
    """Raise Conflict while the supplier has something to answer or to ship.

    An order that waits longer than a supplier may take has lost its message; when that is sent back, dispatch
    finds the supplier not open and refuses the lines.
    """
    hours = settings.accept_within_hours() + deadlines.LONGEST_HOURS
    since = clock.timestamp(clock.now() - timedelta(hours=hours) - _LATE)
    to_ship = supplier_orders.to_ship(supplier_id, limit=_NAMED)
    waiting = supplier_orders.waiting(supplier_id, placed_since=since, limit=_NAMED)
    found = [*to_ship, *waiting][:_NAMED]
    if found:
        raise Conflict(
            "ORDERS_OPEN",
            "The supplier has orders to answer or to ship. Suspend it, so that no more come, and wait.",
            extra={"supplier_order_ids": found},
        )


def _refuse_open_balance(supplier_id: str) -> None:
    """Raise Conflict while not all that the supplier was owed, or owes, is settled in every currency.

    What is given up is written off by hand. A refund that comes later still stands in the ledger, and in the
    statements that go on.
    """
    found = balances.unsettled(supplier_id)
    if found:
        raise Conflict(
            "BALANCE_OPEN",
            "Money is still to be paid. Suspend it, close the period and settle its payouts, or credit or"
            " charge by hand what is given up.",
            extra={"balances": found},
        )


def _ending(supplier: Supplier, instruction: Instruction) -> list[Write]:
    owned = supplier_brands.owned_brands(supplier.profile).values()
    return [
        *api_keys.revoking_all(supplier.supplier_id),
        *brands.releasing(supplier.supplier_id, owned),
        *_closing_review(supplier, instruction),
    ]


def _closing_review(supplier: Supplier, instruction: Instruction) -> list[Write]:
    review = reviews.get(supplier.review_id) if supplier.review_id else None
    if review is None or review.status == "RESOLVED":
        return []
    resolved: Review = replace(review, status="RESOLVED", resolution="REJECTED", note=instruction.reason)
    resolved = review_records.noted(
        resolved, what="REJECTED", actor=instruction.actor, note=instruction.reason
    )
    return [reviews.replacing(resolved, expected_version=review.version)]
