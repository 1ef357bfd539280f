"""What the supplier use cases share: how a supplier is shown, and what makes two of them the same."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.issues import Issue, unsettled
from chalicelib.domain.review import Review
from chalicelib.domain.rules import countries
from chalicelib.domain.supplier import Supplier
from chalicelib.problems import Conflict, NotFound
from chalicelib.storage import suppliers

CLOSED = frozenset({"REJECTED", "TERMINATED"})
"""In these states a supplier is read only."""


def shown(supplier: Supplier) -> dict[str, Any]:
    """The supplier as clients read it."""
    view = {
        **supplier.profile,
        "supplier_id": supplier.supplier_id,
        "status": supplier.status,
        "validation_state": supplier.validation_state,
        "issues": list(supplier.issues),
        "corrections": list(supplier.corrections),
        "rules_version": supplier.rules_version,
        "version": supplier.version,
        "created_at": supplier.created_at,
        "updated_at": supplier.updated_at,
    }
    return view | {"suspension_type": supplier.suspension_type} if supplier.suspension_type else view


def blocking(supplier: Supplier, review: Review | None) -> list[Issue]:
    """The issues that keep the supplier from being open: those on which no person has approved the value.
    `review` is its last one."""
    approved = review.issues if review is not None and review.resolution == "APPROVED" else ()
    return unsettled(supplier.issues, approved=approved)


def existing(supplier_id: str) -> Supplier:
    """The supplier. Raises NotFound."""
    supplier = suppliers.get(supplier_id)
    if supplier is None:
        raise NotFound
    return supplier


def refuse_closed(supplier: Supplier) -> None:
    """Raise Conflict where the supplier can no longer change anything."""
    if supplier.status in CLOSED:
        raise Conflict("SUPPLIER_CLOSED", f"The supplier is {supplier.status}; nothing of it can be changed.")


def tax_identity(profile: Mapping[str, Any]) -> str:
    """The country and tax number by which a supplier is known, however they are written."""
    written = unicodedata.normalize("NFKC", profile["country"]).strip()
    country = countries.code_of(written) or written.upper()
    number = unicodedata.normalize("NFKC", profile["tax_id"]).strip()
    return f"{country}#{countries.compact_tax_id(country, number) or number}"


def supplier_exists() -> Conflict:
    return Conflict("SUPPLIER_EXISTS", "A supplier with this country and tax id is registered already.")
