"""What a settings document means to the rules, and what is wrong with one."""

from typing import Any

import pytest
from unit.records import CLEAN_OFFER, changed

from chalicelib.domain import corrections, issues, rule_documents
from chalicelib.domain.rule_settings import RuleSettings
from chalicelib.domain.rules.catalog import CHECKS
from chalicelib.domain.rules.facts import REACHED, Image, OfferFacts
from chalicelib.domain.rules.kinds import Finding, at, check
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS

IMAGE = CLEAN_OFFER["image_urls"][0]
SMALL = OfferFacts(images={IMAGE: Image(REACHED, 500, 500)})
PENCILS = changed(CLEAN_OFFER, category="Pencils")


def settings(**rules: Any) -> RuleSettings:
    """Settings by rule; `__` stands for the dot in a rule's name."""
    document = {"rules": {name.replace("__", "."): entry for name, entry in rules.items()}}
    assert rule_documents.faults(document) == []
    return rule_documents.compiled(document, version=1, set_at="")


def found(rule: str, record: Any, facts: OfferFacts, under: RuleSettings) -> list[Finding]:
    return list(CHECKS[rule].findings(record, facts, under))


def test_a_rule_that_is_off_finds_and_corrects_nothing() -> None:
    off = settings(content__missing={"enabled": False}, text__white_space={"enabled": False})
    record = changed(CLEAN_OFFER, title="", brand=" STABILO ")

    assert found("content.missing", record, SMALL, off) == []
    assert corrections.apply(record, OFFER_CORRECTIONS, off) == (record, [])


def test_a_parameter_replaces_the_rules_own() -> None:
    strict = settings(image__too_small={"parameters": {"least": 800}})

    assert found("image.too_small", CLEAN_OFFER, SMALL, RuleSettings()) == []
    (finding,) = found("image.too_small", CLEAN_OFFER, SMALL, strict)
    assert finding.detail["least"] == 800


def test_a_map_is_laid_over_the_rules_own_and_null_takes_an_entry_out() -> None:
    shorter = settings(content__too_long={"parameters": {"limits": {"brand": 3, "description": None}}})
    record = changed(CLEAN_OFFER, brand="Acme", title="x" * 201, description="y" * 6000)

    fields = [each.field for each in found("content.too_long", record, SMALL, shorter)]

    assert fields == ["/title", "/brand"]


def test_a_list_replaces_the_rules_own() -> None:
    gated = settings(brand__restricted={"parameters": {"names": ["STABILO"]}})

    assert [each.field for each in found("brand.restricted", CLEAN_OFFER, SMALL, gated)] == ["/brand"]


def test_an_alias_that_was_learned_is_a_correction() -> None:
    document = rule_documents.with_entry({}, "brand.alias", "aliases", "Stabylo", "STABILO")
    under = rule_documents.compiled(document, version=1, set_at="")

    corrected, applied = corrections.apply(changed(CLEAN_OFFER, brand="Stabylo"), OFFER_CORRECTIONS, under)

    assert corrected["brand"] == "STABILO"
    assert [(each.rule, each.before, each.after) for each in applied] == [
        ("brand.alias", "Stabylo", "STABILO")
    ]


def test_a_limit_holds_for_the_records_that_it_names_and_of_several_the_last() -> None:
    shoes = {"where": {"category": "SHOES"}, "parameters": {"least": 900}}
    pencils = {"where": {"category": "pencils", "supplier_id": "sup_1"}, "parameters": {"least": 700}}
    larger = {"where": {"category": "Pencils", "supplier_id": "sup_2"}, "parameters": {"least": 1000}}
    limited = settings(image__too_small={"limits": [shoes, pencils, pencils | {"parameters": {}}, larger]})

    def least(supplier_id: str) -> list[Any]:
        return [
            each.detail["least"]
            for each in found("image.too_small", PENCILS, SMALL, limited.about(supplier_id))
        ]

    assert [least("sup_1"), least("sup_2"), least("sup_3")] == [[700], [1000], []]


def test_an_excepted_value_is_left_alone_and_no_other() -> None:
    excepted = settings(
        content__markup={"exceptions": [{"field": "/title", "value": "<3 Pens<b>"}]},
        text__white_space={
            "exceptions": [{"field": "/image_urls/*", "value": "a ", "where": {"brand": "x"}}]
        },
    )
    title = changed(CLEAN_OFFER, title="<3 Pens<b>")
    images = changed(CLEAN_OFFER, brand="X", image_urls=["b ", "a "])

    assert found("content.markup", title, SMALL, excepted) == []
    assert found("content.markup", changed(CLEAN_OFFER, title="Pens<b>"), SMALL, excepted) != []
    white_space = [rule for rule in OFFER_CORRECTIONS if rule.rule == "text.white_space"]
    corrected, _ = corrections.apply(images, white_space, excepted)
    assert corrected["image_urls"] == ["b", "a "]
    corrected, _ = corrections.apply(changed(images, brand="Y"), white_space, excepted)
    assert corrected["image_urls"] == ["b", "a"]


def test_a_severity_may_be_another() -> None:
    mild = settings(content__missing={"severity": "WARNING"})
    record = changed(CLEAN_OFFER, brand="")
    (finding,) = found("content.missing", record, SMALL, mild)

    assert issues.explain(finding, record)["severity"] == "ERROR"
    assert issues.doubts([issues.explain(finding, record, mild)]) == []


