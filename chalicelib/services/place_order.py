"""A shopper or channel places an order: two round trips, all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, ids, settings, telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import allocation, credentials, placement
from chalicelib.domain.allocation import Allocation, Candidate
from chalicelib.domain.allocation_notes import notes_of
from chalicelib.domain.allotment import Choices, Conditions, Obstacle, WantedLine, allot, promise_of
from chalicelib.domain.fee_rules import DIRECT
from chalicelib.domain.money import Money
from chalicelib.domain.offer import Terms
from chalicelib.domain.order import Buyer, Order, OrderRecord, SupplierOrder
from chalicelib.domain.placement import Selling
from chalicelib.problems import Conflict, FieldProblem, TemporarilyUnavailable, Unprocessable
from chalicelib.services import fee_rules, price_order
from chalicelib.services.allocation_costs import allocation_costs
from chalicelib.services.commits import Crowded, commit
from chalicelib.services.idempotency import Outcome, in_progress, request_hash
from chalicelib.services.order_views import order_view
from chalicelib.storage import offer_terms, order_reads, orders, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Concerned
from chalicelib.storage.transaction import Write

_ROUNDS = 3
"""Whenever an offer turns out not to be as it was read, the next best is chosen, until so many times."""

_CONFLICTS = {
    "OUT_OF_STOCK": "Not everything is in stock in the quantity wanted",
    "PROMISE_NOT_KEPT": "No offers, or none together, keep what was promised",
    "PRICE_CHANGED": "Prices are not as expected",
}
"""The first that is met is the refusal's code."""

_UNKNOWN = {"UNKNOWN_OFFER": "offer_id", "UNKNOWN_PRODUCT": "product_id"}


def place(
    body: Mapping[str, Any], *, idempotency_key: str, caller: str = "anyone", channel: str = DIRECT
) -> Outcome:
    """Reserve stock and store the order, or answer as the first time: `{"order", "order_token"}`. `channel`
    is the storefront that it came from.

    Raises Unprocessable for a body that cannot be an order (unknown offers, currencies that do not fit, an
    authorisation that does not cover it, a key used with another body), Conflict OUT_OF_STOCK, PRICE_CHANGED
    or PROMISE_NOT_KEPT naming every line concerned, TemporarilyUnavailable when too many want the same thing.
    """
    order_id = id_of(idempotency_key, caller)
    wanted = price_order.wanted_lines(body)
    concerned = order_reads.read_for_placing(
        order_id,
        offer_ids=[line.offer_id for line in wanted if line.offer_id],
        product_ids=[line.product_id for line in wanted if line.product_id],
    )
    if concerned.order is not None:
        return _replay(concerned.order, body)
    now = clock.now()
    stamp = clock.timestamp(now)
    selling = Selling(fee_rules.of(concerned.fee_rules.at(stamp)), channel)
    choices = _choices(concerned, now)
    for _ in range(_ROUNDS):
        allocated = _allocated(body, wanted, choices, now)
        order = _composed(order_id, body, wanted, allocated, selling, stamp=stamp)
        record = _record(order, body)
        try:
            commit(*_writes(record, allocated, body))
        except WriteRefused as refused:
            earlier = refused.found.get("order")
            if isinstance(earlier, Order):
                return _replay(earlier, body)
            choices = choices.corrected(_found_otherwise(order, refused, now))
        except Crowded as crowd:
            raise (in_progress() if "order" in crowd.labels else crowd) from crowd
        else:
            return Outcome(_answer(record))
    raise TemporarilyUnavailable(
        "CONTENTION", "The offers are being changed; nothing was ordered.", retry_after=1
    )


def id_of(idempotency_key: str, caller: str) -> str:
    """The id of the order that the caller places under this key."""
    return ids.order_id(f"{caller}|POST /orders", idempotency_key)


def _replay(order: Order, body: Mapping[str, Any]) -> Outcome:
    if order.request_hash != request_hash(body):
        raise Unprocessable(
            "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used with another body. Use a new one."
        )
    return Outcome(_answer(_record(order, body)), replayed=True)


def _record(order: Order, body: Mapping[str, Any]) -> OrderRecord:
    """The order with its parts as it was placed, from nothing that changes later."""
    return OrderRecord(order, _buyer(order, body), _parts(order, body))


def _answer(record: OrderRecord) -> dict[str, Any]:
    token = credentials.order_token(master_secret(), record.order.order_id)
    return {"order": order_view(record), "order_token": token}


