"""A supplier's Order Acceptance API: signed calls out, and what its answers mean.

Whatever a supplier answers becomes one of four outcomes; nothing that it sends raises.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from chalicelib import clock
from chalicelib.clients import guarded, retry_after, signed
from chalicelib.clients.errors import CallFailed
from chalicelib.domain import notices
from chalicelib.domain.acceptance import CODES, STATUSES, Answer, LineAnswer
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money
from chalicelib.domain.notices import CancellationAnswer, LetGo

T = TypeVar("T")

_REJECTING = frozenset({400, 404, 422})
_MAX_LINES = 1000
_MAX_TEXT = 255
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T[0-9:.]{5,15}(Z|[+-]\d{2}:\d{2}))?")


@dataclass(frozen=True)
class Answered:
    """The supplier has decided; whether it fits the order is for the order's rules to say."""

    answer: Answer


@dataclass(frozen=True)
class AnswerLater:
    """The supplier has the order and will answer by itself."""


@dataclass(frozen=True)
class NeverSeen:
    """The supplier knows nothing of the attempt: it may be sent again."""


@dataclass(frozen=True)
class Gone:
    """The supplier has said that there is nothing at its order API's address any more."""


@dataclass(frozen=True)
class TryAgain:
    """No answer that could be understood. `reason` is a code; `retry_after` seconds where it asked so;
    `detail` says what is wrong in a body."""

    reason: str
    retry_after: int | None = None
    detail: str = field(default="", compare=False)


@dataclass(frozen=True)
class CancellationAnswered:
    """The supplier has said whether it lets go of what it was asked to."""

    answer: CancellationAnswer


Outcome = Answered | AnswerLater | NeverSeen | Gone | TryAgain
CancellationOutcome = CancellationAnswered | AnswerLater | NeverSeen | TryAgain


class _Malformed(ValueError):
    """An answer's body is not of the contract's shape; the text says where."""


def place(
    order_api: Mapping[str, Any],
    *,
    secret: str,
    attempt_id: str,
    data: Mapping[str, Any],
    rules: guarded.Rules | None = None,
) -> Outcome:
    """Send a supplier order; the same attempt id makes sending it again harmless."""
    body = _message("supplier_order.placed", data)
    reply = _call("POST", order_api["url"], secret=secret, message_id=attempt_id, body=body, rules=rules)
    if isinstance(reply, TryAgain):
        return reply
    if reply.status in _REJECTING:
        return Answered(Answer(status="REJECTED"))
    return Gone() if reply.status == 410 else outcome(reply)


def status(
    order_api: Mapping[str, Any], *, secret: str, attempt_id: str, rules: guarded.Rules | None = None
) -> Outcome:
    """Ask what became of an attempt whose answer may be lost. The supplier must have a `status_url`."""
    url = _of_attempt(order_api["status_url"], attempt_id)
    reply = _call("GET", url, secret=secret, message_id=attempt_id, body=b"", rules=rules)
    if isinstance(reply, TryAgain):
        return reply
    return NeverSeen() if reply.status == 404 else outcome(reply)


def cancel(
    order_api: Mapping[str, Any],
    *,
    secret: str,
    attempt_id: str,
    message_id: str,
    data: Mapping[str, Any],
    rules: guarded.Rules | None = None,
) -> CancellationOutcome:
    """Ask to let go of some of an attempt; the same message id makes asking again harmless. The supplier must
    have a `cancellation_url`."""
    url = _of_attempt(order_api["cancellation_url"], attempt_id)
    body = _message("supplier_order.cancellation_requested", data)
    reply = _call("POST", url, secret=secret, message_id=message_id, body=body, rules=rules)
    if isinstance(reply, TryAgain):
        return reply
    return NeverSeen() if reply.status == 404 else cancellation_outcome(reply)


def _of_attempt(url: object, attempt_id: str) -> str:
    return str(url).replace("{attempt_id}", quote(attempt_id, safe=""))


