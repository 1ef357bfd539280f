from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import lessons, rule_documents
from chalicelib.domain.rule_settings import RuleSettings
from chalicelib.domain.rules.catalog import CHECKS

NAMES = st.text(min_size=1, max_size=20)
WHERE = st.dictionaries(st.sampled_from(["supplier_id", "brand", "category"]), NAMES, max_size=2)
LESSONS = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("ALIAS"), "rule": st.sampled_from(["brand.alias", "category.alias"])}
        | {"from": NAMES, "to": NAMES}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("EXCEPTION"), "rule": st.sampled_from(["content.markup", "brand.alias"])}
        | {"field": st.just("/brand"), "value": st.none() | NAMES, "where": WHERE}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("LIMIT"), "rule": st.just("handling.long"), "parameter": st.just("most")}
        | {"value": st.integers(1, 90), "where": WHERE}
    ),
)
SET_ALREADY: dict[str, Any] = {
    "rules": {"price.token": {"enabled": False}, "content.markup": {"severity": "WARNING"}}
}


def settings_of(document: dict[str, Any]) -> RuleSettings:
    return rule_documents.compiled(document, version=1, set_at="")


@given(st.lists(LESSONS, min_size=1, max_size=5))
def test_a_lesson_learned_twice_is_learned_once_and_forgets_nothing(taught: list[dict[str, Any]]) -> None:
    document = SET_ALREADY
    for lesson in taught:
        document = lessons.learned(document, lesson)
        assert lessons.learned(document, lesson) == document

    assert rule_documents.faults(document) == []
    assert document["rules"]["price.token"] == {"enabled": False}
    assert document["rules"]["content.markup"]["severity"] == "WARNING"


@given(LESSONS, NAMES)
def test_a_lesson_holds_where_it_says_and_nowhere_else(lesson: dict[str, Any], supplier_id: str) -> None:
    where = {**lesson.get("where", {}), "supplier_id": supplier_id}
    lesson = {**lesson, "where": where} if lesson["kind"] != "ALIAS" else lesson
    record = {"brand": where.get("brand", "Any"), "category": where.get("category", "Any")}
    learned = settings_of(lessons.learned({}, lesson))
    here, elsewhere = learned.about(supplier_id), learned.about(f"not {supplier_id}")

    rule = lesson["rule"]
    if lesson["kind"] == "ALIAS":
        assert here.parameters(rule, record)["aliases"] == {lesson["from"]: lesson["to"]}
    elif lesson["kind"] == "LIMIT":
        assert here.parameters(rule, record)["most"] == lesson["value"]
        assert elsewhere.parameters(rule, record)["most"] == CHECKS[rule].parameters["most"]
    else:
        seen = {**record, "brand": lesson["value"]}
        covers = "brand" not in where or where["brand"] == lesson["value"]
        assert here.excepts(rule, "/brand", seen) or not covers
        assert not elsewhere.excepts(rule, "/brand", seen)


def test_lessons_that_say_the_same_have_one_digest() -> None:
    one = {"kind": "ALIAS", "rule": "brand.alias", "from": "a", "to": "b"}

    assert lessons.digest(one) == lessons.digest(dict(reversed(one.items())))
    assert lessons.digest(one) != lessons.digest({**one, "to": "c"})
