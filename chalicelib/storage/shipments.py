"""What has left a supplier for a shopper."""

from dataclasses import replace

from chalicelib.domain.after_sales import Shipment
from chalicelib.storage import keys, reads
from chalicelib.storage.order_items import ShipmentItem
from chalicelib.storage.transaction import Write


def get(order_id: str, shipment_id: str) -> Shipment | None:
    item = reads.get_one(keys.shipment(order_id, shipment_id))
    return from_item(item) if isinstance(item, ShipmentItem) else None


def adding(shipment: Shipment) -> Write:
    """Its id stands for its content or idempotency key, so a refusal is a replay. Label `shipment`,
    found: Shipment."""
    item = _to_item(shipment)
    return Write("shipment", item, ShipmentItem.pk.does_not_exist(), reader=from_item)


def replacing(shipment: Shipment, *, expected_version: int) -> Write:
    """Write it if it still has `expected_version`; the stored version is one higher. Label `shipment`."""
    item = _to_item(replace(shipment, version=expected_version + 1))
    return Write("shipment", item, ShipmentItem.version == expected_version)


def _to_item(shipment: Shipment) -> ShipmentItem:
    return ShipmentItem(
        *keys.shipment(shipment.order_id, shipment.shipment_id),
        shipment_id=shipment.shipment_id,
        supplier_order_id=shipment.supplier_order_id,
        order_id=shipment.order_id,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        tracking_url=shipment.tracking_url,
        lines=shipment.lines,
        shipped_at=shipment.shipped_at,
        delivered_at=shipment.delivered_at,
        version=shipment.version,
        correlation_id=shipment.correlation_id,
        created_at=shipment.created_at,
        updated_at=shipment.updated_at,
    )


def from_item(item: ShipmentItem) -> Shipment:
    """The shipment that a table item holds."""
    return Shipment(
        shipment_id=item.shipment_id,
        supplier_order_id=item.supplier_order_id,
        order_id=item.order_id,
        carrier=item.carrier,
        lines=tuple(item.lines),
        tracking_number=item.tracking_number,
        tracking_url=item.tracking_url,
        shipped_at=item.shipped_at,
        delivered_at=item.delivered_at,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
