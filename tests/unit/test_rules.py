"""Every check finds what it is for and leaves clean records alone; every finding becomes a usable issue."""

import string
from typing import Any

import iso3166
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.records import (
    CLEAN_OFFER,
    CLEAN_SUPPLIER,
    IMAGE,
    changed,
    names,
    offer_findings,
    supplier_findings,
)

from chalicelib.domain import issues
from chalicelib.domain.rules import countries, hosts, text
from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS
from chalicelib.domain.rules.facts import (
    NO_NETWORK,
    REACHED,
    REFUSED_ADDRESS,
    UNREACHABLE,
    Image,
    OfferFacts,
    Probe,
    SupplierFacts,
)
from chalicelib.domain.rules.kinds import Finding
from chalicelib.domain.rules.offer_images import NOT_AN_IMAGE


def test_a_clean_supplier_has_no_findings() -> None:
    assert supplier_findings(CLEAN_SUPPLIER) == []


def test_a_clean_offer_has_no_findings() -> None:
    assert offer_findings(CLEAN_OFFER) == []
    assert offer_findings(CLEAN_OFFER, OfferFacts()) == []


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"country": "Atlantis"}, "country.unknown", "/country"),
        ({"address__country": "de"}, "country.unknown", "/address/country"),
        ({"tax_id": "DE136695977"}, "tax_id.invalid", "/tax_id"),
        ({"tax_id": ""}, "tax_id.invalid", "/tax_id"),
        (
            {"country": "AE", "contact__phone": None, "payout_account": None},
            "tax_id.not_checked",
            "/tax_id",
        ),
        ({"display_name": ""}, "name.missing", "/display_name"),
        ({"legal_name": None}, "name.missing", "/legal_name"),
        ({"accepts_image_standard": False}, "image_standard.not_accepted", "/accepts_image_standard"),
        ({"payout_account__iban": "DE89370400440532013001"}, "iban.invalid", "/payout_account/iban"),
        ({"payout_account__iban": "DE99370400440000000024"}, "iban.invalid", "/payout_account/iban"),
        ({"payout_account__iban": "NL91ABNA0417164300"}, "iban.other_country", "/payout_account/iban"),
        ({"legal_name": "N/A"}, "name.placeholder", "/legal_name"),
        ({"display_name": "Nordl\ufffdcht"}, "name.characters_lost", "/display_name"),
        (
            {"address__country": "NL", "address__postal_code": "12"},
            "postal_code.invalid",
            "/address/postal_code",
        ),
        ({"contact__email": "joerg at nordlicht"}, "email.invalid", "/contact/email"),
        ({"contact__email": 7}, "email.invalid", "/contact/email"),
        ({"contact__email": "nordlicht@gmail.com"}, "email.other_domain", "/contact/email"),
        ({"contact__email": "joerg@nordlicht-handel.com"}, "email.other_domain", "/contact/email"),
        ({"contact__phone": "+491"}, "phone.invalid", "/contact/phone"),
        ({"contact__phone": "call me"}, "phone.invalid", "/contact/phone"),
        ({"contact__phone": "+33142685300"}, "phone.other_country", "/contact/phone"),
        ({"website": "nordlicht"}, "website.invalid", "/website"),
        ({"website": "https://nordlicht-handel.de:port"}, "website.invalid", "/website"),
        ({"website": None}, "website.invalid", "/website"),
        ({"brands": [{"name": "", "owned": True}]}, "brand.missing", "/brands/0/name"),
        ({"brands": ["Fjord"]}, "brand.missing", "/brands/0/name"),
        ({"brands": [{"name": "Fjord"}, {"name": "FJORD."}]}, "brand.repeated", "/brands/1/name"),
    ],
)
def test_one_fault_of_a_supplier_is_one_finding(changes: dict[str, Any], rule: str, field: str) -> None:
    assert names(supplier_findings(changed(CLEAN_SUPPLIER, **changes))) == [(rule, field)]


def test_a_routing_number_is_checked_where_the_supplier_is_american() -> None:
    american = changed(
        CLEAN_SUPPLIER,
        country="US",
        tax_id="12-3456789",
        contact__phone="+12025550143",
        payout_account={"account_number": "12345678", "routing_number": "111000025"},
    )

    assert supplier_findings(american) == []
    wrong = changed(american, payout_account__routing_number="111000026")
    assert names(supplier_findings(wrong)) == [("routing_number.invalid", "/payout_account/routing_number")]


