"""Bringing a supplier order to its supplier, and back what the supplier said.

Everything here may happen twice or stop anywhere: the attempt is stored as SENT before it is sent, the
supplier knows a repetition by the attempt's id, and the outcome is one conditional transaction. Whoever
finds a SENT attempt without an outcome therefore asks, or sends again, and arrives at the same end.
"""

import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.clients import queues, supplier_api
from chalicelib.clients.secrets import master_secret
from chalicelib.clients.supplier_api import Answered, AnswerLater, NeverSeen, Outcome, TryAgain
from chalicelib.domain import acceptance, credentials
from chalicelib.domain.acceptance import Answer, InvalidLines
from chalicelib.domain.order import served_line
from chalicelib.domain.supplier import Supplier
from chalicelib.services import settlements
from chalicelib.services.commits import commit
from chalicelib.storage import order_reads, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Part

ANSWER_LATER = "ANSWER_LATER"
"""The attempt's reason while the supplier has promised an answer."""

UNFIT_ANSWER = "UNFIT_ANSWER"
"""What the attempt's reason begins with while an answer that does not fit the order waits for a person."""

_FAULTS_TOLD = 5
_FIRST_PAUSE = 2
_POLL_SECONDS = 900


class UnknownSupplierOrder(LookupError):
    """A message names what is not in the table."""


def dispatch(message: Mapping[str, Any]) -> None:
    """Bring the attempt that `message` names one step forward; where it is not settled then, a delayed
    message goes on with it.

    Raises UnknownSupplierOrder; what the table or the queue raise goes up, so that the message comes again.
    """
    part = _read(message)
    attempt = part.supplier_order.attempt
    if attempt.attempt_id != message["attempt_id"] or attempt.status not in acceptance.OPEN_ATTEMPT:
        telemetry.log("DISPATCH_ALREADY_SETTLED", attempt_id=attempt.attempt_id)
        return
    try:
        _step(part, message)
    except WriteRefused as refused:
        if "supplier_order" not in refused.labels:
            raise
        # Someone else moved the order meanwhile: look again, and do what is left to do.
        queues.send(settings.required("DISPATCH_QUEUE_URL"), message, delay_seconds=1)


def _read(message: Mapping[str, Any]) -> Part:
    part = order_reads.get_part(
        message["supplier_order_id"],
        supplier_id=message["supplier_id"],
        offer_ids=message.get("offer_ids", ()),
    )
    if part is None or part.supplier is None:
        raise UnknownSupplierOrder(message["supplier_order_id"])
    return part


def _step(part: Part, message: Mapping[str, Any]) -> None:
    attempt = part.supplier_order.attempt
    if attempt.status == "PLANNED":
        if _is_over(part) or not _supplier(part).is_open:
            _give_up(part, reason="NEVER_SENT" if _is_over(part) else "SUPPLIER_NOT_OPEN")
        else:
            _conclude(*_send(part), message)
    else:
        _go_on(part, _ask(part), message)


def _go_on(part: Part, known: Outcome, message: Mapping[str, Any]) -> None:
    """After what the supplier says of an attempt that it was sent."""
    is_open = _supplier(part).is_open
    if _is_over(part) and not isinstance(known, Answered):
        _give_up(part, reason=part.supplier_order.attempt.reason or "NO_ANSWER")
    elif isinstance(known, NeverSeen) and not is_open:
        _give_up(part, reason="SUPPLIER_NOT_OPEN")
    elif isinstance(known, Answered | AnswerLater) or not is_open:
        _conclude(part, known, message)
    else:
        _conclude(*_send(part), message)


def _is_over(part: Part) -> bool:
    return clock.timestamp() > part.supplier_order.accept_by


def _ask(part: Part) -> Outcome:
    """What the supplier says of an attempt that was sent. Without a status URL there is only what it said
    before: it has promised an answer, or given one that a person must settle. Else nothing is known, and
    sending again is the way to ask."""
    attempt, supplier = part.supplier_order.attempt, _supplier(part)
    has_it = attempt.reason == ANSWER_LATER or attempt.needs_settlement
    if not supplier.profile["order_api"].get("status_url"):
        return AnswerLater() if has_it else TryAgain("NO_STATUS_URL")
    told = supplier_api.status(
        supplier.profile["order_api"], secret=_secret(supplier), attempt_id=attempt.attempt_id
    )
    return AnswerLater() if has_it and isinstance(told, TryAgain) else told


def _send(part: Part) -> tuple[Part, Outcome]:
    sent = acceptance.mark_sent(part.supplier_order, now=clock.timestamp())
    commit(supplier_orders.replacing(sent, expected_version=part.supplier_order.version))
    stored = replace(part, supplier_order=replace(sent, version=part.supplier_order.version + 1))
    supplier = _supplier(part)
    outcome = supplier_api.place(
        supplier.profile["order_api"],
        secret=_secret(supplier),
        attempt_id=sent.attempt.attempt_id,
        data=_data(stored),
    )
    return stored, outcome


