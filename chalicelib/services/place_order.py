"""A shopper or channel places an order: two round trips, all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import allocation, credentials, placement
from chalicelib.domain.allocation import Candidate
from chalicelib.domain.money import Money
from chalicelib.domain.offer import Terms
from chalicelib.domain.order import Buyer, Order, OrderRecord, SupplierOrder
from chalicelib.domain.placement import Choices, Obstacle, WantedLine
from chalicelib.problems import Conflict, FieldProblem, TemporarilyUnavailable, Unprocessable
from chalicelib.services.commits import commit
from chalicelib.services.idempotency import Outcome, request_hash
from chalicelib.services.order_views import order_view
from chalicelib.storage import offer_terms, order_reads, orders, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Concerned
from chalicelib.storage.transaction import Write

ACCEPT_WITHIN = timedelta(hours=24)
"""How long a supplier may take to answer before its lines are refused."""

MAX_LINES = 40
"""Each line may need its own offer, supplier order and supplier: a transaction holds 100 items."""

_UNKNOWN = {"UNKNOWN_OFFER": "offer_id", "UNKNOWN_PRODUCT": "product_id"}


def place(body: Mapping[str, Any], *, idempotency_key: str, caller: str = "anyone") -> Outcome:
    """Reserve stock and store the order, or answer as the first time: `{"order", "order_token"}`.

    Raises Unprocessable for a body that cannot be an order (unknown offers, currencies that do not fit, an
    authorisation that does not cover it, a key used with another body), Conflict OUT_OF_STOCK or
    PRICE_CHANGED naming every line concerned, TemporarilyUnavailable when too many want the same thing.
    """
    order_id = ids.order_id(f"{caller}|POST /orders", idempotency_key)
    wanted = _wanted_lines(body)
    _check_money(body, wanted)
    concerned = order_reads.read_for_placing(
        order_id,
        offer_ids=[line.offer_id for line in wanted if line.offer_id],
        product_ids=[line.product_id for line in wanted if line.product_id],
    )
    hashed = request_hash(body)
    if concerned.order is not None:
        return _replay(concerned.order, body, hashed)
    order, chosen = _compose(order_id, body, wanted, concerned, hashed)
    try:
        commit(*_writes(order, chosen, body))
    except WriteRefused as refused:
        earlier = refused.found.get("order")
        if isinstance(earlier, Order):
            return _replay(earlier, body, hashed)
        raise _changed_meanwhile(order, wanted, refused) from refused
    return Outcome(_answer(order, body))


def _wanted_lines(body: Mapping[str, Any]) -> list[WantedLine]:
    lines = body["lines"]
    if len(lines) > MAX_LINES:
        raise _invalid("/lines", "TOO_MANY_LINES", f"An order has at most {MAX_LINES} lines.")
    return [
        WantedLine(
            quantity=line["quantity"],
            expected_price=Money.parse(line["expected_price"]),
            offer_id=line.get("offer_id"),
            product_id=line.get("product_id"),
        )
        for line in lines
    ]


def _check_money(body: Mapping[str, Any], wanted: Sequence[WantedLine]) -> None:
    """Raise Unprocessable unless everything is in the order's currency and the authorisation covers it.

    The expected prices stand for the real ones: an order is placed at exactly these or not at all.
    """
    currency = body["currency"]
    amounts = {f"/lines/{n}/expected_price": line.expected_price for n, line in enumerate(wanted)}
    amounts |= {f"/{name}": Money.parse(body[name]) for name in ("shipping", "tax") if body.get(name)}
    authorized = Money.parse(body["payment"]["authorized_amount"])
    foreign = [
        FieldProblem(f"{pointer}/currency", "CURRENCY_MISMATCH", f"The order is in {currency}.")
        for pointer, amount in {**amounts, "/payment/authorized_amount": authorized}.items()
        if amount.currency != currency
    ]
    if foreign:
        raise Unprocessable("INVALID_BODY", "All amounts of an order are in its currency.", errors=foreign)
    total = sum(line.expected_price.minor * line.quantity for line in wanted)
    total += sum(amounts[pointer].minor for pointer in ("/shipping", "/tax") if pointer in amounts)
    if authorized.minor < total:
        needed = Money(total, currency).as_json()["amount"]
        raise _invalid(
            "/payment/authorized_amount",
            "AUTHORIZATION_TOO_LOW",
            f"The order's total is {needed} {currency}.",
        )


def _replay(order: Order, body: Mapping[str, Any], hashed: str) -> Outcome:
    if order.request_hash != hashed:
        raise Unprocessable(
            "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used with another body. Use a new one."
        )
    return Outcome(_answer(order, body), replayed=True)


def _answer(order: Order, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a placed order is answered with, from nothing that changes later; the body is the same anyway."""
    record = OrderRecord(order, _buyer(order, body), _parts(order))
    token = credentials.order_token(master_secret(), order.order_id)
    return {"order": order_view(record), "order_token": token}


