"""One product of many suppliers' offers: the number that makes it one, and who says what of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from component.stream import records_of
from component.validating import (
    a_supplier,
    an_offer,
    an_open_supplier,
    stored_offer,
    stored_supplier,
    supplier_site,
    validate,
)

from chalicelib.domain.offer import Offer, Product
from chalicelib.domain.supplier import Supplier
from chalicelib.services import manage_offers
from chalicelib.services.react_to_changes import react
from chalicelib.services.refresh_product import refresh
from chalicelib.storage import offers, products
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

PRODUCT = "prd_04006381333931"
FORMS = {
    "prd_00042100005264": ["042100005264", "0042100005264", "00042100005264", "04252614", "42100005264"],
    "prd_09780306406157": ["9780306406157", "978-0-306-40615-7", "09780306406157", "0-306-40615-2"],
    "prd_00000096385074": ["96385074", "000096385074", "0000096385074", "00000096385074"],
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


@pytest.fixture
def sellers(site: str, aws: None) -> list[Supplier]:
    return [an_open_supplier(site), an_open_supplier(site)]


def product(product_id: str = PRODUCT) -> Product:
    found = products.get(product_id)
    assert found is not None
    return found


def resubmitted(offer: Offer, **content: object) -> Offer:
    """The offer with other content, accepted."""
    waiting = replace(
        offer, content={**offer.content, **content}, acceptance="NEW", validation_state="PENDING"
    )
    commit(offers.replacing(waiting, expected_version=offer.version))
    validate(stored_offer(offer))
    return stored_offer(offer)


def given_by(supplier: Supplier) -> set[str]:
    sources = product().sources.items()
    return {pointer for pointer, source in sources if source["supplier_id"] == supplier.supplier_id}


@pytest.mark.parametrize("product_id", FORMS)
def test_a_product_is_one_whatever_form_of_its_number_the_suppliers_send(site: str, product_id: str) -> None:
    sellers = [an_open_supplier(site) for _ in FORMS[product_id]]
    forms = zip(sellers, FORMS[product_id], strict=True)
    sent = [an_offer(seller, "A", site, gtin=form) for seller, form in forms]

    validate(*sent)

    assert {stored_offer(offer).product_id for offer in sent} == {product_id}
    assert set(product(product_id).offer_ids) == {seller.supplier_id for seller in sellers}


def test_an_exempt_offer_that_gets_its_number_joins_the_product_of_it(
    sellers: list[Supplier], site: str
) -> None:
    validate(an_offer(sellers[0], "PEN", site))
    exempt = an_offer(sellers[1], "PEN", site, gtin=None, identifier_exempt_reason="Handmade, no barcode")
    validate(exempt)
    own = stored_offer(exempt).product_id
    assert own != PRODUCT

    content = {name: value for name, value in exempt.content.items() if name != "identifier_exempt_reason"}
    waiting = replace(
        stored_offer(exempt),
        content={**content, "gtin": "4006381333931"},
        acceptance="NEW",
        validation_state="PENDING",
    )
    commit(offers.replacing(waiting, expected_version=2))
    validate(stored_offer(exempt))

    assert stored_offer(exempt).product_id == PRODUCT
    assert set(product().offer_ids) == {seller.supplier_id for seller in sellers}
    assert product(own or "").offer_ids == {}


def test_the_content_of_an_offer_that_leaves_leaves_with_it(sellers: list[Supplier], site: str) -> None:
    first, second = sellers
    validate(an_offer(first, "PEN", site, title="Pen of the first"))
    validate(an_offer(second, "PEN", site, title="Pen of the second", attributes={"ink": "blue"}))
    assert product().title == "Pen of the first"
    assert given_by(second) == {"/attributes/ink"}

    manage_offers.withdraw(first.supplier_id, "PEN", expected=None)
    refresh(PRODUCT)

    assert product().title == "Pen of the second"
    assert given_by(first) == set()


def test_the_last_offer_that_leaves_leaves_the_content_behind(sellers: list[Supplier], site: str) -> None:
    validate(an_offer(sellers[0], "PEN", site))

    manage_offers.withdraw(sellers[0].supplier_id, "PEN", expected=None)
    refresh(PRODUCT)

    assert product().title == "Fine liner 0.4 mm, black"
    assert (product().offer_ids, product().offers_view, product().is_content_due) == ({}, (), False)


def test_what_an_offer_no_longer_says_is_asked_of_the_others(sellers: list[Supplier], site: str) -> None:
    first, second = sellers
    offer = an_offer(first, "PEN", site, attributes={"ink": "black"})
    validate(offer)
    validate(an_offer(second, "PEN", site, attributes={"ink": "noir"}))

    accepting = records_of(lambda: resubmitted(stored_offer(offer), attributes={}))
    told_of_the_product = [record for record in accepting if "PRODUCT#" in str(record["dynamodb"]["Keys"])]
    react(told_of_the_product)

    assert product().attributes == {"ink": "noir"}


def test_content_that_waits_for_validation_says_nothing_yet(sellers: list[Supplier], site: str) -> None:
    first, second = sellers
    offer = an_offer(first, "PEN", site)
    validate(offer)
    validate(an_offer(second, "PEN", site, title="Of the second", attributes={"ink": "blue"}))
    waiting = replace(stored_offer(offer), content={**offer.content, "title": "Unjudged"}, acceptance="NEW")
    commit(offers.replacing(waiting, expected_version=2))

    manage_offers.withdraw(second.supplier_id, "PEN", expected=None)
    refresh(PRODUCT)

    assert (product().title, product().attributes) == ("Fine liner 0.4 mm, black", {})


def test_the_holder_of_a_brand_words_its_products(site: str) -> None:
    reseller = an_open_supplier(site)
    validate(an_offer(reseller, "PEN", site, title="pen, cheap!!"))
    holder = a_supplier(site, brands=[{"name": "Stabilo", "owned": True}], tax_id="DE129273398")
    validate(holder)

    validate(an_offer(stored_supplier(holder), "POINT", site, title="Fine liner, black"))

    assert product().title == "Fine liner, black"
    assert product().offer_ids[holder.supplier_id]["owns_brand"] is True
