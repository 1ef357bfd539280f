"""What the import use cases share: how an import is shown and found."""

from datetime import timedelta
from typing import Any

from chalicelib import clock
from chalicelib.domain.imports import FAILED, QUEUED, Counters, Import
from chalicelib.feeds import FeedRefused
from chalicelib.problems import NotFound
from chalicelib.storage import imports

UPLOAD_WITHIN = timedelta(hours=1)
_STRAGGLING = timedelta(minutes=15)
_NEVER_UPLOADED = {
    "code": "UPLOAD_NOT_RECEIVED",
    "detail": "The file was not uploaded in time. Start another import.",
}


def existing(supplier_id: str, import_id: str) -> Import:
    """The supplier's import. Raises NotFound."""
    import_ = imports.get(import_id)
    if import_ is None or import_.supplier_id != supplier_id:
        raise NotFound
    return import_


def status_of(import_: Import) -> str:
    """The status as clients read it: an import whose upload never came has failed."""
    return FAILED if _was_never_uploaded(import_) else import_.status


def shown(import_: Import) -> dict[str, Any]:
    """The import as clients read it."""
    is_lost = _was_never_uploaded(import_)
    optional = {
        "media_type": import_.media_type,
        "filename": import_.filename,
        "failure": _NEVER_UPLOADED if is_lost else import_.failure,
        "finished_at": import_.finished_at,
    }
    return {
        "import_id": import_.import_id,
        "supplier_id": import_.supplier_id,
        "status": status_of(import_),
        "dialect": import_.dialect,
        **counted(import_.counters),
        "unused_columns": list(import_.unused_columns),
        "version": import_.version,
        "created_at": import_.created_at,
        "updated_at": import_.updated_at,
        **{name: value for name, value in optional.items() if value is not None},
    }


def counted(counters: Counters) -> dict[str, int]:
    """The counters as clients read them."""
    return {
        "lines_read": counters.read,
        "lines_in_success": counters.success,
        "lines_in_error": counters.error,
        "lines_with_warning": counters.warning,
        "lines_in_pending": counters.pending,
    }


def failure_of(refused: FeedRefused) -> dict[str, Any]:
    """Why a file could not be read to its end, as clients read it."""
    place = {"row": refused.row, "column": refused.column}
    return {
        "code": refused.code,
        "detail": refused.message,
        **{name: value for name, value in place.items() if value is not None},
    }


def _was_never_uploaded(import_: Import) -> bool:
    waits = import_.status == QUEUED and not import_.has_file
    return waits and clock.parse(import_.created_at) + UPLOAD_WITHIN + _STRAGGLING < clock.now()
