"""A supplier says that something has left."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.order import Shipment
from chalicelib.domain.shipping import ship as ship_lines
from chalicelib.problems import Conflict, Unprocessable
from chalicelib.services.accept_order import unfit
from chalicelib.services.commits import commit
from chalicelib.services.idempotency import Outcome
from chalicelib.services.order_views import shipment_view
from chalicelib.services.read_order import own_part
from chalicelib.storage import shipments, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.order_reads import Part

_READS = 3


def ship(
    supplier_id: str, supplier_order_id: str, body: Mapping[str, Any], *, idempotency_key: str | None
) -> Outcome:
    """Store the shipment and move its lines; the answer is the shipment.

    Its id follows from the idempotency key, or from the body where there is none, so the same shipment twice
    is one. Raises NotFound, Unprocessable for lines that do not fit what was accepted or a key used with
    another body, Conflict where the order keeps changing.
    """
    for _ in range(_READS):
        part = own_part(supplier_id, supplier_order_id)
        shipment = _shipment(part, body, idempotency_key)
        earlier = shipments.get(shipment.order_id, shipment.shipment_id)
        if earlier is not None:
            return _replay(earlier, shipment)
        try:
            _store(part, shipment)
        except WriteRefused as refused:
            if isinstance(found := refused.found.get("shipment"), Shipment):
                return _replay(found, shipment)
            continue
        except InvalidLines as error:
            raise unfit(error) from error
        return Outcome(shipment_view(shipment))
    raise Conflict("CHANGED_MEANWHILE", "The order is changing at this moment. Send the shipment again.")


def _store(part: Part, shipment: Shipment) -> None:
    before = part.supplier_order
    after = ship_lines(before, shipment.lines, now=shipment.updated_at)
    after = replace(after, correlation_id=shipment.correlation_id)
    commit(
        shipments.adding(shipment),
        supplier_orders.replacing(after, expected_version=before.version),
    )


def _shipment(part: Part, body: Mapping[str, Any], idempotency_key: str | None) -> Shipment:
    now = clock.timestamp()
    supplier_order = part.supplier_order
    said = json.dumps(body, sort_keys=True) if idempotency_key is None else idempotency_key
    how = "body" if idempotency_key is None else "key"
    return Shipment(
        shipment_id=ids.content_id("shp", supplier_order.supplier_order_id, how, said),
        supplier_order_id=supplier_order.supplier_order_id,
        order_id=supplier_order.order_id,
        carrier=body["carrier"],
        lines=tuple(dict(line) for line in body["lines"]),
        tracking_number=body.get("tracking_number"),
        tracking_url=body.get("tracking_url"),
        shipped_at=now,
        correlation_id=telemetry.correlation_id(),
        created_at=now,
        updated_at=now,
    )


def _replay(earlier: Shipment, again: Shipment) -> Outcome:
    if _content(earlier) != _content(again):
        raise Unprocessable(
            "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used with another body. Use a new one."
        )
    return Outcome(shipment_view(earlier), replayed=True)


def _content(shipment: Shipment) -> tuple[object, ...]:
    lines = [(line["line_id"], line["quantity"]) for line in shipment.lines]
    return shipment.carrier, shipment.tracking_number, shipment.tracking_url, lines
