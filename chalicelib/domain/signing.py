"""Standard Webhooks v1: how calls to suppliers are signed, and how a receiver checks them."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

TOLERANCE_SECONDS = 300
"""How far a receiver's clock and the sender's may be apart; it also bounds replays."""


class BadSignature(ValueError):
    """The message is not what the holder of the secret sent, or not sent now."""


def headers(*, secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers that sign `body`; `timestamp` is epoch seconds. `secret` is `whsec_<base64>`, or
    several with a space between, each of which signs: whichever of them the receiver has holds."""
    signatures = [f"v1,{_signature(each, message_id, str(timestamp), body)}" for each in secret.split()]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verify(*, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> str:
    """The message id of a genuine and fresh message. `headers` has lower-case names.

    Raises BadSignature; any one good `v1` signature of a list is enough, so that secrets can be rotated.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    presented = headers.get("webhook-signature", "")
    if not message_id or not presented or not re.fullmatch("[0-9]{1,12}", timestamp):
        raise BadSignature("a header is missing or malformed")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("the timestamp is too far from now")
    expected = _signature(secret, message_id, timestamp, body).encode()
    for candidate in presented.split():
        version, _, signature = candidate.partition(",")
        if version == "v1" and hmac.compare_digest(signature.encode(), expected):
            return message_id
    raise BadSignature("no signature matches")


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise BadSignature("the secret is not base64") from error
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
