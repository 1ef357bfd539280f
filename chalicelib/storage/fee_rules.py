"""The commission rules: every version for itself, and which of them holds when."""

from collections.abc import Sequence

from chalicelib.domain.fee_schedule import Holding, RulesVersion, Schedule
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import CommissionRulesItem, CommissionRulesVersionItem, Item
from chalicelib.storage.transaction import Write


def schedule() -> Schedule:
    """Which version holds when."""
    return schedule_of(reads.get_one(keys.commission_rules()))


def schedule_of(item: Item | None) -> Schedule:
    """What the item says; nothing was ever put where there is none."""
    if not isinstance(item, CommissionRulesItem):
        return Schedule()
    return Schedule(int(item.version), tuple(Holding(*each) for each in item.holdings))


def get(version: int) -> RulesVersion | None:
    item = reads.get_one(keys.commission_rules_version(version))
    return _from_item(item) if isinstance(item, CommissionRulesVersionItem) else None


def page(*, limit: int, cursor: str | None) -> pages.Page[RulesVersion]:
    """The versions, newest first, without their documents, which may be large. Raises BadCursor."""
    pk, prefix = keys.commission_rules_version(None)
    start = pages.decode(cursor, partition=("PK", pk), attributes=("PK", "SK"))
    results = CommissionRulesVersionItem.query(
        pk,
        CommissionRulesVersionItem.sk.startswith(prefix),
        limit=limit,
        last_evaluated_key=pages.within(start, prefix),
        scan_index_forward=False,
        attributes_to_get=[
            *("PK", "SK", "kind", "version", "valid_from", "digest", "set_by", "reason", "created_at"),
        ],
    )
    return pages.read(results, _from_item)


def putting(version: RulesVersion, schedule: Schedule) -> Sequence[Write]:
    """Add the version, and make the schedule the one that holds, if nobody else has put one meanwhile. Label
    `commission_rules`."""
    stamps = {
        "version": version.version,
        "correlation_id": version.correlation_id,
        "created_at": version.set_at,
        "updated_at": version.set_at,
    }
    holds = CommissionRulesItem(
        *keys.commission_rules(), holdings=[list(each) for each in schedule.holdings], **stamps
    )
    before = (
        CommissionRulesItem.version == version.version - 1
        if version.version > 1
        else CommissionRulesItem.pk.does_not_exist()
    )
    added = CommissionRulesVersionItem(
        *keys.commission_rules_version(version.version),
        valid_from=version.valid_from,
        document=version.document,
        digest=version.digest,
        set_by=version.set_by,
        reason=version.reason,
        **stamps,
    )
    return [
        Write("commission_rules", holds, before),
        Write("commission_rules_version", added, CommissionRulesVersionItem.pk.does_not_exist()),
    ]


def _from_item(item: CommissionRulesVersionItem) -> RulesVersion:
    return RulesVersion(
        version=int(item.version),
        valid_from=item.valid_from,
        document=item.document or {},
        digest=item.digest,
        set_by=item.set_by,
        set_at=item.created_at or "",
        reason=item.reason,
        correlation_id=item.correlation_id or "",
    )
