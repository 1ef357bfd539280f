"""A shopper, or an administrator for one, does without an order or some of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import clock
from chalicelib.domain import cancellation
from chalicelib.domain.acceptance import InvalidLines, pointer
from chalicelib.domain.cancellation import NotCancelable, Unwanted
from chalicelib.domain.order import OrderRecord
from chalicelib.domain.settlement import Settlement
from chalicelib.problems import Conflict, FieldProblem, NotFound
from chalicelib.services import idempotency, settlements
from chalicelib.services.accept_order import unfit
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.services.order_views import order_view
from chalicelib.storage import orders
from chalicelib.storage.transaction import Write

_MOST_WRITES = 90
"""In one transaction; it takes a hundred, with the record of the request."""

_SHIPPED = "What has left cannot be canceled, nor what was refused. Open a return once it has arrived."


@dataclass(frozen=True)
class Canceled:
    """The order as it stands, and whether suppliers have yet to answer."""

    order: dict[str, Any]
    is_pending: bool
    replayed: bool = False


def cancel(
    order_id: str, body: Mapping[str, Any], *, caller: str, is_admin: bool, idempotency_key: str | None
) -> Canceled:
    """Cancel at once what no supplier has accepted, in one transaction, and ask for the rest.

    The same request again changes nothing. Raises NotFound, Unprocessable for lines that are not the order's,
    Conflict NOT_CANCELABLE for what has left, CHANGED_MEANWHILE where the order keeps changing.
    """
    route = f"POST /orders/{order_id}/cancellation"
    marked = idempotency.request(idempotency_key, caller=caller, route=route, body=body)

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        record = _existing(order_id)
        *first, last = _parcels(_canceled(record, body))
        for changes in first:
            commit(*settlements.writes_together(record, changes))
        return {"order_id": order_id}, settlements.writes_together(record, last)

    outcome = read_and_commit(lambda: idempotency.perform(marked, work))
    record = _existing(order_id)
    return Canceled(
        order_view(record, with_attempts=is_admin), _is_pending(record), replayed=outcome.replayed
    )


def _existing(order_id: str) -> OrderRecord:
    record = orders.get(order_id)
    if record is None:
        raise NotFound
    return record


def _canceled(record: OrderRecord, body: Mapping[str, Any]) -> tuple[Settlement, ...]:
    unwanted = [Unwanted(line["line_id"], line.get("quantity")) for line in body.get("lines", ())] or None
    try:
        return cancellation.cancel(record, unwanted, now=clock.timestamp(), note=body.get("reason"))
    except InvalidLines as error:
        raise unfit(error) from error
    except NotCancelable as error:
        errors = [FieldProblem(pointer(fault), fault.code, _SHIPPED) for fault in error.faults]
        raise Conflict("NOT_CANCELABLE", _SHIPPED, errors=errors) from error


def _parcels(changes: Sequence[Settlement]) -> list[list[Settlement]]:
    """The changes by what fits into a transaction: one, but for many lines that many suppliers were tried
    for. Should the last not come to be, the same request goes on from there."""
    parcels: list[list[Settlement]] = [[]]
    size = 0
    for change in changes:
        writes = 2 + len(change.moves)
        size += writes
        if size > _MOST_WRITES:
            parcels.append([])
            size = writes
        parcels[-1].append(change)
    return parcels


def _is_pending(record: OrderRecord) -> bool:
    return any(line.cancel_requested for part in record.supplier_orders for line in part.lines)
