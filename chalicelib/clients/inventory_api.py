"""A supplier's Inventory API: `GET url?skus=a,b,c` says how many there are of each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib import clock, ids
from chalicelib.clients import guarded, signed
from chalicelib.clients.errors import CallFailed

MAX_SKUS = 100
MAX_QUERY = 4_000
"""Characters of the SKUs as they stand in the URL: servers and proxies take 8 KB of it, some less."""
_MAX_QUANTITY = 1_000_000_000


@dataclass(frozen=True)
class Count:
    """What the supplier says of one SKU; `as_of` is None where it does not say when."""

    sku: str
    quantity: int
    as_of: str | None


def chunks(skus: Sequence[str]) -> Iterator[list[str]]:
    """The SKUs as they are asked for, some in each call. One with a comma cannot be asked for: the list of
    SKUs in the URL is parted by commas."""
    chunk: list[str] = []
    length = 0
    for sku in skus:
        if "," in sku:
            continue
        more = len(quote(sku, safe="")) + 1
        if chunk and (len(chunk) == MAX_SKUS or length + more > MAX_QUERY):
            yield chunk
            chunk, length = [], 0
        chunk.append(sku)
        length += more
    if chunk:
        yield chunk


def ask(
    inventory_api: Mapping[str, Any], skus: Sequence[str], *, secret: str, rules: guarded.Rules | None = None
) -> list[Count]:
    """What the supplier says of these SKUs; whatever else it says is left out: SKUs that nobody asked for,
    those named twice, quantities that are none. Raises CallFailed, HTTP_<status> and INVALID_ANSWER among
    its codes."""
    url = str(inventory_api["url"]).partition("#")[0]
    listed = ",".join(quote(sku, safe="") for sku in skus)
    reply = signed.call(
        "GET",
        f"{url}{'&' if '?' in url else '?'}skus={listed}",
        secret=secret,
        message_id=ids.new_id("inv"),
        rules=rules,
    )
    if reply.status != 200:
        raise CallFailed(f"HTTP_{reply.status}")
    try:
        items = json.loads(reply.body)["items"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise CallFailed("INVALID_ANSWER") from error
    if not isinstance(items, list):
        raise CallFailed("INVALID_ANSWER")
    return _believed(items, set(skus))


def _believed(items: Sequence[Any], asked: set[str]) -> list[Count]:
    counts: dict[str, Count | None] = {}
    for item in items:
        count = _count(item)
        if count is not None and count.sku in asked:
            counts[count.sku] = None if count.sku in counts else count
    return [count for count in counts.values() if count is not None]


def _count(item: Any) -> Count | None:
    if not isinstance(item, dict):
        return None
    sku, quantity, as_of = item.get("sku"), item.get("quantity"), item.get("as_of")
    if not isinstance(sku, str) or type(quantity) is not int or not 0 <= quantity <= _MAX_QUANTITY:
        return None
    if as_of is None:
        return Count(sku, quantity, None)
    moment = _moment(as_of)
    return Count(sku, quantity, moment) if moment else None


def _moment(text: Any) -> str | None:
    try:
        return clock.timestamp(clock.parse(text)) if isinstance(text, str) and len(text) < 64 else None
    except (ValueError, OverflowError):
        return None
