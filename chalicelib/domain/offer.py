"""Offers, the terms they are sold at, and the products they join."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain import periods
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.fees import NO_FACTS, FeeFacts
from chalicelib.domain.health import FAILING, GOOD, POOR
from chalicelib.domain.money import Money

ACCEPTANCE_MOVES = {
    "NEW": {"ACCEPTED", "TO_REVIEW", "CHANGES_REQUESTED", "REJECTED"},
    "TO_REVIEW": {"ACCEPTED", "CHANGES_REQUESTED", "REJECTED", "NEW"},
    "ACCEPTED": {"NEW", "TO_REVIEW"},
    "CHANGES_REQUESTED": {"NEW"},
    "REJECTED": {"NEW"},
}
"""Offer acceptance moves. Beyond the published table, content that the supplier sends anew makes it NEW, and
a correction that the supplier must be asked about requests changes."""


@dataclass(frozen=True)
class Offer:
    """One supplier's offer as it was sent and judged; `content` is the offer body as JSON.
    `judged_version` is the one that validation decided on last, at `judged_at`.

    What is on sale (price, stock) stands in its Terms. `withdrawn` keeps the history of a deleted offer.
    """

    offer_id: str
    supplier_id: str
    sku: str
    content: Mapping[str, Any]
    acceptance: str = "NEW"
    validation_state: str = "PENDING"
    version: int = 1
    withdrawn: bool = False
    issues: tuple[Mapping[str, Any], ...] = ()
    corrections: tuple[Mapping[str, Any], ...] = ()
    review_id: str | None = None
    rules_version: int = 0
    judged_version: int | None = None
    judged_at: str | None = None
    overtaken_corrections: tuple[str, ...] = ()
    product_id: str | None = None
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class PriceWindow:
    """A price that holds for a while instead of the offer's base price: a sale."""

    price: Money
    valid_from: str | None = None
    valid_until: str | None = None


PackedWindow = list[Any]
"""A window as it is stored, in the currency that stands beside it: minor units, from, until."""


def packed(windows: Iterable[PriceWindow]) -> list[PackedWindow]:
    return [[each.price.minor, each.valid_from, each.valid_until] for each in windows]


def unpacked(windows: Iterable[Sequence[Any]], currency: str) -> tuple[PriceWindow, ...]:
    return tuple(PriceWindow(Money(int(minor), currency), start, end) for minor, start, end in windows)


HEALTHY_AT_FIRST = 10
"""Accepted lines that a new offer is credited with, so that its first refusal does not ruin it."""
HEALTH_STEP = 5

MOST_HEALTH = {GOOD: 100, POOR: 60, FAILING: 0}
"""Of an offer, by the class of its supplier: a poor one stands behind those that take their orders, a failing
one behind all."""


@dataclass(frozen=True)
class Terms:
    """What one offer is sold at and how much of it there is: small, and written at every sale.

    `price` is the base price; no two of the `windows` overlap, and while one is open its price holds.
    `available` is what may still be ordered, `reserved` waits for suppliers' answers, `sold` was accepted.
    `lines_accepted` and `lines_refused` count order lines as the supplier answered them, faded as of
    `updated_at`. `supplier_health` is the class that the supplier is in.
    `closed_from` and `closed_until` are when the supplier's shop is closed.
    `fee_facts` are what commissions go by.
    `price_as_of` is the time of the latest price that was sent, which may wait for validation.
    `blocks` are the inactivity reasons that events caused; those that follow from stock and time are
    derived when asked, so that a sale need not write them.
    """

    offer_id: str
    supplier_id: str
    sku: str
    product_id: str | None = None
    title: str = ""
    gtin: str | None = None
    price: Money | None = None
    windows: tuple[PriceWindow, ...] = ()
    shipping_price: Money | None = None
    available: int = 0
    reserved: int = 0
    sold: int = 0
    lines_accepted: float = 0
    lines_refused: float = 0
    stock_as_of: str = ""
    blocks: tuple[str, ...] = ()
    handling_days: int = 0
    condition: str = "NEW"
    supplier_name: str = ""
    supplier_health: str = GOOD
    available_from: str | None = None
    available_until: str | None = None
    closed_from: str | None = None
    closed_until: str | None = None
    fee_facts: FeeFacts = NO_FACTS
    price_as_of: str = ""
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def quantity(self) -> int:
        """On hand at the supplier, reservations included."""
        return self.available + self.reserved

    @property
    def is_withdrawn(self) -> bool:
        return "WITHDRAWN" in self.blocks

    @property
    def may_be_ordered(self) -> int:
        """Never below zero, even when the supplier lowered its stock below what is reserved."""
        return max(0, self.available)

    @property
    def health(self) -> int:
        """How many of a hundred order lines the supplier accepts, in steps: a view need not change each time
        that a line is answered. No more than the class allows that the supplier is in."""
        good = self.lines_accepted + HEALTHY_AT_FIRST
        share = 100 * good / (good + self.lines_refused)
        return min(round(share / HEALTH_STEP) * HEALTH_STEP, MOST_HEALTH[self.supplier_health])

    @property
    def currency(self) -> str | None:
        """Of all its prices."""
        prices = [self.price, *(window.price for window in self.windows)]
        return next((price.currency for price in prices if price), None)

    def price_at(self, now: datetime) -> Money | None:
        """The price in force: an open window's, else the base price, None where there is neither."""
        return price_at(self.price, self.windows, now)


