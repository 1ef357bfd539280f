"""A supplier's order API is tried with a signed test order, while somebody waits for the result.

Nothing is stored and nothing ordered. The guarded client bounds the time: 3 seconds to connect, 10 to read.
"""

import time
from collections.abc import Iterator
from typing import Any

from chalicelib import clock
from chalicelib.clients import supplier_api
from chalicelib.clients.secrets import master_secret
from chalicelib.clients.supplier_api import Answered, AnswerLater, OrderApiTrial, TryAgain
from chalicelib.domain import acceptance, credentials
from chalicelib.domain.acceptance import Answer, InvalidLines
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder
from chalicelib.services import supplier_records

CHECKS = ("SIGNED", "REACHED", "STATUS_UNDERSTOOD", "BODY_UNDERSTOOD", "FITS_THE_ORDER")
"""In the order in which one needs the other."""

_ADVICE = {
    "REFUSED_URL": "The marketplace calls absolute https URLs only.",
    "REFUSED_ADDRESS": "The host leads to an address that is not public; the marketplace calls no other.",
    "UNRESOLVED": "The host name is unknown.",
    "UNCONNECTED": "Nothing takes connections there.",
    "TIMED_OUT": "There was no whole answer within 10 seconds.",
    "TOO_LARGE": "The answer is larger than 256 KB.",
    "BAD_CERTIFICATE": "The certificate is not valid for this host.",
    "BROKEN_ANSWER": "The answer is no HTTP, broke off, or is compressed.",
    "HTTP_401": "Check the signature with the signing secret of the registration.",
    "HTTP_403": "Check the signature with the signing secret of the registration.",
}
_UNKNOWN_STATUS = "Answer 200 or 201 with a body, or 202 to answer later."


def try_order_api(supplier_id: str) -> dict[str, Any]:
    """Send a test order and say what held, what did not (what was not looked at is None), and why.

    Raises NotFound, Conflict (SUPPLIER_CLOSED).
    """
    supplier = supplier_records.existing(supplier_id)
    supplier_records.refuse_closed(supplier)
    secret = credentials.signing_secret(master_secret(), supplier_id, supplier.signing_generation)
    order_api = supplier.profile["order_api"]
    tested_at, started = clock.timestamp(), time.perf_counter()
    trial = supplier_api.try_order_api(order_api, secret=secret)
    checks = list(_checks(trial))
    return {
        "url": order_api["url"],
        "attempt_id": trial.attempt_id,
        "passed": all(check["held"] is not False for check in checks),
        "checks": checks,
        "http_status": trial.status,
        "milliseconds": round((time.perf_counter() - started) * 1000),
        "tested_at": tested_at,
    }


def _checks(trial: OrderApiTrial) -> Iterator[dict[str, Any]]:
    held = _held(trial)
    for name in CHECKS:
        check: dict[str, Any] = {"check": name, "held": held.get(name)}
        if check["held"] is False:
            check["detail"] = _detail(name, trial)
        yield check


def _held(trial: OrderApiTrial) -> dict[str, bool]:
    """What was looked at. A URL or host that is refused is never called, so nothing was signed for it."""
    if trial.reason in ("REFUSED_URL", "REFUSED_ADDRESS"):
        return {"SIGNED": False}
    if not trial.was_reached:
        return {"SIGNED": True, "REACHED": False}
    held = {"SIGNED": True, "REACHED": True}
    match trial.outcome:
        case Answered(answer):
            fits = _fits(answer, trial.attempt_id)
            return held | {"STATUS_UNDERSTOOD": True, "BODY_UNDERSTOOD": True, "FITS_THE_ORDER": fits}
        case AnswerLater():
            return held | {"STATUS_UNDERSTOOD": True}
        case TryAgain(reason="INVALID_ANSWER"):
            return held | {"STATUS_UNDERSTOOD": True, "BODY_UNDERSTOOD": False}
    return held | {"STATUS_UNDERSTOOD": False}


def _fits(answer: Answer, attempt_id: str) -> bool:
    line = OrderLine(supplier_api.TEST_LINE, "off_test", supplier_api.TEST_QUANTITY)
    ordered = SupplierOrder("so_test", "ord_test", "sup_test", (line,), Attempt(attempt_id), accept_by="")
    try:
        acceptance.settle(ordered, answer, now="")
    except InvalidLines:
        return False
    return True


def _detail(check: str, trial: OrderApiTrial) -> str:
    if check == "FITS_THE_ORDER":
        return (
            f"The test order has one line, {supplier_api.TEST_LINE}, of {supplier_api.TEST_QUANTITY} piece."
        )
    said = trial.outcome.detail if isinstance(trial.outcome, TryAgain) else ""
    return said or f"{trial.reason}: {_ADVICE.get(trial.reason or '', _UNKNOWN_STATUS)}"