def _compose(
    order_id: str, body: Mapping[str, Any], wanted: Sequence[WantedLine], concerned: Concerned, hashed: str
) -> tuple[Order, list[Candidate]]:
    """The order, and the candidate that serves each of its lines."""
    now = clock.now()
    chosen, obstacles = placement.allot(wanted, _choices(concerned, now))
    if obstacles:
        raise _refusal(obstacles)
    currency, stamp = body["currency"], clock.timestamp(now)
    order = Order(
        order_id=order_id,
        currency=currency,
        lines=placement.placed_lines(wanted, chosen, _namer(order_id)),
        shipping=_amount(body.get("shipping"), currency),
        tax=_amount(body.get("tax"), currency),
        payment_reference=body["payment"]["reference"],
        authorized=Money.parse(body["payment"]["authorized_amount"]),
        request_hash=hashed,
        promise=body.get("promise"),
        channel_reference=body.get("channel_reference"),
        correlation_id=telemetry.correlation_id(),
        created_at=stamp,
        updated_at=stamp,
    )
    return order, chosen


def _choices(concerned: Concerned, now: datetime) -> Choices:
    """The suppliers' states count as read: one written to at each order would be every order's bottleneck."""

    def candidate(terms: Terms) -> allocation.Candidate | None:
        supplier = concerned.suppliers.get(terms.supplier_id)
        return allocation.of_terms(terms, now) if supplier and supplier.is_selling(now) else None

    return Choices(
        offers={offer_id: candidate(terms) for offer_id, terms in concerned.terms.items()},
        products={each.product_id: allocation.of_product(each, now) for each in concerned.products.values()},
    )


def _writes(order: Order, chosen: Sequence[Candidate], body: Mapping[str, Any]) -> list[Write]:
    now, correlation_id = order.created_at, order.correlation_id
    serving = {candidate.offer_id: candidate for candidate in chosen}
    reserving = [
        offer_terms.reserving(
            offer_id,
            quantity=quantity,
            price=serving[offer_id].base_price,
            windows=serving[offer_id].windows,
            now=now,
            correlation_id=correlation_id,
        )
        for offer_id, quantity in placement.reservations(order.lines).items()
    ]
    return [
        orders.adding(order),
        orders.adding_buyer(_buyer(order, body), now=now, correlation_id=correlation_id),
        *map(supplier_orders.adding, _parts(order)),
        *reserving,
    ]


def _changed_meanwhile(
    order: Order, wanted: Sequence[WantedLine], refused: WriteRefused
) -> Conflict | TemporarilyUnavailable:
    """Why the reservations failed, from the terms as they stood in the way."""
    totals: dict[str, int] = {}
    for line in order.lines:
        totals[line.offer_id] = totals.get(line.offer_id, 0) + line.quantity
    obstacles = []
    for index, line in enumerate(order.lines):
        if f"terms:{line.offer_id}" not in refused.labels:
            continue
        terms = refused.found.get(f"terms:{line.offer_id}")
        candidate = allocation.of_terms(terms, clock.now()) if isinstance(terms, Terms) else None
        others = totals[line.offer_id] - line.quantity
        if candidate is None:
            obstacles.append(Obstacle(index, "OUT_OF_STOCK"))
        elif found := placement.obstacle_of(index, wanted[index], candidate, taken=others):
            obstacles.append(found)
    if not obstacles:
        # Its prices to come were changed, not the one that holds: ordered anew, it is as it was wanted.
        return TemporarilyUnavailable(
            "CONTENTION", "An offer is being changed; nothing was ordered.", retry_after=1
        )
    return _conflict(obstacles)


def _refusal(obstacles: Sequence[Obstacle]) -> Unprocessable | Conflict:
    unknown = [each for each in obstacles if each.code in _UNKNOWN]
    if not unknown:
        return _conflict(obstacles)
    errors = [
        FieldProblem(f"/lines/{each.line}/{_UNKNOWN[each.code]}", each.code, "There is no such thing to buy.")
        for each in unknown
    ]
    return Unprocessable("INVALID_BODY", "The order names what does not exist; see errors.", errors=errors)


def _conflict(obstacles: Sequence[Obstacle]) -> Conflict:
    sold_out = any(each.code == "OUT_OF_STOCK" for each in obstacles)
    errors = [FieldProblem(f"/lines/{each.line}", each.code, _explained(each)) for each in obstacles]
    if sold_out:
        return Conflict("OUT_OF_STOCK", "Not every line is in stock; nothing was ordered.", errors=errors)
    return Conflict("PRICE_CHANGED", "Prices are not as expected; nothing was ordered.", errors=errors)


def _explained(obstacle: Obstacle) -> str:
    if obstacle.price is None:
        return "Not for sale in this quantity now."
    price = obstacle.price.as_json()
    return f"The price is now {price['amount']} {price['currency']}."


def _parts(order: Order) -> tuple[SupplierOrder, ...]:
    accept_by = clock.timestamp(clock.parse(order.created_at) + ACCEPT_WITHIN)
    return placement.supplier_orders(order, _namer(order.order_id), accept_by=accept_by)


def _namer(order_id: str) -> placement.NamePart:
    return lambda prefix, number: ids.part_id(prefix, order_id, number)


def _buyer(order: Order, body: Mapping[str, Any]) -> Buyer:
    return Buyer(order.order_id, body["ship_to"], body["contact"])


def _amount(money: Mapping[str, Any] | None, currency: str) -> Money:
    return Money.parse(money) if money else Money.zero(currency)


def _invalid(pointer: str, code: str, detail: str) -> Unprocessable:
    return Unprocessable(code, detail, errors=[FieldProblem(pointer, code, detail)])
