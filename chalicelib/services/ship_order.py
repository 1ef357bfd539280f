"""A supplier says that something has left, and that it has arrived."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain import notices, shipping
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.after_sales import Shipment
from chalicelib.domain.order import SupplierOrder
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services import part_writes
from chalicelib.services.accept_order import unfit
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.services.idempotency import Outcome, parts, replay
from chalicelib.services.order_views import shipment_view
from chalicelib.services.read_order import own_part
from chalicelib.services.set_stock import is_of_the_future
from chalicelib.storage import shipments

_NOT_YET = FieldProblem("/delivered_at", "INVALID_VALUE", "What is to come has not arrived.")


def ship(
    supplier_id: str, supplier_order_id: str, body: Mapping[str, Any], *, idempotency_key: str | None
) -> Outcome:
    """Store the shipment and move its lines; the answer is the shipment.

    Its id follows from the idempotency key, or from the body where there is none, so the same shipment twice
    is one. Raises NotFound, Unprocessable for lines that do not fit what was accepted or a key used with
    another body, Conflict where nothing was accepted or the order keeps changing.
    """

    def work() -> Outcome:
        whole = own_part(supplier_id, supplier_order_id)
        part = whole.supplier_order
        shipment = _shipment(part, body, idempotency_key)
        earlier = shipments.get(shipment.order_id, shipment.shipment_id)
        if earlier is not None:
            return replay(shipment_view(earlier), is_same=_content(earlier) == _content(shipment))
        _check_is_accepted(part)
        try:
            after = notices.overtaken(shipping.ship(part, shipment.lines, now=shipment.updated_at))
        except InvalidLines as error:
            raise unfit(error) from error
        commit(shipments.adding(shipment), *part_writes.replacing(whole.order, part, after))
        return Outcome(shipment_view(shipment))

    return read_and_commit(work)


def deliver(
    supplier_id: str, supplier_order_id: str, shipment_id: str, *, delivered_at: str | None
) -> dict[str, Any]:
    """Mark the shipment as delivered and move its lines; the answer is the shipment.

    Said again, the first time stands. The window for returns begins when it is said, whenever it was.
    Raises NotFound, Unprocessable for a time to come, Conflict where the order keeps changing.
    """
    if delivered_at is not None and is_of_the_future(delivered_at):
        raise Unprocessable("INVALID_BODY", _NOT_YET.detail, errors=[_NOT_YET])

    def work() -> dict[str, Any]:
        whole = own_part(supplier_id, supplier_order_id)
        part = whole.supplier_order
        shipment = shipments.get(part.order_id, shipment_id)
        if shipment is None or shipment.supplier_order_id != part.supplier_order_id:
            raise NotFound
        if shipment.delivered_at is not None:
            return shipment_view(shipment)
        now = clock.timestamp()
        delivered = replace(
            shipment,
            delivered_at=delivered_at or now,
            correlation_id=telemetry.correlation_id(),
            updated_at=now,
        )
        commit(
            shipments.replacing(delivered, expected_version=shipment.version),
            *part_writes.replacing(whole.order, part, shipping.deliver(part, shipment.lines, now=now)),
        )
        return shipment_view(replace(delivered, version=shipment.version + 1))

    return read_and_commit(work)


def _check_is_accepted(part: SupplierOrder) -> None:
    if not any(line.accepted for line in part.lines):
        raise Conflict("NOT_ACCEPTED", "Nothing of this order is accepted; do not ship it.")


def _shipment(part: SupplierOrder, body: Mapping[str, Any], idempotency_key: str | None) -> Shipment:
    now = clock.timestamp()
    return Shipment(
        shipment_id=ids.content_id("shp", part.supplier_order_id, *parts(idempotency_key, body)),
        supplier_order_id=part.supplier_order_id,
        order_id=part.order_id,
        carrier=body["carrier"],
        lines=tuple(dict(line) for line in body["lines"]),
        tracking_number=body.get("tracking_number"),
        tracking_url=body.get("tracking_url"),
        shipped_at=now,
        correlation_id=telemetry.correlation_id(),
        created_at=now,
        updated_at=now,
    )


def _content(shipment: Shipment) -> tuple[object, ...]:
    lines = [(line["line_id"], line["quantity"]) for line in shipment.lines]
    return shipment.carrier, shipment.tracking_number, shipment.tracking_url, lines
