"""A product shows its offers as they are now."""

from chalicelib import clock
from chalicelib.domain.allocation import ranked_view
from chalicelib.services.commits import commit
from chalicelib.storage import offers, products
from chalicelib.storage.errors import WriteRefused

_READS = 5


class ViewContended(RuntimeError):
    """Others keep rewriting the product's view; the next change of its offers brings it up to date."""


def refresh(product_id: str) -> None:
    """Rebuild the ranked view of the product's offers from their terms; nothing is written where it shows
    them already, or where there is no such product.

    The terms are read after the view's version, so a view written under that version never goes back behind
    a change that an earlier one had seen. Raises ViewContended.
    """
    for _ in range(_READS):
        product = products.get(product_id)
        if product is None:
            return
        members = [member["offer_id"] for member in product.offer_ids.values()]
        terms = [each for each in offers.get_terms(members).values() if each.product_id == product_id]
        view = ranked_view(terms, clock.now())
        if view == [dict(shown) for shown in product.offers_view]:
            return
        try:
            commit(products.showing(product_id, view, seen=product.view_version, now=clock.timestamp()))
        except WriteRefused:
            continue
        return
    raise ViewContended(product_id)
