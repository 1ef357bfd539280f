"""A supplier's offers: put, changed, withdrawn.

What is submitted waits for validation in the OFFER record; what is on sale stands in its TERMS. Stock takes
effect at once, price and content when validation has accepted them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain import corrections
from chalicelib.domain.offer import Offer, Terms, blocks
from chalicelib.domain.reversals import Made, with_corrections
from chalicelib.domain.supplier import Supplier
from chalicelib.problems import StaleVersion, TemporarilyUnavailable
from chalicelib.services import edits, offer_records, supplier_records
from chalicelib.services.commits import Along, commit, nothing_along
from chalicelib.services.versions import Expected
from chalicelib.storage import authorizations, offer_terms, offers, products
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

_TRIES = 4
PRICES = frozenset({"price", "list_price", "prices", "shipping_price"})
"""What may change without an accepted offer being taken off sale meanwhile."""


def put(
    supplier_id: str, sku: str, *, content: dict[str, Any], expected: Expected | None
) -> tuple[dict[str, Any], bool]:
    """Create the offer or replace it, and say whether it is new.

    Content that is what the offer says already, or said before validation corrected it, is not validated
    again while the offer is accepted or waits. Raises NotFound, StaleVersion, Conflict, Unprocessable.
    """
    offer_records.check_sku(sku)
    supplier = supplier_records.existing(supplier_id)
    supplier_records.refuse_closed(supplier)
    for _ in range(_TRIES):
        found = offer_records.find(supplier_id, sku)
        if expected is not None:
            expected.check(found[0].version if found else None)
        stored = _replace(supplier, *found, content) if found else _create(supplier, sku, content)
        if stored is not None:
            return offer_records.shown(*stored, clock.now()), found is None
        if expected is not None:
            raise StaleVersion
    raise _contention()


def change(
    supplier_id: str,
    sku: str,
    *,
    changed: Callable[[Mapping[str, Any]], dict[str, Any]],
    expected: Expected | None,
) -> dict[str, Any]:
    """Make the content what `changed` makes of it, as the supplier's own edit. Raises as `rewrite` does."""
    return rewrite(supplier_id, sku, edit=edits.own(changed), expected=expected)


def rewrite(
    supplier_id: str,
    sku: str,
    *,
    edit: edits.Edit,
    expected: Expected | None,
    along: Along = nothing_along,
) -> dict[str, Any]:
    """Make the content what `edit` makes of it. A changed price alone leaves an accepted offer on sale
    at the old price until validation accepts the new one. Raises NotFound, StaleVersion, Conflict."""
    supplier = supplier_records.existing(supplier_id)
    supplier_records.refuse_closed(supplier)
    for _ in range(_TRIES):
        offer, terms = offer_records.existing(supplier_id, sku)
        if expected is not None:
            expected.check(offer.version)
        content, made = edit(offer, {**offer.content, "quantity": _on_hand(terms)})
        stored = _change(supplier, offer, terms, content, made=made, along=along)
        if stored is not None:
            return offer_records.shown(*stored, clock.now())
        if expected is not None:
            raise StaleVersion
    raise _contention()


def reprice(supplier: Supplier, offer: Offer, terms: Terms, *, content: dict[str, Any], as_of: str) -> bool:
    """Make the content, of which only prices are other than the offer's, what the offer says as of a time.
    False where offer or prices have changed since they were read."""
    whole = {**content, "quantity": _on_hand(terms)}
    return _change(supplier, offer, terms, whole, made=offer.corrections, price_as_of=as_of) is not None


def withdraw(supplier_id: str, sku: str, *, expected: Expected | None) -> dict[str, Any]:
    """Take the offer off sale for good; its history stays. Withdrawing again changes nothing.
    Raises NotFound, StaleVersion."""
    for _ in range(_TRIES):
        offer, terms = offer_records.existing(supplier_id, sku)
        if expected is not None:
            expected.check(offer.version)
        if offer.withdrawn:
            return offer_records.shown(offer, terms, clock.now())
        stored = _withdrawn(offer, terms)
        if stored is not None:
            return offer_records.shown(*stored, clock.now())
        if expected is not None:
            raise StaleVersion
    raise _contention()


def _create(supplier: Supplier, sku: str, content: dict[str, Any]) -> tuple[Offer, Terms] | None:
    now = clock.timestamp()
    offer = Offer(
        offer_id=ids.offer_id(supplier.supplier_id, sku),
        supplier_id=supplier.supplier_id,
        sku=sku,
        content=content,
        correlation_id=telemetry.correlation_id(),
        created_at=now,
        updated_at=now,
    )
    terms = Terms(
        offer_id=offer.offer_id,
        supplier_id=offer.supplier_id,
        sku=sku,
        title=content["title"],
        available=content["quantity"],
        stock_as_of=now,
        blocks=_blocks(offer, supplier_is_open=supplier.is_open, has_price=False),
        handling_days=content["handling_days"],
        condition=content["condition"],
        price_as_of=now,
        supplier_name=supplier.display_name,
        closed_from=supplier.closed_from,
        closed_until=supplier.closed_until,
        correlation_id=offer.correlation_id,
        created_at=now,
        updated_at=now,
    )
    stored = _commit(offers.adding(offer), offer_terms.adding(terms))
    return (offer, terms) if stored else None


def _replace(
    supplier: Supplier, offer: Offer, terms: Terms, content: dict[str, Any]
) -> tuple[Offer, Terms] | None:
    settled = offer.acceptance == "ACCEPTED" or offer.validation_state == "PENDING"
    if settled and not offer.withdrawn and not touched(offer, content):
        return _stocked(offer, terms, content["quantity"])
    kept = with_corrections(offer, content, offer.corrections)
    return _resubmitted(supplier, kept, terms, content, acceptance="NEW", counted=content["quantity"])


