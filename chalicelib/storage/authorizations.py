"""Who may sell restricted categories and brands: every version, and the one that holds."""

from collections.abc import Sequence

from chalicelib.domain.authorizations import Authorizations
from chalicelib.storage import keys, reads
from chalicelib.storage.items import AuthorizationsItem
from chalicelib.storage.transaction import Write


def current() -> Authorizations:
    """The version that holds; number 0, restricting nothing, where none was set."""
    item = reads.get_one(keys.authorizations())
    return from_item(item) if isinstance(item, AuthorizationsItem) else Authorizations()


def setting(authorizations: Authorizations) -> Sequence[Write]:
    """Make this the version that holds, if the one before it does, and keep it. Label `authorizations`."""
    before = (
        AuthorizationsItem.version == authorizations.version - 1
        if authorizations.version > 1
        else AuthorizationsItem.pk.does_not_exist()
    )
    kept = keys.authorizations_version(authorizations.version)
    return [
        Write("authorizations", _to_item(keys.authorizations(), authorizations), before),
        Write("kept", _to_item(kept, authorizations), AuthorizationsItem.pk.does_not_exist()),
    ]


def _to_item(key: keys.Key, authorizations: Authorizations) -> AuthorizationsItem:
    return AuthorizationsItem(
        *key,
        document=authorizations.document,
        set_by=authorizations.set_by,
        reason=authorizations.reason,
        version=authorizations.version,
        correlation_id=authorizations.correlation_id,
        created_at=authorizations.set_at,
        updated_at=authorizations.set_at,
    )


def from_item(item: AuthorizationsItem) -> Authorizations:
    """The version that a table item holds."""
    return Authorizations(
        version=int(item.version),
        document=item.document,
        set_by=item.set_by,
        set_at=item.created_at or "",
        reason=item.reason,
        correlation_id=item.correlation_id or "",
    )
