"""What calls to a supplier are signed with, and its change to another secret.

A supplier needs time to install a new secret. For a day after a change calls are signed with the secrets
before it, too, so that whichever the supplier verifies with holds.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.supplier import MAX_SIGNING_SECRETS, Supplier
from chalicelib.problems import Conflict, TemporarilyUnavailable
from chalicelib.services import idempotency, supplier_records
from chalicelib.services.idempotency import Outcome
from chalicelib.storage import suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

OVERLAP = timedelta(hours=24)
_TRIES = 4


def of(supplier: Supplier) -> str:
    """The supplier's secret, as signing takes it: with those that still sign besides, newest first."""
    oldest = _oldest_in_use(supplier)
    return " ".join(
        credentials.signing_secret(master_secret(), supplier.supplier_id, generation)
        for generation in range(supplier.signing_generation, oldest - 1, -1)
    )


def change(supplier_id: str, *, marked: idempotency.Request | None) -> Outcome:
    """Make a new secret, which is shown now and in a replay only.

    Raises NotFound, Conflict: SUPPLIER_CLOSED, TOO_MANY_SECRETS where so many sign already.
    """

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        before = supplier_records.existing(supplier_id)
        supplier_records.refuse_closed(before)
        oldest, now = _oldest_in_use(before), clock.now()
        if before.signing_generation - oldest + 1 >= MAX_SIGNING_SECRETS:
            raise Conflict(
                "TOO_MANY_SECRETS", f"{MAX_SIGNING_SECRETS} secrets sign already. Change it again tomorrow."
            )
        after = replace(
            before,
            signing_generation=before.signing_generation + 1,
            signing_since=oldest,
            signing_changed_at=clock.timestamp(now),
            correlation_id=telemetry.correlation_id(),
            updated_at=clock.timestamp(now),
        )
        answer = {"generation": after.signing_generation, "others_until": clock.timestamp(now + OVERLAP)}
        return answer, [suppliers.replacing(after, expected_version=before.version)]

    for _ in range(_TRIES):
        try:
            outcome = idempotency.perform(marked, work)
        except WriteRefused:
            continue
        generation = outcome.answer["generation"]
        secret = credentials.signing_secret(master_secret(), supplier_id, generation)
        return Outcome({**outcome.answer, "signing_secret": secret}, outcome.replayed)
    raise TemporarilyUnavailable(
        "CONTENTION", "Others are changing this supplier; nothing was done.", retry_after=1
    )


def _oldest_in_use(supplier: Supplier) -> int:
    changed_at = supplier.signing_changed_at
    if changed_at is None or clock.now() >= clock.parse(changed_at) + OVERLAP:
        return supplier.signing_generation
    return supplier.signing_since
