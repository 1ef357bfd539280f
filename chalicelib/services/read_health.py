"""How well a supplier serves its orders, and whether its order API is called at the moment."""

from typing import Any

from chalicelib import clock
from chalicelib.domain import circuit, health
from chalicelib.domain.circuit import Endpoint
from chalicelib.services import supplier_records
from chalicelib.services.endpoint_calls import limits
from chalicelib.storage import endpoints


def read(supplier_id: str) -> dict[str, Any]:
    """The supplier's figures, the class that they put it into, and from where on a rule suspends it. Raises
    NotFound."""
    supplier = supplier_records.existing(supplier_id)
    endpoint, standing = endpoints.get(supplier_id)
    now, url = clock.now(), str(supplier.profile["order_api"]["url"])
    told, most = health.figures(endpoint.counts, now), limits()
    return {
        "supplier_id": supplier_id,
        "health": standing.health,
        "reason": standing.reason,
        "since": standing.since,
        "order_api": _state(endpoint, url),
        "of_the_last_hour": {
            "calls": round(told.calls),
            "failed_calls": round(told.failed_calls),
            "mean_milliseconds": round(told.mean_milliseconds),
        },
        "of_seven_days": {
            "lines": round(told.lines),
            "lines_refused": round(told.lines_refused),
            "lines_late": round(told.lines_late),
        },
        "suspended_from": {
            "refused_percent": round(most.refusal_rate * 100),
            "lines": most.least_lines,
            "unreachable_hours": round(most.unreachable.total_seconds() / 3600),
        },
        "told_at": clock.timestamp(now),
    }


def _state(endpoint: Endpoint, url: str) -> dict[str, Any]:
    """`CALLED`, `LEFT_ALONE` until `called_again_at` since it failed, or `GONE` until its URL is another or a
    test holds."""
    again = circuit.retry_at(endpoint)
    state = "GONE" if endpoint.is_gone(url) else "LEFT_ALONE" if again else "CALLED"
    return {
        "state": state,
        "failures_in_a_row": endpoint.failures,
        "failing_since": clock.timestamp(endpoint.failing_since) if endpoint.failing_since else None,
        "called_again_at": clock.timestamp(again) if again and state == "LEFT_ALONE" else None,
    }
