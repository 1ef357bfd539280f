"""What stands under an order once it was accepted: parcels, what goes back, and money that does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.money import Money, total


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
    delivered_at: str | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class Return:
    """Pieces that go back. `lines` have `line_id`, `quantity` and `reason`, and once they were received
    `received` (pieces) and maybe `condition`; `moved_at` is the time of its last move."""

    return_id: str
    order_id: str
    supplier_order_id: str
    supplier_id: str
    lines: tuple[Mapping[str, Any], ...]
    request_hash: str = ""
    status: str = "WAITING_ACCEPTANCE"
    moved_at: str = ""
    refusal_reason: str | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class RefundLine:
    """`amount` is for the goods; `quantity` where pieces were refunded and not an amount. `shipping`, and
    `tax` on both, are minor units."""

    line_id: str
    amount: Money
    reason: str
    quantity: int | None = None
    shipping: int = 0
    tax: int = 0


@dataclass(frozen=True)
class Refund:
    """Money that went back: of which lines, how much, why, for which return, and who said so (`by`: supplier
    or admin)."""

    refund_id: str
    order_id: str
    supplier_order_id: str
    supplier_id: str
    lines: tuple[RefundLine, ...]
    by: str
    return_id: str | None = None
    tax_included: bool = False
    request_hash: str = ""
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def amount(self) -> Money:
        """All that goes back; where prices hold their tax, so do its amounts."""
        beside = sum(line.shipping + (0 if self.tax_included else line.tax) for line in self.lines)
        currency = self.lines[0].amount.currency
        return total((line.amount for line in self.lines), currency) + Money(beside, currency)

    @property
    def tax(self) -> Money:
        """What of it is tax."""
        return Money(sum(line.tax for line in self.lines), self.lines[0].amount.currency)
