"""Administrators' tokens: RS256 JWTs of one user pool, checked against its published keys."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
import requests

from chalicelib import settings
from chalicelib.problems import TemporarilyUnavailable

REFETCH_FLOOR_SECONDS = 30
"""An unknown key id makes us ask the provider again, but not more often than this."""

_LEEWAY_SECONDS = 30
_TIMEOUT_SECONDS = (3, 5)
_AUDIENCE_CLAIM = {"id": "aud", "access": "client_id"}


class InvalidToken(Exception):
    """Not a current token of our user pool for our application."""


@dataclass(frozen=True)
class Claims:
    """What a verified token says of its holder."""

    subject: str
    groups: frozenset[str]


@dataclass
class _KeySet:
    """The provider's keys by id, as last fetched (`fetched_at` on the monotonic clock)."""

    keys: dict[str, Any] = field(default_factory=dict)
    fetched_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_key_sets: dict[str, _KeySet] = {}


def verify(token: str) -> Claims:
    """The claims of an id or access token. Raises InvalidToken, or TemporarilyUnavailable where the
    provider's keys are needed and cannot be had."""
    claims = _decode(token)
    audience_claim = _AUDIENCE_CLAIM.get(claims["token_use"])
    audience = settings.required("ADMIN_AUDIENCE")
    if audience_claim is None or claims.get(audience_claim) != audience:
        raise InvalidToken("audience")
    groups = claims.get("cognito:groups", [])
    return Claims(str(claims["sub"]), frozenset(groups) if isinstance(groups, list) else frozenset())


def _decode(token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise InvalidToken("header") from error
    key = _key(header.get("kid"))
    try:
        # The audience stands in another claim in each kind of token: `verify` compares it.
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=settings.required("ADMIN_ISSUER"),
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "sub", "token_use"], "verify_aud": False},
        )
    except jwt.InvalidTokenError as error:
        raise InvalidToken(type(error).__name__) from error


def _key(key_id: object) -> Any:
    if not isinstance(key_id, str):
        raise InvalidToken("kid")
    url = settings.required("ADMIN_JWKS_URL")
    known = _key_sets.setdefault(url, _KeySet())
    if key_id not in known.keys:
        _refresh(known, url, key_id)
    if key_id not in known.keys:
        raise InvalidToken("kid")
    return known.keys[key_id]


def _refresh(known: _KeySet, url: str, key_id: str) -> None:
    with known.lock:
        too_soon = (
            known.fetched_at is not None and time.monotonic() - known.fetched_at < REFETCH_FLOOR_SECONDS
        )
        if key_id in known.keys or too_soon:
            return
        known.keys = _fetch(url)
        known.fetched_at = time.monotonic()


def _fetch(url: str) -> dict[str, Any]:
    try:
        response = requests.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        response.raise_for_status()
        published = response.json()["keys"]
        return {
            raw["kid"]: jwt.PyJWK.from_dict(raw, algorithm="RS256").key
            for raw in published
            if raw.get("kty") == "RSA" and raw.get("use", "sig") == "sig"
        }
    except (requests.RequestException, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
        raise TemporarilyUnavailable(
            "IDENTITY_PROVIDER_UNAVAILABLE",
            "The sign-in service does not answer; nothing was done.",
            retry_after=5,
        ) from error
