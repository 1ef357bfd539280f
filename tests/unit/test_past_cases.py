from dataclasses import replace
from typing import Any

from chalicelib.domain.past_case import MAX_RULES, PastCase, past_cases, similar
from chalicelib.domain.review import Review

CASE = PastCase(
    "content.markup", "/title", "rev_now", "sup_1", brand="Northern", category="Pens", value="Blue <b>pen"
)


def past(number: int, **fields: Any) -> PastCase:
    """A case of the same rule that shares nothing with CASE but for `fields`."""
    stranger = PastCase(
        "content.markup", "/title", f"rev_{number}", "sup_2", decided_at=f"2026-01-{number:02}"
    )
    return replace(stranger, **fields)


def found(*among: PastCase, limit: int = 10) -> list[tuple[str, list[str]]]:
    return [(case.review_id, shared) for case, shared in similar([CASE], among, limit=limit)]


def an_issue(rule: str, **fields: Any) -> dict[str, Any]:
    return {"rule": rule, "severity": "ERROR", "field": "/title", "value_seen": "Pen", **fields}


def test_cases_that_share_something_come_first_and_the_latest_of_them_before() -> None:
    among = [past(1), past(2, brand="NORTHERN"), past(3, category="pens"), past(4)]

    assert found(*among) == [("rev_3", ["CATEGORY"]), ("rev_2", ["BRAND"]), ("rev_4", []), ("rev_1", [])]


def test_values_that_differ_a_little_are_near() -> None:
    assert found(past(1, value="Blue <b>pen s"), past(2, value="Garden hose")) == [
        ("rev_1", ["VALUE"]),
        ("rev_2", []),
    ]


def test_no_more_than_the_limit_are_found() -> None:
    assert [name for name, _ in found(*map(past, range(1, 20)), limit=3)] == ["rev_19", "rev_18", "rev_17"]


def test_a_case_is_not_like_itself_nor_like_other_rules_cases() -> None:
    assert found(past(1, review_id="rev_now"), past(2, rule="price.missing")) == []


def test_a_case_of_two_rules_is_found_once() -> None:
    both = replace(CASE, rule="content.missing")

    assert len(similar([CASE, both], [past(1), past(1, rule="content.missing")], limit=10)) == 1


def test_only_doubts_are_remembered_each_rule_once_and_few_of_them() -> None:
    rules = [f"rule.{number}" for number in range(9)]
    issues = [an_issue("note", severity="INFO"), *map(an_issue, rules), an_issue(rules[0], field="/brand")]
    review = Review("rev_1", "OFFER", "sup_1", 1, sku="PEN", issues=tuple(issues))

    kept = past_cases(review, {"title": "Pen", "brand": "Northern"})

    assert [(case.rule, case.field) for case in kept] == [(rule, "/title") for rule in rules[:MAX_RULES]]
    assert (kept[0].value, kept[0].after, kept[0].brand) == ("Pen", None, "Northern")
