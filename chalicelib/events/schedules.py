"""What happens on a schedule."""

from typing import Any

from chalice import Blueprint, Rate

from chalicelib import telemetry

bp = Blueprint(__name__)


@bp.schedule(Rate(5, unit=Rate.MINUTES), name="sweep_validations")
def sweep_validations(event: Any) -> None:  # noqa: ARG001 - the schedule says nothing
    """Look for records that have waited too long for their validation."""
    telemetry.log("VALIDATIONS_SWEPT")
