"""A product says what its members say, and shows its offers as they are now."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from chalicelib import clock
from chalicelib.domain import golden, ranking
from chalicelib.domain.golden import Contribution
from chalicelib.domain.offer import Offer, Product, Terms
from chalicelib.domain.ranking import View
from chalicelib.services.commits import commit
from chalicelib.storage import offer_terms, offers, products
from chalicelib.storage.errors import WriteRefused

_READS = 5


class ProductContended(RuntimeError):
    """Others keep rewriting the product; the next change of its offers brings it up to date."""


def outdated(product_ids: Iterable[str]) -> set[str]:
    """Those of the products that `refresh` would write now: two batch reads for a hundred of one offer."""
    found = products.get_many(product_ids)
    members = {each.product_id: _members(each) for each in found.values()}
    terms = offer_terms.get_many(offer_id for offer_ids in members.values() for offer_id in offer_ids)
    now = clock.now()
    return {
        product.product_id
        for product in found.values()
        if product.is_content_due or not _shows(product, members[product.product_id], terms, now)
    }


def is_current(product: Product, terms: Mapping[str, Terms]) -> bool:
    """Whether the product, as it was at some moment, shows its members as they are in `terms`, by offer id,
    of other moments perhaps. No `refresh` is owed to those moments then: a later change has its own."""
    members = _members(product)
    return (
        not product.is_content_due
        and all(each in terms for each in members)
        and _shows(product, members, terms, clock.now())
    )


def refresh(product_id: str) -> None:
    """Merge the product's content anew where that is due, and rebuild the ranked view of its offers from
    their terms; nothing is written where it shows them already, or where there is no such product.

    The terms are read after the view's version, so a view written under that version never goes back behind
    a change that an earlier one had seen. Raises ProductContended.
    """
    for _ in range(_READS):
        product = products.get(product_id)
        if product is None:
            return
        if product.is_content_due and not _merged(product):
            continue
        view = _view(product, offer_terms.get_many(_members(product)).values(), clock.now())
        if view == _shown(product):
            return
        try:
            commit(products.showing(product_id, view, seen=product.view_version, now=clock.timestamp()))
        except WriteRefused:
            continue
        return
    raise ProductContended(product_id)


def _shows(product: Product, members: Iterable[str], terms: Mapping[str, Terms], now: datetime) -> bool:
    return _view(product, (terms[each] for each in members if each in terms), now) == _shown(product)


def _members(product: Product) -> list[str]:
    return [str(member["offer_id"]) for member in product.offer_ids.values()]


def _view(product: Product, terms: Iterable[Terms], now: datetime) -> View:
    return ranking.view_of((each for each in terms if each.product_id == product.product_id), now)


def _shown(product: Product) -> View:
    return View(product.offers_view, product.offers_later, product.view_until)


def _merged(product: Product) -> bool:
    """Whether the product's content was merged anew; it was not where the product has changed since."""
    found = offers.get_many((supplier_id, member["sku"]) for supplier_id, member in product.offer_ids.items())
    said = [
        _contribution(product, supplier_id, found.get((supplier_id, member["sku"])))
        for supplier_id, member in product.offer_ids.items()
    ]
    try:
        commit(products.saying(golden.merged(product, said), now=clock.timestamp()))
    except WriteRefused:
        return False
    return True


def _contribution(product: Product, supplier_id: str, offer: Offer | None) -> Contribution:
    """What the member says. Of one whose content waits for validation, or was not accepted, that is what the
    product has of it."""
    if offer is None or offer.acceptance != "ACCEPTED":
        return golden.as_given(product, supplier_id)
    return golden.of_member(product, supplier_id, golden.values_of(offer.content))
