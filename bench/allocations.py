"""What choosing offers costs beside the rest of placing that order: reading what is offered, writing it."""

import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.measure import cpu_microseconds
from bench.world import World, an_order

Json = dict[str, Any]
_HIGHEST = {"amount": "999.00", "currency": "EUR"}


@dataclass(frozen=True)
class Measured:
    """`over_rest` is allocation's CPU as a multiple of the rest's; `above_bound` how many per cent the order
    costs above what it cannot cost less than."""

    over_rest: float
    above_bound: float


def of_products(place: World, *, lines: int, offers: int) -> Measured:
    """Of an order of so many products, each offered by so many of twice as many suppliers."""
    from chalicelib import clock
    from chalicelib.domain import allocation
    from chalicelib.domain.allotment import Choices, WantedLine
    from chalicelib.domain.money import Money
    from chalicelib.storage import offer_terms, products
    from chalicelib.storage.transaction import commit

    now, rng = clock.now(), random.Random(lines)
    offered = {f"prd_bench_{lines}_{number}": _terms(rng, offers, number) for number in range(lines)}
    shown = [_product(product_id, terms, now) for product_id, terms in offered.items()]
    for product in shown:
        commit(products.adding(product))
    wanted = [WantedLine(1, Money(100, "EUR"), product_id=product_id) for product_id in offered]
    choices = Choices({}, {each.product_id: allocation.of_product(each, now) for each in shown})
    chosen = {each.offer_id for each in _allotted(wanted, choices, now).candidates}
    for terms in (each for several in offered.values() for each in several):
        if terms.offer_id in chosen:
            commit(offer_terms.adding(terms))
    return _measured(place, wanted, choices, now)


def of_offers(place: World) -> Measured:
    """Of an order that names its two offers, so that there is nothing to choose."""
    from chalicelib import clock
    from chalicelib.domain import allocation
    from chalicelib.domain.allotment import Choices, WantedLine
    from chalicelib.storage import offer_terms

    now = clock.now()
    terms = offer_terms.get_many([offer["offer_id"] for offer in place.offers])
    candidates = {offer_id: allocation.of_terms(each, now) for offer_id, each in terms.items()}
    wanted = [WantedLine(1, each.price, offer_id=each.offer_id) for each in candidates.values() if each]
    return _measured(place, wanted, Choices(candidates), now)


def _measured(place: World, wanted: Sequence[Any], choices: Any, now: datetime) -> Measured:
    body = _body(wanted)

    def order() -> None:
        answer = place.call("POST", "/orders", body, idempotency_key=uuid.uuid4().hex)
        assert answer["statusCode"] == 201, answer["body"]

    allotted = _allotted(wanted, choices, now)
    calls = 1 if len(wanted) > 2 else 20
    choosing = cpu_microseconds(lambda: _allotted(wanted, choices, now), calls=calls)
    placing = cpu_microseconds(order, calls=calls)
    above = 100 * (allotted.total - allotted.bound) / allotted.total
    return Measured(choosing / (placing - choosing), above)


def _allotted(wanted: Sequence[Any], choices: Any, now: datetime) -> Any:
    from chalicelib.domain.allotment import Conditions, allot, promise_of
    from chalicelib.domain.money import Money
    from chalicelib.services.allocation_costs import allocation_costs

    promise = promise_of({"max_unit_price": _HIGHEST})
    return allot(wanted, choices, Conditions(promise, allocation_costs("EUR"), Money(10**8, "EUR"), now))


def _body(wanted: Iterable[Any]) -> Json:
    body = an_order(())
    body["lines"] = [
        {
            **({"offer_id": line.offer_id} if line.offer_id else {"product_id": line.product_id}),
            "quantity": line.quantity,
            "expected_price": line.expected_price.as_json(),
        }
        for line in wanted
    ]
    body["payment"]["authorized_amount"] = {"amount": "999999.00", "currency": "EUR"}
    return {**body, "promise": {"max_unit_price": _HIGHEST}}


def _terms(rng: random.Random, offers: int, number: int) -> list[Any]:
    """The product's offers: prices within a fifth of each other, days, health and stock as they come."""
    from chalicelib import ids
    from chalicelib.domain.money import Money
    from chalicelib.domain.offer import Terms

    base = rng.randint(500, 5000)
    return [
        Terms(
            offer_id=ids.offer_id(f"sup_bench{supplier:05}", f"SKU-{number}"),
            supplier_id=f"sup_bench{supplier:05}",
            sku=f"SKU-{number}",
            title=f"Assam broken leaf, second flush, 250 g tin, no. {number}",
            price=Money(base + rng.randint(0, base // 5), "EUR"),
            available=1_000_000,
            handling_days=rng.randint(1, 5),
            supplier_name=f"Supplier {supplier}",
        )
        for supplier in rng.sample(range(2 * offers), offers)
    ]


def _product(product_id: str, terms: Sequence[Any], now: datetime) -> Any:
    """A product that shows all these offers, a hundred at a time."""
    from chalicelib.domain import ranking
    from chalicelib.domain.offer import Product

    views = (ranking.view_of(terms[at : at + 100], now).shown for at in range(0, len(terms), 100))
    shown = tuple(entry for view in views for entry in view)
    return Product(product_id, None, terms[0].title, "North Tea Trading", "Tea", offers_view=shown)
