"""A storefront that sends its orders here, and what its calls are signed with."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_ERRORS_KEPT = 20


@dataclass(frozen=True)
class SealedSecret:
    """A secret that only this deployment can read, good `until` then where it has been replaced."""

    sealed: str
    until: str | None = None


@dataclass(frozen=True)
class Channel:
    """One Shopify store, named by its domain. `secrets` are good, the newest first: while one is replaced,
    the store goes on with the one before for a while."""

    shop: str
    secrets: tuple[SealedSecret, ...]
    changed_by: str = ""
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    def good_at(self, now: str) -> tuple[SealedSecret, ...]:
        return tuple(each for each in self.secrets if each.until is None or each.until > now)


@dataclass(frozen=True)
class RefusedOrder:
    """An order that a channel sent and that could not be placed: why, but nothing of who ordered. `order` and
    `name` are what the store calls it."""

    shop: str
    order: str
    name: str
    code: str
    errors: tuple[Mapping[str, Any], ...] = ()
    correlation_id: str = ""
    refused_at: str = ""


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether `signature` is the base64 HMAC-SHA256 of the body under one of the secrets (Shopify's scheme),
    in constant time."""
    presented = signature.strip().encode(errors="replace")
    expected = (hmac.new(each.encode(), body, hashlib.sha256).digest() for each in secrets)
    return any(hmac.compare_digest(base64.b64encode(each), presented) for each in expected)
