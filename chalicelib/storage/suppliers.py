"""Suppliers, their tax identities and brands."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.domain.supplier import Supplier
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import BrandItem, Item, SupplierItem, TaxIdentityItem
from chalicelib.storage.transaction import Write


def get(supplier_id: str) -> Supplier | None:
    """The supplier as last written, or None."""
    item = reads.get_one(keys.supplier(supplier_id))
    return from_item(item) if isinstance(item, SupplierItem) else None


def get_many(supplier_ids: Iterable[str]) -> dict[str, Supplier]:
    """Those that exist, by id, in one round trip for up to 100."""
    found = reads.get_many(keys.supplier(supplier_id) for supplier_id in set(supplier_ids))
    return {item.supplier_id: from_item(item) for item in found.values() if isinstance(item, SupplierItem)}


def page(status: str, *, limit: int, cursor: str | None) -> pages.Page[Supplier]:
    """Suppliers of one status, oldest first. Raises BadCursor."""
    return reads.page_by_status(keys.suppliers_by_status(status), from_item, limit=limit, cursor=cursor)


def registered_after(place: str, *, until: str, statuses: Iterable[str], limit: int) -> list[Supplier]:
    """Suppliers of these statuses in order of registration, from behind `place` (see `place_of`) to the time
    `until`. The order is the same whatever status they are in, so none that moves meanwhile is missed."""
    between = Item.status_sort.between(f"{place}!", until)
    found = [
        supplier
        for status in statuses
        for supplier in map(
            from_item, Item.by_status.query(keys.suppliers_by_status(status), between, limit=limit)
        )
    ]
    return sorted(found, key=place_of)[:limit]


def place_of(supplier: Supplier) -> str:
    """Where the supplier stands in the order of registration."""
    return f"{supplier.created_at}#{supplier.supplier_id}"


def adding(supplier: Supplier) -> Write:
    """Write a new supplier. Label `supplier`."""
    return Write("supplier", _to_item(supplier), SupplierItem.pk.does_not_exist())


def replacing(supplier: Supplier, *, expected_version: int) -> Write:
    """Write the supplier if it still has `expected_version`; the stored version is one higher.
    Label `supplier`."""
    item = _to_item(replace(supplier, version=expected_version + 1))
    return Write("supplier", item, SupplierItem.version == expected_version)


def holding_tax_identity(identity: str, supplier_id: str) -> Write:
    """Take a tax identity, which one supplier may hold at a time. Label `tax_identity`."""
    key = keys.tax_identity(identity)
    item = TaxIdentityItem(*key, supplier_id=supplier_id)
    return Write(
        "tax_identity",
        item,
        TaxIdentityItem.pk.does_not_exist() | (TaxIdentityItem.supplier_id == supplier_id),
    )


def releasing_tax_identity(identity: str, supplier_id: str) -> Write:
    """Let go of a tax identity that this supplier holds. Label `released_tax_identity`."""
    item = TaxIdentityItem(*keys.tax_identity(identity))
    return Write("released_tax_identity", item, TaxIdentityItem.supplier_id == supplier_id, removes=True)


def claiming_brand(name: str, supplier_id: str) -> Write:
    """Hold a (normalised) brand name for its owner. Label `brand:<name>`."""
    item = BrandItem(*keys.brand(name), supplier_id=supplier_id)
    return Write(
        f"brand:{name}", item, BrandItem.pk.does_not_exist() | (BrandItem.supplier_id == supplier_id)
    )


def releasing_brand(name: str, supplier_id: str) -> Write:
    """Let go of a (normalised) brand name that this supplier holds. Label `brand:<name>`."""
    item = BrandItem(*keys.brand(name))
    return Write(f"brand:{name}", item, BrandItem.supplier_id == supplier_id, removes=True)


def brand_holders(names: Iterable[str]) -> dict[str, str]:
    """Which supplier holds each of these (normalised) brand names; free ones are left out."""
    found = reads.get_many(keys.brand(name) for name in set(names))
    return {
        key.pk.removeprefix("BRAND#"): item.supplier_id
        for key, item in found.items()
        if isinstance(item, BrandItem)
    }


def _to_item(supplier: Supplier) -> SupplierItem:
    key = keys.supplier(supplier.supplier_id)
    item = SupplierItem(
        *key,
        supplier_id=supplier.supplier_id,
        profile=supplier.profile,
        status=supplier.status,
        suspension_type=supplier.suspension_type,
        validation_state=supplier.validation_state,
        issues=supplier.issues,
        corrections=supplier.corrections,
        review_id=supplier.review_id,
        rules_version=supplier.rules_version,
        judged_version=supplier.judged_version,
        judged_at=supplier.judged_at,
        history=supplier.history,
        overtaken_corrections=supplier.overtaken_corrections or None,
        tax_identity=supplier.tax_identity,
        signing_generation=supplier.signing_generation,
        signing_since=supplier.signing_since,
        signing_changed_at=supplier.signing_changed_at,
        version=supplier.version,
        status_partition=keys.suppliers_by_status(supplier.status),
        status_sort=place_of(supplier),
        correlation_id=supplier.correlation_id,
        created_at=supplier.created_at,
        updated_at=supplier.updated_at,
    )
    reads.mark_due(item, pending=supplier.validation_state == "PENDING")
    return item


def from_item(item: SupplierItem) -> Supplier:
    """The supplier that a table item holds."""
    return Supplier(
        supplier_id=item.supplier_id,
        profile=item.profile,
        status=item.status,
        suspension_type=item.suspension_type,
        validation_state=item.validation_state,
        version=int(item.version),
        issues=tuple(item.issues),
        corrections=tuple(item.corrections),
        review_id=item.review_id,
        rules_version=int(item.rules_version),
        judged_version=None if item.judged_version is None else int(item.judged_version),
        judged_at=item.judged_at,
        history=tuple(item.history or ()),
        overtaken_corrections=tuple(item.overtaken_corrections or ()),
        tax_identity=item.tax_identity,
        signing_generation=int(item.signing_generation),
        signing_since=int(item.signing_since),
        signing_changed_at=item.signing_changed_at,
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