@pytest.mark.parametrize(
    ("facts", "rule", "field"),
    [
        (SupplierFacts(website=UNREACHABLE), "website.unresolved", "/website"),
        (SupplierFacts(website=NO_NETWORK), "host.not_checked", "/website"),
        (SupplierFacts(email=UNREACHABLE), "email.unresolved", "/contact/email"),
        (SupplierFacts(email=NO_NETWORK), "host.not_checked", "/contact/email"),
        (SupplierFacts(brands_held=frozenset({1})), "brand.held", "/brands/1/name"),
        (SupplierFacts(order_api=Probe(UNREACHABLE)), "order_api.unreachable", "/order_api/url"),
        (SupplierFacts(order_api=Probe(NO_NETWORK)), "order_api.not_checked", "/order_api/url"),
        (SupplierFacts(order_api=Probe(REFUSED_ADDRESS)), "order_api.address_refused", "/order_api/url"),
        (SupplierFacts(order_api=Probe(REACHED, 503)), "order_api.broken", "/order_api/url"),
        (SupplierFacts(order_api=Probe(REACHED, 301)), "order_api.broken", "/order_api/url"),
        (SupplierFacts(order_api=Probe(REACHED, 401)), "order_api.signature_refused", "/order_api/url"),
    ],
)
def test_what_a_look_outside_gave_is_a_finding(facts: SupplierFacts, rule: str, field: str) -> None:
    assert names(supplier_findings(CLEAN_SUPPLIER, facts)) == [(rule, field)]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 400, 404, 409, 422])
def test_an_order_api_that_does_not_know_the_test_order_works(status: int) -> None:
    assert supplier_findings(CLEAN_SUPPLIER, SupplierFacts(order_api=Probe(REACHED, status))) == []


@pytest.mark.parametrize(
    ("website", "email"),
    [
        ("https://nordlicht.de", "a@mail.nordlicht.de"),
        ("https://shop.nordlicht.de/about", "a@mail.nordlicht.de"),
        ("https://www.acme.co.uk", "a@acme.co.uk"),
        ("http://127.0.0.1:4810", "a@nordlicht.de"),
        ("http://[::1]:4810/", "a@gmail.com"),
        ("https://bücher.de", "a@xn--bcher-kva.de"),
    ],
)
def test_an_email_address_of_the_same_owner_matches(website: str, email: str) -> None:
    record = changed(CLEAN_SUPPLIER, website=website, contact__email=email)

    assert supplier_findings(record) == []


