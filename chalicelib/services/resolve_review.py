"""An administrator decides a case: review and record change together, or neither does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain.offer import Offer, check_acceptance_move
from chalicelib.domain.review import Review, check_move
from chalicelib.domain.supplier import Supplier, moved
from chalicelib.domain.verdicts import reviewed_supplier_status
from chalicelib.ids import offer_id
from chalicelib.problems import Conflict, NotFound
from chalicelib.services import brands, correct_record, publish_offers, review_batches, review_records
from chalicelib.services.commits import commit
from chalicelib.services.follow_supplier import follow_with
from chalicelib.services.read_reviews import with_records
from chalicelib.services.similar_cases import remembering
from chalicelib.services.validate_offers import product_id_of
from chalicelib.services.versions import Expected
from chalicelib.storage import authorizations, offers, products, reviews, suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

Content = Mapping[str, Any]

_TRIES = 4
_ACCEPTANCE = {"APPROVED": "ACCEPTED", "REJECTED": "REJECTED", "CHANGES_REQUESTED": "CHANGES_REQUESTED"}


def resolve(
    review_id: str, decision: Mapping[str, Any], *, actor: str, expected: Expected | None
) -> dict[str, Any]:
    """Decide the case; `decision` is the body of a resolution.

    APPROVED, REJECTED and CHANGES_REQUESTED resolve the review and put its record into that state. CORRECTED
    applies proposed corrections (`accept_corrections`: positions among them, or all) and leaves it to
    validation to resolve the review. Raises NotFound, StaleVersion, Unprocessable, Conflict:
    ALREADY_RESOLVED, ALREADY_CLAIMED by another, RECORD_CHANGED while the record waits for validation again,
    DUPLICATE_OFFER where the product has another offer of it.
    """
    return with_records([_decide(review_id, decision, actor=actor, expected=expected)])[0]


def resolve_many(decisions: Sequence[Mapping[str, Any]], *, actor: str) -> dict[str, Any]:
    """Decide each case as `resolve` does; `decisions` also name the review and, where it matters, its
    version. The result of each is as `review_batches` says."""

    def decide(decision: Mapping[str, Any]) -> Review:
        version = decision.get("version")
        expected = None if version is None else Expected(frozenset({version}))
        return _decide(decision["review_id"], decision, actor=actor, expected=expected)

    return review_batches.on_each(decisions, decide, named=itemgetter("review_id"))


def _decide(review_id: str, decision: Mapping[str, Any], *, actor: str, expected: Expected | None) -> Review:
    note = decision.get("note")
    if decision["decision"] == "CORRECTED":
        chosen = decision.get("accept_corrections", True)
        return correct_record.accept(review_id, chosen=chosen, note=note, actor=actor, expected=expected)
    return _resolve(review_id, decision=decision["decision"], note=note, actor=actor, expected=expected)


def _resolve(
    review_id: str, *, decision: str, note: str | None, actor: str, expected: Expected | None
) -> Review:
    for _ in range(_TRIES):
        review = review_records.existing_unresolved(review_id)
        if expected is not None:
            expected.check(review.version)
        review_records.refuse_claimed_by_another(review, actor=actor)
        resolved = _resolved(review, decision=decision, note=note, actor=actor)
        if review.sku:
            content, record_writes = _offer_writes(review, decision)
        else:
            content, record_writes = _supplier_writes(review, decision, actor=actor, note=note)
        memory = remembering(resolved, content)
        try:
            commit(reviews.replacing(resolved, expected_version=review.version), *record_writes, *memory)
        except WriteRefused as refused:
            telemetry.log("RESOLUTION_RETRIED", review_id=review_id, refused=str(refused))
        else:
            _follow_supplier(review)
            return replace(resolved, version=review.version + 1)
    raise review_records.contention()


def _follow_supplier(review: Review) -> None:
    """The offer's terms were written for the supplier as it was read: it may have opened or closed since."""
    if review.sku is not None:
        follow_with(review.supplier_id, [offer_id(review.supplier_id, review.sku)])


def _resolved(review: Review, *, decision: str, note: str | None, actor: str) -> Review:
    check_move(review.status, "RESOLVED")
    resolved = replace(review, status="RESOLVED", resolution=decision, note=note or review.note)
    return review_records.noted(resolved, what=decision, actor=actor, note=note)


def _supplier_writes(
    review: Review, decision: str, *, actor: str, note: str | None
) -> tuple[Content, Sequence[Write]]:
    """What the supplier says, and the writes that put the decision into effect."""
    before = suppliers.get(review.supplier_id)
    _check_settled(before)
    assert before is not None  # noqa: S101 - `_check_settled` has refused it
    now = clock.timestamp()
    standing = reviewed_supplier_status(before, decision=decision)
    decided = replace(
        moved(before, standing, by=actor, reason=note, at=now),
        correlation_id=telemetry.correlation_id(),
        updated_at=now,
    )
    writes = [suppliers.replacing(decided, expected_version=before.version), *brands.claiming(decided)]
    return before.profile, writes


def _offer_writes(review: Review, decision: str) -> tuple[Content, Sequence[Write]]:
    """What the offer says, and the writes that put the decision into effect."""
    before = offers.get(review.supplier_id, review.sku or "")
    supplier = suppliers.get(review.supplier_id)
    _check_settled(before)
    assert before is not None  # noqa: S101 - `_check_settled` has refused it
    assert supplier is not None  # noqa: S101 - an offer has one
    acceptance = _ACCEPTANCE[decision]
    check_acceptance_move(before.acceptance, acceptance)
    now = clock.timestamp()
    decided = replace(
        before, acceptance=acceptance, correlation_id=telemetry.correlation_id(), updated_at=now
    )
    writes: list[Write] = []
    if decision == "APPROVED" and not before.withdrawn:
        decided, writes = _joining(decided, now=now)
    return before.content, [
        offers.replacing(decided, expected_version=before.version),
        publish_offers.terms_write(decided, supplier, authorizations.current(), now=now),
        *writes,
    ]


def _joining(offer: Offer, *, now: str) -> tuple[Offer, list[Write]]:
    """The offer as a member of its product, and the writes that make it one."""
    product_id = product_id_of(offer, offer.content)
    known = products.get(product_id)
    member = known.offer_ids.get(offer.supplier_id) if known else None
    if member and member["sku"] != offer.sku:
        raise Conflict(
            "DUPLICATE_OFFER",
            "The supplier offers this product under another SKU. Withdraw that, or correct the GTIN.",
        )
    holders = publish_offers.brand_holders([offer.content])
    holds_brand = publish_offers.holds_brand(offer, holders)
    _, writes = publish_offers.joined(offer, known, now=now, holds_brand=holds_brand)
    return replace(offer, product_id=product_id), writes


def _check_settled(record: Supplier | Offer | None) -> None:
    """Raise Conflict while validation is at the record: the case may look otherwise in a moment."""
    if record is None:
        raise NotFound
    if record.validation_state == "PENDING":
        raise Conflict(
            "RECORD_CHANGED", "The record has changed and is being validated. Read the review again."
        )
