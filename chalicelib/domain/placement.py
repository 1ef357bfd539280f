"""Composing an order: which offer each line takes, what keeps it from being placed, who ships what."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.allocation import Candidate, choose
from chalicelib.domain.money import Money
from chalicelib.domain.order import Attempt, Order, OrderLine, PlacedLine, SupplierOrder

NamePart = Callable[[str, int], str]
"""Gives the id of the order's n-th line (`lin`), supplier order (`so`), attempt (`att`)."""


@dataclass(frozen=True)
class WantedLine:
    """A line as the shopper sent it: an offer, or a product to choose an offer for."""

    quantity: int
    expected_price: Money
    offer_id: str | None = None
    product_id: str | None = None


@dataclass(frozen=True)
class Obstacle:
    """Why a line cannot be placed: UNKNOWN_OFFER, UNKNOWN_PRODUCT, OUT_OF_STOCK or PRICE_CHANGED, with the
    price that it would have now."""

    line: int
    code: str
    price: Money | None = None


@dataclass(frozen=True)
class Choices:
    """What may be sold as it was read. An offer or product that does not exist is not in the mapping; one
    that is not for sale has no candidate."""

    offers: Mapping[str, Candidate | None]
    products: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)


def allot(wanted: Sequence[WantedLine], choices: Choices) -> tuple[list[Candidate], list[Obstacle]]:
    """A candidate for each line, or every line's obstacle; with obstacles the candidates are incomplete."""
    taken: dict[str, int] = {}
    found, obstacles = [], []
    for index, line in enumerate(wanted):
        result = _allot_line(index, line, choices, taken)
        if isinstance(result, Obstacle):
            obstacles.append(result)
        else:
            found.append(result)
            taken[result.offer_id] = taken.get(result.offer_id, 0) + line.quantity
    return found, obstacles


def obstacle_of(index: int, line: WantedLine, candidate: Candidate, *, taken: int = 0) -> Obstacle | None:
    """What keeps `line` from taking `candidate`, of which earlier lines have `taken`."""
    if candidate.available - taken < line.quantity:
        return Obstacle(index, "OUT_OF_STOCK")
    if candidate.price != line.expected_price:
        return Obstacle(index, "PRICE_CHANGED", candidate.price)
    return None


def placed_lines(
    wanted: Sequence[WantedLine], chosen: Sequence[Candidate], name_part: NamePart
) -> tuple[PlacedLine, ...]:
    """The lines with their ids and snapshots; each supplier's lines share one supplier order."""
    numbers: dict[str, int] = {}
    lines = []
    for number, (line, candidate) in enumerate(zip(wanted, chosen, strict=True), start=1):
        part = numbers.setdefault(candidate.supplier_id, len(numbers) + 1)
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
            )
        )
    return tuple(lines)


def supplier_orders(order: Order, name_part: NamePart, *, accept_by: str) -> tuple[SupplierOrder, ...]:
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


def _allot_line(
    index: int, line: WantedLine, choices: Choices, taken: Mapping[str, int]
) -> Candidate | Obstacle:
    if line.offer_id is not None:
        if line.offer_id not in choices.offers:
            return Obstacle(index, "UNKNOWN_OFFER")
        candidate = choices.offers[line.offer_id]
    else:
        offered = choices.products.get(line.product_id or "")
        if offered is None:
            return Obstacle(index, "UNKNOWN_PRODUCT")
        candidate = choose(
            offered, quantity=line.quantity, currency=line.expected_price.currency, taken=taken
        )
    if candidate is None:
        return Obstacle(index, "OUT_OF_STOCK")
    return obstacle_of(index, line, candidate, taken=taken.get(candidate.offer_id, 0)) or candidate