def test_two_companies_below_one_registry_do_not_match() -> None:
    record = changed(CLEAN_SUPPLIER, website="https://acme.co.uk", contact__email="a@other.co.uk")

    assert names(supplier_findings(record)) == [("email.other_domain", "/contact/email")]


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"gtin": None}, "gtin.missing", "/gtin"),
        ({"gtin": ""}, "gtin.missing", "/gtin"),
        ({"gtin": "4.00638E+12"}, "gtin.spreadsheet_damage", "/gtin"),
        ({"gtin": "unknown"}, "gtin.characters", "/gtin"),
        ({"gtin": "12345"}, "gtin.length", "/gtin"),
        ({"gtin": "0000000000000"}, "gtin.zeros", "/gtin"),
        ({"gtin": "4006381333932"}, "gtin.check_digit", "/gtin"),
        ({"gtin": "2012345678903"}, "gtin.restricted", "/gtin"),
        ({"brand": "Pelikan"}, "gtin.other_brand", "/brand"),
        ({"brand": "Stablio GmbH & Co. KG"}, "gtin.other_brand", "/brand"),
        ({"brand": "Schwan-Stabilo"}, "gtin.brand_spelling", "/brand"),
        ({"brand": "Stablo"}, "gtin.brand_spelling", "/brand"),
        (
            {"gtin": None, "identifier_exempt_reason": "This item has no GTIN"},
            "gtin.exemption_not_credible",
            "/identifier_exempt_reason",
        ),
        (
            {"gtin": None, "identifier_exempt_reason": "n/a"},
            "gtin.exemption_not_credible",
            "/identifier_exempt_reason",
        ),
        (
            {"identifier_exempt_reason": "Handmade"},
            "gtin.exempt_with_gtin",
            "/identifier_exempt_reason",
        ),
        ({"title": ""}, "content.missing", "/title"),
        ({"category": None}, "content.missing", "/category"),
        ({"description": None}, "description.missing", "/description"),
        ({"condition": "as new, nearly"}, "condition.unknown", "/condition"),
        ({"title": "x" * 201}, "content.too_long", "/title"),
        ({"description": "word " * 1001}, "content.too_long", "/description"),
        ({"title": "<b>Pen</b>"}, "content.markup", "/title"),
        ({"description": "Salt &amp; pepper"}, "content.markup", "/description"),
        ({"price": None}, "price.missing", "/price"),
        ({"price": {"amount": "1.2", "currency": "EUR"}}, "price.missing", "/price"),
        ({"price": {"amount": "0.00", "currency": "EUR"}}, "price.not_positive", "/price"),
        ({"price": {"amount": "6.26", "currency": "EUR"}}, "price.far_from_others", "/price"),
        ({"price": {"amount": "0.24", "currency": "EUR"}}, "price.far_from_others", "/price"),
        ({"list_price": {"amount": "12.01", "currency": "EUR"}}, "list_price.implausible", "/list_price"),
        ({"list_price": {"amount": "1.19", "currency": "EUR"}}, "list_price.not_above", "/list_price"),
        ({"list_price": {"amount": "1.20", "currency": "EUR"}}, "list_price.not_above", "/list_price"),
        ({"list_price": {"amount": "9.99", "currency": "USD"}}, "list_price.not_above", "/list_price"),
        ({"list_price": {"amount": "high", "currency": "EUR"}}, "list_price.not_above", "/list_price"),
        ({"image_urls": []}, "image.missing", "/image_urls"),
        ({"image_urls": None}, "image.missing", "/image_urls"),
    ],
)
def test_one_fault_of_an_offer_is_one_finding(changes: dict[str, Any], rule: str, field: str) -> None:
    assert names(offer_findings(changed(CLEAN_OFFER, **changes))) == [(rule, field)]


@pytest.mark.parametrize(
    "changes",
    [
        {"gtin": None, "identifier_exempt_reason": "HANDMADE"},
        {"gtin": None, "identifier_exempt_reason": "No barcode: made to order"},
        {"list_price": {"amount": "12.00", "currency": "EUR"}},
        {"title": "x" * 200, "description": "y" * 5000},
        {"title": "5 < 6 and 7 > 3 & more; R&D"},
        {"price": {"amount": "6.25", "currency": "EUR"}},
        {"price": {"amount": "0.25", "currency": "EUR"}},
        {"list_price": {"amount": "1.21", "currency": "EUR"}},
        {"brand": "stabilo"},
    ],
)
def test_what_is_just_within_the_rules_passes(changes: dict[str, Any]) -> None:
    assert offer_findings(changed(CLEAN_OFFER, **changes)) == []


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        (Image(UNREACHABLE, status=404), "image.unreachable"),
        (Image(REFUSED_ADDRESS), "image.address_refused"),
        (Image(NO_NETWORK), "image.not_checked"),
        (Image(NOT_AN_IMAGE), "image.not_an_image"),
        (Image(REACHED, 299, 1000), "image.too_small"),
        (Image(REACHED, 1000, 299), "image.too_small"),
        (Image(REACHED, 800, 600, upgraded=True), "image.plain_http"),
    ],
)
def test_what_an_image_url_gave_is_a_finding(image: Image, rule: str) -> None:
    found = offer_findings(CLEAN_OFFER, OfferFacts(images={IMAGE: image}))

    assert names(found) == [(rule, "/image_urls/0")]


def test_an_image_over_plain_http_has_its_https_url_suggested() -> None:
    record = changed(CLEAN_OFFER, image_urls=["http://img.example.com/a.png"])
    facts = OfferFacts(images={"http://img.example.com/a.png": Image(REACHED, 800, 600, upgraded=True)})

    (issue,) = [issues.explain(found, record) for found in offer_findings(record, facts)]

    assert (issue["severity"], issue["suggested_value"]) == ("WARNING", "https://img.example.com/a.png")


