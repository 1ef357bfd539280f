"""An import is cancelled: what is stored stays, and the rows not yet read are not read."""

from typing import Any

from chalicelib import clock
from chalicelib.domain.imports import CANCELLED
from chalicelib.problems import Conflict, TemporarilyUnavailable
from chalicelib.services import import_records
from chalicelib.services.commits import commit
from chalicelib.storage import imports
from chalicelib.storage.errors import WriteRefused

_TRIES = 4


def cancel(supplier_id: str, import_id: str) -> dict[str, Any]:
    """Cancel the import; again changes nothing. Its worker sees it before the next hundred rows.

    Raises NotFound, Conflict (IMPORT_FINISHED).
    """
    for _ in range(_TRIES):
        import_ = import_records.existing(supplier_id, import_id)
        if import_.status == CANCELLED:
            return import_records.shown(import_)
        if not import_.is_active:
            raise Conflict("IMPORT_FINISHED", f"The import is {import_.status}; there is nothing to cancel.")
        try:
            commit(imports.cancelling(import_id, now=clock.timestamp()))
        except WriteRefused:
            continue
    raise TemporarilyUnavailable("CONTENTION", "The import is just finishing.", retry_after=1)
