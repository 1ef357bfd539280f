"""A supplier sends a feed: in the request itself, or by an upload that the answer permits."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.clients import object_store
from chalicelib.domain.imports import ACTIVE, Import
from chalicelib.feeds import is_json_feed
from chalicelib.problems import TooManyRequests
from chalicelib.services import idempotency, import_records, supplier_records
from chalicelib.services.idempotency import Outcome
from chalicelib.storage import imports
from chalicelib.storage.transaction import Write

MAX_ACTIVE = 5
MAX_UPLOAD_BYTES = 256 * 1024 * 1024

_BODIES, _UPLOADS = "bodies/", "uploads/"


def is_feed(content: bytes) -> bool:
    """Whether a JSON text is a feed, and not one object that asks for something."""
    return is_json_feed(content)


def with_feed(
    supplier_id: str, content: bytes, *, media_type: str, key: str | None, caller: str, route: str
) -> Outcome:
    """Store the feed and queue its import: the answer is `{"import"}`. The file comes first and the record in
    one transaction, from which the stream handler sends it on, so there is no import without its file.

    Raises NotFound, Conflict (SUPPLIER_CLOSED), TooManyRequests, and what `idempotency.perform` does.
    """
    said = {"sha256": hashlib.sha256(content).hexdigest(), "media_type": media_type}
    marked = idempotency.request(key, caller=caller, route=route, body=said)

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        import_ = _new(supplier_id, _BODIES, media_type=media_type, size=len(content))
        etag = object_store.put(import_.object_key, content, media_type=media_type)
        queued = replace(import_, etag=etag, received_at=import_.created_at)
        return {"import": import_records.shown(queued)}, [imports.adding(queued)]

    return idempotency.perform(marked, work)


def by_upload(
    supplier_id: str, request: dict[str, Any], *, key: str | None, caller: str, route: str
) -> Outcome:
    """Make an import that waits for its file: the answer is `{"import", "upload"}`. The permission is made
    anew for a replay and is not stored. Raises as `with_feed` does."""
    marked = idempotency.request(key, caller=caller, route=route, body=request)

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        import_ = _new(
            supplier_id,
            _UPLOADS,
            media_type=request.get("media_type"),
            filename=request.get("filename"),
        )
        return {"import": import_records.shown(import_)}, [imports.adding(import_)]

    outcome = idempotency.perform(marked, work)
    upload = _permission(outcome.answer["import"]["import_id"])
    return Outcome({**outcome.answer, "upload": upload}, outcome.replayed)


def import_of_upload(object_key: str) -> str | None:
    """The import that an uploaded object belongs to, or None where it is no upload."""
    return object_key.removeprefix(_UPLOADS) if object_key.startswith(_UPLOADS) else None


def _new(supplier_id: str, folder: str, **known: Any) -> Import:
    supplier = supplier_records.existing(supplier_id)
    supplier_records.refuse_closed(supplier)
    _refuse_too_many(supplier_id)
    now, import_id = clock.timestamp(), ids.new_id("imp")
    return Import(
        import_id=import_id,
        supplier_id=supplier_id,
        object_key=f"{folder}{import_id}",
        country=supplier.profile.get("country"),
        correlation_id=telemetry.correlation_id(),
        created_at=now,
        updated_at=now,
        **known,
    )


def _refuse_too_many(supplier_id: str) -> None:
    """Raise TooManyRequests where the supplier's last imports are all at work: others want workers, too."""
    latest = imports.page(supplier_id, limit=MAX_ACTIVE, cursor=None).items
    active = [each for each in latest if import_records.status_of(each) in ACTIVE]
    if len(active) == MAX_ACTIVE:
        raise TooManyRequests(
            "TOO_MANY_IMPORTS",
            f"{MAX_ACTIVE} imports are at work; wait for one to end, or cancel one.",
            headers={"Retry-After": "60"},
        )


def _permission(import_id: str) -> dict[str, Any]:
    within = import_records.UPLOAD_WITHIN
    expires_at = clock.timestamp(clock.now() + within)
    form = object_store.permission_to_upload(
        f"{_UPLOADS}{import_id}", max_bytes=MAX_UPLOAD_BYTES, seconds=int(within.total_seconds())
    )
    return {**form, "method": "POST", "max_bytes": MAX_UPLOAD_BYTES, "expires_at": expires_at}
