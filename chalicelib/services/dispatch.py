"""Bringing a supplier order to its supplier, and back what the supplier said.

Everything here may happen twice or stop anywhere: the attempt is stored as SENT before it is sent, the
supplier knows a repetition by the attempt's id, and the outcome is one conditional transaction. Whoever
finds a SENT attempt without an outcome therefore asks, or sends again, and arrives at the same end.
"""

import logging
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.clients import queues, supplier_api
from chalicelib.clients.supplier_api import Answered, AnswerLater, Gone, NeverSeen, Outcome, TryAgain
from chalicelib.domain import acceptance, deadlines
from chalicelib.domain.acceptance import Answer, InvalidLines
from chalicelib.domain.circuit import Endpoint, Held
from chalicelib.domain.health import SupplierHealth
from chalicelib.domain.supplier import Supplier
from chalicelib.services import endpoint_calls, settlements, signing_secrets, supplier_bodies
from chalicelib.services.commits import commit
from chalicelib.services.endpoint_calls import Call, Place
from chalicelib.storage import order_reads, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Part
from chalicelib.storage.transaction import Write

ANSWER_LATER = "ANSWER_LATER"
"""The attempt's reason while the supplier has promised an answer."""

UNFIT_ANSWER = "UNFIT_ANSWER"
"""What the attempt's reason begins with while an answer that does not fit the order waits for a person."""

ENDPOINT_GONE = "ENDPOINT_GONE"
"""The attempt's reason where the supplier's order API has answered 410."""

_NOT_CALLED = TryAgain("NOT_CALLED")
_FAULTS_TOLD = 5
_LONGEST_HOLD = 60
_FIRST_PAUSE = 2
POLL_SECONDS = 900


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
    if part.supplier_order.held_until:
        # Once it is paid for, that write sends a message anew.
        telemetry.log("DISPATCH_HELD", attempt_id=attempt.attempt_id)
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
    is_planned = part.supplier_order.attempt.status == "PLANNED"
    if is_planned and (_is_over(part) or not _supplier(part).is_open):
        _give_up(_Said(part), reason="NEVER_SENT" if _is_over(part) else "SUPPLIER_NOT_OPEN")
    elif _endpoint(part).is_gone(_url(part)) and not _has_it(part):
        _give_up(_Said(part), reason=ENDPOINT_GONE)
    elif is_planned:
        _conclude(_send(part), message)
    else:
        _go_on(_ask(part), message)


def _go_on(said: "_Said", message: Mapping[str, Any]) -> None:
    """After what the supplier says of an attempt that it was sent."""
    part, known, is_open = said.part, said.outcome, _supplier(said.part).is_open
    if isinstance(known, Held):
        _conclude(said, message)
    elif _is_over(part) and not isinstance(known, Answered):
        _give_up(said, reason=part.supplier_order.attempt.reason or "NO_ANSWER")
    elif isinstance(known, NeverSeen) and not is_open:
        _give_up(said, reason="SUPPLIER_NOT_OPEN")
    elif isinstance(known, Answered | AnswerLater) or not is_open:
        _conclude(said, message)
    else:
        _conclude(_send(part, said.place), message)


@dataclass(frozen=True)
class _Said:
    """The part as it is stored, and what the supplier says of it: Held where it could not be called now.
    `place` is the one of the call, where one was made."""

    part: Part
    outcome: Outcome | Held = _NOT_CALLED
    place: Place | None = None

    @property
    def call(self) -> Call | None:
        if self.place is None:
            return None
        is_gone = isinstance(self.outcome, Gone)
        return Call(self.place, is_gone or isinstance(self.outcome, TryAgain), is_gone)


def _is_over(part: Part) -> bool:
    return clock.timestamp() > part.supplier_order.accept_by


def _has_it(part: Part) -> bool:
    """Whether the supplier has said that it has the order, though nothing that settles it."""
    attempt = part.supplier_order.attempt
    return attempt.reason == ANSWER_LATER or attempt.needs_settlement


