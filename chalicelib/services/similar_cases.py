"""Past cases beside a new one: what people decided where the same rule had the same doubt."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.past_case import PastCase, past_cases, similar
from chalicelib.domain.review import Review
from chalicelib.storage import past_cases as memory
from chalicelib.storage import reviews
from chalicelib.storage.transaction import Write

SHOWN = 10
_LOOKED_AT = 50
"""Of each rule, the latest."""
_DOUBTED = ("OPENED", "UPDATED")
_SETTLED = ("CORRECTED", "LESSON_SAVED")


def remembering(resolved: Review, content: Mapping[str, Any]) -> list[Write]:
    """The writes that keep a case for later ones, for the transaction that resolves it. `content` is what the
    record says by then."""
    decided = {
        "resolution": resolved.resolution or "",
        "decided_at": resolved.history[-1]["at"],
        "decided_by": _decided_by(resolved),
    }
    return [memory.remembering(replace(case, **decided)) for case in past_cases(resolved, content)]


def _decided_by(resolved: Review) -> str:
    """Who resolved the case; where validation did, whoever corrected the record or taught it since it last
    had a doubt."""
    *earlier, last = resolved.history
    since = itertools.takewhile(lambda told: told["event"] not in _DOUBTED, reversed(earlier))
    settling = [told for told in since if told["event"] in _SETTLED]
    return str((settling[0] if settling and resolved.resolution == "CORRECTED" else last)["by"])


def similar_to(review: Review, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The latest resolved cases of the same rules, those first that share supplier, brand, category or value.

    A round trip for each of the rules (five at most) and one for the notes.
    """
    cases = past_cases(review, content)
    among = [past for case in cases for past in memory.latest(case.rule, limit=_LOOKED_AT)]
    found = similar(cases, among, limit=SHOWN)
    resolved = reviews.get_many(past.review_id for past, _ in found) if found else {}
    return [_shown(past, shared, resolved.get(past.review_id)) for past, shared in found]


def _shown(past: PastCase, shared: list[str], review: Review | None) -> dict[str, Any]:
    optional = {
        "sku": past.sku,
        "value_seen": past.value,
        "value_after": past.after,
        "note": review.note if review else None,
    }
    return {
        "review_id": past.review_id,
        "link": f"/admin/reviews/{past.review_id}",
        "rule": past.rule,
        "field": past.field,
        "supplier_id": past.supplier_id,
        "resolution": past.resolution,
        "decided_at": past.decided_at,
        "decided_by": past.decided_by,
        "shares": shared,
        **{name: value for name, value in optional.items() if value is not None},
    }
