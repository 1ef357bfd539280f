"""An administrator corrects a record: the case about it says who and where, and validation decides again."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from chalicelib.domain import pointers
from chalicelib.domain.offer import Offer
from chalicelib.domain.review import Review
from chalicelib.domain.supplier import Supplier
from chalicelib.problems import Conflict, FieldProblem, NotFound, StaleVersion, Unprocessable
from chalicelib.services import change_supplier, edits, manage_offers, review_records
from chalicelib.services.commits import Along, nothing_along
from chalicelib.services.edits import Changed, Edit
from chalicelib.services.versions import Expected
from chalicelib.storage import offers, reviews, suppliers
from chalicelib.storage.transaction import Write

Proposal = Mapping[str, Any]

_TRIES = 4


def correct(
    supplier_id: str, sku: str | None, *, changed: Changed, expected: Expected, actor: str
) -> dict[str, Any]:
    """Make the supplier's profile, or its offer's content where `sku` is given, what `changed` makes of it.
    An open case about the record notes it. Raises NotFound, StaleVersion, Conflict: ALREADY_CLAIMED where
    another administrator has the case, and what changing the record raises."""
    for attempt in range(1, _TRIES + 1):
        record = _record(supplier_id, sku)
        expected.check(record.version)
        review = _waiting(record)
        if review is not None:
            review_records.refuse_claimed_by_another(review, actor=actor)
        along = _noting(review, what="CORRECTED", actor=actor) if review else nothing_along
        edit = edits.by_administrator(changed, actor=actor)
        try:
            return _rewrite(supplier_id, sku, edit=edit, expected=expected, along=along)
        except StaleVersion:
            if attempt == _TRIES:
                raise
    raise AssertionError  # the last attempt returns or raises


def accept(
    review_id: str,
    *,
    chosen: Sequence[int] | Literal[True],
    note: str | None,
    actor: str,
    expected: Expected | None,
) -> Review:
    """Apply the proposed corrections at these positions, or all of them, to the record as it was judged.

    The review stays as it is but for its history: validation resolves it, or finds what is still wrong.
    Raises NotFound, StaleVersion, Unprocessable where there is no such proposal, Conflict as `resolve`.
    """
    for _ in range(_TRIES):
        review = review_records.existing_unresolved(review_id)
        if expected is not None:
            expected.check(review.version)
        review_records.refuse_claimed_by_another(review, actor=actor)
        accepted = _chosen(review.proposed_corrections, chosen)
        record = _record(review.supplier_id, review.sku)
        _refuse_moved_on(record, review, accepted)
        noted = review_records.noted(
            review, what="CORRECTED", actor=actor, note=note, changed=[each["field"] for each in accepted]
        )
        edit = edits.by_administrator(partial(_patched, accepted=accepted), actor=actor)
        try:
            _rewrite(
                review.supplier_id,
                review.sku,
                edit=edit,
                expected=Expected(frozenset({record.version})),
                along=lambda _before, _after, noted=noted, version=review.version: [  # type: ignore[misc]
                    reviews.replacing(noted, expected_version=version)
                ],
            )
        except StaleVersion:
            continue
        return review_records.existing(review_id)
    raise review_records.contention()


def _record(supplier_id: str, sku: str | None) -> Supplier | Offer:
    record = suppliers.get(supplier_id) if sku is None else offers.get(supplier_id, sku)
    if record is None:
        raise NotFound
    return record


def _waiting(record: Supplier | Offer) -> Review | None:
    """The case about the record that nobody has decided yet."""
    review = reviews.get(record.review_id) if record.review_id else None
    return review if review and review.status != "RESOLVED" else None


def _rewrite(
    supplier_id: str, sku: str | None, *, edit: Edit, expected: Expected, along: Along
) -> dict[str, Any]:
    if sku is None:
        return change_supplier.rewrite(supplier_id, edit=edit, expected=expected, along=along)
    return manage_offers.rewrite(supplier_id, sku, edit=edit, expected=expected, along=along)


def _noting(review: Review, *, what: str, actor: str) -> Along:
    """Have the case tell which fields were touched."""

    def writes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[Write]:
        names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        noted = review_records.noted(review, what=what, actor=actor, changed=[f"/{name}" for name in names])
        return [reviews.replacing(noted, expected_version=review.version)]

    return writes


def _chosen(proposals: Sequence[Proposal], chosen: Sequence[int] | Literal[True]) -> list[Proposal]:
    places = range(len(proposals)) if chosen is True else chosen
    if not places:
        raise Unprocessable("NOTHING_PROPOSED", "This review proposes no correction.")
    missing = [place for place in places if place >= len(proposals)]
    if missing:
        problem = FieldProblem("/accept_corrections", "INVALID_VALUE", f"There is no proposal {missing[0]}.")
        raise Unprocessable("INVALID_BODY", "The review proposes fewer corrections.", errors=[problem])
    return [proposals[place] for place in places]


def _refuse_moved_on(record: Supplier | Offer, review: Review, accepted: Sequence[Proposal]) -> None:
    """Proposals are about what was judged: they must not override a later edit. A supplier that was suspended
    meanwhile, say, has another version and still the same values."""
    content = record.content if isinstance(record, Offer) else record.profile
    gone = isinstance(record, Offer) and record.withdrawn
    same = record.version == review.record_version or all(
        pointers.value_at(content, each["field"]) == each["before"] for each in accepted
    )
    if gone or record.validation_state == "PENDING" or not same:
        raise Conflict("RECORD_CHANGED", "The record has changed since it was judged. Read the review again.")


def _patched(content: Mapping[str, Any], *, accepted: Sequence[Proposal]) -> dict[str, Any]:
    """The content with the proposed values; of several for one field the last counts."""
    patched: Any = dict(content)
    for proposal in accepted:
        field = proposal["field"]
        if pointers.find(patched, field) is not pointers.MISSING:
            patched = pointers.replace(patched, field, proposal["after"])
        elif field.count("/") == 1:
            patched = {**patched, field[1:]: proposal["after"]}
        else:
            raise Conflict("RECORD_CHANGED", f"The record has no {field} any more.")
    return dict(patched)
