"""Orders: what the shopper placed, the part that each supplier ships, and what became of each line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from chalicelib.domain.after_sales import Refund, Return, Shipment
from chalicelib.domain.fees import FeeTerms
from chalicelib.domain.money import Money
from chalicelib.domain.shares import between

TaxCollector = Literal["SUPPLIER", "MARKETPLACE"]
TAX_COLLECTORS: tuple[TaxCollector, ...] = ("SUPPLIER", "MARKETPLACE")

_PROGRESS = ("WAITING_ACCEPTANCE", "SHIPPING", "SHIPPED", "RECEIVED", "CLOSED", "REFUNDED")


@dataclass(frozen=True)
class PlacedLine:
    """One line as it was placed: the price snapshot, which nothing changes later. `shipping`, `tax` (on the
    goods) and `shipping_tax` are minor units of the whole line, `fee` what its commission is reckoned by."""

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
    shipping: int = 0
    tax: int = 0
    shipping_tax: int = 0
    fee: FeeTerms | None = None

    @property
    def line_total(self) -> Money:
        return self.unit_price * self.quantity

    def pieces(self, first: int, last: int) -> "PlacedLine":
        """Its pieces from `first` to just before `last` with their shares of shipping and taxes; wherever a
        line is cut, its parts add up to it."""
        return replace(
            self,
            quantity=last - first,
            shipping=between(self.shipping, first, last, self.quantity),
            tax=between(self.tax, first, last, self.quantity),
            shipping_tax=between(self.shipping_tax, first, last, self.quantity),
        )


@dataclass(frozen=True)
class Order:
    """What was placed. `request_hash` tells a replay from another body under the same key; `allocation` is
    what `domain.allocation_notes` keeps of why its offers were chosen. Nothing of it changes but `promise`
    and `channel_reference`; `history` says who changed what, the shopper's data too. With `tax_included` the
    prices, and shipping, hold the tax; `tax_collector` hands it on. `rules_version` is that of the commission
    rules which held when it was placed."""

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
    allocation: Mapping[str, Any] | None = None
    history: tuple[Mapping[str, Any], ...] = ()
    tax_included: bool = False
    tax_collector: TaxCollector = "SUPPLIER"
    rules_version: int = 0
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def beside_goods(self) -> Money:
        """What comes on top of the prices."""
        return self.shipping if self.tax_included else self.shipping + self.tax


@dataclass(frozen=True)
class Buyer:
    """The shopper's address and contact, apart from the order so that they can be erased."""

    order_id: str
    ship_to: Mapping[str, Any]
    contact: Mapping[str, Any]


@dataclass(frozen=True)
class OrderLine:
    """What became of a line, or of the rest of one, at one supplier. All numbers are pieces, but `refunded`
    and `refunded_shipping`, which are in minor units.

    Of `quantity` the supplier has `accepted` some, less what was canceled afterwards; `canceled` are all
    that the shopper did without. A `remainder` waits for another supplier to be found, `moved` were taken
    over by another supplier order. Once the line was answered, the rest of `quantity` is refused for good:
    accepted + canceled + remainder + moved <= quantity, and returned <= delivered or shipped <= accepted.

    `cancel_requested` of the accepted ones are for the supplier to let go. `void` were taken back after the
    supplier had been asked for them and before it answered; it has still to say that it does not ship them.
    `asked` is how many it was asked for, where some had been canceled before.

    `sku` and `unit_minor` (the price in minor units) are set where the line was not placed with this
    supplier, and so are its own `shipping`, `tax`, `shipping_tax` and `fee`; `split_from` names the placed
    line that this one is a part of. `ship_by` is when its accepted pieces should have left. `sale` is the
    posting that it was last sold by, whole.
    """

    line_id: str
    offer_id: str
    quantity: int
    status: str = "WAITING_ACCEPTANCE"
    accepted: int = 0
    shipped: int = 0
    acceptance_code: str | None = None
    available_on: str | None = None
    remainder: int = 0
    moved: int = 0
    canceled: int = 0
    cancel_requested: int = 0
    void: int = 0
    asked: int | None = None
    delivered: int = 0
    returned: int = 0
    refunded: int = 0
    refunded_shipping: int = 0
    sku: str | None = None
    unit_minor: int | None = None
    shipping: int | None = None
    tax: int | None = None
    shipping_tax: int | None = None
    fee: FeeTerms | None = None
    split_from: str | None = None
    ship_by: str | None = None
    sale: str | None = None

    @property
    def is_to_ship(self) -> bool:
        return self.status == "SHIPPING" and self.shipped < self.accepted

    @property
    def sent(self) -> int:
        """How many the supplier is asked for: sent again, an attempt says the same, whatever was canceled."""
        return self.quantity if self.asked is None else self.asked


