"""What is told of offers, of the terms they are sold at, and of the products that show them."""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.domain.announcement import Announcement, change, present
from chalicelib.domain.offer import Offer, PriceWindow, Product, Terms

OF_ACCEPTANCE = {"TO_REVIEW": "offer.held_for_review", "REJECTED": "offer.rejected"}


def of_offer(before: object | None, after: Offer) -> Iterator[Announcement]:
    was = before.acceptance if isinstance(before, Offer) else None
    if after.acceptance == was or after.acceptance not in OF_ACCEPTANCE:
        return
    about = {
        "offer_id": after.offer_id,
        "supplier_id": after.supplier_id,
        **change({"acceptance": was} if was else None, {"acceptance": after.acceptance}),
    }
    subject = f"{after.offer_id}@{after.version}"
    yield Announcement(OF_ACCEPTANCE[after.acceptance], subject, after.updated_at, about)


def of_terms(before: object | None, after: Terms) -> Iterator[Announcement]:
    """That an offer came on sale or went; of one that stays on sale, another price and another stock.

    What orders take from the stock is told with the orders: of the stock itself, only that it was counted
    anew, that it ran out, and that there is some again.
    """
    was = before if isinstance(before, Terms) and not before.blocks else None
    if (was is None) == bool(after.blocks):
        if was is not None:
            yield from _of_those_on_sale(was, after)
        return
    reasons = {"inactivity_reasons": list(before.blocks)} if isinstance(before, Terms) else None
    sold_at = present({"price": _json(after, "price"), "available": after.may_be_ordered})
    about = {**sold_at, **change(reasons, {"inactivity_reasons": list(after.blocks)})}
    yield _told("offer.deactivated" if after.blocks else "offer.activated", after, about)


def of_product(before: object | None, after: Product) -> Iterator[Announcement]:
    """Another offer is featured, or one where there was none, or none any more."""
    was = before if isinstance(before, Product) else None
    if after.featured_offer_id == (was.featured_offer_id if was else None):
        return
    about = {"product_id": after.product_id, **change(_featured(was), _featured(after))}
    subject = f"{after.product_id}@{after.view_version}"
    yield Announcement("product.featured_changed", subject, after.updated_at, about)


def _of_those_on_sale(was: Terms, now: Terms) -> Iterator[Announcement]:
    if (old := _prices(was)) != (new := _prices(now)):
        yield _told("offer.price_changed", now, change(old, new))
    had, has = was.may_be_ordered, now.may_be_ordered
    if had != has and (was.stock_as_of != now.stock_as_of or not had or not has):
        yield _told("offer.stock_changed", now, change({"available": had}, {"available": has}))


def _told(kind: str, terms: Terms, about: Mapping[str, Any]) -> Announcement:
    ids = {"offer_id": terms.offer_id, "supplier_id": terms.supplier_id, "product_id": terms.product_id}
    data = {**present(ids), **about}
    # Sales write the terms without a new version.
    subject = f"{terms.offer_id}@{terms.version}@{terms.updated_at}"
    return Announcement(kind, subject, terms.updated_at, data)


def _prices(terms: Terms) -> dict[str, Any]:
    windows = [_window(window) for window in terms.windows]
    prices = {name: _json(terms, name) for name in ("price", "shipping_price")}
    return present({**prices, "prices": windows})


def _window(window: PriceWindow) -> dict[str, Any]:
    limits = {"valid_from": window.valid_from, "valid_until": window.valid_until}
    return present({"price": window.price.as_json(), **limits})


def _json(terms: Terms, name: str) -> dict[str, str] | None:
    money = getattr(terms, name)
    return money.as_json() if money else None


def _featured(product: Product | None) -> dict[str, Any] | None:
    if product is None or not product.offers_view:
        return None
    return {name: product.offers_view[0][name] for name in ("offer_id", "supplier_id", "price")}
