"""A supplier's API keys: made, listed, revoked. A key is shown when it is made and never again.

At most two work at a time, so that a supplier changes over without a gap: make the second, use it, revoke
the first. The last one may be revoked, too, since a key that leaked must end at once; an administrator makes
the next.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.credentials import Scope
from chalicelib.domain.supplier import MAX_ACTIVE_KEYS, ApiKey, Keyring
from chalicelib.problems import Conflict, Forbidden, NotFound, TemporarilyUnavailable
from chalicelib.services import idempotency, supplier_records
from chalicelib.services.commits import commit
from chalicelib.services.idempotency import Outcome
from chalicelib.services.paging import Listing, listed
from chalicelib.storage import api_keys as storage
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

_TRIES = 4


def create(
    supplier_id: str,
    *,
    label: str,
    scopes: Collection[str] | None,
    held: frozenset[Scope],
    marked: idempotency.Request | None,
) -> Outcome:
    """A further key of the supplier, with the scopes asked for or else those that the caller holds itself.

    Raises NotFound, Forbidden where the caller does not hold them, Conflict: TOO_MANY_KEYS where two work
    already, SUPPLIER_CLOSED.
    """
    wanted = held if scopes is None else frozenset(map(Scope, scopes))
    if not wanted <= held:
        raise Forbidden("INSUFFICIENT_SCOPE", "A key cannot make one that opens more than it does itself.")

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        # The keyring is read first: a supplier that is terminated after this has another one.
        keyring = storage.keyring(supplier_id)
        supplier_records.refuse_closed(supplier_records.existing(supplier_id))
        if len(keyring.key_ids) >= MAX_ACTIVE_KEYS:
            raise Conflict("TOO_MANY_KEYS", f"{MAX_ACTIVE_KEYS} keys work already. Revoke one of them first.")
        key = new_key(supplier_id, label=label, scopes=wanted, now=clock.timestamp())
        return _shown(key), adding(key, keyring)

    for _ in range(_TRIES):
        try:
            outcome = idempotency.perform(marked, work)
        except WriteRefused:
            continue
        secret = credentials.api_key(master_secret(), outcome.answer["key_id"])
        return Outcome({**outcome.answer, "api_key": secret}, outcome.replayed)
    raise _contention()


def page(supplier_id: str, *, limit: int, cursor: str | None) -> Listing:
    """The supplier's keys, revoked ones too, oldest first. Raises NotFound."""
    supplier_records.existing(supplier_id)
    return listed(lambda: storage.page_of_supplier(supplier_id, limit=limit, cursor=cursor), _shown)


def revoke(supplier_id: str, key_id: str) -> None:
    """Make the key useless from now on; revoking it again changes nothing. Raises NotFound."""
    for _ in range(_TRIES):
        key = storage.get(key_id)
        if key is None or key.supplier_id != supplier_id:
            raise NotFound
        if key.revoked_at is not None:
            return
        keyring = storage.keyring(supplier_id)
        left = tuple(each for each in keyring.key_ids if each != key_id)
        try:
            commit(
                storage.revoking(key_id, at=clock.timestamp()),
                storage.replacing_keyring(replace(keyring, key_ids=left)),
            )
        except WriteRefused:
            continue
        return
    raise _contention()


def revoking_all(supplier_id: str) -> list[Write]:
    """The writes that end every key of the supplier, and every creation that is under way (labels `keyring`,
    `api_key:<key_id>`)."""
    keyring = storage.keyring(supplier_id)
    now = clock.timestamp()
    return [
        storage.replacing_keyring(replace(keyring, key_ids=())),
        *(storage.revoking(key_id, at=now) for key_id in keyring.key_ids),
    ]


def new_key(
    supplier_id: str, *, now: str, label: str = "", scopes: frozenset[Scope] = frozenset(Scope)
) -> ApiKey:
    """A new API key of the supplier, to be stored."""
    key_id = ids.new_id("key")
    return ApiKey(
        key_id=key_id,
        supplier_id=supplier_id,
        fingerprint=credentials.fingerprint(credentials.api_key(master_secret(), key_id)),
        created_at=now,
        label=label,
        scopes=scopes,
        correlation_id=telemetry.correlation_id(),
    )


def adding(key: ApiKey, keyring: Keyring) -> list[Write]:
    """The writes that put a new key on the keyring as it was read."""
    grown = replace(keyring, key_ids=(*keyring.key_ids, key.key_id))
    return [storage.adding(key), storage.replacing_keyring(grown)]


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "label": key.label,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "last_used_on": key.last_used_on,
        "revoked_at": key.revoked_at,
    }


def _contention() -> TemporarilyUnavailable:
    return TemporarilyUnavailable(
        "CONTENTION", "Others are changing this supplier's keys; nothing was done.", retry_after=1
    )
