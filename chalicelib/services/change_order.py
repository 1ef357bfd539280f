"""An order that was placed is changed: where it goes, how to reach the shopper, what was promised."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain import order_changes
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.order import Buyer, OrderRecord
from chalicelib.domain.order_changes import AddressInUse
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.services.order_views import order_version, order_view
from chalicelib.services.versions import Expected
from chalicelib.storage import orders, supplier_orders


def change(
    order_id: str,
    *,
    changed: Callable[[Mapping[str, Any]], dict[str, Any]],
    by: str,
    is_admin: bool,
    expected: Expected | None,
) -> dict[str, Any]:
    """Make the order what `changed` makes of it, and give it as it stands then.

    The promise counts for what is allocated from now on. Raises what `changed` raises, NotFound,
    StaleVersion, Unprocessable for a promise in another currency, Conflict ADDRESS_IN_USE once a supplier was
    told where to ship to, BUYER_ERASED, CHANGED_MEANWHILE where the order keeps moving.
    """

    def work() -> None:
        record = _existing(order_id)
        if expected is not None:
            expected.check(order_version(record))
        if record.buyer is None:
            raise Conflict("BUYER_ERASED", "What was known of the shopper is erased; nothing can be changed.")
        before = order_changes.document(record.order, record.buyer)
        wanted = changed(before)
        if order_changes.changed_fields(before, wanted):
            _write(record, record.buyer, wanted, by)

    read_and_commit(work)
    return order_view(_existing(order_id), with_attempts=is_admin)


def _write(record: OrderRecord, buyer: Buyer, wanted: Mapping[str, Any], by: str) -> None:
    now, correlation_id = clock.timestamp(), telemetry.correlation_id()
    try:
        order, known, telling = order_changes.changed(record, buyer, wanted, by=by, now=now)
    except InvalidMoney as error:
        fault = FieldProblem("/promise/max_unit_price/currency", "CURRENCY_MISMATCH", f"{error}.")
        raise Unprocessable(
            "INVALID_BODY", "All amounts of an order are in its currency.", errors=[fault]
        ) from error
    except AddressInUse as error:
        raise Conflict(
            "ADDRESS_IN_USE",
            "A supplier was told where to ship to. Cancel its part, or ask it, to have it go elsewhere.",
        ) from error
    commit(
        orders.replacing(
            replace(order, correlation_id=correlation_id), expected_version=record.order.version
        ),
        orders.replacing_buyer(known, now=now, correlation_id=correlation_id),
        *(supplier_orders.replacing(part, expected_version=part.version) for part in telling),
    )


def _existing(order_id: str) -> OrderRecord:
    record = orders.get(order_id)
    if record is None:
        raise NotFound
    return record
