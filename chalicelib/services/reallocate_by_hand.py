"""An administrator has another supplier tried, where no rule would do it or too slowly.

It is all or nothing: the old supplier loses the lines in the transaction that gives them to the new one, so
an order is never worse off for being looked after.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.domain import reallocation
from chalicelib.domain.acceptance import ByHand
from chalicelib.domain.reallocation import Remainder
from chalicelib.domain.reallocation_by_hand import CannotMove, Opened, open_up
from chalicelib.problems import Conflict, FieldProblem, NotFound, TemporarilyUnavailable, Unprocessable
from chalicelib.services import idempotency, reallocate_order, settlements
from chalicelib.services.idempotency import Outcome
from chalicelib.services.read_order import read_order
from chalicelib.storage import orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

_READS = 4
_POLL_SECONDS = 5.0
"""For which suppliers are asked for their stock: a last call that hangs still fits into a request."""

_MOST_WRITES = 99
"""Of a transaction's 100 items; one more marks the request."""


def reallocate(order_id: str, body: Mapping[str, Any], *, actor: str, idempotency_key: str | None) -> Outcome:
    """Move the lines to the next best suppliers and give the order as it stands then. The limits of tries and
    time do not count, what the buyer was promised does; a supplier that refused before may be asked anew.

    Raises NotFound, Unprocessable for lines that are not the order's, Conflict LINE_NOT_MOVABLE,
    PROMISE_FORBIDS or NO_OTHER_SUPPLIER, TemporarilyUnavailable where the order keeps changing.
    """
    by_hand = ByHand(actor, body["reason"])
    marked = idempotency.request(
        idempotency_key, caller=actor, route=f"POST /admin/orders/{order_id}/reallocation", body=body
    )
    for attempt in range(_READS):
        work = _work(order_id, body.get("lines"), by_hand, poll_for=0.0 if attempt else _POLL_SECONDS)
        try:
            outcome = idempotency.perform(marked, work)
        except WriteRefused:
            continue
        telemetry.log("REALLOCATED_BY_HAND", order_id=order_id)
        return replace(outcome, answer=read_order(order_id, is_admin=True))
    raise TemporarilyUnavailable(
        "CONTENTION", "The order, or what it would move to, is changing; nothing was done.", retry_after=1
    )


def _work(
    order_id: str, line_ids: Sequence[str] | None, by_hand: ByHand, *, poll_for: float
) -> Callable[[], tuple[dict[str, Any], Sequence[Write]]]:
    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        opened = _opened(order_id, line_ids, by_hand)
        waiting = [
            replace(each, tried=opened.left, unable=frozenset(), last_resort=each.tried | each.unable)
            for each in reallocation.remainders(opened.record)
            if each.line_id in opened.line_ids
        ]
        limits = reallocation.limits_of(
            opened.record.order, until=None, suppliers=None, transit_days=settings.transit_days()
        )
        plan = reallocate_order.planned(opened.record, waiting, limits, poll_for=poll_for)
        _refuse_unserved([each for each in waiting if each.line_id not in plan.found.offers])
        moving = reallocate_order.writes(opened.record, plan, by_hand=by_hand)
        stock = settlements.stock_writes(
            opened.moves, now=clock.timestamp(), correlation_id=telemetry.correlation_id()
        )
        if len(moving) + len(stock) > _MOST_WRITES:
            raise Unprocessable("TOO_MANY_LINES", "So many lines do not move at a time. Name some of them.")
        return {"order_id": order_id}, [*moving, *stock]

    return work


def _opened(order_id: str, line_ids: Sequence[str] | None, by_hand: ByHand) -> Opened:
    record = orders.get(order_id)
    if record is None:
        raise NotFound
    if not (record.order.promise or {}).get("may_change_supplier", True):
        raise Conflict("PROMISE_FORBIDS", "The buyer was promised that no other supplier ships this order.")
    try:
        opened = open_up(record, line_ids, by_hand=by_hand, now=clock.timestamp())
    except CannotMove as error:
        raise _refusal(error, line_ids or ()) from error
    return opened


def _refusal(error: CannotMove, line_ids: Sequence[str]) -> Unprocessable | Conflict:
    if error.unknown:
        errors = [
            FieldProblem(f"/lines/{place}", "UNKNOWN_LINE", "The order has no such line.")
            for place, line_id in enumerate(line_ids)
            if line_id in error.unknown
        ]
        return Unprocessable("INVALID_BODY", "Some lines are not the order's.", errors=errors)
    return Conflict(
        "LINE_NOT_MOVABLE",
        "Only lines that wait for an answer or were refused can be moved; what was accepted can be canceled.",
        extra={"line_ids": list(error.fixed)},
    )


def _refuse_unserved(unserved: Sequence[Remainder]) -> None:
    if unserved:
        raise Conflict(
            "NO_OTHER_SUPPLIER",
            "Nobody else has all of these lines within what the buyer was promised; nothing was moved.",
            extra={"line_ids": [each.line_id for each in unserved]},
        )