def _allocated(
    body: Mapping[str, Any], wanted: Sequence[WantedLine], choices: Choices, now: datetime
) -> Allocation:
    """The offers that serve the lines. Raises what keeps them from being served."""
    conditions = Conditions(
        promise=promise_of(body.get("promise")),
        costs=allocation_costs(body["currency"]),
        at_most=price_order.for_goods(body, wanted),
        now=now,
        transit_days=settings.transit_days(),
    )
    found = allot(wanted, choices, conditions)
    if isinstance(found, Allocation):
        return found
    if found.needed is not None:
        raise price_order.authorised_too_little(body, wanted, found.needed)
    raise _refusal(found.obstacles)


def _composed(
    order_id: str,
    body: Mapping[str, Any],
    wanted: Sequence[WantedLine],
    allocated: Allocation,
    selling: Selling,
    *,
    stamp: str,
) -> Order:
    currency, tax_included = body["currency"], body.get("tax_included", False)
    lines = placement.placed_lines(
        wanted,
        allocated.candidates,
        _namer(order_id),
        tax_included=tax_included,
        fee_of=selling.fee_of,
    )
    return Order(
        order_id=order_id,
        currency=currency,
        lines=lines,
        shipping=Money(sum(line.shipping for line in lines), currency),
        tax=Money(sum(line.tax + line.shipping_tax for line in lines), currency),
        payment_reference=body["payment"]["reference"],
        authorized=Money.parse(body["payment"]["authorized_amount"]),
        request_hash=request_hash(body),
        promise=body.get("promise"),
        channel_reference=body.get("channel_reference"),
        allocation=notes_of(allocated, allocation_costs(currency)),
        tax_included=tax_included,
        tax_collector=body.get("tax_collector") or settings.tax_collector(),
        rules_version=selling.rules.version,
        correlation_id=telemetry.correlation_id(),
        created_at=stamp,
        updated_at=stamp,
    )


def _choices(concerned: Concerned, now: datetime) -> Choices:
    """The suppliers' states count as read: one written to at each order would be every order's bottleneck."""

    def candidate(terms: Terms) -> allocation.Candidate | None:
        supplier = concerned.suppliers.get(terms.supplier_id)
        return allocation.of_terms(terms, now) if supplier and supplier.is_selling(now) else None

    return Choices(
        offers={offer_id: candidate(terms) for offer_id, terms in concerned.terms.items()},
        products={each.product_id: allocation.of_product(each, now) for each in concerned.products.values()},
    )


def _writes(record: OrderRecord, allocated: Allocation, body: Mapping[str, Any]) -> list[Write]:
    order = record.order
    now, correlation_id = order.created_at, order.correlation_id
    serving = {candidate.offer_id: candidate for candidate in allocated.candidates}
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
        *map(supplier_orders.adding, record.supplier_orders),
        *reserving,
    ]


def _found_otherwise(order: Order, refused: WriteRefused, now: datetime) -> dict[str, Candidate | None]:
    """The offers that were not as they were read, as the transaction found them."""
    fresh: dict[str, Candidate | None] = {}
    for offer_id in {line.offer_id for line in order.lines}:
        if f"terms:{offer_id}" in refused.labels:
            terms = refused.found.get(f"terms:{offer_id}")
            fresh[offer_id] = allocation.of_terms(terms, now) if isinstance(terms, Terms) else None
    return fresh


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
    errors = [FieldProblem(f"/lines/{each.line}", each.code, _explained(each)) for each in obstacles]
    codes = {each.code for each in obstacles}
    code = next(code for code in _CONFLICTS if code in codes)
    return Conflict(code, f"{_CONFLICTS[code]}; nothing was ordered.", errors=errors)


def _explained(obstacle: Obstacle) -> str:
    if obstacle.price is not None:
        price = obstacle.price.as_json()
        return f"The price is now {price['amount']} {price['currency']}."
    return f"{_CONFLICTS[obstacle.code]}."


def _parts(order: Order, body: Mapping[str, Any]) -> tuple[SupplierOrder, ...]:
    placed_at = clock.parse(order.created_at)
    accept_by = placed_at + timedelta(hours=settings.accept_within_hours())
    held_until = placed_at + timedelta(minutes=settings.payment_within_minutes())
    is_paid = body["payment"].get("confirmed", True)
    return placement.supplier_orders(
        order,
        _namer(order.order_id),
        accept_by=clock.timestamp(accept_by),
        held_until=None if is_paid else clock.timestamp(held_until),
    )


def _namer(order_id: str) -> placement.NamePart:
    return lambda prefix, number: ids.part_id(prefix, order_id, number)


def _buyer(order: Order, body: Mapping[str, Any]) -> Buyer:
    return Buyer(order.order_id, body["ship_to"], body["contact"])
