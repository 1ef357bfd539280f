"""A supplier asks why its offer is not for sale, or not the featured one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from api import call
from bodies import a_registration, an_offer_body
from component.validating import stored_offer, supplier_site, validate

from chalicelib import clock
from chalicelib.domain.offer import Offer
from chalicelib.services.refresh_product import refresh
from chalicelib.storage import offer_terms, offers, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

PRODUCT = "prd_04006381333931"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


class Seller:
    """A supplier that is open and asks about its offers."""

    def __init__(self, site: str, tax_id: str = "DE136695976") -> None:
        local = {"website": f"{site}/", "order_api": {"url": f"{site}/orders"}, "brands": []}
        registered = call("POST", "/suppliers", a_registration(tax_id=tax_id, **local)).json
        self.site, self.key = site, registered["api_key"]
        self.supplier_id = registered["supplier"]["supplier_id"]
        found = suppliers.get(self.supplier_id)
        assert found
        validate(found)

    def send(self, method: str, path: str = "", body: Any = None) -> Any:
        target = f"/suppliers/{self.supplier_id}/offers/PEN{path}"
        return call(method, target, body, token=self.key).json

    @property
    def body(self) -> dict[str, Any]:
        """An offer that breaks no rule."""
        return an_offer_body(image_urls=[f"{self.site}/PEN.png"])

    def sell(self, **fields: Any) -> Offer:
        """Put an offer and have it validated."""
        self.send("PUT", body={**self.body, **fields})
        validate(self.offer)
        refresh(PRODUCT)
        return self.offer

    @property
    def offer(self) -> Offer:
        found = offers.get(self.supplier_id, "PEN")
        assert found
        return stored_offer(found)

    def explain(self) -> dict[str, Any]:
        return dict(self.send("GET", "/explain"))

    def reasons(self) -> dict[str, dict[str, Any]]:
        return {each["code"]: each["inputs"] for each in self.explain()["inactivity_reasons"]}

    def steps(self) -> list[str]:
        return [step["code"] for step in self.explain()["next_steps"]]


@pytest.fixture
def seller(site: str) -> Seller:
    return Seller(site)


def test_an_only_offer_says_where_it_is_and_by_which_number(seller: Seller) -> None:
    seller.sell(gtin="4006381-333931")

    told = seller.explain()

    assert (told["active"], told["inactivity_reasons"], told["next_steps"]) == (True, [], [])
    assert (told["validation"]["judged_version"], told["version"]) == (1, 2)
    assert told["product"] == {
        "product_id": PRODUCT,
        "gtin": "04006381333931",
        "identified_by": "GTIN-13",
        "gtin_sent": "4006381-333931",
        "offers_in_it": 1,
        "fields_from_this_offer": [
            "/title",
            "/brand",
            "/category",
            "/description",
            "/image_urls",
            "/attributes/colour",
        ],
    }
    assert (told["rank"]["position"], told["rank"]["rank_reason"]) == (1, "ONLY_OFFER")


@pytest.mark.parametrize(
    ("sent", "kind"),
    [("04252614", "UPC-E"), ("0-306-40615-2", "ISBN-10"), ("96385074", "GTIN-8"), ("36000291452", "GTIN-12")],
)
def test_the_form_of_the_number_is_named(seller: Seller, sent: str, kind: str) -> None:
    seller.sell(gtin=sent, category="Books")

    product = seller.explain()["product"]
    assert (product["identified_by"], product["gtin_sent"]) == (kind, sent)


def test_an_offer_that_is_not_featured_reads_what_decided_and_nothing_private(
    seller: Seller, site: str
) -> None:
    seller.sell(price={"amount": "2.10", "currency": "EUR"})
    rival = Seller(site, "DE129273398")
    rival.sell()

    rank = seller.explain()["rank"]

    assert (rank["position"], rank["of"], rank["decided_by"]) == (2, 2, "landed_price")
    compared = {each["criterion"]: each for each in rank["criteria"]}
    assert compared["landed_price"]["own"]["amount"] == "2.10"
    assert compared["landed_price"]["other"]["amount"] == "1.95"
    assert compared["health"] == {"criterion": "health", "own": 100}
    assert "other" not in compared["reliability"]
    assert rank["compared_with"]["supplier_id"] == rival.supplier_id
    assert rank["compared_with"] == call("GET", f"/products/{PRODUCT}").json["offers"][0]
    assert rival.explain()["rank"]["compared_with"]["supplier_id"] == seller.supplier_id


def test_a_doubtful_offer_names_the_issues_and_the_case(seller: Seller) -> None:
    seller.sell(gtin="4006381333930")

    told = seller.explain()

    assert [issue["rule"] for issue in told["blocking_issues"]] == ["gtin.check_digit"]
    assert told["inactivity_reasons"][0]["inputs"] == {"acceptance": "TO_REVIEW", "validation_state": "DONE"}
    assert seller.steps() == ["MEND_OFFER", "WAIT_FOR_REVIEW"]
    assert told["review"]["status"] == "OPEN"
    assert "rank" not in told


def test_a_new_offer_waits_for_its_validation(seller: Seller) -> None:
    seller.send("PUT", body=an_offer_body())

    assert seller.steps() == ["WAIT_FOR_VALIDATION"]
    assert seller.explain()["validation"]["judged_version"] is None


def test_every_reason_comes_with_what_it_follows_from(seller: Seller) -> None:
    seller.sell(available_from="2999-01-01T00:00:00Z")
    seller.send("PUT", "/stock", {"quantity": 0})
    found = suppliers.get(seller.supplier_id)
    assert found
    commit(suppliers.replacing(replace(found, status="SUSPENDED"), expected_version=found.version))
    terms = offer_terms.get_many([seller.offer.offer_id])[seller.offer.offer_id]
    commit(offer_terms.changing(replace(terms, blocks=("SUPPLIER_NOT_OPEN",)), now=clock.timestamp()))

    reasons = seller.reasons()

    assert reasons["SUPPLIER_NOT_OPEN"] == {"status": "SUSPENDED"}
    assert (reasons["ZERO_QUANTITY"]["quantity"], reasons["ZERO_QUANTITY"]["reserved"]) == (0, 0)
    assert reasons["NOT_IN_AVAILABILITY_PERIOD"]["available_from"] == "2999-01-01T00:00:00.000Z"
    assert seller.steps() == ["SEE_SUPPLIER", "SEND_STOCK", "CHANGE_PERIOD"]


def test_an_offer_without_a_price_for_now_is_told_to_send_one(seller: Seller) -> None:
    price = {"amount": "1.10", "currency": "EUR"}
    body = {**seller.body, "prices": [{"price": price, "valid_from": "2999-01-01T00:00:00Z"}]}
    del body["price"]
    seller.send("PUT", body=body)
    validate(seller.offer)

    assert seller.reasons()["NO_ACTIVE_PRICE"]["prices"][0]["price"] == price
    assert seller.steps() == ["SEND_PRICE"]


def test_a_withdrawn_offer_is_told_how_to_come_back(seller: Seller) -> None:
    seller.sell()
    seller.send("DELETE")

    assert seller.steps() == ["SEND_AGAIN"]
    assert "product" not in seller.explain()
