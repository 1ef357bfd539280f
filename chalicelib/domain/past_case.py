"""Past cases: what people decided where the same rule had the same doubt."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import pointers
from chalicelib.domain.review import Review
from chalicelib.domain.rules import text
from chalicelib.domain.rules.kinds import ERROR

MAX_RULES = 5
"""Of one case, the first ones: a decision on more is not about any of them."""
_LONGEST_VALUE = 120
_NEAR = 85
"""Of 100, by rapidfuzz's ratio: a title with another size is near, another product's is not."""


@dataclass(frozen=True)
class PastCase:
    """What one rule's doubt in one case came to. A supplier's values are left out: they are its people's.

    `value` is what the rule saw, `after` what the record says there by now where that is something else; like
    `brand` and `category` they are cut to what it takes to compare them."""

    rule: str
    field: str
    review_id: str
    supplier_id: str
    resolution: str = ""
    decided_at: str = ""
    decided_by: str = ""
    sku: str | None = None
    value: str | None = None
    after: str | None = None
    brand: str = ""
    category: str = ""


def past_cases(review: Review, content: Mapping[str, Any]) -> list[PastCase]:
    """The review as cases to remember, one for each rule that doubted the record with this content."""
    doubts: dict[str, Mapping[str, Any]] = {}
    for issue in review.issues:
        if issue["severity"] == ERROR:
            doubts.setdefault(issue["rule"], issue)
    return [_case(review, issue, content) for issue in list(doubts.values())[:MAX_RULES]]


def similar(
    to: Sequence[PastCase], among: Iterable[PastCase], *, limit: int
) -> list[tuple[PastCase, list[str]]]:
    """Those of the same rule, with what they share with the case: those that share something first, and of
    these the latest. A case is not similar to itself, and comes once."""
    by_rule = {case.rule: case for case in to}
    others = [
        each for each in among if each.rule in by_rule and each.review_id != by_rule[each.rule].review_id
    ]
    found = [(each, list(_shared(by_rule[each.rule], each))) for each in others]
    found.sort(key=lambda pair: (bool(pair[1]), pair[0].decided_at), reverse=True)
    once: dict[str, tuple[PastCase, list[str]]] = {}
    for case, shared in found:
        once.setdefault(case.review_id, (case, shared))
    return list(once.values())[:limit]


def _case(review: Review, issue: Mapping[str, Any], content: Mapping[str, Any]) -> PastCase:
    is_offer = review.sku is not None
    value = _cut(issue["value_seen"]) if is_offer else None
    after = _cut(pointers.value_at(content, issue["field"])) if is_offer else None
    return PastCase(
        rule=issue["rule"],
        field=issue["field"],
        review_id=review.review_id,
        supplier_id=review.supplier_id,
        sku=review.sku,
        value=value,
        after=after if after != value else None,
        brand=str(content.get("brand", ""))[:_LONGEST_VALUE] if is_offer else "",
        category=str(content.get("category", ""))[:_LONGEST_VALUE] if is_offer else "",
    )


def _cut(value: Any) -> str | None:
    return None if value is None else str(value)[:_LONGEST_VALUE]


def _shared(case: PastCase, other: PastCase) -> Iterator[str]:
    if case.supplier_id == other.supplier_id:
        yield "SUPPLIER"
    if case.brand and text.essence(case.brand) == text.essence(other.brand):
        yield "BRAND"
    if case.category and text.essence(case.category) == text.essence(other.category):
        yield "CATEGORY"
    if case.value is not None and other.value is not None and _are_near(case.value, other.value):
        yield "VALUE"


def _are_near(one: str, other: str) -> bool:
    from rapidfuzz import fuzz

    return fuzz.ratio(one.casefold(), other.casefold()) >= _NEAR
