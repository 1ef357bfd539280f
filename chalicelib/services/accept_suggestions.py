"""A supplier takes over values that issues suggest, in one call instead of an edit of its own."""

from collections.abc import Collection
from typing import Any

from chalicelib.domain import issues
from chalicelib.domain.offer import Offer
from chalicelib.domain.reversals import Made
from chalicelib.domain.supplier import Supplier
from chalicelib.problems import FieldProblem, Unprocessable
from chalicelib.services import change_supplier, manage_offers
from chalicelib.services.edits import Content, Edit
from chalicelib.services.versions import Expected


def of_supplier(
    supplier_id: str, *, fields: Collection[str] | None, expected: Expected | None
) -> dict[str, Any]:
    """Take what is suggested at `fields` of the profile, or else wherever the supplier is asked; a field that
    says something else by now stays. Raises NotFound, StaleVersion, Unprocessable, Conflict."""
    return change_supplier.rewrite(supplier_id, edit=_taking(fields), expected=expected)


def of_offer(
    supplier_id: str, sku: str, *, fields: Collection[str] | None, expected: Expected | None
) -> dict[str, Any]:
    """The same for an offer."""
    return manage_offers.rewrite(supplier_id, sku, edit=_taking(fields), expected=expected)


def _taking(fields: Collection[str] | None) -> Edit:
    def edit(record: Supplier | Offer, content: Content) -> tuple[dict[str, Any], tuple[Made, ...]]:
        known = issues.suggested_fields(record.issues)
        unknown = [index for index, field in enumerate(fields or ()) if field not in known]
        if unknown:
            problems = [
                FieldProblem(f"/fields/{index}", "INVALID_VALUE", "No issue suggests anything here.")
                for index in unknown
            ]
            raise Unprocessable("INVALID_BODY", "Not everything is suggested; see errors.", errors=problems)
        return issues.accepted(content, record.issues, fields=fields), record.corrections

    return edit
