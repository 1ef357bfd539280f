"""What people decided on the doubts of each rule, kept for a year to be shown beside a new case."""

from chalicelib import clock
from chalicelib.domain.past_case import PastCase
from chalicelib.storage import keys
from chalicelib.storage.items import PastCaseItem
from chalicelib.storage.transaction import Write

KEPT_SECONDS = 365 * 24 * 3600


def remembering(case: PastCase) -> Write:
    """Keep a case that was decided. Label `past_case:<rule>`."""
    decided = int(clock.parse(case.decided_at).timestamp())
    item = PastCaseItem(
        *keys.past_case(case.rule, case.decided_at, case.review_id),
        rule=case.rule,
        field=case.field,
        review_id=case.review_id,
        supplier_id=case.supplier_id,
        sku=case.sku,
        resolution=case.resolution,
        decided_at=case.decided_at,
        decided_by=case.decided_by,
        value=case.value,
        after=case.after,
        brand=case.brand,
        category=case.category,
        expires_at=decided + KEPT_SECONDS,
        created_at=case.decided_at,
        updated_at=case.decided_at,
    )
    return Write(f"past_case:{case.rule}", item)


def latest(rule: str, *, limit: int) -> list[PastCase]:
    """The latest cases of the rule, newest first: one round trip."""
    pk, _ = keys.past_case(rule, "", "")
    return [_from_item(item) for item in PastCaseItem.query(pk, limit=limit, scan_index_forward=False)]


def _from_item(item: PastCaseItem) -> PastCase:
    return PastCase(
        rule=item.rule,
        field=item.field,
        review_id=item.review_id,
        supplier_id=item.supplier_id,
        sku=item.sku,
        resolution=item.resolution,
        decided_at=item.decided_at,
        decided_by=item.decided_by,
        value=item.value,
        after=item.after,
        brand=item.brand,
        category=item.category,
    )