def _conclude(part: Part, outcome: Outcome, message: Mapping[str, Any]) -> None:
    attempt_id = part.supplier_order.attempt.attempt_id
    match outcome:
        case Answered(answer):
            _settle(part, answer, message)
        case AnswerLater():
            _wait(part, outcome, message)
        case NeverSeen():
            _wait(part, TryAgain("NEVER_SEEN"), message)
        case TryAgain():
            _wait(part, outcome, message)
    telemetry.log("DISPATCH_OUTCOME", attempt_id=attempt_id, outcome=type(outcome).__name__)


def _settle(part: Part, answer: Answer, message: Mapping[str, Any]) -> None:
    """Store what the answer does. One that does not fit the order waits for a person, or for a better one,
    until the time to answer is over."""
    try:
        settlements.settle(part, answer)
    except InvalidLines as unfit:
        if _is_over(part):
            _give_up(part, reason=_told(unfit))
        else:
            _set_aside(part, unfit, message)


def _set_aside(part: Part, unfit: InvalidLines, message: Mapping[str, Any]) -> None:
    before, reason = part.supplier_order, _told(unfit)
    if not before.attempt.needs_settlement or reason != before.attempt.reason:
        noted = acceptance.note(before, reason=reason, now=clock.timestamp(), needs_settlement=True)
        commit(supplier_orders.replacing(noted, expected_version=before.version))
        telemetry.log("ANSWER_SET_ASIDE", level=logging.WARNING, attempt_id=before.attempt.attempt_id)
    _come_back(part, message, pause=_POLL_SECONDS)


def _told(unfit: InvalidLines) -> str:
    """What is wrong in an answer, for a person: the codes, each with its place. What the supplier has written
    stands in none of them."""
    told = [f"{each.code} at {acceptance.pointer(each)}" for each in unfit.faults[:_FAULTS_TOLD]]
    more = len(unfit.faults) - len(told)
    return f"{UNFIT_ANSWER}: " + ", ".join(told) + (f" and {more} more" if more else "")


def _give_up(part: Part, *, reason: str) -> None:
    attempt = part.supplier_order.attempt
    has_answered = reason == ANSWER_LATER or reason.startswith(UNFIT_ANSWER)
    status = "EXPIRED" if has_answered else "UNREACHABLE"
    settlements.give_up(part, status=status, reason=reason)
    telemetry.log("DISPATCH_GIVEN_UP", attempt_id=attempt.attempt_id, status=status, reason=reason)


def _wait(part: Part, outcome: AnswerLater | TryAgain, message: Mapping[str, Any]) -> None:
    """Note why there is no answer yet, and come back: after what the supplier asked for, or ever later."""
    before = part.supplier_order
    reason = outcome.reason if isinstance(outcome, TryAgain) else ANSWER_LATER
    if reason != before.attempt.reason and not before.attempt.needs_settlement:
        noted = acceptance.note(before, reason=reason, now=clock.timestamp())
        commit(supplier_orders.replacing(noted, expected_version=before.version))
    _come_back(part, message, pause=_pause(outcome, before.attempt.tries))


def _come_back(part: Part, message: Mapping[str, Any], *, pause: int) -> None:
    """Have the attempt looked at again after `pause` seconds, or once its time is over."""
    left = clock.parse(part.supplier_order.accept_by) - clock.now() + timedelta(seconds=1)
    delay = min(pause, max(1, int(left.total_seconds())))
    queues.send(settings.required("DISPATCH_QUEUE_URL"), message, delay_seconds=delay)


def _pause(outcome: AnswerLater | TryAgain, tries: int) -> int:
    if isinstance(outcome, AnswerLater):
        return _POLL_SECONDS
    if outcome.retry_after is not None:
        return max(1, min(outcome.retry_after, queues.MAX_DELAY_SECONDS))
    longest = min(queues.MAX_DELAY_SECONDS, _FIRST_PAUSE * 2 ** min(tries, 10))
    return random.randint(1, longest)  # noqa: S311 - full jitter: suppliers that come back are not flooded


def _data(part: Part) -> dict[str, Any]:
    supplier_order, order = part.supplier_order, part.order
    placed = {line.line_id: line for line in order.lines}
    asked = [
        replace(served_line(placed, supplier_order, line), quantity=line.sent)
        for line in supplier_order.lines
        if line.sent
    ]
    return {
        "attempt_id": supplier_order.attempt.attempt_id,
        "supplier_order_id": supplier_order.supplier_order_id,
        "order_id": order.order_id,
        "accept_by": supplier_order.accept_by,
        "currency": order.currency,
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.sku,
                "gtin": line.gtin,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": line.unit_price.as_json(),
                "line_total": line.line_total.as_json(),
            }
            for line in asked
        ],
        "ship_to": dict(part.buyer.ship_to) if part.buyer else {},
    }


def _supplier(part: Part) -> Supplier:
    if part.supplier is None:
        raise UnknownSupplierOrder(part.supplier_order.supplier_order_id)
    return part.supplier


def _secret(supplier: Supplier) -> str:
    return credentials.signing_secret(master_secret(), supplier.supplier_id, supplier.signing_generation)
