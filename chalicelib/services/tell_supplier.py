"""Telling a supplier what it is not to ship, until it has said whether it lets go, or its time is over.

A notice is kept in the supplier order and numbered; its message may come twice or late and is sent under the
same id each time. Whoever finds that the notice was answered, or has become another, leaves it.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.clients import queues, supplier_api
from chalicelib.clients.supplier_api import CancellationAnswered, CancellationOutcome, NeverSeen, TryAgain
from chalicelib.domain import notices
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.circuit import Held
from chalicelib.domain.notices import CancellationAnswer
from chalicelib.domain.order import SupplierOrder
from chalicelib.domain.supplier import Supplier
from chalicelib.services import answer_cancellation, endpoint_calls, signing_secrets
from chalicelib.services.commits import commit
from chalicelib.services.dispatch import POLL_SECONDS, UnknownSupplierOrder, jittered, take_place
from chalicelib.services.endpoint_calls import Call
from chalicelib.storage import order_reads, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Part

_ON_ITS_WAY = timedelta(minutes=1)
"""The order itself may still be under way so long after it was sent: a call is given up long before."""

_LONGEST_HOLD = 60
_LETS_GO = CancellationAnswer(notices.ACCEPTED)


def tell(message: Mapping[str, Any]) -> None:
    """Tell the supplier once; where it has not answered then, a delayed message goes on with it.

    Raises UnknownSupplierOrder; what the table or the queue raise goes up, so that the message comes again.
    """
    part = order_reads.get_part(message["supplier_order_id"], supplier_id=message["supplier_id"])
    if part is None or part.supplier is None:
        raise UnknownSupplierOrder(message["supplier_order_id"])
    attempt = part.supplier_order.attempt
    if (attempt.notice, attempt.notices) != ("DUE", message["notice"]):
        telemetry.log("NOTICE_ALREADY_SETTLED", attempt_id=attempt.attempt_id)
        return
    try:
        pause = _step(part, part.supplier, int(message.get("tries", 0)))
    except WriteRefused:
        pause = 1  # Someone else moved the order meanwhile: look again, and do what is left to do.
    if pause is not None:
        again = {**message, "tries": int(message.get("tries", 0)) + 1}
        queues.send(settings.required("DISPATCH_QUEUE_URL"), again, delay_seconds=pause)


def _step(part: Part, supplier: Supplier, tries: int) -> int | None:
    """Tell the supplier, or note that its time is over; gives after how many seconds to come back."""
    before = part.supplier_order
    if clock.now() > _end(before):
        _run_out(before)
        return None
    if not supplier.profile["order_api"].get("cancellation_url"):
        return POLL_SECONDS  # It sees it in its order, and answers by itself.
    place = take_place(part)
    if isinstance(place, Held):
        rest = (place.until - clock.now()).total_seconds() if place.until else 0
        return min(queues.MAX_DELAY_SECONDS, max(0, int(rest)) + jittered(tries, longest=_LONGEST_HOLD))
    outcome = _call(before, supplier)
    telemetry.log("NOTICE_OUTCOME", attempt_id=before.attempt.attempt_id, outcome=type(outcome).__name__)
    call = Call(place, has_failed=isinstance(outcome, TryAgain))
    answer = _answer(before, outcome)
    if answer is not None and _hear(part, answer, call):
        return None
    endpoint_calls.conclude(call)
    return _pause(outcome, tries)


def _call(supplier_order: SupplierOrder, supplier: Supplier) -> CancellationOutcome:
    return supplier_api.cancel(
        supplier.profile["order_api"],
        secret=signing_secrets.of(supplier),
        attempt_id=supplier_order.attempt.attempt_id,
        message_id=notices.message_id(supplier_order.attempt),
        data=notices.message(supplier_order),
    )


def _answer(supplier_order: SupplierOrder, outcome: CancellationOutcome) -> CancellationAnswer | None:
    match outcome:
        case CancellationAnswered(answer):
            return answer
        case NeverSeen() if _was_never_there(supplier_order):
            return _LETS_GO
    return None


def _pause(outcome: CancellationOutcome, tries: int) -> int:
    if isinstance(outcome, TryAgain) and outcome.retry_after is not None:
        return max(1, min(outcome.retry_after, POLL_SECONDS))
    if isinstance(outcome, TryAgain | NeverSeen):
        return jittered(tries, longest=POLL_SECONDS)
    return POLL_SECONDS


def _was_never_there(supplier_order: SupplierOrder) -> bool:
    """Whether a supplier that does not know the attempt need not be asked again. It has accepted what it is
    asked to let go of, so there it must be wrong; and an order that is still under way arrives later."""
    if any(line.cancel_requested for line in supplier_order.lines):
        return False
    sent_at = supplier_order.attempt.sent_at
    return sent_at is None or clock.now() > clock.parse(sent_at) + _ON_ITS_WAY


def _hear(part: Part, answer: CancellationAnswer, call: Call) -> bool:
    """Store what the answer does; false where it does not fit what was asked."""
    try:
        answer_cancellation.hear(part, answer, call=call)
    except InvalidLines:
        attempt_id = part.supplier_order.attempt.attempt_id
        telemetry.log("NOTICE_ANSWER_UNFIT", level=logging.WARNING, attempt_id=attempt_id)
        return False
    return True


def _end(supplier_order: SupplierOrder) -> datetime:
    since = supplier_order.attempt.notice_at or supplier_order.updated_at
    return clock.parse(since) + settings.cancellation_answer_within()


def _run_out(before: SupplierOrder) -> None:
    after = notices.run_out(before, now=clock.timestamp())
    traced = replace(after, correlation_id=telemetry.correlation_id())
    commit(supplier_orders.replacing(traced, expected_version=before.version))
    telemetry.log("NOTICE_RUN_OUT", level=logging.WARNING, attempt_id=before.attempt.attempt_id)
