"""Many prices of a supplier's offers at once, each validated as if its offer had been patched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from chalicelib import clock, ids
from chalicelib.bodies import faults
from chalicelib.bodies.offer import OfferBodySchema
from chalicelib.domain.dated import APPLIED, Dated, take
from chalicelib.domain.offer import Offer, Terms
from chalicelib.domain.supplier import Supplier
from chalicelib.problems import TemporarilyUnavailable, Unprocessable
from chalicelib.services import manage_offers
from chalicelib.services.commits import commit
from chalicelib.services.row_updates import INVALID, NOT_FOUND, WITHDRAWN, Plan, Result, apply
from chalicelib.storage import offer_terms, offers
from chalicelib.storage.errors import WriteRefused

NAMES = ("price", "list_price")

_BODY = OfferBodySchema()


@dataclass(frozen=True)
class _Priced:
    offer: Offer
    terms: Terms
    prices: Dated


def update(supplier: Supplier, prices: Sequence[tuple[str, Dated]]) -> list[Result]:
    """Apply the prices (by NAMES, as money; None takes one away), each with its SKU; gives their results in
    order: APPLIED, UNCHANGED, STALE, NOT_FOUND, WITHDRAWN, INVALID where they do not fit what the offer says
    besides, CONTENTION."""

    def read(skus: Iterable[str]) -> Mapping[str, tuple[Offer, Terms]]:
        wanted = list(skus)
        found = offers.get_many((supplier.supplier_id, sku) for sku in wanted)
        terms = offer_terms.get_many(ids.offer_id(supplier.supplier_id, sku) for sku in wanted)
        return {
            offer.sku: (offer, terms[offer.offer_id]) for offer in found.values() if offer.offer_id in terms
        }

    return apply(prices, read=read, plan=_plan, write=partial(_write, supplier))


def _plan(found: tuple[Offer, Terms] | None, prices: list[Dated]) -> Plan[_Priced]:
    if found is None:
        return Plan([Result(NOT_FOUND)] * len(prices))
    offer, terms = found
    if offer.withdrawn:
        return Plan([Result(WITHDRAWN)] * len(prices))
    said = {name: offer.content[name] for name in NAMES if name in offer.content}
    stored = Dated(said, terms.price_as_of)
    held, results = stored, []
    for each in prices:
        after, code = take(held, each)
        result = _fitting(offer, after) if code == APPLIED else Result(code)
        held = held if result.code == INVALID else after
        results.append(result)
    return Plan(results, None if held == stored else _Priced(offer, terms, held))


def _fitting(offer: Offer, prices: Dated) -> Result:
    """APPLIED, or INVALID where the offer could not be sent with these prices."""
    try:
        faults.load(_BODY, _content(offer, prices))
    except Unprocessable as refused:
        return Result(INVALID, refused.errors)
    return Result(APPLIED)


def _content(offer: Offer, prices: Dated) -> dict[str, Any]:
    others = {name: value for name, value in offer.content.items() if name not in NAMES}
    return {**others, **prices.values}


def _write(supplier: Supplier, priced: _Priced) -> bool:
    offer, terms, prices = priced.offer, priced.terms, priced.prices
    content = _content(offer, prices)
    try:
        if content != offer.content:
            return manage_offers.reprice(supplier, offer, terms, content=content, as_of=prices.as_of)
        commit(offer_terms.confirming_price(offer.offer_id, as_of=prices.as_of, now=clock.timestamp()))
    except (WriteRefused, TemporarilyUnavailable):
        return False
    return True
