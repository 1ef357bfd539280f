"""Pieces of work that undo one rule's corrections everywhere."""

from dataclasses import asdict, replace

from chalicelib.domain.rule_reversal import Position, RuleReversal, Tally
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import RuleReversalItem
from chalicelib.storage.transaction import Write


def get(reversal_id: str) -> RuleReversal | None:
    item = reads.get_one(keys.rule_reversal(reversal_id))
    return from_item(item) if isinstance(item, RuleReversalItem) else None


def page_of_rule(rule: str, *, limit: int, cursor: str | None) -> pages.Page[RuleReversal]:
    """Those of one rule, newest first. Raises BadCursor."""
    return reads.page_by_status(
        keys.reversals_of_rule(rule), from_item, limit=limit, cursor=cursor, newest_first=True
    )


def adding(reversal: RuleReversal) -> Write:
    """Write a new one. Label `rule_reversal`."""
    return Write("rule_reversal", _to_item(reversal), RuleReversalItem.pk.does_not_exist())


def replacing(reversal: RuleReversal, *, expected_version: int) -> Write:
    """Write it if it still has `expected_version`; the stored version is one higher.
    Label `rule_reversal`."""
    item = _to_item(replace(reversal, version=expected_version + 1))
    return Write("rule_reversal", item, RuleReversalItem.version == expected_version)


def _to_item(reversal: RuleReversal) -> RuleReversalItem:
    return RuleReversalItem(
        *keys.rule_reversal(reversal.reversal_id),
        reversal_id=reversal.reversal_id,
        rule=reversal.rule,
        status=reversal.status,
        requested_by=reversal.requested_by,
        reason=reversal.reason,
        position=asdict(reversal.position),
        **asdict(reversal.tally),
        version=reversal.version,
        status_partition=keys.reversals_of_rule(reversal.rule),
        status_sort=f"{reversal.created_at}#{reversal.reversal_id}",
        correlation_id=reversal.correlation_id,
        created_at=reversal.created_at,
        updated_at=reversal.updated_at,
    )


def from_item(item: RuleReversalItem) -> RuleReversal:
    """The piece of work that a table item holds."""
    return RuleReversal(
        reversal_id=item.reversal_id,
        rule=item.rule,
        requested_by=item.requested_by,
        reason=item.reason,
        status=item.status,
        position=Position(**item.position),
        tally=Tally(int(item.seen), int(item.reversed), int(item.overtaken), int(item.failed)),
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
