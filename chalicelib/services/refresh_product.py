"""A product says what its members say, and shows its offers as they are now."""

from chalicelib import clock
from chalicelib.domain import golden, ranking
from chalicelib.domain.golden import Contribution
from chalicelib.domain.offer import Offer, Product
from chalicelib.domain.ranking import View
from chalicelib.services.commits import commit
from chalicelib.storage import offers, products
from chalicelib.storage.errors import WriteRefused

_READS = 5


class ProductContended(RuntimeError):
    """Others keep rewriting the product; the next change of its offers brings it up to date."""


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
        members = [member["offer_id"] for member in product.offer_ids.values()]
        terms = [each for each in offers.get_terms(members).values() if each.product_id == product_id]
        view = ranking.view_of(terms, clock.now())
        if view == View(product.offers_view, product.offers_later, product.view_until):
            return
        try:
            commit(products.showing(product_id, view, seen=product.view_version, now=clock.timestamp()))
        except WriteRefused:
            continue
        return
    raise ProductContended(product_id)


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