def _ask(part: Part) -> _Said:
    """What the supplier says of an attempt that was sent. Without a status URL there is only what it said
    before: it has promised an answer, or given one that a person must settle. Else nothing is known, and
    sending again is the way to ask."""
    supplier = _supplier(part)
    if not supplier.profile["order_api"].get("status_url"):
        return _Said(part, AnswerLater() if _has_it(part) else TryAgain("NO_STATUS_URL"))
    place = take_place(part)
    if isinstance(place, Held):
        return _Said(part, place)
    told = supplier_api.status(
        supplier.profile["order_api"],
        secret=signing_secrets.of(supplier),
        attempt_id=part.supplier_order.attempt.attempt_id,
    )
    return _Said(part, AnswerLater() if _has_it(part) and isinstance(told, TryAgain) else told, place)


def _send(part: Part, place: Place | None = None) -> _Said:
    """Send the order, from the place that is taken already or with one that is taken now."""
    sent = acceptance.mark_sent(part.supplier_order, now=clock.timestamp(), accept_by=_accept_by(part))
    marking = supplier_orders.replacing(sent, expected_version=part.supplier_order.version)
    if place is not None:
        commit(marking)
    else:
        taken = take_place(part, marking)
        if isinstance(taken, Held):
            return _Said(part, taken)
        place = taken
    stored = replace(part, supplier_order=replace(sent, version=part.supplier_order.version + 1))
    supplier = _supplier(part)
    outcome = supplier_api.place(
        supplier.profile["order_api"],
        secret=signing_secrets.of(supplier),
        attempt_id=sent.attempt.attempt_id,
        data=supplier_bodies.placed(stored),
    )
    return _Said(stored, outcome, place)


def take_place(part: Part, *writes: Write) -> Place | Held:
    """A place for a call to the part's supplier, together with these writes, or none at the moment. Raises
    WriteRefused."""
    standing = part.health or SupplierHealth(_supplier(part).supplier_id)
    return endpoint_calls.take(_endpoint(part), standing, *writes, url=_url(part))


def _accept_by(part: Part) -> str:
    """What its supplier has agreed to, from now on: placing an order does not read every supplier."""
    end = deadlines.accept_by(
        clock.now(),
        default=clock.parse(part.supplier_order.accept_by),
        profile=_supplier(part).profile,
        deliver_by=(part.order.promise or {}).get("deliver_by"),
        handling_days=max(part.handling_days.values(), default=0) + settings.transit_days(),
    )
    return clock.timestamp(end)


def _conclude(said: _Said, message: Mapping[str, Any]) -> None:
    attempt_id = said.part.supplier_order.attempt.attempt_id
    match said.outcome:
        case Answered(answer):
            _settle(said, answer, message)
        case AnswerLater() | TryAgain():
            _wait(said, said.outcome, message)
        case NeverSeen():
            _wait(said, TryAgain("NEVER_SEEN"), message)
        case Gone():
            _give_up(said, reason=ENDPOINT_GONE)
        case Held():
            _hold(said, said.outcome, message)
    telemetry.log("DISPATCH_OUTCOME", attempt_id=attempt_id, outcome=type(said.outcome).__name__)


def _hold(said: _Said, held: Held, message: Mapping[str, Any]) -> None:
    """Come back when the supplier may be called. Whose time is over does not wait for an endpoint that is
    left alone."""
    if _is_over(said.part) and held.until is not None:
        _give_up(said, reason=said.part.supplier_order.attempt.reason or "NO_ANSWER")
        return
    waits = int(message.get("waits", 0)) + 1
    rest = max(0, math.ceil((held.until - clock.now()).total_seconds())) if held.until else 0
    _come_back(said.part, {**message, "waits": waits}, pause=rest + jittered(waits, longest=_LONGEST_HOLD))


def _settle(said: _Said, answer: Answer, message: Mapping[str, Any]) -> None:
    """Store what the answer does. One that does not fit the order waits for a person, or for a better one,
    until the time to answer is over."""
    try:
        settlements.settle(said.part, answer, call=said.call)
    except InvalidLines as unfit:
        if _is_over(said.part):
            _give_up(said, reason=_told(unfit))
        else:
            _set_aside(said, unfit, message)


