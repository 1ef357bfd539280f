"""What happens in the moment between reading and writing a decision."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from component.conftest import Meddle
from component.marketplace import a_member
from component.test_validation_offers import PRODUCT, resubmitted, stored_product
from component.test_validation_suppliers import WRONG_TAX_ID, changed_profile
from component.validating import (
    a_supplier,
    an_offer,
    an_open_supplier,
    rules_of,
    stored_offer,
    stored_supplier,
    stored_terms,
    supplier_site,
    validate,
)

from chalicelib.domain.offer import Product
from chalicelib.domain.supplier import Supplier
from chalicelib.services.decide_suppliers import UnsettledSupplier
from chalicelib.storage import offer_terms, products, reviews, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

LATER = "2026-01-02T00:00:00.000Z"
RIVAL = {"offer_id": "off_rival", "supplier_id": "sup_rival", "at": "2026-01-01T00:00:00.000Z"}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


def test_a_brand_that_is_taken_meanwhile_sends_the_supplier_to_a_person(
    site: str, before_the_transaction: Meddle
) -> None:
    supplier = a_supplier(site)
    before_the_transaction(lambda: commit(suppliers.claiming_brand("polarstar", "sup_rival")))

    validate(supplier)

    assert stored_supplier(supplier).status == "PENDING_APPROVAL"
    assert rules_of(stored_supplier(supplier)) == {"brand.held"}


def test_a_supplier_that_changes_meanwhile_is_left_to_its_next_validation(
    site: str, before_the_transaction: Meddle
) -> None:
    supplier = a_supplier(site)
    before_the_transaction(lambda: changed_profile(supplier, tax_id=WRONG_TAX_ID) and None)

    validate(supplier)

    assert (stored_supplier(supplier).status, stored_supplier(supplier).version) == ("ONBOARDING", 2)
    assert suppliers.brand_holders(["polarstar"]) == {}


def test_a_review_that_is_claimed_meanwhile_keeps_its_claim(
    site: str, before_the_transaction: Meddle
) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)
    validate(supplier)
    changed = changed_profile(stored_supplier(supplier), display_name="Nord")
    review = reviews.get(str(changed.review_id))
    assert review is not None
    claimed = replace(review, status="CLAIMED", claimed_by="ada", claimed_until="2999-01-01T00:00:00.000Z")
    before_the_transaction(lambda: commit(reviews.replacing(claimed, expected_version=review.version)))

    validate(changed)

    stored = reviews.get(review.review_id)
    assert stored is not None
    assert (stored.status, stored.claimed_by) == ("CLAIMED", "ada")
    assert [entry["event"] for entry in stored.history] == ["OPENED", "UPDATED"]


def test_a_review_that_keeps_changing_makes_the_workflow_try_again(
    site: str, before_each_transaction: Meddle
) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)
    validate(supplier)
    changed = changed_profile(stored_supplier(supplier), display_name="Nord")

    def touch_review() -> None:
        review = reviews.get(str(changed.review_id))
        assert review is not None
        commit(reviews.replacing(review, expected_version=review.version))

    before_each_transaction(touch_review)

    with pytest.raises(UnsettledSupplier):
        validate(changed)

    assert stored_supplier(supplier) == changed


def test_a_product_that_appears_meanwhile_is_joined(site: str, before_the_transaction: Meddle) -> None:
    offer = an_offer(an_open_supplier(site), "PEN", site)
    before_the_transaction(lambda: commit(products.adding(rival_product("STABILO"))))

    validate(offer)

    assert stored_offer(offer).acceptance == "ACCEPTED"
    assert set(stored_product().offer_ids) == {"sup_rival", offer.supplier_id}
    assert stored_product().title == "Rival"


def test_a_product_that_is_retitled_meanwhile_keeps_its_new_title(
    site: str, before_the_transaction: Meddle
) -> None:
    offer = an_offer(an_open_supplier(site), "PEN", site)
    commit(products.adding(rival_product("Stabilo")))
    retitled = replace(rival_product("Stabilo"), title="Rival, black")
    before_the_transaction(lambda: commit(products.saying(retitled, now=LATER)))

    validate(offer)

    assert stored_product().title == "Rival, black"
    assert set(stored_product().offer_ids) == {"sup_rival", offer.supplier_id}


def test_a_product_that_changes_its_brand_meanwhile_is_a_conflict(
    site: str, before_the_transaction: Meddle
) -> None:
    offer = an_offer(an_open_supplier(site), "PEN", site)
    commit(products.adding(rival_product("Stabilo")))
    before_the_transaction(lambda: commit(products.saying(rival_product("Pelikan"), now=LATER)))

    validate(offer)

    assert rules_of(stored_offer(offer)) == {"gtin.other_brand"}


def test_a_product_that_appears_meanwhile_under_another_brand_is_a_conflict(
    site: str, before_the_transaction: Meddle
) -> None:
    offer = an_offer(an_open_supplier(site), "PEN", site)
    before_the_transaction(lambda: commit(products.adding(rival_product("Pelikan"))))

    validate(offer)

    assert rules_of(stored_offer(offer)) == {"gtin.other_brand"}


def test_an_offer_that_changes_meanwhile_is_left_to_its_next_validation(
    site: str, before_the_transaction: Meddle
) -> None:
    offer = an_offer(an_open_supplier(site), "PEN", site)
    before_the_transaction(lambda: resubmitted(offer, title="Other") and None)

    validate(offer)

    assert (stored_offer(offer).acceptance, stored_offer(offer).version) == ("NEW", 2)
    assert products.get(PRODUCT) is None


def test_a_supplier_that_opens_meanwhile_has_its_offers_on_sale(
    site: str, before_the_transaction: Meddle
) -> None:
    supplier = a_supplier(site)
    offer = an_offer(supplier, "PEN", site)
    before_the_transaction(lambda: opens(supplier))

    validate(offer)

    assert stored_terms(offer).blocks == ()
    assert stored_offer(offer).acceptance == "ACCEPTED"


def test_an_offer_that_changes_while_its_supplier_opens_stays_blocked(
    site: str, before_each_transaction: Meddle
) -> None:
    supplier = a_supplier(site)
    offer = an_offer(supplier, "PEN", site)
    steps = [lambda: opens(supplier), lambda: resubmitted(stored_offer(offer), title="Other") and None]
    before_each_transaction(lambda: steps.pop(0)() if steps else None)

    validate(offer)

    assert stored_terms(offer).blocks == ("SUPPLIER_NOT_OPEN",)
    assert stored_offer(offer).validation_state == "PENDING"


def opens(supplier: Supplier) -> None:
    commit(suppliers.replacing(replace(supplier, status="OPEN"), expected_version=supplier.version))


def rival_product(brand: str) -> Product:
    return Product(
        product_id=PRODUCT,
        gtin="04006381333931",
        title="Rival",
        brand=brand,
        category="Pens",
        sources=dict.fromkeys(("/title", "/brand", "/category"), RIVAL),
        offer_ids={"sup_rival": a_member("off_rival", "R")},
        created_at="2026-01-01T00:00:00.000Z",
        updated_at="2026-01-01T00:00:00.000Z",
    )


def test_the_terms_of_an_offer_follow_only_its_own_decision(site: str) -> None:
    supplier = an_open_supplier(site)
    offer = an_offer(supplier, "PEN", site)

    validate(offer)

    terms = offer_terms.get_many([offer.offer_id])[offer.offer_id]
    assert (terms.blocks, terms.reserved, terms.sold) == ((), 0, 0)
