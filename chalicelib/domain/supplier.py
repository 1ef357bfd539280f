"""A supplier: its record, its states, and what each state lets it do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import periods
from chalicelib.domain.credentials import Scope
from chalicelib.domain.errors import IllegalMove

MOVES = {
    "ONBOARDING": {"OPEN", "PENDING_APPROVAL", "REJECTED"},
    "PENDING_APPROVAL": {"OPEN", "REJECTED", "ONBOARDING"},
    "OPEN": {"SUSPENDED", "TERMINATED"},
    "SUSPENDED": {"OPEN", "TERMINATED"},
    "REJECTED": set(),
    "TERMINATED": set(),
}
"""Supplier status moves; source: the state table of docs/domain.md."""


INCOMPLETE_PROFILE, MANUAL, AUTOMATIC = SUSPENSIONS = "INCOMPLETE_PROFILE", "MANUAL", "AUTOMATIC"
"""What a suspension is for: validation's doubt, an administrator's decision, a rule."""

Standing = tuple[str, str | None]
"""A status, and what sort of suspension it is where it is one."""

_HISTORY_KEPT = 100


@dataclass(frozen=True)
class Supplier:
    """A third-party company that sells through the retailer.

    `profile` is the registration as JSON; `issues` and `corrections` are what the last validation found
    and mended, in the version and at the time that it judged; `history` is how the status came about, as
    `moved` writes it; `version` is the optimistic lock and the ETag. `signing_generation` names the secret
    that calls to it are signed with, since `signing_changed_at`; the secrets from `signing_since` on sign
    besides for a while.
    """

    supplier_id: str
    profile: Mapping[str, Any]
    status: str = "ONBOARDING"
    suspension_type: str | None = None
    validation_state: str = "PENDING"
    version: int = 1
    issues: tuple[Mapping[str, Any], ...] = ()
    corrections: tuple[Mapping[str, Any], ...] = ()
    review_id: str | None = None
    rules_version: int = 0
    judged_version: int | None = None
    judged_at: str | None = None
    history: tuple[Mapping[str, Any], ...] = ()
    overtaken_corrections: tuple[str, ...] = ()
    tax_identity: str = ""
    signing_generation: int = 1
    signing_since: int = 1
    signing_changed_at: str | None = None
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def standing(self) -> Standing:
        return self.status, self.suspension_type

    @property
    def display_name(self) -> str:
        return str(self.profile.get("display_name") or self.profile.get("legal_name", ""))

    @property
    def is_open(self) -> bool:
        """By its status; its shop may be closed all the same, for the period that it has set itself."""
        return self.status == "OPEN"

    @property
    def closed_from(self) -> str | None:
        return self.profile.get("closed_from")

    @property
    def closed_until(self) -> str | None:
        return self.profile.get("closed_until")

    @property
    def plan(self) -> str:
        """What it has agreed to pay by; "" where that is nothing of its own."""
        return str(self.profile.get("commission_plan") or "")

    @property
    def country(self) -> str:
        """The code of its country, "" where it is not known."""
        return str(self.profile.get("country") or "")

    def is_selling(self, now: datetime) -> bool:
        """Whether it is open, and its shop too."""
        return self.is_open and not periods.is_closed(self.closed_from, self.closed_until, now)


@dataclass(frozen=True)
class ApiKey:
    """One API key of a supplier; the key itself is derived, only its fingerprint is kept."""

    key_id: str
    supplier_id: str
    fingerprint: str
    created_at: str
    revoked_at: str | None = None
    last_used_on: str | None = None
    label: str = ""
    scopes: frozenset[Scope] = frozenset(Scope)
    correlation_id: str = ""


MAX_SIGNING_SECRETS = 3
"""That sign at a time: each adds its signature to every call."""

MAX_ACTIVE_KEYS = 2
"""One in use and one to change over to."""


@dataclass(frozen=True)
class Keyring:
    """The API keys of a supplier that work: the one place where two requests meet that make or end keys."""

    supplier_id: str
    key_ids: tuple[str, ...] = ()
    version: int = 0


def moved(supplier: Supplier, standing: Standing, *, by: str, reason: str | None, at: str) -> Supplier:
    """The supplier in another standing, with who put it there, when and why. Raises IllegalMove; the standing
    that it has already is no move and leaves no trace."""
    if standing == supplier.standing:
        return supplier
    status, suspension_type = standing
    check_move(supplier.status, status)
    entry = {"at": at, "by": by, "status": status, "suspension_type": suspension_type, "reason": reason}
    said = {name: value for name, value in entry.items() if value is not None}
    history = (*supplier.history, said)[-_HISTORY_KEPT:]
    return replace(supplier, status=status, suspension_type=suspension_type, history=history)


def check_move(before: str, after: str) -> None:
    """Raise IllegalMove unless a supplier may go from `before` to `after` (staying is no move)."""
    if before != after and after not in MOVES[before]:
        raise IllegalMove("supplier", before, after)
