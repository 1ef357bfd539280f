"""Storefronts are connected by the secret that their calls are signed with."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.clients import secrets
from chalicelib.domain.channel import Channel, RefusedOrder, SealedSecret, is_signed
from chalicelib.problems import NotFound, StaleVersion, Unauthorized
from chalicelib.services import paging
from chalicelib.services.commits import commit
from chalicelib.services.versions import Expected
from chalicelib.storage import channels
from chalicelib.storage.errors import WriteRefused

KEEPS_GOOD = timedelta(hours=24)
"""For how long calls are still taken under a secret that was replaced."""

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")


def connect(shop: str, *, secret: str, actor: str, expected: Expected | None) -> tuple[dict[str, Any], bool]:
    """Take the channel's calls under this secret from now on; says whether the channel is new.

    Raises NotFound for what is no store's domain, StaleVersion.
    """
    if not _SHOP.fullmatch(shop):
        raise NotFound("A channel is named by its store's domain, as in my-shop.myshopify.com.")
    before = channels.get(shop)
    if expected is not None:
        expected.check(before.version if before else None)
    channel = _with_secret(before, shop, secret, clock.now())
    channel = replace(channel, changed_by=actor, correlation_id=telemetry.correlation_id())
    try:
        commit(channels.writing(channel, expected_version=before.version if before else None))
    except WriteRefused as error:
        raise StaleVersion from error
    return _shown(replace(channel, version=before.version + 1 if before else 1)), before is None


def read(shop: str) -> dict[str, Any]:
    """Raises NotFound."""
    return _shown(_existing(shop))


def listed(*, limit: int, cursor: str | None) -> paging.Listing:
    return paging.listed(lambda: channels.page(limit=limit, cursor=cursor), _shown)


def disconnect(shop: str, *, expected: Expected | None) -> None:
    """Take no more calls of it. Raises NotFound, StaleVersion."""
    channel = _existing(shop)
    if expected is not None:
        expected.check(channel.version)
    try:
        commit(channels.removing(shop, expected_version=channel.version))
    except WriteRefused as error:
        raise StaleVersion from error


def refused_orders(shop: str, *, limit: int, cursor: str | None) -> paging.Listing:
    """What the channel sent and what was not placed. Raises NotFound."""
    _existing(shop)
    return paging.listed(lambda: channels.page_of_refused(shop, limit=limit, cursor=cursor), _shown_refusal)


def check_signature(shop: str, *, body: bytes, signature: str) -> None:
    """Raise Unauthorized unless the store signed exactly these bytes. A store that is not known is answered
    like one that signed wrongly."""
    channel = channels.get(shop) if _SHOP.fullmatch(shop) else None
    good = channel.good_at(clock.timestamp()) if channel else ()
    known = [secrets.unsealed(each.sealed, subject=_subject(shop)) for each in good]
    if not is_signed(body, signature, known):
        raise Unauthorized("SIGNATURE_INVALID", "No connected store has signed this body with its secret.")


def _with_secret(before: Channel | None, shop: str, secret: str, now: datetime) -> Channel:
    stamp, end = clock.timestamp(now), clock.timestamp(now + KEEPS_GOOD)
    sealed = SealedSecret(secrets.sealed(secret, subject=_subject(shop)))
    if before is None:
        return Channel(shop, (sealed,), created_at=stamp, updated_at=stamp)
    newest = next((each for each in before.secrets if each.until is None), None)
    replaced = (replace(newest, until=end),) if newest else ()
    return replace(before, secrets=(sealed, *replaced), updated_at=stamp)


def _subject(shop: str) -> str:
    return f"shopify|{shop}"


def _existing(shop: str) -> Channel:
    channel = channels.get(shop)
    if channel is None:
        raise NotFound
    return channel


def _shown(channel: Channel) -> dict[str, Any]:
    """Without the secret, which is never shown."""
    replaced = [each.until for each in channel.good_at(clock.timestamp()) if each.until]
    view = {
        "shop": channel.shop,
        "changed_by": channel.changed_by,
        "former_secret_until": replaced[0] if replaced else None,
        "version": channel.version,
        "created_at": channel.created_at,
        "updated_at": channel.updated_at,
    }
    return {name: value for name, value in view.items() if value is not None}


def _shown_refusal(refused: RefusedOrder) -> dict[str, Any]:
    return {
        "order": refused.order,
        "name": refused.name,
        "code": refused.code,
        "errors": list(refused.errors),
        "correlation_id": refused.correlation_id,
        "refused_at": refused.refused_at,
    }
