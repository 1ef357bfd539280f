"""Orders: what the shopper placed, the part that each supplier ships, and what became of each line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.money import Money

_PROGRESS = ("WAITING_ACCEPTANCE", "SHIPPING", "SHIPPED", "RECEIVED", "CLOSED", "REFUNDED")


@dataclass(frozen=True)
class PlacedLine:
    """One line as it was placed: the price snapshot, which nothing changes later."""

    line_id: str
    offer_id: str
    product_id: str
    supplier_id: str
    supplier_order_id: str
    sku: str
    gtin: str | None
    title: str
    quantity: int
    unit_price: Money

    @property
    def line_total(self) -> Money:
        return self.unit_price * self.quantity


@dataclass(frozen=True)
class Order:
    """The immutable part of an order. `request_hash` tells a replay from another body under the same key."""

    order_id: str
    currency: str
    lines: tuple[PlacedLine, ...]
    shipping: Money
    tax: Money
    payment_reference: str
    authorized: Money
    request_hash: str
    promise: Mapping[str, Any] | None = None
    channel_reference: str | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class Buyer:
    """The shopper's address and contact, apart from the order so that they can be erased."""

    order_id: str
    ship_to: Mapping[str, Any]
    contact: Mapping[str, Any]


@dataclass(frozen=True)
class OrderLine:
    """What became of one placed line at its supplier: shipped <= accepted <= quantity."""

    line_id: str
    offer_id: str
    quantity: int
    status: str = "WAITING_ACCEPTANCE"
    accepted: int = 0
    shipped: int = 0
    acceptance_code: str | None = None
    available_on: str | None = None


@dataclass(frozen=True)
class Attempt:
    """The one try to have this supplier accept its supplier order."""

    attempt_id: str
    status: str = "PLANNED"
    tries: int = 0
    sent_at: str | None = None
    answered_at: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class SupplierOrder:
    """The part of an order that one supplier ships, with its dispatch attempt.

    Trying another supplier makes another supplier order, so each has exactly one attempt.
    """

    supplier_order_id: str
    order_id: str
    supplier_id: str
    lines: tuple[OrderLine, ...]
    attempt: Attempt
    accept_by: str
    supplier_reference: str | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class Shipment:
    shipment_id: str
    supplier_order_id: str
    order_id: str
    carrier: str
    lines: tuple[Mapping[str, Any], ...]
    tracking_number: str | None = None
    tracking_url: str | None = None
    shipped_at: str = ""
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class OrderRecord:
    """Everything that stands under one order."""

    order: Order
    buyer: Buyer | None
    supplier_orders: tuple[SupplierOrder, ...] = field(default=())
    shipments: tuple[Shipment, ...] = field(default=())


def derived_status(line_statuses: Sequence[str]) -> str:
    """The status of an order or supplier order: that of its slowest line still going on.

    Where every line ended badly it is the commonest end, CANCELED before REFUSED on a tie.
    """
    going = [status for status in line_statuses if status in _PROGRESS]
    if going:
        return min(going, key=_PROGRESS.index)
    return max(("CANCELED", "REFUSED"), key=list(line_statuses).count)
