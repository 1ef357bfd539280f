"""A supplier answers by itself what it had first answered with 202, or has not been asked yet; or an
administrator settles what it has answered.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain import acceptance
from chalicelib.domain.acceptance import Answer, ByHand, Fault, InvalidLines, LineAnswer
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services import paging, settlements
from chalicelib.services.read_order import own_part, view_of
from chalicelib.storage import order_reads, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Part

_READS = 3
"""A dispatch may write between our reading and writing; more than this many times is no coincidence."""


def accept(supplier_id: str, supplier_order_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Settle the supplier order by the answer and give it as it then stands.

    The same answer again changes nothing. Raises NotFound, Unprocessable for an answer that does not fit the
    order, Conflict ATTEMPT_ANSWERED for another answer than the first, ATTEMPT_ENDED when it comes too late.
    """
    answer = _answer(body)

    def settle(part: Part) -> Part:
        if clock.timestamp() > part.supplier_order.accept_by:
            raise _ended()
        return replace(part, supplier_order=settlements.settle(part, answer))

    return view_of(
        _settled(lambda: own_part(supplier_id, supplier_order_id), body["attempt_id"], answer, settle)
    )


def settle_by_hand(
    supplier_order_id: str, attempt_id: str, body: Mapping[str, Any], *, actor: str
) -> dict[str, Any]:
    """Settle the supplier order as the administrator says, and keep who and why. What was settled so already
    stays as it is. Raises as `accept`; until an attempt is ended there is no deadline for it."""
    answer, by_hand = _answer(body), ByHand(actor, body["reason"])

    def read() -> Part:
        part = order_reads.get_part(supplier_order_id)
        if part is None:
            raise NotFound
        return part

    def settle(part: Part) -> Part:
        is_open = part.supplier_order.attempt.status in acceptance.OPEN_ATTEMPT
        settling = settlements.settle if is_open else settlements.settle_void
        settled = settling(part, answer, by_hand=by_hand)
        telemetry.log("SETTLED_BY_HAND", attempt_id=attempt_id, status=settled.attempt.status)
        return replace(part, supplier_order=settled)

    return view_of(_settled(read, attempt_id, answer, settle, by_hand=True), is_admin=True)


def list_unsettled(*, limit: int, cursor: str | None) -> paging.Listing:
    """The supplier orders whose answer waits for an administrator, by when their time is over. Raises
    BadRequest for a cursor of another list."""
    page = paging.read_page(lambda: supplier_orders.page_of_unsettled(limit=limit, cursor=cursor))
    parts = order_reads.with_orders(page.items)
    return {"items": [view_of(part, is_admin=True) for part in parts], "next_cursor": page.next_cursor}


def _settled(
    read: Callable[[], Part],
    attempt_id: str,
    answer: Answer,
    settle: Callable[[Part], Part],
    *,
    by_hand: bool = False,
) -> Part:
    """The part once the answer was stored, now or before."""
    for _ in range(_READS):
        part = read()
        attempt = part.supplier_order.attempt
        if attempt.attempt_id != attempt_id:
            raise NotFound
        if part.supplier_order.held_until:
            raise Conflict("PAYMENT_PENDING", "The order is not paid for yet, and was not sent to anyone.")
        try:
            if attempt.status in acceptance.OPEN_ATTEMPT or (by_hand and attempt.needs_settlement):
                return settle(part)
            _check_repetition(part, answer)
        except WriteRefused:
            continue
        except InvalidLines as error:
            raise unfit(error) from error
        return part
    raise Conflict("CHANGED_MEANWHILE", "The order is changing at this moment. Send the answer again.")


def _check_repetition(part: Part, answer: Answer) -> None:
    if part.supplier_order.attempt.answered_at is None:
        raise _ended()
    asked = acceptance.asked_of(part.order, part.supplier_order)
    if not acceptance.repeats(part.supplier_order, answer, asked=asked):
        raise Conflict("ATTEMPT_ANSWERED", "This attempt was answered already, and otherwise.")


def _ended() -> Conflict:
    return Conflict("ATTEMPT_ENDED", "The time to answer this attempt is over; do not ship it.")


def _answer(body: Mapping[str, Any]) -> Answer:
    """By line; or, of an administrator, for all lines at once."""
    if "decision" in body:
        return Answer(status=body["decision"], supplier_reference=body.get("supplier_reference"))
    lines = tuple(
        LineAnswer(line["line_id"], line["code"], line.get("quantity"), line.get("available_on"))
        for line in body["lines"]
    )
    return Answer(lines=lines, supplier_reference=body.get("supplier_reference"))


def unfit(error: InvalidLines) -> Unprocessable:
    """The refusal of lines that do not fit the order, each fault with its place in the body."""
    errors = [_field(fault) for fault in error.faults]
    return Unprocessable("INVALID_BODY", "The lines do not fit the order.", errors=errors)


def _field(fault: Fault) -> FieldProblem:
    return FieldProblem(acceptance.pointer(fault), fault.code, "This does not fit the supplier order.")