@pytest.mark.parametrize(
    ("urls", "rule", "field"),
    [
        (["https://a.example/1.png", "https://a.example/1.png"], "image.repeated", "/image_urls/1"),
        (["https://a.example/no-image.png"], "image.placeholder", "/image_urls/0"),
    ],
)
def test_an_image_that_shows_nothing_more_is_a_finding(urls: list[str], rule: str, field: str) -> None:
    assert names(offer_findings(changed(CLEAN_OFFER, image_urls=urls))) == [(rule, field)]


def test_a_price_of_one_cent_is_a_finding() -> None:
    record = changed(CLEAN_OFFER, price={"amount": "0.01", "currency": "EUR"})

    assert names(offer_findings(record, OfferFacts())) == [("price.token", "/price")]


def test_an_image_of_the_least_size_passes() -> None:
    assert offer_findings(CLEAN_OFFER, OfferFacts(images={IMAGE: Image(REACHED, 300, 300)})) == []


def test_the_same_gtin_under_another_sku_is_a_duplicate() -> None:
    found = offer_findings(CLEAN_OFFER, OfferFacts(offered_under_other_sku=True))

    assert names(found) == [("gtin.duplicate", "/gtin")]


def test_findings_carry_codes_and_numbers_but_no_values() -> None:
    damaged = changed(CLEAN_OFFER, title="<i>" + "t" * 300, gtin="1" * 40)

    for found in offer_findings(damaged):
        assert all(isinstance(value, int) for value in found.detail.values())


@pytest.mark.parametrize("name", CHECKS)
def test_every_message_can_be_written_from_its_rules_detail(name: str) -> None:
    detail = {"length": 5, "limit": 4, "right": 3, "median": 100, "minor": 900, "far": 5, "status": 500}
    detail |= {"width": 10, "height": 20, "least": 300, "times": 3, "most": 2, "days": 400}

    issue = issues.explain(Finding(name, "/title", detail), CLEAN_OFFER)

    assert issue["message"][0] in string.ascii_uppercase
    assert "{" not in issue["message"].replace('{"', "")
    assert issue["severity"] in ("ERROR", "WARNING", "INFO")


def test_an_issue_says_what_was_seen_and_what_to_do() -> None:
    record = changed(CLEAN_OFFER, gtin="4006381333932")

    (issue,) = [issues.explain(found, record) for found in offer_findings(record)]

    assert issue == {
        "rule": "gtin.check_digit",
        "code": "INVALID_IDENTIFIER",
        "severity": "ERROR",
        "field": "/gtin",
        "message": "The check digit is wrong: for these digits it would be 1. "
        "One of the digits was mistyped.",
        "value_seen": "4006381333932",
        "expected": "a GTIN of 8, 12, 13 or 14 digits, as the product's barcode shows it",
        "suggested_value": None,
        "auto_correctable": False,
        "facts": {"right": 1},
    }


@pytest.mark.parametrize(
    ("changes", "suggested"),
    [
        ({"title": "pen " * 60}, ("pen " * 50).strip()),
        ({"title": "x" * 300}, "x" * 200),
        ({"title": "<b>Pen</b> &amp;lt;3"}, "Pen <3"),
        ({"description": "One<br/>two &amp; three"}, "One two & three"),
        ({"gtin": "3442267781"}, "9783442267781"),
    ],
)
def test_a_value_is_suggested_and_never_put_in(changes: dict[str, Any], suggested: str) -> None:
    record = changed(CLEAN_OFFER, **changes)

    found = [issues.explain(each, record) for each in offer_findings(record)]

    assert [issue["suggested_value"] for issue in found] == [suggested]
    assert [proposal["after"] for proposal in issues.proposals(found)] == [suggested]


def test_a_long_value_is_shown_by_its_beginning() -> None:
    record = changed(CLEAN_OFFER, description="x" * 6000)

    (issue,) = [issues.explain(found, record) for found in offer_findings(record)]

    assert issue["value_seen"] == "x" * 500 + "…"


