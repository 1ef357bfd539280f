"""Composing an order of the offers that its lines take: prices, parts, what to reserve."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from chalicelib.domain.allocation import Candidate
from chalicelib.domain.allotment import WantedLine
from chalicelib.domain.fee_rules import CommissionRules, Sale
from chalicelib.domain.fees import FeeTerms
from chalicelib.domain.line_charges import tax_at
from chalicelib.domain.order import Attempt, Order, OrderLine, PlacedLine, SupplierOrder

NamePart = Callable[[str, int], str]
"""Gives the id of the order's n-th line (`lin`), supplier order (`so`), attempt (`att`)."""

FeeOf = Callable[[Candidate], FeeTerms]
"""What the commission on a line that is served by the candidate is reckoned by."""


class Selling(NamedTuple):
    """The commission rules that an order is placed under, and the storefront that sent it."""

    rules: CommissionRules
    channel: str

    def fee_of(self, candidate: Candidate) -> FeeTerms:
        """What the commission on a line that the candidate serves is reckoned by."""
        sale = Sale(candidate.supplier_id, candidate.fee_facts, candidate.price, self.channel)
        return self.rules.terms(sale)


def placed_lines(
    wanted: Sequence[WantedLine],
    chosen: Sequence[Candidate],
    name_part: NamePart,
    *,
    tax_included: bool = False,
    fee_of: FeeOf | None = None,
) -> tuple[PlacedLine, ...]:
    """The lines with their ids and snapshots; each supplier's lines share one supplier order."""
    numbers: dict[str, int] = {}
    lines = []
    for number, (line, candidate) in enumerate(zip(wanted, chosen, strict=True), start=1):
        part = numbers.setdefault(candidate.supplier_id, len(numbers) + 1)
        charges, told_at = line.charges, line.expected_price
        lines.append(
            PlacedLine(
                line_id=name_part("lin", number),
                offer_id=candidate.offer_id,
                product_id=candidate.product_id,
                supplier_id=candidate.supplier_id,
                supplier_order_id=name_part("so", part),
                sku=candidate.sku,
                gtin=candidate.gtin,
                title=candidate.title,
                quantity=line.quantity,
                unit_price=candidate.price,
                shipping=charges.shipping,
                tax=tax_at(candidate.price, charges.tax, told_at=told_at, is_included=tax_included),
                shipping_tax=charges.shipping_tax,
                fee=fee_of(candidate) if fee_of else None,
            )
        )
    return tuple(lines)


def supplier_orders(
    order: Order, name_part: NamePart, *, accept_by: str, held_until: str | None = None
) -> tuple[SupplierOrder, ...]:
    """The order's parts as they begin: every line waits, one attempt is planned."""
    parts: dict[str, list[PlacedLine]] = {}
    for line in order.lines:
        parts.setdefault(line.supplier_order_id, []).append(line)
    return tuple(
        SupplierOrder(
            supplier_order_id=part_id,
            order_id=order.order_id,
            supplier_id=lines[0].supplier_id,
            lines=tuple(OrderLine(line.line_id, line.offer_id, line.quantity) for line in lines),
            attempt=Attempt(name_part("att", number)),
            accept_by=accept_by,
            held_until=held_until,
            correlation_id=order.correlation_id,
            created_at=order.created_at,
            updated_at=order.created_at,
        )
        for number, (part_id, lines) in enumerate(parts.items(), start=1)
    )


def reservations(lines: Iterable[PlacedLine]) -> dict[str, int]:
    """How much to reserve of each offer: once an offer, however many lines share it."""
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.offer_id] = wanted.get(line.offer_id, 0) + line.quantity
    return wanted
