"""A supplier's API keys: made, listed, revoked. A key is shown when it is made and never again."""

from collections.abc import Sequence
from typing import Any

from chalicelib import clock
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.supplier import ApiKey
from chalicelib.problems import NotFound
from chalicelib.services import idempotency, supplier_records
from chalicelib.services.commits import commit
from chalicelib.services.idempotency import Outcome
from chalicelib.services.paging import Listing, listed
from chalicelib.services.register_supplier import new_key
from chalicelib.storage import suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write


def create(supplier_id: str, *, label: str, marked: idempotency.Request | None) -> Outcome:
    """A further key of the supplier; its others stay valid. Raises NotFound."""
    supplier_records.existing(supplier_id)

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        key = new_key(supplier_id, label=label, now=clock.timestamp())
        return _shown(key), (suppliers.adding_key(key),)

    outcome = idempotency.perform(marked, work)
    secret = credentials.api_key(master_secret(), outcome.answer["key_id"])
    return Outcome({**outcome.answer, "api_key": secret}, outcome.replayed)


def page(supplier_id: str, *, limit: int, cursor: str | None) -> Listing:
    """The supplier's keys, revoked ones too, oldest first. Raises NotFound."""
    supplier_records.existing(supplier_id)
    return listed(lambda: suppliers.keys_of(supplier_id, limit=limit, cursor=cursor), _shown)


def revoke(supplier_id: str, key_id: str) -> None:
    """Make the key useless from now on; revoking it again changes nothing. Raises NotFound."""
    key = suppliers.get_key(key_id)
    if key is None or key.supplier_id != supplier_id:
        raise NotFound
    if key.revoked_at is None:
        try:
            commit(suppliers.revoking_key(key, at=clock.timestamp()))
        except WriteRefused:
            return  # somebody else has just revoked it


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "label": key.label,
        "created_at": key.created_at,
        "last_used_on": key.last_used_on,
        "revoked_at": key.revoked_at,
    }
