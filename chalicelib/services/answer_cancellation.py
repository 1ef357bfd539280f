"""A supplier says whether it lets go of what is not wanted any more, by itself or when it is told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock
from chalicelib.domain import acceptance, notices, refunds
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.notices import CancellationAnswer, LetGo
from chalicelib.domain.order import SupplierOrder
from chalicelib.domain.settlement import Settlement
from chalicelib.problems import Conflict
from chalicelib.services import settlements
from chalicelib.services.accept_order import unfit
from chalicelib.services.commits import read_and_commit
from chalicelib.services.endpoint_calls import Call
from chalicelib.services.read_order import own_part, view_of
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Part


def answer(supplier_id: str, supplier_order_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Store what the supplier answers and give its order as it then stands.

    The same answer again changes nothing. Raises NotFound, Unprocessable for lines that do not fit what was
    asked, Conflict CANCELLATION_NOT_REQUESTED where nothing is asked, CANCELLATION_ANSWERED where it was
    answered otherwise or ended without it.
    """
    said = _answer(body)

    def work() -> dict[str, Any]:
        part = own_part(supplier_id, supplier_order_id)
        if not notices.is_open(part.supplier_order) or notices.repeats(part.supplier_order, said):
            _check_repetition(part.supplier_order, said)
            return view_of(part)
        try:
            return view_of(replace(part, supplier_order=hear(part, said)))
        except InvalidLines as error:
            raise unfit(error) from error

    return read_and_commit(work)


def hear(part: Part, said: CancellationAnswer, *, call: Call | None = None) -> SupplierOrder:
    """Store what the answer does, and give the supplier order as it stands then. `call` is the one that came
    to it.

    Raises InvalidLines for an answer that does not fit what was asked, WriteRefused (`supplier_order`) where
    the order has changed meanwhile.
    """
    before = part.supplier_order
    settlement = notices.answered(before, said, now=clock.timestamp())
    prices = acceptance.asked_of(part.order, before).prices
    after = refunds.after_letting_go(settlement.supplier_order, prices)
    try:
        promised = settlements.promised(replace(settlement, supplier_order=after), part)
        return settlements.store(promised, part, call=call)
    except WriteRefused as refused:
        if "supplier_order" in refused.labels:
            raise
    # What the supplier ships after all was sold to others meanwhile: who gets it is for a person to say.
    unsettled = notices.needs_person(before, now=clock.timestamp())
    return settlements.store(Settlement(unsettled, ()), part)


def _check_repetition(supplier_order: SupplierOrder, said: CancellationAnswer) -> None:
    if supplier_order.attempt.notice is None:
        raise Conflict("CANCELLATION_NOT_REQUESTED", "Nothing of this order is to be canceled.")
    if not notices.repeats(supplier_order, said):
        raise Conflict(
            "CANCELLATION_ANSWERED", "This was answered already, and otherwise, or the time for it is over."
        )


def _answer(body: Mapping[str, Any]) -> CancellationAnswer:
    lines = body.get("lines")
    if lines is None:
        return CancellationAnswer(body["status"])
    return CancellationAnswer(
        body["status"], tuple(LetGo(line["line_id"], line.get("quantity")) for line in lines)
    )
