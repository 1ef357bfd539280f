"""The reference supplier with one fault each, as real order APIs have them."""

import json
import select
import time
from typing import Any

from chalicelib.domain import signing
from examples.reference_supplier import ReferenceSupplier
from examples.reference_supplier.server import Handler

Message = dict[str, Any]
Said = tuple[int, dict[str, Any]]


class TooSlow(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        time.sleep(0.7)
        return super().take(message)


class _Redirecting(Handler):
    def _order(self, body: bytes) -> None:
        self._send(307, b"", "text/plain", {"Location": self.server.order_api["url"]})


class Redirects(ReferenceSupplier):
    handler = _Redirecting


class _Chatty(Handler):
    def _json(self, status: int, body: dict[str, Any]) -> None:
        if "supplier_reference" in body:
            self._send(200, b"<!doctype html><p>Thank you for your order!", "text/html")
        else:
            super()._json(status, body)


class AnswersHtml(ReferenceSupplier):
    handler = _Chatty


class AnswersMoreThanAsked(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        status, answer = super().take(message)
        return status, {**answer, "lines": [{**line, "quantity": 99} for line in answer.get("lines", [])]}


class ShipsADuplicateTwice(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        status, answer = super().take(message)
        return _numbered_anew(status, answer) if status == 409 else (status, answer)


class LooksBeforeItWrites(ReferenceSupplier):
    """Between looking whether it has an order and writing it there is room for the same one."""

    def take(self, message: Message) -> Said:
        was_known = message.get("data", {}).get("attempt_id") in self.trials.orders
        time.sleep(0.02)
        status, answer = super().take(message)
        return _numbered_anew(status, answer) if status == 409 and not was_known else (status, answer)


class TakesAChangedOrder(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        known = self.trials.orders.get(message.get("data", {}).get("attempt_id"))
        if known and known["lines"] != message["data"]["lines"]:
            return _numbered_anew(*super().take(message))
        return super().take(message)


class ForgetsTheStatusRoute(ReferenceSupplier):
    def attempt_status(self, attempt_id: str) -> Said:
        return 404, {}


class KnowsEveryAttempt(ReferenceSupplier):
    def attempt_status(self, attempt_id: str) -> Said:
        _status, answer = super().attempt_status(attempt_id)
        return 200, answer or {"status": "ACCEPTED"}


class _Cautious(Handler):
    """Remembers an order only once its answer has been delivered, as far as it can tell."""

    def _json(self, status: int, body: dict[str, Any]) -> None:
        hung_up = bool(select.select([self.request], [], [], 0.02)[0])
        if hung_up and "supplier_reference" in body:
            self.server.lost.add(body["supplier_reference"])
        super()._json(status, body)


class ReservesAgainAfterALostAnswer(ReferenceSupplier):
    handler = _Cautious

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lost: set[str] = set()

    def take(self, message: Message) -> Said:
        status, answer = super().take(message)
        if answer.get("supplier_reference") in self.lost:
            return _numbered_anew(status, answer)
        return status, answer


class IgnoresSignatures(ReferenceSupplier):
    def verify(self, headers: dict[str, str], body: bytes) -> None:
        """Nothing is looked at."""


class KeepsWhatItRefuses(ReferenceSupplier):
    """Stores what comes, and only then verifies it."""

    def verify(self, headers: dict[str, str], body: bytes) -> None:
        try:
            super().verify(headers, body)
        except signing.BadSignature:
            if body:
                self.trials.take(json.loads(body)["data"])
            raise


class AcceptsAnyTime(ReferenceSupplier):
    def verify(self, headers: dict[str, str], body: bytes) -> None:
        now = int(headers.get("webhook-timestamp", "0"))
        signing.verify(secret=self.signing_secret or "", headers=headers, body=body, now=now)


class BreaksOnUnknownFields(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        known = {"type", "timestamp", "data"}
        return (500, {"error": "KeyError"}) if message and set(message) - known else super().take(message)


class BreaksOnBadBodies(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        return super().take(message) if message.get("data", {}).get("lines") else (500, {})


class AcceptsAPartWithoutLines(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        status, answer = super().take(message)
        return status, {"status": answer["status"]} if answer.get(
            "status"
        ) == "PARTIALLY_ACCEPTED" else answer


class RejectsWithAcceptedLines(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        status, answer = super().take(message)
        if answer.get("status") == "REJECTED":
            answer = {**answer, "lines": [{**line, "code": "ACCEPTED"} for line in answer["lines"]]}
        return status, answer


class BackordersWithoutADay(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        status, answer = super().take(message)
        lines = [{k: v for k, v in line.items() if k != "available_on"} for line in answer.get("lines", [])]
        return status, {**answer, "lines": lines} if lines else answer


class BreaksItsPromise(ReferenceSupplier):
    def attempt_status(self, attempt_id: str) -> Said:
        promised = self.trials.orders.get(attempt_id, {}).get("scenario") == "LATER"
        return (202, {}) if promised else super().attempt_status(attempt_id)


class NeverRecovers(ReferenceSupplier):
    def take(self, message: Message) -> Said:
        is_down = message.get("data", {}).get("scenario") == "UNAVAILABLE"
        return (503, {}) if is_down else super().take(message)


class ChangesItsMind(ReferenceSupplier):
    def cancel(self, attempt_id: str, request_id: str, message: Message) -> Said:
        known = request_id in self.trials.cancellations
        status, answer = super().cancel(attempt_id, request_id, message)
        return status, {"status": "CANCELLATION_REJECTED"} if known else answer


class CountsOtherwise(ReferenceSupplier):
    def inventory(self, skus: list[str]) -> tuple[int, Any]:
        return 200, [{"sku": sku, "quantity": 1} for sku in skus]


def _numbered_anew(status: int, answer: dict[str, Any]) -> Said:
    """The answer with another order number: there is one more order now."""
    if "supplier_reference" not in answer:
        return status, answer
    return status, {**answer, "supplier_reference": f"R-{time.monotonic_ns()}"}


FAULTS: dict[type[ReferenceSupplier], str] = {
    TooSlow: "IN_TIME",
    Redirects: "STATUS_UNDERSTOOD",
    AnswersHtml: "BODY_UNDERSTOOD",
    AnswersMoreThanAsked: "FITS_THE_ORDER",
    ShipsADuplicateTwice: "DUPLICATE",
    LooksBeforeItWrites: "DUPLICATE_AT_ONCE",
    TakesAChangedOrder: "OTHER_BODY",
    ForgetsTheStatusRoute: "STATUS",
    KnowsEveryAttempt: "STATUS_UNKNOWN",
    ReservesAgainAfterALostAnswer: "LOST_ANSWER",
    IgnoresSignatures: "SIGNATURE",
    KeepsWhatItRefuses: "SIGNATURE",
    AcceptsAnyTime: "TIMESTAMP",
    BreaksOnUnknownFields: "UNKNOWN_FIELDS",
    BreaksOnBadBodies: "BAD_BODY",
    AcceptsAPartWithoutLines: "PARTIAL",
    RejectsWithAcceptedLines: "REJECT",
    BackordersWithoutADay: "BACKORDER",
    BreaksItsPromise: "LATER",
    NeverRecovers: "UNAVAILABLE",
    ChangesItsMind: "CANCELLATION",
    CountsOtherwise: "INVENTORY",
}
"""Each fault, and the one check that fails by it."""