@pytest.mark.parametrize(
    ("rules", "pointer", "code"),
    [
        ([], "/rules", "INVALID_VALUE"),
        ({"no.such": {}}, "/rules/no.such", "UNKNOWN_RULE"),
        ({"a/b": {}}, "/rules/a~1b", "UNKNOWN_RULE"),
        ({"image.missing": 1}, "/rules/image.missing", "INVALID_VALUE"),
        ({"image.missing": {"off": 1}}, "/rules/image.missing/off", "UNKNOWN_FIELD"),
        ({"image.missing": {"enabled": 0}}, "/rules/image.missing/enabled", "INVALID_VALUE"),
        ({"image.missing": {"policy": "APPLY"}}, "/rules/image.missing/policy", "UNKNOWN_FIELD"),
        ({"image.missing": {"severity": "FATAL"}}, "/rules/image.missing/severity", "INVALID_VALUE"),
        ({"gtin.upc_e": {"severity": "INFO"}}, "/rules/gtin.upc_e/severity", "UNKNOWN_FIELD"),
        ({"gtin.upc_e": {"policy": "ASK"}}, "/rules/gtin.upc_e/policy", "INVALID_VALUE"),
        ({"gtin.duplicate": {"enabled": False}}, "/rules/gtin.duplicate", "RULE_IS_FIXED"),
        ({"gtin.duplicate": {"severity": "INFO"}}, "/rules/gtin.duplicate", "RULE_IS_FIXED"),
        (
            {"gtin.duplicate": {"exceptions": [{"field": "/gtin", "value": "1"}]}},
            "/rules/gtin.duplicate",
            "RULE_IS_FIXED",
        ),
        (
            {"image.too_small": {"parameters": {"least": -1}}},
            "/rules/image.too_small/parameters/least",
            "INVALID_VALUE",
        ),
        (
            {"brand.restricted": {"parameters": {"names": "Acme"}}},
            "/rules/brand.restricted/parameters/names",
            "INVALID_VALUE",
        ),
        (
            {"brand.alias": {"parameters": {"aliases": {"a": 1}}}},
            "/rules/brand.alias/parameters/aliases",
            "INVALID_VALUE",
        ),
        (
            {"image.missing": {"parameters": {"a": 1}}},
            "/rules/image.missing/parameters/a",
            "UNKNOWN_PARAMETER",
        ),
        ({"image.too_small": {"parameters": 1}}, "/rules/image.too_small/parameters", "INVALID_VALUE"),
        (
            {"image.too_small": {"parameters": {"least": "1"}}},
            "/rules/image.too_small/parameters/least",
            "INVALID_VALUE",
        ),
        (
            {"image.too_small": {"parameters": {"least": True}}},
            "/rules/image.too_small/parameters/least",
            "INVALID_VALUE",
        ),
        ({"image.too_small": {"limits": {}}}, "/rules/image.too_small/limits", "INVALID_VALUE"),
        (
            {"image.too_small": {"limits": [{"where": {}, "parameters": {}}]}},
            "/rules/image.too_small/limits/0/where",
            "INVALID_VALUE",
        ),
        (
            {"image.missing": {"exceptions": [{"field": "title", "value": 1}]}},
            "/rules/image.missing/exceptions/0/field",
            "INVALID_VALUE",
        ),
        (
            {"image.missing": {"exceptions": [{"field": "/title"}]}},
            "/rules/image.missing/exceptions/0/value",
            "MISSING_FIELD",
        ),
        (
            {"image.missing": {"exceptions": [{"field": "/a", "value": 1, "where": {"sku": "1"}}]}},
            "/rules/image.missing/exceptions/0/where/sku",
            "UNKNOWN_FIELD",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(rules: Any, pointer: str, code: str) -> None:
    assert [(each.pointer, each.code) for each in rule_documents.faults({"rules": rules})] == [
        (pointer, code)
    ]


def test_what_a_stored_document_says_of_rules_that_are_gone_is_passed_over() -> None:
    document = {"rules": {"no.such": {"enabled": False}, "image.missing": {"parameters": {"gone": 1}}}}

    assert (
        found("image.missing", CLEAN_OFFER, SMALL, rule_documents.compiled(document, version=1, set_at=""))
        == []
    )


def test_what_is_learned_is_added_to_the_document_once() -> None:
    document: dict[str, Any] = {}
    for least in (400, 600):
        document = rule_documents.with_limit(
            document, "image.too_small", parameters={"least": least}, where={"category": "Pencils"}
        )
        document = rule_documents.with_exception(
            document, "content.markup", field="/title", value="<b>", where={}
        )

    assert document == {
        "rules": {
            "image.too_small": {"limits": [{"where": {"category": "Pencils"}, "parameters": {"least": 600}}]},
            "content.markup": {"exceptions": [{"field": "/title", "value": "<b>"}]},
        }
    }
    assert rule_documents.faults(document) == []


def test_a_parameter_without_a_default_is_no_parameter() -> None:
    with pytest.raises(TypeError, match="least"):

        @check("r", step="s", code="c", message="m")
        def rule(_record: Any, _facts: Any, *, least: int) -> Any:
            yield at("/", least=least)