def _change(
    supplier: Supplier,
    offer: Offer,
    terms: Terms,
    content: dict[str, Any],
    *,
    made: Sequence[Made],
    along: Along = nothing_along,
    price_as_of: str | None = None,
) -> tuple[Offer, Terms] | None:
    kept = with_corrections(offer, content, made)
    names = content.keys() | offer.content.keys()
    touched = {name for name in names if content.get(name) != offer.content.get(name)} - {"quantity"}
    # A quantity that the patch leaves alone is no count: what was sold since it was read would come back.
    counted = None if content["quantity"] == _on_hand(terms) else content["quantity"]
    if not touched and kept == offer:
        return (offer, terms) if counted is None else _stocked(offer, terms, counted)
    on_sale = offer.acceptance == "ACCEPTED" and touched <= PRICES
    acceptance = "ACCEPTED" if on_sale else "NEW"
    return _resubmitted(
        supplier,
        kept,
        terms,
        content,
        acceptance=acceptance,
        counted=counted,
        priced=bool(touched & PRICES),
        price_as_of=price_as_of,
        along=along(offer.content, content),
    )


def _resubmitted(
    supplier: Supplier,
    offer: Offer,
    terms: Terms,
    content: dict[str, Any],
    *,
    acceptance: str,
    counted: int | None,
    priced: bool = True,
    price_as_of: str | None = None,
    along: Sequence[Write] = (),
) -> tuple[Offer, Terms] | None:
    """Send the content to validation; stock that was `counted` counts from now, prices (where `priced`) from
    `price_as_of` or now."""
    now = clock.timestamp()
    submitted = replace(
        offer,
        content=content,
        acceptance=acceptance,
        validation_state="PENDING",
        withdrawn=False,
        correlation_id=telemetry.correlation_id(),
        updated_at=now,
    )
    sold_at = replace(
        terms,
        blocks=_blocks(submitted, supplier_is_open=supplier.is_open, has_price=terms.currency is not None),
        correlation_id=submitted.correlation_id,
    )
    as_of = max(now, terms.stock_as_of)
    stored = _commit(
        offers.replacing(submitted, expected_version=offer.version),
        offer_terms.changing(
            sold_at,
            now=now,
            stock=None if counted is None else (counted, as_of),
            price_as_of=(price_as_of or max(now, terms.price_as_of)) if priced else None,
        ),
        *along,
    )
    if not stored:
        return None
    if counted is not None:
        sold_at = replace(sold_at, available=counted - terms.reserved, stock_as_of=as_of)
    return replace(submitted, version=offer.version + 1), sold_at


def _stocked(offer: Offer, terms: Terms, quantity: int) -> tuple[Offer, Terms] | None:
    now = clock.timestamp()
    as_of = max(now, terms.stock_as_of)
    correlation_id = telemetry.correlation_id()
    write = offer_terms.setting_stock(
        offer.offer_id, quantity=quantity, as_of=as_of, now=now, correlation_id=correlation_id
    )
    if not _commit(write):
        return None
    return offer, replace(terms, available=quantity - terms.reserved, stock_as_of=as_of)


def _withdrawn(offer: Offer, terms: Terms) -> tuple[Offer, Terms] | None:
    now = clock.timestamp()
    correlation_id = telemetry.correlation_id()
    gone = replace(
        offer,
        withdrawn=True,
        validation_state="DONE",
        product_id=None,
        correlation_id=correlation_id,
        updated_at=now,
    )
    # The terms keep the product, so that the stream handler finds the view to take the offer out of.
    off_sale = replace(terms, blocks=(*terms.blocks, "WITHDRAWN"), correlation_id=correlation_id)
    writes = [
        offers.replacing(gone, expected_version=offer.version),
        offer_terms.changing(off_sale, now=now),
    ]
    if offer.product_id:
        writes.append(
            products.leaving(
                offer.product_id,
                supplier_id=offer.supplier_id,
                sku=offer.sku,
                now=now,
                correlation_id=correlation_id,
            )
        )
    return (replace(gone, version=offer.version + 1), off_sale) if _commit(*writes) else None


def touched(offer: Offer, content: Mapping[str, Any]) -> set[str]:
    """The fields, stock apart, of which the content says neither what the offer says nor what it said before
    validation corrected it."""
    as_sent = corrections.as_sent(offer.content, offer.corrections)
    names = (content.keys() | offer.content.keys()) - {"quantity"}
    return {name for name in names if content.get(name) not in (offer.content.get(name), as_sent.get(name))}


def _on_hand(terms: Terms) -> int:
    """The stock as the supplier reads it: a count below what was reserved may end below zero."""
    return max(0, terms.quantity)


def _blocks(offer: Offer, *, supplier_is_open: bool, has_price: bool) -> tuple[str, ...]:
    return blocks(
        acceptance=offer.acceptance,
        supplier_is_open=supplier_is_open,
        has_price=has_price,
        withdrawn=offer.withdrawn,
        unauthorized=authorizations.current().forbid(offer.content, offer.supplier_id),
    )


def _commit(*writes: Write) -> bool:
    """Whether the writes were made; they were not where the offer has changed since it was read."""
    try:
        commit(*writes)
    except WriteRefused:
        return False
    return True


def _contention() -> TemporarilyUnavailable:
    return TemporarilyUnavailable(
        "CONTENTION", "Others are changing this offer; nothing was done.", retry_after=1
    )
