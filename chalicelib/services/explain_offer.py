"""Why an offer is not for sale, or not the featured one: what was decided on what, and what to do next."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.domain import gtin, ranking
from chalicelib.domain.issues import unsettled
from chalicelib.domain.offer import (
    BRAND_UNAUTHORIZED,
    CATEGORY_UNAUTHORIZED,
    Offer,
    Product,
    Terms,
    inactivity_reasons,
)
from chalicelib.domain.ranking import Entry
from chalicelib.domain.rules.offer_identifiers import gtin_of, key_of
from chalicelib.domain.supplier import Supplier
from chalicelib.services import offer_records, review_records, supplier_records
from chalicelib.storage import authorizations, products, reviews

STEPS = {
    "WAIT_FOR_VALIDATION": "The offer is being validated; this takes seconds.",
    "MEND_OFFER": "Change the fields that the blocking issues name, and send the offer again.",
    "WAIT_FOR_REVIEW": "A person at the marketplace looks at the case; mending the offer is quicker.",
    "SEE_SUPPLIER": "Nothing of this supplier is for sale; its own explanation says why.",
    "SEND_STOCK": "Send the quantity on hand; what is reserved by orders does not count.",
    "SEND_PRICE": "No price holds now: send a base price, or one of prices that includes this moment.",
    "CHANGE_PERIOD": "Now lies outside available_from and available_until: wait, or change them.",
    "ASK_FOR_AUTHORIZATION": "The marketplace keeps this category or brand for some suppliers; ask it.",
    "SEND_AGAIN": "The offer was withdrawn: put it again to sell it.",
}
"""What may be to do next, by code."""

_STEP_OF_REASON = {
    "SUPPLIER_NOT_OPEN": "SEE_SUPPLIER",
    "ZERO_QUANTITY": "SEND_STOCK",
    "NO_ACTIVE_PRICE": "SEND_PRICE",
    "NOT_IN_AVAILABILITY_PERIOD": "CHANGE_PERIOD",
    CATEGORY_UNAUTHORIZED: "ASK_FOR_AUTHORIZATION",
    BRAND_UNAUTHORIZED: "ASK_FOR_AUTHORIZATION",
    "WITHDRAWN": "SEND_AGAIN",
}
_IDENTIFIER_OF_RULE = {"gtin.upc_e": "UPC-E", "gtin.isbn_10": "ISBN-10"}

Subject = tuple[Offer, Terms, Supplier, datetime]


def explain(supplier_id: str, sku: str) -> dict[str, Any]:
    """The offer's standing with everything that it follows from. Raises NotFound.

    Issues carry the value and the facts as they were in the version judged; the rank is the one that the
    product shows, by the values that it was made of. Of other suppliers it tells what the product tells all.
    """
    offer, terms = offer_records.existing(supplier_id, sku)
    supplier = supplier_records.existing(supplier_id)
    product = products.get(offer.product_id) if offer.product_id else None
    review = reviews.get(offer.review_id) if offer.review_id else None
    now = clock.now()
    reasons = inactivity_reasons(terms, now)
    blocking = [] if offer.acceptance == "ACCEPTED" else unsettled(offer.issues)
    optional = {
        "review": review_records.as_case(review) if review else None,
        "product": _membership(offer, product) if product else None,
        "rank": _rank(offer, product, now) if product else None,
    }
    steps = _steps(offer, reasons, has_case=review is not None and review.status != "RESOLVED")
    return {
        "offer_id": offer.offer_id,
        "supplier_id": offer.supplier_id,
        "sku": offer.sku,
        "version": offer.version,
        "active": not reasons,
        "acceptance": offer.acceptance,
        "validation": {
            "state": offer.validation_state,
            "judged_version": offer.judged_version,
            "judged_at": offer.judged_at,
            "rules_version": offer.rules_version,
        },
        "blocking_issues": blocking,
        "inactivity_reasons": [
            {"code": code, "inputs": _inputs(code, (offer, terms, supplier, now))} for code in reasons
        ],
        "next_steps": [{"code": code, "text": STEPS[code]} for code in dict.fromkeys(steps)],
        **{name: value for name, value in optional.items() if value is not None},
    }


def _steps(offer: Offer, reasons: Sequence[str], *, has_case: bool) -> Iterator[str]:
    if offer.validation_state == "PENDING":
        yield "WAIT_FOR_VALIDATION"
    elif offer.acceptance != "ACCEPTED" and not offer.withdrawn:
        yield "MEND_OFFER"
        if has_case:
            yield "WAIT_FOR_REVIEW"
    for reason in reasons:
        # An offer that has not been accepted yet has no price that holds; its validation brings it.
        if reason in _STEP_OF_REASON and not (reason == "NO_ACTIVE_PRICE" and offer.acceptance != "ACCEPTED"):
            yield _STEP_OF_REASON[reason]


def _inputs(code: str, subject: Subject) -> dict[str, Any]:
    """What the reason follows from, as it is now."""
    found = _INPUTS.get(code, _of_acceptance)(*subject)
    return {name: value for name, value in found.items() if value is not None}


def _of_acceptance(offer: Offer, _terms: Terms, _supplier: Supplier, _now: datetime) -> dict[str, Any]:
    return {"acceptance": offer.acceptance, "validation_state": offer.validation_state}


def _of_supplier(_offer: Offer, _terms: Terms, supplier: Supplier, _now: datetime) -> dict[str, Any]:
    return {
        "status": supplier.status,
        "suspension_type": supplier.suspension_type,
        "closed_from": supplier.closed_from,
        "closed_until": supplier.closed_until,
    }


def _of_stock(_offer: Offer, terms: Terms, _supplier: Supplier, _now: datetime) -> dict[str, Any]:
    return {"quantity": terms.quantity, "reserved": terms.reserved, "stock_as_of": terms.stock_as_of}


def _of_price(offer: Offer, _terms: Terms, _supplier: Supplier, now: datetime) -> dict[str, Any]:
    return {
        "price": offer.content.get("price"),
        "prices": offer.content.get("prices"),
        "now": clock.timestamp(now),
    }


def _of_period(_offer: Offer, terms: Terms, _supplier: Supplier, now: datetime) -> dict[str, Any]:
    return {
        "available_from": terms.available_from,
        "available_until": terms.available_until,
        "now": clock.timestamp(now),
    }


def _of_authorization(offer: Offer, _terms: Terms, _supplier: Supplier, _now: datetime) -> dict[str, Any]:
    """Which of its names are restricted, and by which version; not who else may sell them."""
    names = {name: offer.content.get(name) for name in ("category", "brand")}
    return {**names, "authorizations_version": authorizations.current().version}


_INPUTS: Mapping[str, Callable[[Offer, Terms, Supplier, datetime], dict[str, Any]]] = {
    "SUPPLIER_NOT_OPEN": _of_supplier,
    "ZERO_QUANTITY": _of_stock,
    "NO_ACTIVE_PRICE": _of_price,
    "NOT_IN_AVAILABILITY_PERIOD": _of_period,
    CATEGORY_UNAUTHORIZED: _of_authorization,
    BRAND_UNAUTHORIZED: _of_authorization,
    "WITHDRAWN": lambda offer, *_: {"withdrawn_at": offer.updated_at},
}


def _membership(offer: Offer, product: Product) -> dict[str, Any]:
    """The product that the offer is in, by which number, and what of its content is from the offer."""
    own = [pointer for pointer, source in product.sources.items() if source["offer_id"] == offer.offer_id]
    told = {"product_id": product.product_id, "gtin": product.gtin, **_identifier(offer)}
    return {**told, "offers_in_it": len(product.offer_ids), "fields_from_this_offer": own}


def _identifier(offer: Offer) -> dict[str, Any]:
    """The number as it was sent, and its kind; an offer without one has a product of its own."""
    if key_of(offer.content) is None:
        return {"identified_by": "EXEMPTION"}
    changes = [each for each in offer.corrections if each["field"] == "/gtin" and "reversal" not in each]
    sent = changes[0]["before"] if changes else gtin_of(offer.content)
    rules = [each["rule"] for each in changes]
    kind = next((_IDENTIFIER_OF_RULE[rule] for rule in rules if rule in _IDENTIFIER_OF_RULE), None)
    return {"identified_by": kind or f"GTIN-{_length(sent, offer)}", "gtin_sent": sent}


def _length(sent: str, offer: Offer) -> int:
    bare = gtin.without_separators(sent)
    return len(bare) if bare and len(bare) in gtin.LENGTHS else len(gtin_of(offer.content))


def _rank(offer: Offer, product: Product, now: datetime) -> dict[str, Any] | None:
    """Where the offer stands among those that its product shows, and what decided; None where it is not
    among them."""
    entries = ranking.shown(product, now)
    place = next((n for n, entry in enumerate(entries) if entry["offer_id"] == offer.offer_id), None)
    if place is None:
        return None
    own = entries[place]
    # The featured offer is held against the one that would follow it, any other against the featured one.
    other = entries[0] if place else entries[1] if len(entries) > 1 else None
    rank = {
        "position": place + 1,
        "of": len(entries),
        "featured": place == 0,
        "rank_reason": own["rank_reason"],
        "ranked_at": product.view_at,
    }
    if other is None:
        return rank
    decided = ranking.decided_by(own, other, entries).name
    return {
        **rank,
        "decided_by": decided,
        "criteria": [_compared(criterion, own, other) for criterion in ranking.CRITERIA],
        "compared_with": ranking.for_clients([other])[0],
    }


def _compared(criterion: ranking.Criterion, own: Entry, other: Entry) -> dict[str, Any]:
    compared = {"criterion": criterion.name, "own": criterion.shown(own)}
    return compared if criterion.is_private else {**compared, "other": criterion.shown(other)}
