"""Secrets that are derived, never stored.

Each is HMAC-SHA256 of the deployment's master secret over a purpose and an id, so that an idempotent
replay can show it again, and a copy of the table reveals none. The price: whoever holds the master
secret holds them all (docs/decisions/0003-derived-secrets.md).
"""

import base64
import hashlib
import hmac
import re
import zlib
from enum import StrEnum

_API_KEY = re.compile(r"(mk_([0-9a-z]{26})_[A-Za-z0-9_-]{43})([A-Za-z0-9_-]{6})")
_ORDER_TOKEN = re.compile(r"ot_[A-Za-z0-9_-]{43}")


class Scope(StrEnum):
    """What an API key opens: the supplier's profile and keys, its offers and imports, its orders."""

    PROFILE = "profile"
    OFFERS = "offers"
    ORDERS = "orders"


def _derive(master: bytes, purpose: str, subject: str) -> bytes:
    return hmac.new(master, f"{purpose}|{subject}".encode(), hashlib.sha256).digest()


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def api_key(master: bytes, key_id: str) -> str:
    """The supplier API key that `key_id` (`key_<ulid>`) names: `mk_<ulid>_<43 characters><checksum>`."""
    body = f"mk_{key_id.removeprefix('key_')}_{_url_safe(_derive(master, 'api-key', key_id))}"
    return body + _checksum(body)


def key_id_of(presented: str) -> str | None:
    """The key id inside a presented API key, or None where the text is no API key or a mistyped one."""
    match = _API_KEY.fullmatch(presented)
    return f"key_{match[2]}" if match and match[3] == _checksum(match[1]) else None


def _checksum(text: str) -> str:
    """CRC-32 in six characters: no protection, but a slip of the hand shows."""
    return _url_safe(zlib.crc32(text.encode()).to_bytes(4, "big"))


def fingerprint(secret: str) -> str:
    """What is stored of a secret: its SHA-256, which is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(presented: str, stored_fingerprint: str) -> bool:
    """Whether the presented secret is the stored one, in constant time."""
    return hmac.compare_digest(fingerprint(presented), stored_fingerprint)


def signing_secret(master: bytes, supplier_id: str, generation: int) -> str:
    """What calls to this supplier are signed with; a new generation is a rotation."""
    raw = _derive(master, "signing-secret", f"{supplier_id}|{generation}")
    return "whsec_" + base64.b64encode(raw).decode()


def sealing_key(master: bytes) -> bytes:
    """The key that secrets which others chose are encrypted with."""
    return _derive(master, "sealing", "")


def order_token(master: bytes, order_id: str) -> str:
    """The bearer token that reads and cancels this one order."""
    return f"ot_{_url_safe(_derive(master, 'order-token', order_id))}"


def is_order_token(presented: str) -> bool:
    """Whether the text has the form of an order token, whatever order it may be of."""
    return _ORDER_TOKEN.fullmatch(presented) is not None


def order_token_matches(master: bytes, order_id: str, presented: str) -> bool:
    return hmac.compare_digest(order_token(master, order_id).encode(), presented.encode())
