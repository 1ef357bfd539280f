"""The validation steps of offers, as the state machine calls them: one call for a batch."""

from typing import Any

from chalice import Blueprint

from chalicelib.services import validate_offers

bp = Blueprint(__name__)


@bp.lambda_function(name="offer_identifiers")
def offer_identifiers(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Report on GTINs."""
    return validate_offers.identifiers(event["records"])


@bp.lambda_function(name="offer_content")
def offer_content(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Report on the offers' words."""
    return validate_offers.content(event["records"])


@bp.lambda_function(name="offer_price")
def offer_price(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Report on prices."""
    return validate_offers.price(event["records"])


@bp.lambda_function(name="offer_images")
def offer_images(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Report on the offers' images."""
    return validate_offers.pictures(event["records"])
