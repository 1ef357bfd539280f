"""What becomes of a return: the supplier takes or refuses it and receives it, the shopper calls it off."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain import returns
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.after_sales import Return
from chalicelib.domain.order import SupplierOrder
from chalicelib.domain.returns import Moved
from chalicelib.problems import Conflict, NotFound
from chalicelib.services import paging
from chalicelib.services.accept_order import unfit
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.services.order_views import return_view
from chalicelib.storage import returns as stored
from chalicelib.storage import supplier_orders


def read(supplier_id: str, return_id: str) -> dict[str, Any]:
    """Raises NotFound, also for another supplier's."""
    return return_view(_own(supplier_id, return_id))


def list_of_supplier(
    supplier_id: str, *, status: str | None, limit: int, cursor: str | None
) -> paging.Listing:
    """The supplier's returns, oldest first. Raises BadRequest for a cursor of another list."""
    page = paging.read_page(
        lambda: stored.page_of_supplier(supplier_id, status=status, limit=limit, cursor=cursor)
    )
    return {"items": [return_view(each) for each in page.items], "next_cursor": page.next_cursor}


def accept(supplier_id: str, return_id: str) -> dict[str, Any]:
    """The supplier waits for the parcel. Again, it changes nothing. Raises NotFound, IllegalMove."""
    return _move_once(lambda: _own(supplier_id, return_id), "IN_PROGRESS")


def refuse(supplier_id: str, return_id: str, *, reason: str) -> dict[str, Any]:
    """The supplier does not take it back. Again, it changes nothing. Raises NotFound, IllegalMove."""
    return _move_once(lambda: _own(supplier_id, return_id), "REFUSED", reason=reason)


def cancel(order_id: str, return_id: str) -> dict[str, Any]:
    """The shopper keeps it. Again, it changes nothing. Raises NotFound, IllegalMove."""

    def find() -> Return:
        returned = stored.get(return_id)
        if returned is None or returned.order_id != order_id:
            raise NotFound
        return returned

    return _move_once(find, "CANCELED")


def receive(supplier_id: str, return_id: str, lines: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """The supplier has received what `lines` say, or all of it; pieces that did not come are free again.

    The same receipt again changes nothing. Raises NotFound, Unprocessable for lines that are not the
    return's, Conflict RETURN_RECEIVED for another receipt than the first, IllegalMove.
    """

    def work() -> dict[str, Any]:
        returned = _own(supplier_id, return_id)
        faults = list(returns.receipt_faults(returned, lines or ()))
        if faults:
            raise unfit(InvalidLines(faults))
        received = returns.as_received(returned, lines)
        if not returns.was_received(returned):
            now = clock.timestamp()
            return return_view(
                store(returned, lambda part: returns.receive(returned, part, received, now=now))
            )
        if received != returned.lines:
            raise Conflict("RETURN_RECEIVED", "This return was received already, and otherwise.")
        return return_view(returned)

    return read_and_commit(work)


def _move_once(find: Callable[[], Return], status: str, *, reason: str | None = None) -> dict[str, Any]:
    def work() -> dict[str, Any]:
        returned = find()
        if returned.status == status:
            return return_view(returned)
        now = clock.timestamp()
        return return_view(
            store(returned, lambda part: returns.move(returned, part, status, now=now, reason=reason))
        )

    return read_and_commit(work)


def store(returned: Return, move: Callable[[SupplierOrder], Moved]) -> Return:
    """Move the return on, together with its supplier order where that has pieces free again, and give it as
    it then is. Raises WriteRefused where somebody moved either meanwhile."""
    before = supplier_orders.get(returned.supplier_order_id)
    if before is None:
        raise NotFound
    moved = move(before)
    after = replace(moved.returned, correlation_id=telemetry.correlation_id())
    part = replace(moved.supplier_order, correlation_id=after.correlation_id)
    commit(
        stored.replacing(after, expected_version=returned.version),
        *(
            [supplier_orders.replacing(part, expected_version=before.version)]
            if moved.supplier_order != before
            else []
        ),
    )
    return replace(after, version=returned.version + 1)


def _own(supplier_id: str, return_id: str) -> Return:
    returned = stored.get(return_id)
    if returned is None or returned.supplier_id != supplier_id:
        raise NotFound
    return returned
