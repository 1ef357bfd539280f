"""A supplier is read; its profile changes, by itself or by an administrator's correction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain.reversals import with_corrections
from chalicelib.domain.rules import supplier_brands
from chalicelib.domain.supplier import Supplier, moved
from chalicelib.problems import FieldProblem, StaleVersion, TemporarilyUnavailable, Unprocessable
from chalicelib.services import brands, edits, supplier_records
from chalicelib.services.commits import Along, commit, nothing_along
from chalicelib.services.versions import Expected
from chalicelib.storage import suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

_PLAN = "commission_plan"
_NOT_ITS_OWN = Unprocessable(
    "INVALID_BODY",
    "The marketplace sets the commission plan; ask it for another.",
    errors=[FieldProblem(f"/{_PLAN}", "NOT_YOURS_TO_SET", "Only an administrator changes this.")],
)

NOT_VALIDATED = frozenset({_PLAN, "accept_within_hours", "closed_from", "closed_until"})
"""Fields of a profile that no validation rule reads."""

_TRIES = 4


def read(supplier_id: str) -> dict[str, Any]:
    return supplier_records.shown(supplier_records.existing(supplier_id))


def change(
    supplier_id: str,
    *,
    changed: Callable[[Mapping[str, Any]], dict[str, Any]],
    expected: Expected | None,
    by_administrator: bool,
) -> dict[str, Any]:
    """Make the profile what `changed` makes of it. Raises as `rewrite` does, and Unprocessable where a
    supplier would choose another commission plan for itself."""

    def checked(profile: Mapping[str, Any]) -> dict[str, Any]:
        after = changed(profile)
        if not by_administrator and after.get(_PLAN) != profile.get(_PLAN):
            raise _NOT_ITS_OWN
        return after

    return rewrite(supplier_id, edit=edits.own(checked), expected=expected)


def rewrite(
    supplier_id: str, *, edit: edits.Edit, expected: Expected | None, along: Along = nothing_along
) -> dict[str, Any]:
    """Make the profile what `edit` makes of it; a changed validated field is validated again.

    Without `expected` the edit is made to whatever the profile is by then. Raises NotFound, StaleVersion,
    Conflict (SUPPLIER_CLOSED, SUPPLIER_EXISTS).
    """
    for _ in range(_TRIES):
        supplier = supplier_records.existing(supplier_id)
        if expected is not None:
            expected.check(supplier.version)
        supplier_records.refuse_closed(supplier)
        profile, made = edit(supplier, supplier.profile)
        kept = with_corrections(supplier, profile, made)
        if profile == supplier.profile and kept == supplier:
            return supplier_records.shown(supplier)
        result = _with_profile(kept, profile)
        if _written(result, before=supplier, along=along(supplier.profile, profile)):
            return supplier_records.shown(replace(result, version=supplier.version + 1))
        if expected is not None:
            raise StaleVersion
    raise TemporarilyUnavailable(
        "CONTENTION", "Others are changing this supplier; nothing was done.", retry_after=1
    )


def _with_profile(supplier: Supplier, profile: dict[str, Any]) -> Supplier:
    before, after = dict(supplier.profile), dict(profile)
    for name in NOT_VALIDATED:
        before.pop(name, None)
        after.pop(name, None)
    changed = replace(
        supplier,
        profile=profile,
        tax_identity=supplier_records.tax_identity(profile),
        correlation_id=telemetry.correlation_id(),
        updated_at=clock.timestamp(),
    )
    if before == after:
        return changed
    if supplier.status == "PENDING_APPROVAL":
        changed = moved(changed, ("ONBOARDING", None), by="profile", reason=None, at=changed.updated_at)
    return replace(changed, validation_state="PENDING")


def _owned(supplier: Supplier) -> set[str]:
    return set(supplier_brands.owned_brands(supplier.profile).values())


def _written(supplier: Supplier, *, before: Supplier, along: Sequence[Write]) -> bool:
    """Write the supplier and what goes along; False where something of it has changed since it was read."""
    writes: list[Write] = [suppliers.replacing(supplier, expected_version=before.version), *along]
    if supplier.tax_identity != before.tax_identity:
        writes += [
            suppliers.holding_tax_identity(supplier.tax_identity, supplier.supplier_id),
            suppliers.releasing_tax_identity(before.tax_identity, supplier.supplier_id),
        ]
    owned, owned_before = _owned(supplier), _owned(before)
    writes += brands.releasing(supplier.supplier_id, owned_before - owned)
    try:
        commit(*writes)
    except WriteRefused as refused:
        if "tax_identity" in refused.labels:
            raise supplier_records.supplier_exists() from refused
        return False
    return True
