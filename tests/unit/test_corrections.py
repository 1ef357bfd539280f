"""Corrections: recorded, reversible, and done once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import corrections, issues, pointers, reversals
from chalicelib.domain.rule_documents import compiled
from chalicelib.domain.rules.catalog import CHECKS
from chalicelib.domain.rules.kinds import Finding
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS
from chalicelib.domain.rules.supplier_corrections import SUPPLIER_CORRECTIONS

SUPPLIER: dict[str, Any] = {
    "legal_name": "  Nordlicht   Handels gmbh ",
    "display_name": "Nordlicht",
    "brands": [{"name": "Polar\u00a0 Star", "owned": True}, {"name": "Fjord", "owned": False}],
    "tax_id": " DE136695976",
    "country": "Germany",
    "website": "www.nordlicht-handel.de",
    "contact": {"name": "Jo\u0308rg Berg", "email": "joerg@nordlicht-handel.de ", "phone": "030 901820"},
    "address": {"line1": "Am Hafen 1", "city": "Berlin", "postal_code": "10115", "country": "deutschland"},
    "accepts_image_standard": True,
    "order_api": {"url": "https://api.nordlicht-handel.de/orders"},
    "payout_account": {"iban": "de89 3704 0044 0532 0130 00"},
}

layered = st.lists(
    st.sampled_from(
        ["&amp;", "&", "amp;", "#38;", "Ã", "©", "\u00a0", "\x00", "\x99", "â€", "é", "e\u0301", " "]
    ),
    max_size=8,
).map("".join)
noise = (
    st.text(max_size=30)
    | layered
    | st.sampled_from(
        [
            "  a ",
            "usa",
            "Acme inc",
            "Acme AG",
            "www.acme.com",
            "030 901820",
            "36000291452",
            "e\x00\u0301",
            "\u2000x",
        ]
    )
)
suppliers = st.fixed_dictionaries(
    {
        "legal_name": noise,
        "country": noise | st.sampled_from(["Germany", "DE", "US", "france"]),
        "website": noise,
        "brands": st.lists(st.fixed_dictionaries({"name": noise, "owned": st.booleans()}), max_size=3),
        "contact": st.fixed_dictionaries({"email": noise, "phone": noise | st.integers()}),
        "payout_account": st.fixed_dictionaries({"iban": noise}),
    }
)
offers = st.fixed_dictionaries(
    {
        "gtin": noise,
        "title": noise,
        "brand": noise,
        "category": noise | st.text(alphabet="ab ›»>&gt;", max_size=12),
        "condition": noise | st.sampled_from(["new", "Brand-New", "NEW", "gebraucht"]),
        "description": layered | st.text(alphabet="ab \n\t\r\x0b\u2028\x85\x00\u00a0", max_size=30),
        "image_urls": st.lists(noise, max_size=3),
        "shipping_weight": noise
        | st.fixed_dictionaries(
            {
                "value": st.integers(0, 10**6) | st.floats(0, 1e6),
                "unit": st.sampled_from(["g", "KG", "lb", "oz.", "stone", ""]),
            }
        ),
        "attributes": st.fixed_dictionaries(
            {"shipping_width": noise | st.sampled_from(["20 in", "1,5 m", "508 mm", "0.0001 mm", '12"'])}
        ),
    }
)


def test_a_profile_with_certain_damage_comes_out_right() -> None:
    corrected, applied = corrections.apply(SUPPLIER, SUPPLIER_CORRECTIONS)

    assert corrected == {
        **SUPPLIER,
        "legal_name": "Nordlicht Handels GmbH",
        "brands": [{"name": "Polar Star", "owned": True}, {"name": "Fjord", "owned": False}],
        "tax_id": "DE136695976",
        "country": "DE",
        "website": "https://www.nordlicht-handel.de",
        "contact": {"name": "Jörg Berg", "email": "joerg@nordlicht-handel.de", "phone": "+4930901820"},
        "address": {"line1": "Am Hafen 1", "city": "Berlin", "postal_code": "10115", "country": "DE"},
        "payout_account": {"iban": "DE89370400440532013000"},
    }
    assert {(each.rule, each.field) for each in applied} == {
        ("text.white_space", "/legal_name"),
        ("text.white_space", "/tax_id"),
        ("text.white_space", "/brands/0/name"),
        ("text.white_space", "/contact/name"),
        ("text.white_space", "/contact/email"),
        ("country.iso_code", "/country"),
        ("country.iso_code", "/address/country"),
        ("legal_name.legal_form", "/legal_name"),
        ("website.scheme", "/website"),
        ("phone.e164", "/contact/phone"),
        ("iban.form", "/payout_account/iban"),
    }


def test_what_was_sent_is_not_touched() -> None:
    before = repr(SUPPLIER)

    corrections.apply(SUPPLIER, SUPPLIER_CORRECTIONS)

    assert repr(SUPPLIER) == before


@pytest.mark.parametrize(
    ("name", "country", "spelled"),
    [
        ("Acme inc", "US", "Acme Inc."),
        ("Acme L.L.C.", "US", "Acme LLC"),
        ("Acme ltd.", "GB", "Acme Ltd"),
        ("Bergmann Ag", "CH", "Bergmann AG"),
        ("Rossi spa", "IT", "Rossi S.p.A."),
        ("Day Spa", "US", "Day Spa"),
        ("Jansen bv", "NL", "Jansen B.V."),
        ("Inc", "US", "Inc"),
        ("Acme Incorporated", "US", "Acme Incorporated"),
    ],
)
def test_the_legal_form_is_spelled_as_its_register_has_it(name: str, country: str, spelled: str) -> None:
    corrected, _ = corrections.apply({"legal_name": name, "country": country}, SUPPLIER_CORRECTIONS)

    assert corrected["legal_name"] == spelled


@pytest.mark.parametrize(
    ("name", "code"),
    [("usa", "US"), ("UK", "GB"), ("France", "FR"), ("deu", "DE"), ("Österreich", "AT"), ("de", "DE")],
)
def test_a_country_by_any_of_its_names_becomes_its_code(name: str, code: str) -> None:
    corrected, _ = corrections.apply({"country": name}, SUPPLIER_CORRECTIONS)

    assert corrected["country"] == code


@pytest.mark.parametrize("name", ["Atlantis", "", "276", "ZZ"])
def test_what_names_no_country_stays(name: str) -> None:
    assert corrections.apply({"country": name}, SUPPLIER_CORRECTIONS) == ({"country": name}, [])


@pytest.mark.parametrize(
    "website", ["http://acme.com", "127.0.0.1:8000", "acme", "ftp://acme.com", "a@acme.com"]
)
def test_only_a_bare_host_name_gets_a_scheme(website: str) -> None:
    assert corrections.apply({"website": website}, SUPPLIER_CORRECTIONS)[1] == []


@pytest.mark.parametrize("phone", ["12", "call me", "+1 202 555 0143 ext. 7"])
def test_a_phone_number_that_is_not_certain_stays(phone: str) -> None:
    record = {"country": "US", "contact": {"phone": phone}}

    assert corrections.apply(record, SUPPLIER_CORRECTIONS) == (record, [])


def test_a_description_keeps_its_paragraphs() -> None:
    sent = {"description": " Soft\twool. \r\n\r\n\r\n\r\nMade  in\u00a0Norway.\n"}

    corrected, _ = corrections.apply(sent, OFFER_CORRECTIONS)

    assert corrected["description"] == "Soft wool.\n\nMade in Norway."


@pytest.mark.parametrize(
    ("field", "sent", "meant"),
    [
        ("title", "CafÃ© crÃ¨me", "Café crème"),
        ("title", "voilÃ\xa0 le travail", "voilà le travail"),
        ("description", "Ã©t\u0000Ã©\nici", "été\nici"),
        ("brand", "Johnson &amp;amp; Johnson", "Johnson & Johnson"),
        ("title", "Tasse 0,5&nbsp;l &Atilde;&copy;maill&eacute;e", "Tasse 0,5 l émaillée"),
        ("title", "Salt &am\u0000p; pepper", "Salt & pepper"),
        ("category", "Books&gt;Fiction", "Books > Fiction"),
        ("category", "Home » Kitchen › Cups", "Home > Kitchen > Cups"),
    ],
)
def test_a_text_with_certain_damage_is_mended(field: str, sent: str, meant: str) -> None:
    corrected, applied = corrections.apply({field: sent}, OFFER_CORRECTIONS)

    assert corrected == {field: meant}
    assert corrections.revert(corrected, applied) == {field: sent}


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("title", "Crème brûlée à la carte"),
        ("title", "R&D; Q&A &unknown; AT&T"),
        ("title", "The &lt;b&gt; tag explained"),
        ("description", "<p>Salt &amp; pepper</p>"),
        ("description", "from â€œbbâ€? on"),
        ("title", "Lost \ufffd letters"),
        ("category", "Meat/Poultry"),
    ],
)
def test_a_text_that_is_right_or_doubtful_stays_as_it_was_sent(field: str, sent: str) -> None:
    assert corrections.apply({field: sent}, OFFER_CORRECTIONS) == ({field: sent}, [])


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (
            {"shipping_weight": {"value": 1.2, "unit": "kg"}},
            {"shipping_weight": {"value": 1200, "unit": "g"}},
        ),
        (
            {"shipping_weight": {"value": 8, "unit": "Oz."}},
            {"shipping_weight": {"value": 226.796, "unit": "g"}},
        ),
        ({"shipping_weight": {"value": 5, "unit": "GRAMS"}}, {"shipping_weight": {"value": 5, "unit": "g"}}),
        ({"attributes": {"shipping_length": "20 in"}}, {"attributes": {"shipping_length": "508 mm"}}),
        ({"attributes": {"product_weight": "0,5kg"}}, {"attributes": {"product_weight": "500 g"}}),
    ],
)
def test_weights_and_sizes_are_written_in_base_units(sent: dict[str, Any], meant: dict[str, Any]) -> None:
    corrected, applied = corrections.apply(sent, OFFER_CORRECTIONS)

    assert corrected == meant
    assert json.dumps(corrections.revert(corrected, applied)) == json.dumps(sent)


@pytest.mark.parametrize(
    "sent",
    [
        {"shipping_weight": {"value": 1, "unit": "stone"}},
        {"shipping_weight": {"value": 1, "unit": "cm"}},
        {"shipping_weight": {"value": "1", "unit": "kg"}},
        {"shipping_weight": "1 kg"},
        {"attributes": {"shipping_length": "20", "length": "20 in", "product_width": 20}},
    ],
)
def test_a_measure_that_is_not_certain_stays(sent: dict[str, Any]) -> None:
    assert corrections.apply(sent, OFFER_CORRECTIONS) == (sent, [])


def test_what_a_check_is_certain_of_after_a_look_outside_is_a_correction() -> None:
    sent = {"image_urls": ["https://a.example/1.png", "http://a.example/2.png"]}
    found = [Finding("image.plain_http", "/image_urls/1"), Finding("image.too_small", "/image_urls/0")]

    corrected, applied, left = corrections.of_findings(sent, found, CHECKS, [])

    assert corrected == {"image_urls": ["https://a.example/1.png", "https://a.example/2.png"]}
    assert left == found[1:]
    assert corrections.revert(corrected, applied) == sent
    note = issues.of_correction(applied[0].as_json("cor_1", at=""))
    assert (note["rule"], note["severity"], note["code"]) == ("image.plain_http", "INFO", "INVALID_IMAGE")


def test_a_marketplaces_aliases_give_brand_and_category_the_name_they_have_here() -> None:
    settings = compiled(
        {
            "rules": {
                "brand.alias": {"parameters": {"aliases": {"cocacolaco": "Coca-Cola"}}},
                "category.alias": {"parameters": {"aliases": {"Belletristik": "Books > Fiction"}}},
            }
        },
        version=1,
        set_at="",
    )
    sent = {"brand": "Coca Cola Co.", "category": "Belletristik", "gtin": "3442267781"}

    corrected, applied = corrections.apply(sent, OFFER_CORRECTIONS, settings)

    assert corrected == {"brand": "Coca-Cola", "category": "Books > Fiction", "gtin": "9783442267781"}
    assert corrections.revert(corrected, applied) == sent


def test_aliases_in_a_circle_end() -> None:
    settings = compiled(
        {"rules": {"brand.alias": {"parameters": {"aliases": {"A": "B", "B": "A"}}}}}, version=1, set_at=""
    )

    corrected, applied = corrections.apply({"brand": "A"}, OFFER_CORRECTIONS, settings)

    assert corrections.revert(corrected, applied) == {"brand": "A"}


@pytest.mark.parametrize("rules", [SUPPLIER_CORRECTIONS, OFFER_CORRECTIONS])
@given(record=suppliers | offers)
def test_a_corrected_record_needs_no_correction(rules: Any, record: dict[str, Any]) -> None:
    corrected, _ = corrections.apply(record, rules)

    assert corrections.apply(corrected, rules) == (corrected, [])


@pytest.mark.parametrize("rules", [SUPPLIER_CORRECTIONS, OFFER_CORRECTIONS])
@given(record=suppliers | offers)
def test_reverting_gives_back_what_was_sent(rules: Any, record: dict[str, Any]) -> None:
    corrected, applied = corrections.apply(record, rules)

    assert corrections.revert(corrected, applied) == record


def test_a_field_that_was_changed_since_is_not_reverted() -> None:
    corrected, applied = corrections.apply({"title": " Cup ", "brand": " Ars "}, OFFER_CORRECTIONS)

    assert corrections.revert({**corrected, "title": "Mug"}, applied) == {"title": "Mug", "brand": " Ars "}


def test_a_correction_stands_until_its_field_says_something_else() -> None:
    corrected, applied = corrections.apply({"gtin": " 3600-0291452", "title": " Cup"}, OFFER_CORRECTIONS)
    earlier = [each.as_json(f"cor_{number}", at="") for number, each in enumerate(applied)]

    assert reversals.still_standing(corrected, earlier) == earlier
    kept = reversals.still_standing({**corrected, "gtin": "4006381333931"}, earlier)
    assert [each["field"] for each in kept] == ["/title"]


def test_a_pointer_finds_and_replaces_escaped_names_and_elements() -> None:
    record = {"a/b": [{"~": 1}, {"~": 2}]}

    assert list(pointers.expand(record, "/a~1b/*/~0")) == ["/a~1b/0/~0", "/a~1b/1/~0"]
    assert pointers.find(record, "/a~1b/1/~0") == 2
    assert pointers.replace(record, "/a~1b/1/~0", 3) == {"a/b": [{"~": 1}, {"~": 3}]}


@pytest.mark.parametrize("pointer", ["/b", "/a/2", "/a/x", "/a/0/c"])
def test_a_pointer_to_nothing_finds_nothing(pointer: str) -> None:
    record = {"a": ["x", "y"]}

    assert pointers.find(record, pointer) is pointers.MISSING
    assert list(pointers.expand(record, pointer)) == []
    assert list(pointers.expand(record, "/b/*")) == []
