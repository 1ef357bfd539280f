"""What the offer use cases share: how an offer is shown and found."""

from datetime import datetime
from typing import Any

from chalicelib import clock, ids
from chalicelib.domain.offer import Offer, Terms, inactivity_reasons
from chalicelib.problems import FieldProblem, NotFound, Unprocessable
from chalicelib.storage import offers

MAX_SKU = 64
SKU_RULE = f"A SKU has 1-{MAX_SKU} printable characters, no slash, and no space at its ends."


def shown(offer: Offer, terms: Terms, now: datetime) -> dict[str, Any]:
    """The offer as clients read it: its content, with the stock that its terms count."""
    reasons = inactivity_reasons(terms, now)
    view = {
        **offer.content,
        "offer_id": offer.offer_id,
        "supplier_id": offer.supplier_id,
        "sku": offer.sku,
        "acceptance": offer.acceptance,
        "validation_state": offer.validation_state,
        "active": not reasons,
        "inactivity_reasons": list(reasons),
        "quantity": max(0, terms.quantity),
        "available": terms.may_be_ordered,
        "stock_as_of": terms.stock_as_of,
        "issues": list(offer.issues),
        "corrections": list(offer.corrections),
        "rules_version": offer.rules_version,
        "version": offer.version,
        "created_at": offer.created_at,
        "updated_at": offer.updated_at,
    }
    price = terms.price_at(now)
    if price:
        view["current_price"] = price.as_json()
    return view | {"product_id": offer.product_id} if offer.product_id else view


def find(supplier_id: str, sku: str) -> tuple[Offer, Terms] | None:
    """The supplier's offer of that SKU with its terms, or None."""
    offer, terms = offers.get_with_terms(supplier_id, sku, ids.offer_id(supplier_id, sku))
    return (offer, terms) if offer and terms else None


def existing(supplier_id: str, sku: str) -> tuple[Offer, Terms]:
    """The offer with its terms. Raises NotFound."""
    found = find(supplier_id, sku) if is_sku(sku) else None
    if found is None:
        raise NotFound
    return found


def read(supplier_id: str, sku: str) -> dict[str, Any]:
    """The offer as clients read it. Raises NotFound."""
    return shown(*existing(supplier_id, sku), clock.now())


def is_sku(text: str) -> bool:
    """1-64 printable characters without `/` and without space at the ends."""
    return 0 < len(text) <= MAX_SKU and text.isprintable() and "/" not in text and text == text.strip()


def check_sku(text: str) -> None:
    """Raise Unprocessable where the text can be no SKU."""
    if not is_sku(text):
        problem = FieldProblem("/sku", "INVALID_VALUE", SKU_RULE)
        raise Unprocessable("INVALID_SKU", SKU_RULE, errors=[problem])
