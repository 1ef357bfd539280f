"""A supplier registers."""

from collections.abc import Sequence
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.supplier import Keyring, Supplier
from chalicelib.services import api_keys, idempotency, supplier_records
from chalicelib.services.idempotency import Outcome
from chalicelib.storage import suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write


def register(registration: dict[str, Any], *, marked: idempotency.Request | None) -> Outcome:
    """Store the registration for validation and give out the first API key and the signing secret.

    Raises Conflict (SUPPLIER_EXISTS) where another supplier has the same country and tax id.
    """
    try:
        outcome = idempotency.perform(marked, lambda: _work(registration))
    except WriteRefused as refused:
        raise supplier_records.supplier_exists() from refused
    supplier, key_id = outcome.answer["supplier"], outcome.answer["key_id"]
    master = master_secret()
    answer = {
        "supplier": supplier,
        "api_key": credentials.api_key(master, key_id),
        "signing_secret": credentials.signing_secret(master, supplier["supplier_id"], generation=1),
    }
    return Outcome(answer, outcome.replayed)


def _work(registration: dict[str, Any]) -> tuple[dict[str, Any], Sequence[Write]]:
    now = clock.timestamp()
    supplier = Supplier(
        supplier_id=ids.new_id("sup"),
        profile=registration,
        tax_identity=supplier_records.tax_identity(registration),
        correlation_id=telemetry.correlation_id(),
        created_at=now,
        updated_at=now,
    )
    key = api_keys.new_key(supplier.supplier_id, now=now)
    writes = (
        suppliers.adding(supplier),
        suppliers.holding_tax_identity(supplier.tax_identity, supplier.supplier_id),
        *api_keys.adding(key, Keyring(supplier.supplier_id)),
    )
    return {"supplier": supplier_records.shown(supplier), "key_id": key.key_id}, writes