@dataclass(frozen=True)
class Attempt:
    """The one try to have this supplier accept its supplier order. `needs_settlement`: the supplier has
    answered what no rule can take; `reason` says what. `by` is who ended it by hand.

    `notice` is set where the supplier has to be told of pieces that it is not to ship: DUE since `notice_at`
    until it has let go of them, DONE, or does not, REFUSED, or its time to answer is over, GIVEN_UP.
    `notices` numbers what it is told, `note` are the shopper's words to it.
    """

    attempt_id: str
    status: str = "PLANNED"
    tries: int = 0
    sent_at: str | None = None
    answered_at: str | None = None
    reason: str | None = None
    needs_settlement: bool = False
    by: str | None = None
    notice: str | None = None
    notice_at: str | None = None
    notices: int = 0
    note: str | None = None


@dataclass(frozen=True)
class SupplierOrder:
    """The part of an order that one supplier ships, with its dispatch attempt.

    Trying another supplier makes another supplier order, so each has exactly one attempt. With `held_until`
    it is not to be sent before the payment is confirmed, which must be by then. `late_at` is when it was
    found that something had not left in time, `shipped_at` and `received_at` when something last left or
    arrived. `moved_by` is who had its lines tried here by hand, and `moved_because` why; `allocation` is what
    `domain.allocation_notes` keeps of why it took them over.
    """

    supplier_order_id: str
    order_id: str
    supplier_id: str
    lines: tuple[OrderLine, ...]
    attempt: Attempt
    accept_by: str
    supplier_reference: str | None = None
    held_until: str | None = None
    late_at: str | None = None
    shipped_at: str | None = None
    received_at: str | None = None
    moved_by: str | None = None
    moved_because: str | None = None
    allocation: Mapping[str, Any] | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def status(self) -> str:
        return derived_status([line.status for line in self.lines])

    @property
    def ship_by(self) -> str | None:
        """When the next of what was accepted and has not left should have."""
        return min((line.ship_by for line in self.lines if line.ship_by and line.is_to_ship), default=None)


@dataclass(frozen=True)
class OrderRecord:
    """Everything that stands under one order."""

    order: Order
    buyer: Buyer | None
    supplier_orders: tuple[SupplierOrder, ...] = field(default=())
    shipments: tuple[Shipment, ...] = field(default=())
    returns: tuple[Return, ...] = field(default=())
    refunds: tuple[Refund, ...] = field(default=())


def derived_status(line_statuses: Sequence[str]) -> str:
    """The status of an order or supplier order: that of its slowest line still going on.

    Where every line ended badly it is the commonest end, CANCELED before REFUSED on a tie.
    """
    going = [status for status in line_statuses if status in _PROGRESS]
    if going:
        return min(going, key=_PROGRESS.index)
    return max(("CANCELED", "REFUSED"), key=list(line_statuses).count)


@dataclass(frozen=True)
class CurrentLine:
    """A line as it stands: `served` by which supplier, of which offer, in which quantity and at which price;
    and what became of it there."""

    served: PlacedLine
    state: OrderLine

    @property
    def status(self) -> str:
        """As the shopper sees it: while another supplier is looked for, the line waits."""
        waits = self.state.remainder and not self.state.accepted
        return "WAITING_ACCEPTANCE" if waits else self.state.status


def current_lines(record: OrderRecord) -> tuple[CurrentLine, ...]:
    """Every line once, where it is now: at the last supplier that was asked for it. Pieces that were split
    off are a line of their own, so the quantities add up to those placed."""
    last: dict[str, tuple[SupplierOrder, OrderLine]] = {}
    for part in record.supplier_orders:
        last |= {line.line_id: (part, line) for line in part.lines}
    placed = {line.line_id: line for line in record.order.lines}
    order_of = {line_id: place for place, line_id in enumerate(placed)}
    in_order = sorted(last.values(), key=lambda each: order_of[each[1].split_from or each[1].line_id])
    return tuple(_current(served_line(placed, part, line), line) for part, line in in_order)


def served_line(placed: Mapping[str, PlacedLine], part: SupplierOrder, line: OrderLine) -> PlacedLine:
    """The line as the supplier of `part` was asked for it; `placed` are the order's lines by id."""
    origin = placed[line.split_from or line.line_id]
    price = origin.unit_price
    return replace(
        origin,
        line_id=line.line_id,
        offer_id=line.offer_id,
        supplier_id=part.supplier_id,
        supplier_order_id=part.supplier_order_id,
        sku=line.sku or origin.sku,
        quantity=line.quantity,
        unit_price=price if line.unit_minor is None else Money(line.unit_minor, price.currency),
        shipping=origin.shipping if line.shipping is None else line.shipping,
        tax=origin.tax if line.tax is None else line.tax,
        shipping_tax=origin.shipping_tax if line.shipping_tax is None else line.shipping_tax,
        fee=line.fee or origin.fee,
    )


def served_lines(order: Order, part: SupplierOrder) -> dict[str, PlacedLine]:
    """The lines as the supplier of `part` was asked for them, by id."""
    placed = {line.line_id: line for line in order.lines}
    return {line.line_id: served_line(placed, part, line) for line in part.lines}


def _current(served: PlacedLine, line: OrderLine) -> CurrentLine:
    return CurrentLine(served.pieces(0, line.quantity - line.moved), line)
