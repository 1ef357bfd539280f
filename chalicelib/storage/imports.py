"""Imports: one small item that every step of the work moves on, under a lease of the worker that is at it."""

from dataclasses import asdict
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.imports import ACTIVE, CANCELLED, QUEUED, RUNNING, Counters, Import
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import ImportItem
from chalicelib.storage.transaction import Write


def get(import_id: str) -> Import | None:
    item = reads.get_one(keys.import_(import_id))
    return from_item(item) if isinstance(item, ImportItem) else None


def page(supplier_id: str, *, limit: int, cursor: str | None) -> pages.Page[Import]:
    """The supplier's imports, newest first. Raises BadCursor."""
    partition = keys.imports_of_supplier(supplier_id)
    return reads.page_by_status(partition, from_item, limit=limit, cursor=cursor, newest_first=True)


def adding(import_: Import) -> Write:
    """Write a new import. Label `import`."""
    item = ImportItem(
        *keys.import_(import_.import_id),
        import_id=import_.import_id,
        supplier_id=import_.supplier_id,
        object_key=import_.object_key,
        status=import_.status,
        media_type=import_.media_type,
        filename=import_.filename,
        country=import_.country,
        etag=import_.etag or None,
        size=import_.size,
        received_at=import_.received_at or None,
        shape=import_.shape,
        unused_columns=import_.unused_columns,
        counters=asdict(import_.counters),
        position=import_.position,
        status_partition=keys.imports_of_supplier(import_.supplier_id),
        status_sort=f"{import_.created_at}#{import_.import_id}",
        version=import_.version,
        correlation_id=import_.correlation_id,
        created_at=import_.created_at,
        updated_at=import_.updated_at,
    )
    return Write("import", item, ImportItem.pk.does_not_exist())


def receiving(import_id: str, *, etag: str, size: int, now: str) -> Write:
    """Note that the upload has come, once: what is uploaded over it later is another file. Label `import`."""
    actions = [ImportItem.etag.set(etag), ImportItem.size.set(size), ImportItem.received_at.set(now)]
    condition = (ImportItem.status == QUEUED) & ImportItem.etag.does_not_exist()
    return _moving(import_id, condition, actions, now=now)


def leasing(import_: Import, *, status: str, now: str) -> Write:
    """Take the import to work on under its `lease`, unless another worker's lease runs or its status has
    changed to another than `status`. Label `import`."""
    is_free = ImportItem.lease.does_not_exist() | (ImportItem.lease_until < now)
    actions = [
        ImportItem.lease.set(import_.lease),
        ImportItem.lease_until.set(import_.lease_until),
        ImportItem.status.set(import_.status),
    ]
    condition = (ImportItem.status == status) & ImportItem.finished_at.does_not_exist() & is_free
    return _moving(import_.import_id, condition, actions, now=now)


def checkpointing(before: Import, after: Import, *, now: str) -> Write:
    """Move on from where `before` stood to where `after` stands, under its lease. A cancellation meanwhile
    stands. Label `import`."""
    actions = [
        ImportItem.counters.set(asdict(after.counters)),
        ImportItem.position.set(after.position),
        ImportItem.dialect.set(after.dialect),
        ImportItem.shape.set(after.shape),
        ImportItem.unused_columns.set(after.unused_columns),
        ImportItem.lease_until.set(after.lease_until),
    ]
    stands = (ImportItem.lease == before.lease) & (ImportItem.position == before.position)
    return _moving(before.import_id, stands, actions, now=now)


def releasing(import_: Import, *, now: str) -> Write:
    """Leave the import to the next worker. Label `import`."""
    actions = [ImportItem.lease.remove(), ImportItem.lease_until.remove()]
    return _moving(import_.import_id, ImportItem.lease == import_.lease, actions, now=now)


def finishing(import_: Import, *, now: str) -> Write:
    """End the work as `import_` says, unless it was cancelled meanwhile. Label `import`."""
    actions = [
        ImportItem.status.set(import_.status),
        ImportItem.unused_columns.set(import_.unused_columns),
        _set_or_remove(ImportItem.dialect, import_.dialect),
        ImportItem.shape.set(import_.shape),
        ImportItem.finished_at.set(now),
        ImportItem.lease.remove(),
        ImportItem.lease_until.remove(),
        _set_or_remove(ImportItem.failed_rows_size, import_.failed_rows_size),
        _set_or_remove(ImportItem.failure, import_.failure),
    ]
    still = ImportItem.status.is_in(RUNNING, import_.status)
    return _moving(import_.import_id, still & (ImportItem.lease == import_.lease), actions, now=now)


def cancelling(import_id: str, *, now: str) -> Write:
    """Cancel an import that is at work or waits for it. Label `import`."""
    return _moving(import_id, ImportItem.status.is_in(*ACTIVE), [ImportItem.status.set(CANCELLED)], now=now)


def _moving(import_id: str, condition: Condition, actions: list[Action], *, now: str) -> Write:
    stamps = [ImportItem.updated_at.set(now), ImportItem.version.add(1)]
    return Write("import", ImportItem(*keys.import_(import_id)), condition, actions=[*actions, *stamps])


def _set_or_remove(attribute: Any, value: object) -> Action:
    return attribute.remove() if value is None else attribute.set(value)


def from_item(item: ImportItem) -> Import:
    """The import that a table item holds."""
    return Import(
        import_id=item.import_id,
        supplier_id=item.supplier_id,
        object_key=item.object_key,
        status=item.status,
        media_type=item.media_type,
        filename=item.filename,
        country=item.country,
        etag=item.etag or "",
        size=int(item.size),
        received_at=item.received_at or "",
        dialect=item.dialect,
        shape=item.shape,
        unused_columns=tuple(item.unused_columns),
        counters=Counters(**item.counters),
        position=tuple(item.position),
        failed_rows_size=None if item.failed_rows_size is None else int(item.failed_rows_size),
        failure=item.failure,
        lease=item.lease,
        lease_until=item.lease_until,
        finished_at=item.finished_at,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
