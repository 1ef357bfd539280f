"""Ids: opaque to clients, structured for us where that saves a read.

A new id is `<prefix>_<ULID>`. Three kinds are derived, so that doing the same thing twice finds the
same record: an offer's id from its supplier and SKU, an order's from its idempotency key, and the ids
below an order from their place in it.
"""

import base64
import hashlib

from ulid import ULID

_LONGEST_PART_ID = 64
"""Ours are shorter; what a client sends may be as long as a URL, and a key of the table may not."""


def new_id(prefix: str) -> str:
    """A new id that sorts by time of creation."""
    return f"{prefix}_{str(ULID()).lower()}"


def offer_id(supplier_id: str, sku: str) -> str:
    digest = hashlib.sha256(sku.encode()).hexdigest()[:16]
    return f"off_{supplier_id.removeprefix('sup_')}_{digest}"


def supplier_of_offer(offer_id: str) -> str | None:
    """The supplier that an offer id names, or None where the text is no offer id."""
    prefix, _, rest = offer_id.partition("_")
    supplier, _, digest = rest.partition("_")
    return f"sup_{supplier}" if prefix == "off" and supplier and digest else None


def correction_id(offer_id: str | None) -> str:
    """A new id of a correction of this offer, or of a supplier's own profile: it leads back to its record."""
    return new_id("cor") + (f"_{offer_id.rpartition('_')[2]}" if offer_id else "")


def offer_of_correction(supplier_id: str, correction_id: str) -> str | None:
    """The supplier's offer that the correction was made on, or None where it is one of its profile."""
    digest = correction_id.partition("_")[2].partition("_")[2]
    return f"off_{supplier_id.removeprefix('sup_')}_{digest}" if digest else None


def order_id(scope: str, idempotency_key: str) -> str:
    """The order that this caller's idempotency key stands for."""
    digest = hashlib.sha256(f"{scope}\n{idempotency_key}".encode()).digest()
    return "ord_" + base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def part_id(prefix: str, order_id: str, number: int) -> str:
    """The id of the order's n-th line (`lin`), supplier order (`so`), attempt (`att`), from 1."""
    return f"{prefix}_{order_id.removeprefix('ord_')}_{number}"


def order_of_part(part_id: str) -> tuple[str, int] | None:
    """The order and number that `part_id` was made of, or None where the text is no such id."""
    _, _, rest = part_id.partition("_")
    order, _, number = rest.partition("_")
    if not order or not number.isdecimal() or len(part_id) > _LONGEST_PART_ID:
        return None
    return f"ord_{order}", int(number)


def part_number(part_id: str) -> int:
    """The number that `part_id` was made of. Raises ValueError where it was not."""
    place = order_of_part(part_id)
    if place is None:
        raise ValueError(f"{part_id} is no part of an order")
    return place[1]


def return_id(order_id: str, *parts: str) -> str:
    """The id that the same parts always get of a return of this order: it leads back to the order."""
    return f"ret_{order_id.removeprefix('ord_')}_{content_id('', *parts)[1:]}"


def order_of_return(return_id: str) -> str | None:
    """The order whose return it is, or None where the text is no id of a return."""
    prefix, _, rest = return_id.partition("_")
    order, _, digest = rest.partition("_")
    if prefix != "ret" or not order or not digest or len(return_id) > _LONGEST_PART_ID:
        return None
    return f"ord_{order}"


def delivery_id(webhook_id: str, aggregate: str, sequence: str) -> str:
    """The id of what a webhook is told about one record; it leads back to its place."""
    place = "\n".join((webhook_id, aggregate, sequence)).encode()
    return "dlv_" + base64.urlsafe_b64encode(place).decode().rstrip("=")


def place_of_delivery(delivery_id: str) -> tuple[str, str, str] | None:
    """The webhook, record and sequence that `delivery_id` was made of, or None where the text is none."""
    prefix, _, rest = delivery_id.partition("_")
    try:
        parts = base64.urlsafe_b64decode(rest + "=" * (-len(rest) % 4)).decode().split("\n")
    except ValueError:
        return None
    return (parts[0], parts[1], parts[2]) if prefix == "dlv" and len(parts) == 3 else None


def content_id(prefix: str, *parts: str) -> str:
    """An id that the same parts always get."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return f"{prefix}_" + base64.b32encode(digest[:16]).decode().rstrip("=").lower()
