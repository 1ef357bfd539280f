"""Offers through the real steps and the real decision, on the real table (moto)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from component.validating import (
    a_supplier,
    an_offer,
    an_open_supplier,
    call,
    record_of,
    rules_of,
    stored_offer,
    stored_supplier,
    stored_terms,
    supplier_site,
    validate,
)

from chalicelib.domain.money import Money
from chalicelib.domain.offer import Offer, Product
from chalicelib.domain.ranking import View
from chalicelib.domain.rules.catalog import OFFER_CHECKS
from chalicelib.domain.supplier import Supplier
from chalicelib.services.decide_offers import UnsettledOffer
from chalicelib.services.validation_batch import IncompleteReports
from chalicelib.storage import offer_terms, offers, products, reviews, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

PRODUCT = "prd_04006381333931"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


@pytest.fixture
def seller(site: str, aws: None) -> Supplier:
    return an_open_supplier(site)


def resubmitted(offer: Offer, *, acceptance: str = "NEW", **changes: Any) -> Offer:
    """The offer after its content was changed, as the API writes it."""
    result = replace(
        offer, content={**offer.content, **changes}, acceptance=acceptance, validation_state="PENDING"
    )
    commit(offers.replacing(result, expected_version=offer.version))
    return stored_offer(offer)


def stored_product(product_id: str = PRODUCT) -> Product:
    found = products.get(product_id)
    assert found is not None
    return found


def test_a_clean_offer_goes_on_sale_as_a_product(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site)

    validate(offer)

    accepted, terms, product = stored_offer(offer), stored_terms(offer), stored_product()
    assert (accepted.acceptance, accepted.validation_state, accepted.version) == ("ACCEPTED", "DONE", 2)
    assert accepted.product_id == PRODUCT
    assert accepted.review_id is None
    assert (terms.blocks, terms.price, terms.available) == ((), Money(120, "EUR"), 40)
    assert terms.fee_facts[:2] == (accepted.content["category"], accepted.content["brand"])
    assert terms.fee_facts.country == seller.profile["country"]
    assert (terms.product_id, terms.gtin, terms.supplier_name) == (PRODUCT, "04006381333931", "Nordlicht")
    assert (product.gtin, product.title) == ("04006381333931", "Fine liner 0.4 mm, black")
    member = product.offer_ids[seller.supplier_id]
    assert (member["offer_id"], member["sku"]) == (offer.offer_id, "PEN")
    assert product.correlation_id == offer.correlation_id


def test_a_corrected_offer_goes_on_sale_with_its_corrections(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site, gtin=" 4006381-333931", title="Fine  liner", condition="brand new")

    validate(offer)

    accepted = stored_offer(offer)
    assert accepted.acceptance == "ACCEPTED"
    assert accepted.content["gtin"] == "4006381333931"
    assert accepted.content["condition"] == "NEW"
    assert [each["rule"] for each in accepted.corrections] == [
        "text.white_space",
        "text.white_space",
        "gtin.separators",
        "condition.synonym",
    ]
    assert stored_terms(offer).title == "Fine liner"


def test_earlier_corrections_stand_while_their_fields_do(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site, gtin="4006381-333931", title="Fine  liner")
    validate(offer)

    validate(resubmitted(stored_offer(offer), title="Fine liner, blue"))

    assert [each["rule"] for each in stored_offer(offer).corrections] == ["gtin.separators"]
    assert rules_of(stored_offer(offer), "INFO") == {"gtin.separators"}


def test_a_doubtful_offer_goes_to_a_person_and_not_on_sale(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site, gtin="4006381333932", title="<b>Pen</b>")

    validate(offer)

    waiting = stored_offer(offer)
    assert (waiting.acceptance, waiting.product_id) == ("TO_REVIEW", None)
    assert rules_of(waiting) == {"gtin.check_digit", "content.markup"}
    assert stored_terms(offer).blocks == ("PRODUCT_STATUS_TO_REVIEW",)
    review = reviews.get(str(waiting.review_id))
    assert review is not None
    assert (review.kind, review.sku, review.record_version) == ("OFFER", "PEN", waiting.version)
    assert [each["after"] for each in review.proposed_corrections] == ["Pen"]


def test_a_mended_offer_goes_on_sale_and_its_review_is_resolved(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site, gtin="4006381333932")
    validate(offer)

    validate(resubmitted(stored_offer(offer), gtin="4006381333931"))

    assert stored_offer(offer).acceptance == "ACCEPTED"
    review = reviews.get(str(stored_offer(offer).review_id))
    assert review is not None
    assert (review.status, review.resolution) == ("RESOLVED", "CORRECTED")


def test_an_exempt_offer_is_a_product_of_its_own(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "MUG", site, gtin=None, identifier_exempt_reason="HANDMADE")

    validate(offer)

    product = stored_product(str(stored_offer(offer).product_id))
    assert product.gtin is None
    assert product.product_id.startswith("prd_x")
    assert stored_terms(offer).gtin is None


def test_the_second_supplier_joins_the_product_and_leaves_its_content(seller: Supplier, site: str) -> None:
    other = an_open_supplier(site)
    validate(an_offer(seller, "PEN", site))

    validate(an_offer(other, "STIFT", site, title="Stift", brand="STABILO"))

    product = stored_product()
    assert set(product.offer_ids) == {seller.supplier_id, other.supplier_id}
    assert product.title == "Fine liner 0.4 mm, black"


def test_two_suppliers_of_one_new_product_in_one_batch_share_it(seller: Supplier, site: str) -> None:
    other = an_open_supplier(site)

    validate(an_offer(seller, "PEN", site), an_offer(other, "STIFT", site))

    assert set(stored_product().offer_ids) == {seller.supplier_id, other.supplier_id}


@pytest.mark.usefixtures("serialised")
def test_batches_in_parallel_make_one_product(site: str, aws: None) -> None:
    sellers = [an_open_supplier(site) for _ in range(4)]
    competing = [an_offer(each, "PEN", site) for each in sellers]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(validate, competing))

    assert {stored_offer(offer).acceptance for offer in competing} == {"ACCEPTED"}
    assert set(stored_product().offer_ids) == {each.supplier_id for each in sellers}


def test_the_source_of_a_product_may_change_its_content(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site)
    validate(offer)

    validate(resubmitted(stored_offer(offer), title="Fine liner, black", brand="Stabilo Point"))

    assert (stored_product().title, stored_product().brand) == ("Fine liner, black", "Stabilo Point")


def test_a_gtin_under_another_brand_goes_to_a_person(seller: Supplier, site: str) -> None:
    other = an_open_supplier(site)
    validate(an_offer(seller, "PEN", site))
    offer = an_offer(other, "PEN", site, brand="Pelikan")

    validate(offer)

    assert rules_of(stored_offer(offer)) == {"gtin.other_brand"}
    assert set(stored_product().offer_ids) == {seller.supplier_id}


@pytest.mark.parametrize("together", [True, False])
def test_the_same_gtin_under_two_skus_is_one_offer(seller: Supplier, site: str, together: bool) -> None:
    first, second = an_offer(seller, "A", site), an_offer(seller, "B", site)

    if together:
        validate(first, second)
    else:
        validate(first)
        validate(second)

    assert stored_offer(first).acceptance == "ACCEPTED"
    assert rules_of(stored_offer(second)) == {"gtin.duplicate"}


def test_an_offer_with_another_gtin_changes_its_product(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site)
    validate(offer)

    validate(resubmitted(stored_offer(offer), gtin="036000291452"))

    assert stored_offer(offer).product_id == "prd_00036000291452"
    assert stored_product("prd_00036000291452").offer_ids[seller.supplier_id]["sku"] == "PEN"
    assert stored_product().offer_ids == {}


def test_a_price_far_from_the_others_goes_to_a_person(seller: Supplier, site: str) -> None:
    validate(an_offer(seller, "PEN", site))
    view = View(({"offer_id": "off_other", "price": {"amount": "1.00", "currency": "EUR"}},), (), None)
    commit(products.showing(PRODUCT, view, seen=0, now="2026-01-01T00:00:00.000Z"))
    dear = an_offer(an_open_supplier(site), "PEN", site, price={"amount": "5.01", "currency": "EUR"})
    foreign = an_offer(an_open_supplier(site), "PEN", site, price={"amount": "9.00", "currency": "USD"})

    validate(dear, foreign)

    assert rules_of(stored_offer(dear)) == {"price.far_from_others"}
    assert stored_offer(foreign).acceptance == "ACCEPTED"


def test_a_changed_price_is_judged_by_itself(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site, description=None)
    validate(offer)
    accepted = stored_offer(offer)
    gone = {"image_urls": [f"{site}/gone.jpg"], "price": {"amount": "1.30", "currency": "EUR"}}

    validate(resubmitted(accepted, acceptance="ACCEPTED", **gone))

    assert stored_offer(offer).acceptance == "ACCEPTED"
    assert stored_terms(offer).price == Money(130, "EUR")
    assert rules_of(stored_offer(offer), "WARNING") == {"description.missing"}
    validate(
        resubmitted(stored_offer(offer), acceptance="ACCEPTED", price={"amount": "0.00", "currency": "EUR"})
    )
    assert rules_of(stored_offer(offer)) == {"price.not_positive"}
    assert stored_terms(offer).blocks == ("PRODUCT_STATUS_TO_REVIEW",)


@pytest.mark.parametrize(
    ("path", "rule"),
    [("small.png", "image.too_small"), ("gone.jpg", "image.unreachable")],
)
def test_images_are_looked_at_for_real(seller: Supplier, site: str, path: str, rule: str) -> None:
    offer = an_offer(seller, "PEN", site, image_urls=[f"{site}/a.png", f"{site}/{path}"])

    validate(offer)

    (issue,) = [each for each in stored_offer(offer).issues if each["severity"] == "ERROR"]
    assert (issue["rule"], issue["field"]) == (rule, "/image_urls/1")


def test_a_host_that_does_not_answer_is_left_alone_and_its_images_are_doubtful(
    seller: Supplier, site: str
) -> None:
    dead = [f"http://127.0.0.1:9/{number}.png" for number in range(10)]
    offer = an_offer(seller, "PEN", site, image_urls=dead)

    validate(offer)

    fields = [each["field"] for each in stored_offer(offer).issues if each["rule"] == "image.unreachable"]
    assert len(fields) == 10


def test_an_image_that_a_laptop_cannot_reach_is_noted(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site, image_urls=["http://img.nordlicht.example/pen.png"])

    validate(offer)

    assert stored_offer(offer).acceptance == "ACCEPTED"
    assert rules_of(stored_offer(offer), "WARNING") == {"image.not_checked"}


def test_an_image_that_came_over_https_as_well_is_sold_with_that_address(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site, image_urls=["http://img.nordlicht.example/pen.png"])
    event = {"records": [record_of(offer)]}
    reports = [call(name, event) for name in OFFER_CHECKS]
    upgraded = {"rule": "image.plain_http", "field": "/image_urls/0", "detail": {}}
    for judged in next(each for each in reports if each["step"] == "offer_images")["judged"]:
        judged["findings"] = [upgraded]

    call("decide_offers", {**event, "reports": reports})

    decided = stored_offer(offer)
    assert decided.acceptance == "ACCEPTED"
    assert decided.content["image_urls"] == ["https://img.nordlicht.example/pen.png"]
    (made,) = decided.corrections
    assert (made["rule"], made["before"]) == ("image.plain_http", "http://img.nordlicht.example/pen.png")
    assert stored_product().image_urls == ("https://img.nordlicht.example/pen.png",)

    dearer = {"amount": "1.30", "currency": "EUR"}
    validate(resubmitted(decided, acceptance="ACCEPTED", price=dearer))
    assert [each["rule"] for each in stored_offer(offer).issues] == ["image.plain_http"]


def test_a_newer_version_makes_a_decision_void(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site)
    event = {"records": [record_of(offer)]}
    reports = [call(name, event) for name in OFFER_CHECKS]
    newer = resubmitted(offer, title="Other")

    call("decide_offers", {**event, "reports": reports})

    assert stored_offer(offer) == newer
    assert products.get(PRODUCT) is None


def test_deciding_twice_changes_nothing_the_second_time(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site)
    event = {"records": [record_of(offer)]}
    reports = [call(name, event) for name in OFFER_CHECKS]

    call("decide_offers", {**event, "reports": reports})
    before = stored_offer(offer), stored_terms(offer), stored_product()
    call("decide_offers", {**event, "reports": reports})

    assert (stored_offer(offer), stored_terms(offer), stored_product()) == before


def test_a_missing_report_never_means_clean(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site)
    event = {"records": [record_of(offer)]}
    reports = [call(name, event) for name in OFFER_CHECKS if name != "offer_images"]

    with pytest.raises(IncompleteReports):
        call("decide_offers", {**event, "reports": reports})

    assert stored_offer(offer) == offer


def test_a_poisonous_offer_stops_nothing_beside_it(seller: Supplier, site: str) -> None:
    poison = resubmitted(an_offer(seller, "A", site), image_urls=7)
    other = an_offer(seller, "B", site)

    with pytest.raises(IncompleteReports):
        validate(poison, other)

    assert stored_offer(other).acceptance == "ACCEPTED"


def test_a_decision_that_cannot_be_written_raises_after_the_others(seller: Supplier, site: str) -> None:
    orphan, other = an_offer(seller, "A", site), an_offer(seller, "B", site)
    stray = replace(orphan, sku="C", offer_id="off_without_terms", content={**orphan.content, "gtin": None})
    stray.content["identifier_exempt_reason"] = "HANDMADE"  # type: ignore[index]
    commit(offers.adding(stray))

    with pytest.raises(UnsettledOffer):
        validate(stray, other)

    assert stored_offer(other).acceptance == "ACCEPTED"


def test_an_offer_of_a_supplier_that_is_not_open_waits_for_it(site: str) -> None:
    supplier = a_supplier(site)
    offer = an_offer(supplier, "PEN", site)

    validate(offer)

    assert stored_offer(offer).acceptance == "ACCEPTED"
    assert stored_terms(offer).blocks == ("SUPPLIER_NOT_OPEN",)


def test_stock_that_changes_meanwhile_stands(seller: Supplier, site: str) -> None:
    offer = an_offer(seller, "PEN", site)
    later = "2999-01-01T00:00:00.000Z"
    commit(offer_terms.setting_stock(offer.offer_id, quantity=7, as_of=later, now=later, correlation_id="c"))

    validate(offer)

    assert stored_terms(offer).available == 7


def test_a_batch_without_offers_is_nothing_to_do(site: str) -> None:
    supplier = a_supplier(site)

    validate(supplier)

    assert stored_supplier(supplier).status == "OPEN"
    assert suppliers.get("sup_other") is None
