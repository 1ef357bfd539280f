"""The settings of the validation rules: every version for itself, and which of them holds."""

from collections.abc import Sequence

from chalicelib.domain.rule_documents import SettingsVersion
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import RuleSettingsItem, RuleSettingsVersionItem
from chalicelib.storage.transaction import Write


def current() -> tuple[int, str]:
    """The number of the version that holds, and when it was set; (0, "") where none was."""
    item = reads.get_one(keys.rule_settings())
    return (int(item.version), item.updated_at or "") if isinstance(item, RuleSettingsItem) else (0, "")


def get(version: int) -> SettingsVersion | None:
    item = reads.get_one(keys.rule_settings_version(version))
    return _from_item(item) if isinstance(item, RuleSettingsVersionItem) else None


def page(*, limit: int, cursor: str | None) -> pages.Page[SettingsVersion]:
    """The versions, newest first, without their documents, which may be large. Raises BadCursor."""
    pk, prefix = keys.rule_settings_version(None)
    start = pages.decode(cursor, partition=("PK", pk), attributes=("PK", "SK"))
    results = RuleSettingsVersionItem.query(
        pk,
        RuleSettingsVersionItem.sk.startswith(prefix),
        limit=limit,
        last_evaluated_key=pages.within(start, prefix),
        scan_index_forward=False,
        attributes_to_get=["PK", "SK", "kind", "version", "set_by", "reason", "review_id", "created_at"],
    )
    return pages.read(results, _from_item)


def setting(settings: SettingsVersion) -> Sequence[Write]:
    """Make this the version that holds, if the one before it does. Label `rule_settings`."""
    stamps = {
        "version": settings.version,
        "correlation_id": settings.correlation_id,
        "created_at": settings.set_at,
        "updated_at": settings.set_at,
    }
    holds = RuleSettingsItem(*keys.rule_settings(), **stamps)
    before = (
        RuleSettingsItem.version == settings.version - 1
        if settings.version > 1
        else RuleSettingsItem.pk.does_not_exist()
    )
    version = RuleSettingsVersionItem(
        *keys.rule_settings_version(settings.version),
        document=settings.document,
        set_by=settings.set_by,
        reason=settings.reason,
        review_id=settings.review_id,
        **stamps,
    )
    return [
        Write("rule_settings", holds, before),
        Write("rule_settings_version", version, RuleSettingsVersionItem.pk.does_not_exist()),
    ]


def _from_item(item: RuleSettingsVersionItem) -> SettingsVersion:
    return SettingsVersion(
        version=int(item.version),
        document=item.document or {},
        set_by=item.set_by,
        set_at=item.created_at or "",
        reason=item.reason,
        review_id=item.review_id,
        correlation_id=item.correlation_id or "",
    )
