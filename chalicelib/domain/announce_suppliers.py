"""What is told of suppliers, of their cases and of their imports."""

from collections.abc import Iterator
from typing import Any

from chalicelib.domain.announcement import Announcement, change, present
from chalicelib.domain.health import SupplierHealth
from chalicelib.domain.imports import CANCELLED, COMPLETE, FAILED, Import
from chalicelib.domain.review import Review
from chalicelib.domain.supplier import Supplier

_OF_SUPPLIER = {
    "OPEN": "supplier.opened",
    "PENDING_APPROVAL": "supplier.held_for_review",
    "REJECTED": "supplier.rejected",
    "SUSPENDED": "supplier.suspended",
    "TERMINATED": "supplier.terminated",
}
_OF_IMPORT = {COMPLETE: "import.completed", FAILED: "import.failed", CANCELLED: "import.cancelled"}


def of_supplier(before: object | None, after: Supplier) -> Iterator[Announcement]:
    ids = {"supplier_id": after.supplier_id}
    subject = f"{after.supplier_id}@{after.version}"
    was = before if isinstance(before, Supplier) else None
    if was is None:
        yield Announcement("supplier.registered", subject, after.created_at, ids)
    elif changed := sorted(_fields_that_differ(was, after)):
        # A profile says who can be reached where, so only the names of its fields are told.
        versions = {"old": {"version": was.version}, "new": {"version": after.version}}
        about = {**ids, **versions, "changed": changed}
        yield Announcement("supplier.updated", subject, after.updated_at, about)
    if (was is None or was.status != after.status) and after.status in _OF_SUPPLIER:
        about = {**ids, **change(_standing(was) if was else None, _standing(after))}
        yield Announcement(_OF_SUPPLIER[after.status], subject, after.updated_at, about)


def of_health(before: object | None, after: SupplierHealth) -> Iterator[Announcement]:
    was = before if isinstance(before, SupplierHealth) else SupplierHealth(after.supplier_id)
    if was.health != after.health:
        changed = change({"health": was.health}, {"health": after.health})
        about = present({"supplier_id": after.supplier_id, "code": after.reason, **changed})
        subject = f"{after.supplier_id}@{after.version}"
        yield Announcement("supplier.health_changed", subject, after.updated_at, about)


def of_review(before: object | None, after: Review) -> Iterator[Announcement]:
    if after.status == "RESOLVED" and isinstance(before, Review) and before.status != "RESOLVED":
        about = {
            **_ids_of_review(after),
            "code": after.resolution,
            **change({"status": before.status}, {"status": after.status}),
        }
        yield Announcement("review.resolved", after.review_id, after.updated_at, present(about))


def review_opened(review: Review) -> Announcement:
    """The fact that a case waits for a person."""
    return Announcement("review.opened", review.review_id, review.created_at, _ids_of_review(review))


def of_import(before: object | None, after: Import) -> Iterator[Announcement]:
    if after.is_active or not isinstance(before, Import) or not before.is_active:
        return
    counters = after.counters
    about = {
        "import_id": after.import_id,
        "supplier_id": after.supplier_id,
        "dialect": after.dialect,
        "lines_read": counters.read,
        "lines_in_success": counters.success,
        "lines_in_error": counters.error,
        "lines_with_warning": counters.warning,
        "lines_in_pending": counters.pending,
        "code": (after.failure or {}).get("code"),
        **change({"status": before.status}, {"status": after.status}),
    }
    yield Announcement(_OF_IMPORT[after.status], after.import_id, after.updated_at, present(about))


def _fields_that_differ(before: Supplier, after: Supplier) -> Iterator[str]:
    for name in before.profile.keys() | after.profile.keys():
        if before.profile.get(name) != after.profile.get(name):
            yield name


def _standing(supplier: Supplier) -> dict[str, Any]:
    return present({"status": supplier.status, "suspension_type": supplier.suspension_type})


def _ids_of_review(review: Review) -> dict[str, str]:
    return {"review_id": review.review_id, "supplier_id": review.supplier_id, "kind": review.kind}
