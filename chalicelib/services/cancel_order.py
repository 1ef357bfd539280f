"""A shopper, or an administrator for one, does without an order or some of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain import cancellation, notices
from chalicelib.domain.acceptance import InvalidLines, pointer
from chalicelib.domain.cancellation import NotCancelable, Unwanted
from chalicelib.domain.order import OrderRecord
from chalicelib.domain.settlement import Settlement
from chalicelib.problems import Conflict, FieldProblem, NotFound
from chalicelib.services import idempotency, settlements
from chalicelib.services.accept_order import unfit
from chalicelib.services.commits import read_and_commit
from chalicelib.services.order_views import order_view
from chalicelib.storage import orders, supplier_orders
from chalicelib.storage.transaction import Write

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
        return {"order_id": order_id}, _writes(_canceled(_existing(order_id), body))

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


def _writes(changes: Sequence[Settlement]) -> list[Write]:
    """All supplier orders concerned together; the terms of an offer once, however many lines it has."""
    correlation_id = telemetry.correlation_id()
    moves = notices.merged(move for change in changes for move in change.moves)
    after = [change.supplier_order for change in changes]
    return [
        *(
            supplier_orders.replacing(
                replace(part, correlation_id=correlation_id), expected_version=part.version
            )
            for part in after
        ),
        *settlements.stock_writes(moves, now=clock.timestamp(), correlation_id=correlation_id),
    ]


def _is_pending(record: OrderRecord) -> bool:
    return any(line.cancel_requested for part in record.supplier_orders for line in part.lines)
