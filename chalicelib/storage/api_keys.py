"""API keys of suppliers, and the keyring that says which of them work."""

from chalicelib.domain.credentials import Scope
from chalicelib.domain.supplier import ApiKey, Keyring
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import ApiKeyItem, KeyringItem
from chalicelib.storage.transaction import Write


def get(key_id: str) -> ApiKey | None:
    item = reads.get_one(keys.api_key(key_id))
    return _from_item(item) if isinstance(item, ApiKeyItem) else None


def page_of_supplier(supplier_id: str, *, limit: int, cursor: str | None) -> pages.Page[ApiKey]:
    """The supplier's API keys, revoked ones too, oldest first. Raises BadCursor."""
    return reads.page_by_status(keys.keys_of_supplier(supplier_id), _from_item, limit=limit, cursor=cursor)


def adding(key: ApiKey) -> Write:
    """Write a new API key. Label `api_key`."""
    return Write("api_key", _to_item(key), ApiKeyItem.pk.does_not_exist())


def revoking(key_id: str, *, at: str) -> Write:
    """Revoke a key that is not revoked yet. Label `api_key:<key_id>`."""
    return Write(
        f"api_key:{key_id}",
        ApiKeyItem(*keys.api_key(key_id)),
        ApiKeyItem.pk.exists() & ApiKeyItem.revoked_at.does_not_exist(),
        actions=[ApiKeyItem.revoked_at.set(at)],
    )


def marking_used(key: ApiKey, *, day: str) -> Write:
    """Note the day of the last use. Label `api_key`; refused where the day stands there already."""
    return Write(
        "api_key",
        ApiKeyItem(*keys.api_key(key.key_id)),
        ApiKeyItem.pk.exists()
        & ((ApiKeyItem.last_used_on.does_not_exist()) | (ApiKeyItem.last_used_on < day)),
        actions=[ApiKeyItem.last_used_on.set(day)],
    )


def keyring(supplier_id: str) -> Keyring:
    """The keys that work, as last written."""
    item = reads.get_one(keys.keyring(supplier_id))
    if not isinstance(item, KeyringItem):
        return Keyring(supplier_id)
    return Keyring(supplier_id, tuple(item.key_ids), int(item.version))


def replacing_keyring(keyring: Keyring) -> Write:
    """Write the keyring if it is still of its version; the stored version is one higher. Label `keyring`."""
    item = KeyringItem(
        *keys.keyring(keyring.supplier_id), key_ids=keyring.key_ids, version=keyring.version + 1
    )
    unchanged = KeyringItem.version == keyring.version if keyring.version else KeyringItem.pk.does_not_exist()
    return Write("keyring", item, unchanged)


def _to_item(key: ApiKey) -> ApiKeyItem:
    return ApiKeyItem(
        *keys.api_key(key.key_id),
        key_id=key.key_id,
        supplier_id=key.supplier_id,
        fingerprint=key.fingerprint,
        label=key.label,
        scopes=sorted(key.scopes),
        revoked_at=key.revoked_at,
        last_used_on=key.last_used_on,
        status_partition=keys.keys_of_supplier(key.supplier_id),
        status_sort=f"{key.created_at}#{key.key_id}",
        correlation_id=key.correlation_id,
        created_at=key.created_at,
        updated_at=key.created_at,
    )


def _from_item(item: ApiKeyItem) -> ApiKey:
    return ApiKey(
        key_id=item.key_id,
        supplier_id=item.supplier_id,
        fingerprint=item.fingerprint,
        label=item.label,
        scopes=frozenset(map(Scope, item.scopes)),
        created_at=item.created_at or "",
        revoked_at=item.revoked_at,
        last_used_on=item.last_used_on,
        correlation_id=item.correlation_id or "",
    )
