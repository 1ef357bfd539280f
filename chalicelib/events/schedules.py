"""What happens on a schedule."""

from typing import Any

from chalice import Blueprint, Rate

from chalicelib import ids, telemetry
from chalicelib.services import check_suppliers, close_period, move_on, poll_inventory, reconcile
from chalicelib.services import sweep_orders as sweeping_orders
from chalicelib.services import sweep_validations as sweeping

bp = Blueprint(__name__)


@bp.schedule(Rate(5, unit=Rate.MINUTES), name="sweep_validations")
def sweep_validations(event: Any) -> None:  # noqa: ARG001 - the schedule says nothing
    """Send through the stream again what has waited too long for its validation, and products that time has
    changed."""
    telemetry.bind(ids.new_id("swp"))
    sweeping.sweep()
    sweeping.sweep_views()


@bp.schedule(Rate(1, unit=Rate.MINUTES), name="sweep_orders")
def sweep_orders(event: Any) -> None:  # noqa: ARG001 - the schedule says nothing
    """Go on with the orders on which time has to act, and look again at suppliers that serve badly."""
    telemetry.bind(ids.new_id("swp"))
    sweeping_orders.sweep()
    check_suppliers.call_for()


@bp.schedule(Rate(1, unit=Rate.HOURS), name="mark_late")
def mark_late(event: Any) -> None:  # noqa: ARG001 - the schedule says nothing
    """Mark the orders that should have left their suppliers by now."""
    telemetry.bind(ids.new_id("late"))
    move_on.mark_late()


@bp.schedule(Rate(1, unit=Rate.HOURS), name="keep_books")
def keep_books(event: Any) -> None:  # noqa: ARG001 - the schedule says nothing
    """Close the period that is over."""
    telemetry.bind(ids.new_id("book"))
    close_period.close_what_is_over()


@bp.schedule(Rate(1, unit=Rate.DAYS), name="reconcile_books")
def reconcile_books(event: Any) -> None:  # noqa: ARG001 - the schedule says nothing
    """Have the books held against the orders."""
    telemetry.bind(ids.new_id("book"))
    reconcile.start(by=reconcile.SCHEDULE)


@bp.schedule(Rate(15, unit=Rate.MINUTES), name="poll_inventories")
def poll_inventories(event: Any) -> None:  # noqa: ARG001 - the schedule says nothing
    """Have every open supplier with an inventory API asked for its stock."""
    telemetry.bind(ids.new_id("poll"))
    poll_inventory.call_for()