def test_a_missing_value_is_seen_as_nothing() -> None:
    record = changed(CLEAN_OFFER, gtin=None)

    (issue,) = [issues.explain(found, record) for found in offer_findings(record)]

    assert issue["value_seen"] is None
    assert issues.proposals([issue]) == []


@pytest.mark.parametrize("name", CORRECTIONS)
def test_an_applied_correction_leaves_a_note(name: str) -> None:
    note = issues.of_correction({"rule": name, "field": "/x", "before": " a", "after": "a"})

    assert (note["severity"], note["auto_correctable"], note["value_seen"]) == ("INFO", True, " a")


def test_what_a_person_approved_is_no_doubt_again() -> None:
    record = changed(CLEAN_SUPPLIER, tax_id="DE136695977")
    found = [issues.explain(each, record) for each in supplier_findings(record)]

    assert issues.doubts(found) == found
    assert issues.doubts(found, approved=found) == []
    assert issues.doubts(found, approved=[{**found[0], "value_seen": "other"}]) == found


@given(st.text(max_size=60) | st.text(alphabet="<>&;#/!ab1x", max_size=60))
def test_text_without_markup_has_none(value: str) -> None:
    assert not text.has_markup(text.without_markup(value))


@given(st.text(alphabet="ab \n", max_size=40), st.integers(1, 30))
def test_a_cut_is_a_beginning_within_the_limit(value: str, limit: int) -> None:
    beginning = text.cut(value, limit)

    assert len(beginning) <= limit
    assert value.startswith(beginning)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("L'Oréal", "l’ore\u0301al", True),
        ("A & B", "A+B", True),
        ("Bosch", "Bosh", False),
        ("!!", "??", False),
    ],
)
def test_names_are_compared_without_case_and_punctuation(one: str, other: str, same: bool) -> None:
    assert text.alike(one, other) == same


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("DE", "DE 136 695 976"),
        ("DE", "2181508150"),
        ("FR", "732 829 320"),
        ("US", "12-3456789"),
        ("GB", "GB 980780684"),
        ("NL", "NL4495445B01"),
        ("AT", "ATU13585627"),
        ("BR", "16.727.230/0001-97"),
        ("BR", "390.533.447-05"),
        ("FI", "2077474-0"),
        ("PL", "8567346215"),
        ("TR", "17291716060"),
        ("UA", "32855961"),
        ("MX", "GODE561231GR8"),
        ("ZA", "0001339050"),
    ],
)
def test_any_tax_number_of_the_country_is_right(country: str, number: str) -> None:
    assert countries.tax_id_is_valid(country, number) is True


@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("DE", ["DE 136 695 976", "136695976", "de136695976"]),
        ("AE", ["100-2233 4455", "10022334455"]),
        ("DE", ["not-a number", "NotANumber"]),
    ],
)
def test_spellings_of_one_tax_number_are_one_number(country: str, numbers: list[str]) -> None:
    assert len({countries.compact_tax_id(country, number) for number in numbers}) == 1


@given(st.text(max_size=20), st.sampled_from([country.alpha2 for country in iso3166.countries]))
def test_no_text_breaks_a_countrys_checks(number: str, country: str) -> None:
    assert countries.tax_id_is_valid(country, number) in (True, False, None)
    assert countries.postal_code_is_valid(country, number) in (True, False, None)
    assert isinstance(countries.compact_tax_id(country, number), str)


@given(st.text(max_size=60) | st.text(alphabet="a1 @+.&;<>/#\ufffdÃ©", max_size=60))
def test_no_text_breaks_a_rule(value: str) -> None:
    offer = changed(
        CLEAN_OFFER, **dict.fromkeys(("gtin", "title", "description", "brand", "category"), value)
    )
    supplier = changed(CLEAN_SUPPLIER, **dict.fromkeys(("legal_name", "tax_id", "country", "website"), value))
    supplier = changed(supplier, contact__email=value, contact__phone=value, payout_account__iban=value)

    for record, found in ((offer, offer_findings(offer)), (supplier, supplier_findings(supplier))):
        assert all(issues.explain(each, record)["message"] for each in found)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_hosts(value: str) -> None:
    hosts.of_url(value)
    hosts.of_url(f"https://{value}")
    hosts.of_email(f"a@{value}")
    hosts.registered_name(value)
