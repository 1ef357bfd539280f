"""Trial orders: what is sent to a supplier's order API to learn how it works, and what came back.

A trial is of type `supplier_order.test`, which a supplier answers like an order and does not ship. No answer
raises.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from chalicelib import clock, ids
from chalicelib.clients import guarded, signed, supplier_api
from chalicelib.clients.errors import CallFailed
from chalicelib.clients.supplier_api import Answered, AnswerLater, CancellationAnswered, NeverSeen, TryAgain
from chalicelib.domain import notices, signing
from chalicelib.domain.conformance import Seen, TrialOrder

SKUS = ("TEST", "TEST-2")
"""What trial orders are of, by line."""

_TIME_TO_ANSWER = timedelta(minutes=15)
_PRICE = {"amount": "1.00", "currency": "USD"}


@dataclass(frozen=True)
class Target:
    """The order API on trial (`url`, perhaps `status_url`, `cancellation_url`), and the secret it has."""

    order_api: Mapping[str, Any]
    secret: str
    rules: guarded.Rules = field(default_factory=guarded.Rules)

    def url(self, name: str, attempt_id: str = "") -> str:
        """The URL of that name with the attempt filled in."""
        return str(self.order_api[name]).replace("{attempt_id}", quote(attempt_id, safe=""))

    def has(self, name: str) -> bool:
        return bool(self.order_api.get(name))


def new_order(scenario: str = "ACCEPT", *quantities: int) -> TrialOrder:
    return TrialOrder(ids.new_id("att_test"), scenario, quantities or (1,))


def message(order: TrialOrder) -> dict[str, Any]:
    """The order as it is sent."""
    number = order.attempt_id.removeprefix("att_test_")
    lines = [
        {
            "line_id": line_id,
            "sku": sku,
            "gtin": None,
            "title": "Test order, not to be shipped",
            "quantity": quantity,
            "unit_price": _PRICE,
            "line_total": {**_PRICE, "amount": f"{quantity}.00"},
        }
        for line_id, sku, quantity in zip(order.line_ids, SKUS, order.quantities, strict=False)
    ]
    data = {
        "attempt_id": order.attempt_id,
        "supplier_order_id": f"so_test_{number}",
        "order_id": f"ord_test_{number}",
        "accept_by": clock.timestamp(clock.now() + _TIME_TO_ANSWER),
        "currency": "USD",
        "lines": lines,
        "ship_to": {
            "name": "Test",
            "address": {"line1": "1 Test Street", "city": "Test", "postal_code": "00000", "country": "US"},
        },
        "scenario": order.scenario,
    }
    return {"type": "supplier_order.test", "timestamp": clock.timestamp(), "data": data}


def cancellation(order: TrialOrder) -> dict[str, Any]:
    """The request to cancel the whole order, as it is sent."""
    whole = message(order)["data"]
    named = {name: whole[name] for name in ("attempt_id", "supplier_order_id", "order_id")}
    lines = [
        {"line_id": line["line_id"], "quantity": line["quantity"], "remaining_quantity": 0}
        for line in whole["lines"]
    ]
    return {
        "type": "supplier_order.cancellation_requested",
        "timestamp": clock.timestamp(),
        "data": {**named, "reason": notices.CUSTOMER_CANCELED, "lines": lines},
    }


def encoded(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def signature(target: Target, message_id: str, body: bytes = b"", *, seconds_off: int = 0) -> dict[str, str]:
    """The headers that sign a call, as of now or so many seconds away from it."""
    timestamp = int(clock.now().timestamp()) + seconds_off
    return signing.headers(secret=target.secret, message_id=message_id, timestamp=timestamp, body=body)


def place(target: Target, order: TrialOrder, *, hear: bool = True) -> Seen:
    """Send the order; without `hear` the connection is cut before its answer."""
    heard = replace(target, rules=replace(target.rules, hear=hear))
    return send(heard, order.attempt_id, encoded(message(order)))


def send(target: Target, message_id: str, body: bytes, signed_as: Mapping[str, str] | None = None) -> Seen:
    """Send any body to the order API, well signed or as it is said."""
    reply, seconds = _call("POST", target.url("url"), target, message_id, body=body, signed_as=signed_as)
    return _seen(reply, seconds)


def status(target: Target, attempt_id: str, signed_as: Mapping[str, str] | None = None) -> Seen:
    """Ask what became of an attempt. The target must have a `status_url`."""
    url = target.url("status_url", attempt_id)
    reply, seconds = _call("GET", url, target, attempt_id, signed_as=signed_as)
    return _seen(reply, seconds)


def cancel(
    target: Target, order: TrialOrder, message_id: str, signed_as: Mapping[str, str] | None = None
) -> Seen:
    """Ask to cancel the whole order. The target must have a `cancellation_url`."""
    url, body = target.url("cancellation_url", order.attempt_id), encoded(cancellation(order))
    reply, seconds = _call("POST", url, target, message_id, body=body, signed_as=signed_as)
    if isinstance(reply, CallFailed):
        return _seen(reply, seconds)
    match supplier_api.cancellation_outcome(reply):
        case CancellationAnswered(answer):
            return Seen(reply.status, cancellation=answer.status, seconds=seconds)
        case TryAgain(reason=reason, detail=detail):
            return Seen(reply.status, reason=reason, detail=detail, seconds=seconds)
        case AnswerLater() | NeverSeen():
            return Seen(reply.status, seconds=seconds)


def _call(
    method: str,
    url: str,
    target: Target,
    message_id: str,
    *,
    body: bytes = b"",
    signed_as: Mapping[str, str] | None,
) -> tuple[guarded.Reply | CallFailed, float]:
    started = time.monotonic()
    reply: guarded.Reply | CallFailed
    try:
        reply = signed.call(
            method,
            url,
            secret=target.secret,
            message_id=message_id,
            body=body,
            rules=target.rules,
            signature=signed_as,
        )
    except CallFailed as failure:
        reply = failure
    return reply, time.monotonic() - started


def _seen(reply: guarded.Reply | CallFailed, seconds: float) -> Seen:
    if isinstance(reply, CallFailed):
        return Seen(reason=reply.code, seconds=seconds)
    match supplier_api.outcome(reply):
        case Answered(answer):
            return Seen(reply.status, answer, seconds=seconds)
        case TryAgain(reason=reason, detail=detail):
            return Seen(reply.status, reason=reason, detail=detail, seconds=seconds)
        case AnswerLater() | NeverSeen():
            return Seen(reply.status, seconds=seconds)
