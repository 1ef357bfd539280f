"""The validation steps of suppliers, as the state machine calls them: one call for a batch."""

from typing import Any

from chalice import Blueprint

from chalicelib.services import validate_suppliers

bp = Blueprint(__name__)


@bp.lambda_function(name="supplier_identity")
def supplier_identity(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Report on who the suppliers are."""
    return validate_suppliers.identity(event["records"])


@bp.lambda_function(name="supplier_contact")
def supplier_contact(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Report on how the suppliers can be reached."""
    return validate_suppliers.contact(event["records"])


@bp.lambda_function(name="supplier_brands")
def supplier_brands(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Report on brands that others hold."""
    return validate_suppliers.brands(event["records"])


@bp.lambda_function(name="supplier_order_api")
def supplier_order_api(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Report on the suppliers' order APIs."""
    return validate_suppliers.order_api(event["records"])