def price_at(base: Money | None, windows: Iterable[PriceWindow], now: datetime) -> Money | None:
    """The price of the window that is open at `now`, else the base price."""
    for window in windows:
        if periods.contains(window.valid_from, window.valid_until, now):
            return window.price
    return base


@dataclass(frozen=True)
class Product:
    """What is sold, one per GTIN-14: the content, who offers it, and the ranked view that clients read.

    `offer_ids` maps supplier to its member: `offer_id`, `sku`, `since` when it is one, `at` which its content
    was accepted, whether its supplier `owns_brand`. It is the truth of membership. `sources` says of each
    field, by JSON pointer, which offer it is from; `is_content_due` that the fields are to be merged anew
    from all members. `offers_view`, best first, is rebuilt from the members' Terms whenever one of them
    changes, under `view_version`. It holds good until `view_until`: then time itself changes something, and
    some of `offers_later` may be for sale.
    """

    product_id: str
    gtin: str | None
    title: str
    brand: str
    category: str
    description: str = ""
    image_urls: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    is_content_due: bool = False
    offer_ids: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    offers_view: tuple[Mapping[str, Any], ...] = ()
    offers_later: tuple[Mapping[str, Any], ...] = ()
    view_until: str | None = None
    view_at: str | None = None
    view_version: int = 0
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def featured_offer_id(self) -> str | None:
        """The offer that was featured when the view was built."""
        return self.offers_view[0]["offer_id"] if self.offers_view else None


def check_acceptance_move(before: str, after: str) -> None:
    """Raise IllegalMove unless an offer's acceptance may go from `before` to `after`."""
    if before != after and after not in ACCEPTANCE_MOVES[before]:
        raise IllegalMove("offer", before, after)


SUPPLIER_NOT_OPEN = "SUPPLIER_NOT_OPEN"
NO_ACTIVE_PRICE = "NO_ACTIVE_PRICE"
CATEGORY_UNAUTHORIZED = "CATEGORY_UNAUTHORIZED_TO_SELL"
BRAND_UNAUTHORIZED = "BRAND_UNAUTHORIZED_TO_SELL"
UNAUTHORIZED = frozenset({CATEGORY_UNAUTHORIZED, BRAND_UNAUTHORIZED})
_BLOCK_OF_ACCEPTANCE = {
    "NEW": "PRODUCT_STATUS_NEW",
    "TO_REVIEW": "PRODUCT_STATUS_TO_REVIEW",
    "CHANGES_REQUESTED": "PRODUCT_STATUS_TO_REVIEW",
    "REJECTED": "PRODUCT_STATUS_REJECTED",
}
_ORDER = (
    *dict.fromkeys(_BLOCK_OF_ACCEPTANCE.values()),
    SUPPLIER_NOT_OPEN,
    NO_ACTIVE_PRICE,
    CATEGORY_UNAUTHORIZED,
    BRAND_UNAUTHORIZED,
    "WITHDRAWN",
)


def blocks(
    *,
    acceptance: str,
    supplier_is_open: bool,
    has_price: bool,
    withdrawn: bool,
    unauthorized: Iterable[str] = (),
) -> tuple[str, ...]:
    """The inactivity reasons that stand in the terms until the next event, in a fixed order."""
    reasons = set(unauthorized)
    if acceptance in _BLOCK_OF_ACCEPTANCE:
        reasons.add(_BLOCK_OF_ACCEPTANCE[acceptance])
    if not supplier_is_open:
        reasons.add(SUPPLIER_NOT_OPEN)
    if not has_price:
        reasons.add(NO_ACTIVE_PRICE)
    if withdrawn:
        reasons.add("WITHDRAWN")
    return _in_order(reasons)


def blocks_at_supplier(
    blocks: Iterable[str], *, supplier_is_open: bool, unauthorized: Iterable[str]
) -> tuple[str, ...]:
    """The blocks as they are once the supplier has opened or is open no longer, and may not sell for these
    reasons."""
    others = set(blocks) - UNAUTHORIZED - {SUPPLIER_NOT_OPEN}
    closed = () if supplier_is_open else (SUPPLIER_NOT_OPEN,)
    return _in_order({*others, *closed, *unauthorized})


def _in_order(reasons: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(reasons, key=_ORDER.index))


def inactivity_reasons(terms: Terms, now: datetime) -> tuple[str, ...]:
    """Every reason why these terms are not for sale at `now`; none means active."""
    closed = periods.is_closed(terms.closed_from, terms.closed_until, now)
    reasons = list(_in_order({*terms.blocks, SUPPLIER_NOT_OPEN}) if closed else terms.blocks)
    if terms.may_be_ordered == 0:
        reasons.append("ZERO_QUANTITY")
    if terms.price_at(now) is None and NO_ACTIVE_PRICE not in reasons:
        reasons.append(NO_ACTIVE_PRICE)
    if not periods.contains(terms.available_from, terms.available_until, now):
        reasons.append("NOT_IN_AVAILABILITY_PERIOD")
    return tuple(reasons)
