"""What happens on a schedule."""

from typing import Any

from chalice import Blueprint, Rate

from chalicelib.services import sweep_validations as validations

bp = Blueprint(__name__)

_MINUTES = int(validations.EVERY.total_seconds()) // 60


@bp.schedule(Rate(_MINUTES, unit=Rate.MINUTES), name="sweep_validations")
def sweep_validations(_event: Any) -> None:
    """Send records that have waited too long for their validation through it again."""
    validations.sweep()