def _message(kind: str, data: Mapping[str, Any]) -> bytes:
    message = {"type": kind, "timestamp": clock.timestamp(), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _call(
    method: str, url: str, *, secret: str, message_id: str, body: bytes, rules: guarded.Rules | None
) -> guarded.Reply | TryAgain:
    try:
        return signed.call(method, url, secret=secret, message_id=message_id, body=body, rules=rules)
    except CallFailed as failure:
        return TryAgain(failure.code)


def outcome(reply: guarded.Reply) -> Outcome:
    """What an answer means wherever one may stand. A 409 repeats the first answer, if it can be read."""
    if reply.status == 202:
        return AnswerLater()
    read = _read(reply, _answer)
    return read if isinstance(read, TryAgain) else Answered(read)


def cancellation_outcome(reply: guarded.Reply) -> CancellationOutcome:
    """The same of an answer to a cancellation."""
    if reply.status == 202:
        return AnswerLater()
    read = _read(reply, _cancellation_answer)
    return read if isinstance(read, TryAgain) else CancellationAnswered(read)


def _read(reply: guarded.Reply, reader: Callable[[Any], T]) -> T | TryAgain:
    if reply.status not in (200, 201, 409):
        return TryAgain(f"HTTP_{reply.status}", retry_after.seconds(reply.headers.get("retry-after", "")))
    try:
        return reader(json.loads(reply.body))
    except _Malformed as error:
        return TryAgain("INVALID_ANSWER", detail=str(error))
    except (ValueError, RecursionError):
        return TryAgain("INVALID_ANSWER", detail="The body is no JSON.")


def _answer(body: Any) -> Answer:
    status = _status(body, STATUSES)
    return Answer(status, _lines(body, _line), _text(body, "supplier_reference"))


def _cancellation_answer(body: Any) -> CancellationAnswer:
    return CancellationAnswer(_status(body, notices.STATUSES), _lines(body, _let_go))


def _status(body: Any, known: Collection[str]) -> str:
    if not isinstance(body, dict):
        raise _Malformed("The body is no JSON object.")
    status = _text(body, "status")
    if status is None or status not in known:
        raise _Malformed(f"/status is none of {', '.join(sorted(known))}.")
    return status


def _lines(body: Mapping[str, Any], reader: Callable[[Any, str], T]) -> tuple[T, ...] | None:
    lines = body.get("lines")
    if lines is None:
        return None
    if not isinstance(lines, list) or len(lines) > _MAX_LINES:
        raise _Malformed(f"/lines is no list of at most {_MAX_LINES}.")
    return tuple(reader(line, f"/lines/{n}") for n, line in enumerate(lines))


def _let_go(line: Any, at: str) -> LetGo:
    return LetGo(*_named(line, at))


def _named(line: Any, at: str) -> tuple[str, int | None]:
    """Which line, and how many of it."""
    if not isinstance(line, dict):
        raise _Malformed(f"{at} is no object.")
    line_id, quantity = _text(line, "line_id", at), line.get("quantity")
    if line_id is None:
        raise _Malformed(f"{at}/line_id is missing.")
    if quantity is not None and type(quantity) is not int:  # a bool is an int, too
        raise _Malformed(f"{at}/quantity is no whole number.")
    return line_id, quantity


def _line(line: Any, at: str) -> LineAnswer:
    line_id, quantity = _named(line, at)
    code = _text(line, "code", at)
    if code not in CODES:
        raise _Malformed(f"{at}/code is none of {', '.join(sorted(CODES))}.")
    available_on = _text(line, "available_on", at)
    if available_on is not None and not _DATE.fullmatch(available_on):
        raise _Malformed(f"{at}/available_on is no date.")
    return LineAnswer(line_id, str(code), quantity, available_on, _price(line, at))


def _price(line: Mapping[str, Any], at: str) -> Money | None:
    value = line.get("unit_price")
    if value is None:
        return None
    try:
        return Money.parse(value)
    except (InvalidMoney, AttributeError) as error:
        raise _Malformed(f"{at}/unit_price is no amount of money.") from error


def _text(body: Mapping[str, Any], name: str, at: str = "") -> str | None:
    """A short text that can be stored, or None where it is missing. Raises _Malformed for anything else."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable():
        raise _Malformed(f"{at}/{name} is no printable text of at most {_MAX_TEXT} characters.")
    return value
