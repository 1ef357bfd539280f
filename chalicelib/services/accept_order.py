"""A supplier answers by itself what it had first answered with 202, or has not been asked yet."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock
from chalicelib.domain import acceptance
from chalicelib.domain.acceptance import Answer, Fault, InvalidLines, LineAnswer
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services import settlements
from chalicelib.services.read_order import own_part, view_of
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
    for _ in range(_READS):
        part = own_part(supplier_id, supplier_order_id)
        if part.supplier_order.attempt.attempt_id != body["attempt_id"]:
            raise NotFound
        try:
            return view_of(_accepted(part, answer))
        except WriteRefused:
            continue
        except InvalidLines as error:
            raise unfit(error) from error
    raise Conflict("CHANGED_MEANWHILE", "The order is changing at this moment. Send the answer again.")


def _accepted(part: Part, answer: Answer) -> Part:
    before = part.supplier_order
    if before.attempt.status not in acceptance.OPEN_ATTEMPT:
        _check_repetition(part, answer)
        return part
    if clock.timestamp() > before.accept_by:
        raise _ended()
    return replace(part, supplier_order=settlements.settle(part, answer))


def _check_repetition(part: Part, answer: Answer) -> None:
    if part.supplier_order.attempt.status not in acceptance.STATUSES:
        raise _ended()
    asked = acceptance.asked_of(part.order, part.supplier_order)
    if not acceptance.repeats(part.supplier_order, answer, asked=asked):
        raise Conflict("ATTEMPT_ANSWERED", "This attempt was answered already, and otherwise.")


def _ended() -> Conflict:
    return Conflict("ATTEMPT_ENDED", "The time to answer this attempt is over; do not ship it.")


def _answer(body: Mapping[str, Any]) -> Answer:
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
