"""Why a supplier is not open: what was decided, by whom, on what, and what to do next."""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib import clock
from chalicelib.domain.health import FAILING
from chalicelib.domain.issues import Issue
from chalicelib.domain.review import Review
from chalicelib.domain.supplier import AUTOMATIC, MANUAL, Supplier
from chalicelib.services import review_records, supplier_records
from chalicelib.storage import endpoints, reviews

STEPS = {
    "WAIT_FOR_VALIDATION": "The profile is being validated; this takes seconds.",
    "MEND_PROFILE": "Correct the fields that the blocking issues name; the profile is then validated again.",
    "WAIT_FOR_REVIEW": "A person at the marketplace looks at the case; mending the profile is quicker.",
    "WAIT_FOR_REINSTATEMENT": "The marketplace has suspended this supplier and has to lift that.",
    "MEND_ORDER_API": "The order API fails or is gone; mend it or change its URL; try it (order-api/test).",
    "OPEN_SHOP": "The supplier has closed its shop for a period: change closed_from or closed_until.",
    "CONTACT_MARKETPLACE": "This is final; only the marketplace can say more.",
}
"""What may be to do next, by code."""


def explain(supplier_id: str, *, names_people: bool) -> dict[str, Any]:
    """The supplier's standing with everything that it follows from. Raises NotFound.

    Issues carry the value and the facts as they were in the version judged, and the rules are those of the
    settings' version that judged it. Without `names_people` an administrator is just that.
    """
    supplier = supplier_records.existing(supplier_id)
    review = reviews.get(supplier.review_id) if supplier.review_id else None
    _, standing = endpoints.get(supplier_id)
    blocking = [] if supplier.is_open else supplier_records.blocking(supplier, review)
    history = [_shown(entry, names_people=names_people) for entry in supplier.history]
    steps = [*_steps(supplier, review, blocking)]
    if standing.health == FAILING and supplier.status not in supplier_records.CLOSED:
        steps.append("MEND_ORDER_API")
    optional = {
        "suspension_type": supplier.suspension_type,
        "decided": history[-1] if history else None,
        "review": review_records.as_case(review) if review else None,
        "closed_from": supplier.closed_from,
        "closed_until": supplier.closed_until,
    }
    return {
        "supplier_id": supplier.supplier_id,
        "version": supplier.version,
        "is_open": supplier.is_open,
        "is_selling": supplier.is_selling(clock.now()),
        "status": supplier.status,
        "health": standing.health,
        "validation": {
            "state": supplier.validation_state,
            "judged_version": supplier.judged_version,
            "judged_at": supplier.judged_at,
            "rules_version": supplier.rules_version,
        },
        "blocking_issues": blocking,
        "next_steps": [{"code": code, "text": STEPS[code]} for code in steps],
        "history": history,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _steps(supplier: Supplier, review: Review | None, blocking: list[Issue]) -> Iterator[str]:
    if supplier.status in supplier_records.CLOSED:
        yield "CONTACT_MARKETPLACE"
        return
    if supplier.is_open and not supplier.is_selling(clock.now()):
        yield "OPEN_SHOP"
    if supplier.suspension_type in (MANUAL, AUTOMATIC):
        yield "WAIT_FOR_REINSTATEMENT"
    if supplier.validation_state == "PENDING":
        yield "WAIT_FOR_VALIDATION"
    elif blocking:
        yield "MEND_PROFILE"
        if review is not None and review.status != "RESOLVED":
            yield "WAIT_FOR_REVIEW"


def _shown(entry: Mapping[str, Any], *, names_people: bool) -> dict[str, Any]:
    return {**entry, "by": entry["by"] if names_people else entry["by"].partition(":")[0]}
