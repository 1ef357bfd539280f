"""An import: one feed that a supplier sent, and what became of each of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.rules.kinds import ERROR, WARNING

QUEUED, RUNNING = "QUEUED", "RUNNING"
COMPLETE, FAILED, CANCELLED = "COMPLETE", "FAILED", "CANCELLED"
ACTIVE = (QUEUED, RUNNING)

SUCCESS, IN_ERROR, PENDING = "SUCCESS", "ERROR", "PENDING"
"""Of a row: its offer is accepted, nothing of it was stored, its offer waits (mostly for a person)."""


@dataclass(frozen=True)
class RowResult:
    """What became of one row. `raw` is the row as it came, for the file of those that failed."""

    row: int
    sku: str | None
    outcome: str
    issues: tuple[Mapping[str, Any], ...] = ()
    raw: Mapping[str, Any] | None = None

    @property
    def reasons(self) -> list[str]:
        """Why the row is not on sale, in words; none where it is, or where nothing was found yet."""
        if self.outcome == SUCCESS:
            return []
        return [_worded(issue) for issue in self.issues if issue["severity"] == ERROR]


def _worded(issue: Mapping[str, Any]) -> str:
    """`price.amount: …`, as people name a field."""
    field = str(issue["field"]).strip("/").replace("/", ".")
    return f"{field}: {issue['message']}" if field else str(issue["message"])


@dataclass(frozen=True)
class Counters:
    """How many rows came to what; `warning` counts successes, too."""

    read: int = 0
    success: int = 0
    error: int = 0
    warning: int = 0
    pending: int = 0

    def with_results(self, results: tuple[RowResult, ...]) -> "Counters":
        outcomes = [result.outcome for result in results]
        warned = sum(any(issue["severity"] == WARNING for issue in each.issues) for each in results)
        return Counters(
            read=self.read + len(results),
            success=self.success + outcomes.count(SUCCESS),
            error=self.error + outcomes.count(IN_ERROR),
            warning=self.warning + warned,
            pending=self.pending + outcomes.count(PENDING),
        )


@dataclass(frozen=True)
class Import:
    """One feed. `etag` and `size` are of the file as it came, "" and 0 until an upload has come.

    `country` is the supplier's when it sent the feed, whose currency stands where the feed names none.
    `position` is where reading goes on (the feed reader's numbers), `lease` names the worker that is at it
    until `lease_until`. `failed_rows_size` is that of the file of failed rows, None while there is none;
    `failure` says why the feed itself could not be read to its end.
    """

    import_id: str
    supplier_id: str
    object_key: str
    status: str = QUEUED
    media_type: str | None = None
    filename: str | None = None
    country: str | None = None
    etag: str = ""
    size: int = 0
    received_at: str = ""
    dialect: str | None = None
    shape: Mapping[str, Any] = field(default_factory=dict)
    unused_columns: tuple[str, ...] = ()
    counters: Counters = field(default_factory=Counters)
    position: tuple[int, ...] = ()
    failed_rows_size: int | None = None
    failure: Mapping[str, Any] | None = None
    lease: str | None = None
    lease_until: str | None = None
    finished_at: str | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def has_file(self) -> bool:
        return bool(self.etag)
