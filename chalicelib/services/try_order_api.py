"""A supplier's order API is tried with signed test orders, while somebody waits for the result.

Nothing is ordered, and nothing stored but that an order API which was left alone is called again. It is over
before the gateway gives up waiting.
"""

import time
from typing import Any

from chalicelib import clock
from chalicelib.clients.trial_orders import Target
from chalicelib.domain.conformance import FAIL, PASS, SKIP, Verdict
from chalicelib.domain.conformance_checks import Check
from chalicelib.services import conformance, endpoint_calls, signing_secrets, supplier_records
from chalicelib.services.conformance import Run

_SECONDS = 26.0
"""API Gateway waits 29 seconds, and so does the function."""
_HELD = {PASS: True, FAIL: False, SKIP: None}


def try_order_api(supplier_id: str) -> dict[str, Any]:
    """Put the order API through the contract's checks and say what held, what did not (what was not looked
    at is None), why, and what to mend.

    Raises NotFound, Conflict (SUPPLIER_CLOSED).
    """
    supplier = supplier_records.existing(supplier_id)
    supplier_records.refuse_closed(supplier)
    secret = signing_secrets.of(supplier)
    order_api = supplier.profile["order_api"]
    run = Run(
        Target(order_api, secret),
        inventory_url=supplier.profile.get("inventory_api", {}).get("url"),
        ends=time.monotonic() + _SECONDS,
    )
    tested_at = clock.timestamp()
    checks = [_told(check, verdict) for check, verdict in conformance.checked(run)]
    if run.first.reason is None:
        endpoint_calls.mend(supplier_id, url=order_api["url"])
    return {
        "url": order_api["url"],
        "attempt_id": run.order.attempt_id,
        "passed": conformance.passed(run),
        "checks": checks,
        "http_status": run.first.status,
        "milliseconds": round(run.first.seconds * 1000),
        "tested_at": tested_at,
    }


def _told(check: Check, verdict: Verdict) -> dict[str, Any]:
    told = {"check": check.name, "held": _HELD[verdict.result], "title": check.title}
    if verdict.detail:
        told["detail"] = verdict.detail
    if verdict.result == FAIL:
        told["mend"] = check.mend
    return told
