"""Calls to a supplier's own APIs, signed as Standard Webhooks so that it can tell us from others."""

from collections.abc import Mapping

from chalicelib import clock, telemetry
from chalicelib.clients import guarded
from chalicelib.domain import signing


def call(
    method: str,
    url: str,
    *,
    secret: str,
    message_id: str,
    body: bytes = b"",
    rules: guarded.Rules | None = None,
    signature: Mapping[str, str] | None = None,
) -> guarded.Reply:
    """Call once and give the answer, whatever its status. `signature` goes instead of a good one, to try how
    a receiver takes it. Raises CallFailed."""
    if signature is None:
        timestamp = int(clock.now().timestamp())
        signature = signing.headers(secret=secret, message_id=message_id, timestamp=timestamp, body=body)
    headers = {
        **signature,
        "Idempotency-Key": message_id,
        "X-Correlation-Id": telemetry.correlation_id(),
        "Accept": "application/json",
    }
    if body:
        headers["Content-Type"] = "application/json; charset=utf-8"
    return guarded.fetch(method, url, headers=headers, body=body or None, rules=rules)
