"""A supplier, or an administrator, pays back a part of what was paid."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain import refunds, returns
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.after_sales import Refund, Return
from chalicelib.problems import Conflict, FieldProblem, Unprocessable
from chalicelib.services import part_writes
from chalicelib.services.accept_order import unfit
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.services.idempotency import Outcome, parts, replay, request_hash
from chalicelib.services.order_views import refund_view
from chalicelib.services.read_order import own_part
from chalicelib.storage import refunds as stored
from chalicelib.storage import returns as stored_returns
from chalicelib.storage.order_reads import Part
from chalicelib.storage.transaction import Write


def refund(
    supplier_id: str, supplier_order_id: str, body: Mapping[str, Any], *, idempotency_key: str | None, by: str
) -> Outcome:
    """Store the refund with what it leaves of the lines, together; the answer is the refund.

    Its id follows from the idempotency key, or from the body where there is none, so the same refund twice
    is one. Where it names a return, that was received before, and the refund closes it. Raises NotFound,
    Unprocessable REFUND_TOO_HIGH where more would be paid back than was paid, or for lines that do not fit,
    Conflict where the return has not come or the order keeps changing.
    """

    def work() -> Outcome:
        part = own_part(supplier_id, supplier_order_id)
        before, hashed = part.supplier_order, request_hash(body)
        refund_id = ids.content_id("rfd", before.supplier_order_id, *parts(idempotency_key, body))
        earlier = stored.get(before.order_id, refund_id)
        if earlier is not None:
            return replay(refund_view(earlier), is_same=earlier.request_hash == hashed)
        now = clock.timestamp()
        try:
            after, lines = refunds.refund(part.order, before, body["lines"], now=now)
        except InvalidLines as error:
            raise _refusal(error) from error
        paid_back = Refund(
            refund_id=refund_id,
            order_id=before.order_id,
            supplier_order_id=before.supplier_order_id,
            supplier_id=before.supplier_id,
            lines=lines,
            by=by,
            return_id=body.get("return_id"),
            tax_included=part.order.tax_included,
            request_hash=hashed,
            correlation_id=telemetry.correlation_id(),
            created_at=now,
            updated_at=now,
        )
        commit(
            stored.adding(paid_back),
            *part_writes.replacing(part.order, before, after),
            *_closing(paid_back, part),
        )
        return Outcome(refund_view(paid_back))

    return read_and_commit(work)


def _closing(refund: Refund, part: Part) -> Sequence[Write]:
    """The end of the return that the refund is for."""
    if refund.return_id is None:
        return ()
    returned = _returned(refund.return_id, part)
    if not returns.was_received(returned):
        raise Conflict("RETURN_NOT_RECEIVED", "What was sent back has not been received yet.")
    if returned.status == "CLOSED":
        return ()
    moved = returns.move(returned, part.supplier_order, "CLOSED", now=refund.created_at)
    closed = replace(moved.returned, correlation_id=refund.correlation_id)
    return (stored_returns.replacing(closed, expected_version=returned.version),)


def _returned(return_id: str, part: Part) -> Return:
    returned = stored_returns.get(return_id)
    if returned is None or returned.supplier_order_id != part.supplier_order.supplier_order_id:
        detail = "There is no such return of this supplier order."
        raise Unprocessable(
            "INVALID_BODY", detail, errors=[FieldProblem("/return_id", "UNKNOWN_RETURN", detail)]
        )
    return returned


def _refusal(error: InvalidLines) -> Unprocessable:
    problem = unfit(error)
    if any(fault.code == "REFUND_TOO_HIGH" for fault in error.faults):
        return Unprocessable("REFUND_TOO_HIGH", "No more is paid back than was paid.", errors=problem.errors)
    return problem