def _set_aside(said: _Said, unfit: InvalidLines, message: Mapping[str, Any]) -> None:
    before, reason = said.part.supplier_order, _told(unfit)
    writes = []
    if not before.attempt.needs_settlement or reason != before.attempt.reason:
        noted = acceptance.note(before, reason=reason, now=clock.timestamp(), needs_settlement=True)
        writes = [supplier_orders.replacing(noted, expected_version=before.version)]
        telemetry.log("ANSWER_SET_ASIDE", level=logging.WARNING, attempt_id=before.attempt.attempt_id)
    _note(said, *writes)
    _come_back(said.part, message, pause=POLL_SECONDS)


def _note(said: _Said, *writes: Write) -> None:
    """Make the writes, if there are any, with the end of the call, if there was one."""
    if said.call is not None:
        endpoint_calls.conclude(said.call, *writes)
    elif writes:
        commit(*writes)


def _told(unfit: InvalidLines) -> str:
    """What is wrong in an answer, for a person: the codes, each with its place. What the supplier has written
    stands in none of them."""
    told = [f"{each.code} at {acceptance.pointer(each)}" for each in unfit.faults[:_FAULTS_TOLD]]
    more = len(unfit.faults) - len(told)
    return f"{UNFIT_ANSWER}: " + ", ".join(told) + (f" and {more} more" if more else "")


def _give_up(said: _Said, *, reason: str) -> None:
    attempt = said.part.supplier_order.attempt
    has_answered = reason == ANSWER_LATER or reason.startswith(UNFIT_ANSWER)
    status = "EXPIRED" if has_answered else "UNREACHABLE"
    settlements.give_up(said.part, status=status, reason=reason, call=said.call)
    telemetry.log("DISPATCH_GIVEN_UP", attempt_id=attempt.attempt_id, status=status, reason=reason)


def _wait(said: _Said, outcome: AnswerLater | TryAgain, message: Mapping[str, Any]) -> None:
    """Note why there is no answer yet, and come back: after what the supplier asked for, or ever later."""
    before, writes = said.part.supplier_order, []
    reason = outcome.reason if isinstance(outcome, TryAgain) else ANSWER_LATER
    if reason != before.attempt.reason and not before.attempt.needs_settlement:
        noted = acceptance.note(before, reason=reason, now=clock.timestamp())
        writes = [supplier_orders.replacing(noted, expected_version=before.version)]
    _note(said, *writes)
    _come_back(said.part, message, pause=_pause(outcome, before.attempt.tries))


def _come_back(part: Part, message: Mapping[str, Any], *, pause: int) -> None:
    """Have the attempt looked at again after `pause` seconds, or once its time is over."""
    left = clock.parse(part.supplier_order.accept_by) - clock.now() + timedelta(seconds=1)
    delay = min(pause, max(1, int(left.total_seconds())))
    queues.send(settings.required("DISPATCH_QUEUE_URL"), message, delay_seconds=delay)


def _pause(outcome: AnswerLater | TryAgain, tries: int) -> int:
    if isinstance(outcome, AnswerLater):
        return POLL_SECONDS
    if outcome.retry_after is not None:
        return max(1, min(outcome.retry_after, queues.MAX_DELAY_SECONDS))
    return jittered(tries, longest=queues.MAX_DELAY_SECONDS)


def jittered(tries: int, *, longest: int) -> int:
    """After how many seconds to come back, ever later."""
    most = min(longest, _FIRST_PAUSE * 2 ** min(tries, 10))
    return random.randint(1, most)  # noqa: S311 - full jitter: suppliers that come back are not flooded


def _supplier(part: Part) -> Supplier:
    if part.supplier is None:
        raise UnknownSupplierOrder(part.supplier_order.supplier_order_id)
    return part.supplier


def _url(part: Part) -> str:
    return str(_supplier(part).profile["order_api"]["url"])


def _endpoint(part: Part) -> Endpoint:
    return part.endpoint or Endpoint(part.supplier_order.supplier_id)
