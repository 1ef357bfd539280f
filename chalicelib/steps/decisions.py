"""The decisions at the end of validation, as the state machine calls them: one call for a batch."""

from typing import Any

from chalice import Blueprint

from chalicelib.services import decide_offers as offers
from chalicelib.services import decide_suppliers as suppliers

bp = Blueprint(__name__)


@bp.lambda_function(name="decide_suppliers")
def decide_suppliers(event: dict[str, Any], _context: Any) -> None:
    """Decide the batch's suppliers; raises where some must be decided again."""
    suppliers.decide(event["records"], event["reports"])


@bp.lambda_function(name="decide_offers")
def decide_offers(event: dict[str, Any], _context: Any) -> None:
    """Decide the batch's offers; raises where some must be decided again."""
    offers.decide(event["records"], event["reports"])
