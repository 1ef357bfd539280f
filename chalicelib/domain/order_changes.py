"""What may still be changed of an order after it was placed, and how that is kept."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain import notices
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money
from chalicelib.domain.order import Buyer, Order, OrderRecord, SupplierOrder

_HISTORY_KEPT = 50
_OF_ORDER = ("channel_reference", "promise")
_OF_BUYER = ("ship_to", "contact")


class AddressInUse(ValueError):
    """A supplier has been told where to ship to."""


def document(order: Order, buyer: Buyer) -> dict[str, Any]:
    """What a patch of the order is applied to."""
    fields = {name: getattr(buyer, name) for name in _OF_BUYER}
    fields |= {name: getattr(order, name) for name in _OF_ORDER}
    return {name: value for name, value in fields.items() if value is not None}


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in (*_OF_BUYER, *_OF_ORDER) if before.get(name) != after.get(name))


def changed(
    record: OrderRecord, buyer: Buyer, wanted: Mapping[str, Any], *, by: str, now: str
) -> tuple[Order, Buyer, tuple[SupplierOrder, ...]]:
    """The order and its buyer as they are then, and the supplier orders that must not have moved meanwhile.

    Where it goes can be changed until a supplier was told: those that will be told must read it anew. Raises
    AddressInUse, InvalidMoney for a promise in another currency than the order's.
    """
    fields = changed_fields(document(record.order, buyer), wanted)
    limit = (wanted.get("promise") or {}).get("max_unit_price")
    if limit and Money.parse(limit).currency != record.order.currency:
        raise InvalidMoney(f"the order is in {record.order.currency}")
    if "ship_to" in fields and any(map(_knows_address, record.supplier_orders)):
        raise AddressInUse(record.order.order_id)
    entry = {"at": now, "by": by, "fields": list(fields)}
    order = replace(
        record.order,
        channel_reference=wanted.get("channel_reference"),
        promise=wanted.get("promise"),
        history=(*record.order.history, entry)[-_HISTORY_KEPT:],
        updated_at=now,
    )
    telling = record.supplier_orders if "ship_to" in fields else ()
    known = replace(buyer, ship_to=wanted["ship_to"], contact=wanted["contact"])
    return order, known, tuple(filter(_will_tell_address, telling))


def _knows_address(part: SupplierOrder) -> bool:
    """Whether its supplier may ship, or may yet say that it does: also what it was told not to."""
    is_its = part.attempt.status == "SENT" or any(line.accepted for line in part.lines)
    return is_its or notices.is_open(part)


def _will_tell_address(part: SupplierOrder) -> bool:
    """Whether it, or what takes it over, is still to be sent."""
    return part.attempt.status == "PLANNED" or any(line.remainder for line in part.lines)
