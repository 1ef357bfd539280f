"""A shopper, or an administrator for one, sends something back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain import returns
from chalicelib.domain.acceptance import Fault, InvalidLines
from chalicelib.domain.after_sales import Return
from chalicelib.domain.order import OrderRecord, SupplierOrder
from chalicelib.problems import Conflict, NotFound, Unprocessable
from chalicelib.services import move_on
from chalicelib.services.accept_order import unfit
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.services.idempotency import Outcome, parts, replay, request_hash
from chalicelib.services.order_views import return_view
from chalicelib.storage import orders, supplier_orders
from chalicelib.storage import returns as stored

_STATES = frozenset({"LINE_NOT_SHIPPED", "LINE_REFUNDED", "RETURN_WINDOW_OVER"})


def open_return(order_id: str, body: Mapping[str, Any], *, idempotency_key: str | None) -> Outcome:
    """Open a return of shipped lines, all of one supplier order, and hold their pieces; the answer is the
    return.

    Its id follows from the idempotency key, or from the body where there is none, so the same return twice
    is one. Raises NotFound, Unprocessable for lines that do not fit or lie at several suppliers, Conflict
    NOT_RETURNABLE where what they are in does not allow it, or where the order keeps changing.
    """

    def work() -> Outcome:
        record = orders.get(order_id)
        if record is None:
            raise NotFound
        before = move_on.as_of_now(_part(record, body["lines"]))
        wanted = _return(before, body, idempotency_key)
        earlier = next((each for each in record.returns if each.return_id == wanted.return_id), None)
        if earlier is not None:
            return replay(return_view(earlier), is_same=earlier.request_hash == wanted.request_hash)
        found = list(returns.faults(before, wanted.lines))
        if found:
            raise _refusal(found)
        after = returns.hold(before, wanted.lines, now=wanted.created_at)
        traced = replace(after, correlation_id=wanted.correlation_id)
        commit(stored.adding(wanted), supplier_orders.replacing(traced, expected_version=before.version))
        return Outcome(return_view(wanted))

    return read_and_commit(work)


def _part(record: OrderRecord, lines: list[Mapping[str, Any]]) -> SupplierOrder:
    """The supplier order that has these lines now."""
    holding = {line.line_id: part for part in record.supplier_orders for line in part.lines}
    found = [holding.get(each["line_id"]) for each in lines]
    first = next(filter(None, found), None)
    faults = [
        Fault(index, "line_id", "UNKNOWN_LINE" if part is None else "SEVERAL_SUPPLIERS")
        for index, part in enumerate(found)
        if part is None or part is not first
    ]
    if first is None or faults:
        raise unfit(InvalidLines(faults))
    return first


def _return(part: SupplierOrder, body: Mapping[str, Any], idempotency_key: str | None) -> Return:
    now = clock.timestamp()
    return Return(
        return_id=ids.return_id(part.order_id, *parts(idempotency_key, body)),
        order_id=part.order_id,
        supplier_order_id=part.supplier_order_id,
        supplier_id=part.supplier_id,
        lines=tuple(dict(line) for line in body["lines"]),
        moved_at=now,
        request_hash=request_hash(body),
        correlation_id=telemetry.correlation_id(),
        created_at=now,
        updated_at=now,
    )


def _refusal(found: list[Fault]) -> Unprocessable | Conflict:
    problem = unfit(InvalidLines(found))
    if any(fault.code not in _STATES for fault in found):
        return problem
    return Conflict("NOT_RETURNABLE", "These lines cannot be sent back now.", errors=problem.errors)
