"""Corrections over HTTP: undone once, never over a later edit; suggestions taken over in one call."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from api import Reply, call
from component import validating
from component.validating import (
    a_supplier,
    an_offer,
    an_open_supplier,
    record_of,
    rules_of,
    stored_offer,
    stored_supplier,
    supplier_site,
)

from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.offer import Offer
from chalicelib.domain.rules.catalog import OFFER_CHECKS
from chalicelib.domain.supplier import Supplier
from chalicelib.services.api_keys import new_key
from chalicelib.storage import api_keys, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


@dataclass
class Seller:
    """A supplier that is open, with its key."""

    supplier: Supplier
    token: str
    site: str

    def send(self, method: str, target: str, body: Any = None, **more: Any) -> Reply:
        target = f"/suppliers/{self.supplier.supplier_id}{target}"
        return call(method, target, body, token=more.pop("token", self.token), **more)

    def offer(self, sku: str = "PEN", **changes: Any) -> Offer:
        """An offer as it was sent, and validated."""
        offer = an_offer(self.supplier, sku, self.site, **changes)
        validating.validate(offer)
        return stored_offer(offer)

    def reverse(self, correction_id: str, **more: Any) -> Reply:
        return self.send("POST", f"/corrections/{correction_id}/reversal", **more)

    def validated(self, offer: Offer) -> Offer:
        validating.validate(stored_offer(offer))
        return stored_offer(offer)


@pytest.fixture
def seller(aws: None, site: str) -> Seller:
    return a_seller(site)


def a_seller(site: str, *scopes: credentials.Scope) -> Seller:
    supplier = an_open_supplier(site)
    return Seller(supplier, key_of(supplier, *scopes), site)


def registered(site: str, **changes: Any) -> Seller:
    """A supplier that came over HTTP, and was validated."""
    profile = {**a_supplier(site).profile, **changes}
    answer = call("POST", "/suppliers", profile).json
    supplier = suppliers.get(answer["supplier"]["supplier_id"])
    assert supplier
    seller = Seller(supplier, answer["api_key"], site)
    validating.validate(supplier)
    return seller


def key_of(supplier: Supplier, *scopes: credentials.Scope) -> str:
    key = new_key(supplier.supplier_id, label="", now=supplier.created_at)
    key = replace(key, scopes=frozenset(scopes)) if scopes else key
    token = credentials.api_key(master_secret(), key.key_id)
    commit(api_keys.adding(key))
    return token


def corrections_of(offer: Offer) -> dict[str, dict[str, Any]]:
    """The last correction of each field."""
    return {each["field"]: dict(each) for each in offer.corrections}


def set_policy(admin: str, rule: str, policy: str) -> None:
    body = {"rules": {rule: {"policy": policy}}, "reason": "Ask first."}
    assert call("PUT", "/admin/rule-settings", body, token=admin, headers={"If-Match": "*"}).status == 200


def test_an_undone_correction_gives_back_what_was_sent_and_stays_undone(seller: Seller) -> None:
    sent = " STABILO\u00a0 point 88 "
    offer = seller.offer(title=sent)
    made = corrections_of(offer)["/title"]

    reply = seller.reverse(made["correction_id"])

    assert (reply.status, reply.json["title"], reply.json["acceptance"]) == (200, sent, "NEW")
    after = seller.validated(offer)
    assert after.content["title"] == sent
    (kept,) = after.corrections
    assert kept["reversal"].items() >= {"value": sent, "keeps_out": "ALL_RULES"}.items()
    assert "text.white_space" not in rules_of(after)
    assert seller.validated(after) == after


def test_an_undone_correction_of_a_profile_comes_back_too(site: str) -> None:
    seller = registered(site, legal_name="Nordlicht  Handels gmbh")
    first, second = stored_supplier(seller.supplier).corrections
    assert (first["field"], second["field"]) == ("/legal_name", "/legal_name")

    reply = seller.reverse(first["correction_id"])

    assert (reply.status, reply.json["legal_name"]) == (200, "Nordlicht  Handels gmbh")
    validating.validate(stored_supplier(seller.supplier))
    assert stored_supplier(seller.supplier).profile["legal_name"] == "Nordlicht  Handels gmbh"


def test_what_was_undone_with_an_issue_goes_to_a_person(seller: Seller) -> None:
    offer = seller.offer(gtin="4006381-333931")

    seller.reverse(corrections_of(offer)["/gtin"]["correction_id"])

    after = seller.validated(offer)
    assert (after.content["gtin"], after.acceptance) == ("4006381-333931", "TO_REVIEW")


def test_undoing_twice_is_undoing_once(seller: Seller) -> None:
    offer = seller.offer(title=" Pen")
    correction_id = corrections_of(offer)["/title"]["correction_id"]
    first = seller.reverse(correction_id)

    second = seller.reverse(correction_id)

    assert (second.status, second.json) == (200, first.json)


@pytest.mark.parametrize("then_validated", [False, True])
def test_a_later_edit_is_never_undone(seller: Seller, then_validated: bool) -> None:
    offer = seller.offer(title=" Pen")
    correction_id = corrections_of(offer)["/title"]["correction_id"]
    seller.send("PATCH", "/offers/PEN", {"title": "Biro"})
    if then_validated:
        seller.validated(offer)

    reply = seller.reverse(correction_id)

    assert (reply.status, reply.code) == (409, "CORRECTION_OVERTAKEN")
    assert stored_offer(offer).content["title"] == "Biro"


def test_a_decision_that_was_under_way_does_not_correct_again(seller: Seller) -> None:
    offer = seller.offer(title=" Pen")
    seller.send("PATCH", "/offers/PEN", {"brand": "Other"})
    batch = {"records": [record_of(stored_offer(offer))]}
    reports = [validating.call(step, batch) for step in OFFER_CHECKS]

    seller.reverse(corrections_of(offer)["/title"]["correction_id"])
    validating.call("decide_offers", {**batch, "reports": reports})

    assert stored_offer(offer).content["title"] == " Pen"
    assert seller.validated(offer).content["title"] == " Pen"


def test_an_edit_elsewhere_is_no_hindrance(seller: Seller) -> None:
    offer = seller.offer(title=" Pen")
    seller.send("PATCH", "/offers/PEN", {"brand": "Other"})

    reply = seller.reverse(corrections_of(offer)["/title"]["correction_id"])

    assert (reply.json["title"], reply.json["brand"]) == (" Pen", "Other")


def test_a_withdrawn_offer_is_not_put_on_sale_by_an_undoing(seller: Seller) -> None:
    offer = seller.offer(title=" Pen")
    seller.send("DELETE", "/offers/PEN")

    reply = seller.reverse(corrections_of(offer)["/title"]["correction_id"])

    assert (reply.status, reply.code) == (409, "OFFER_WITHDRAWN")
    assert stored_offer(offer).withdrawn


def test_nobody_undoes_what_is_anothers(seller: Seller, site: str, admin: str) -> None:
    offer = seller.offer(title=" Pen")
    correction_id = corrections_of(offer)["/title"]["correction_id"]
    other = a_seller(site)

    assert seller.reverse(correction_id, token=other.token).status == 404
    assert other.reverse(correction_id).status == 404
    for unknown in ("cor_x", "cor_x_y", "x", correction_id + "0", correction_id[:-20]):
        assert seller.reverse(unknown).status == 404
    assert stored_offer(offer) == offer
    assert seller.reverse(correction_id, token=admin).status == 200


def test_a_key_undoes_what_its_scope_covers(seller: Seller) -> None:
    offer = seller.offer(title=" Pen")
    correction_id = corrections_of(offer)["/title"]["correction_id"]
    profiles = key_of(seller.supplier, credentials.Scope.PROFILE)
    offers = key_of(seller.supplier, credentials.Scope.OFFERS)

    assert seller.reverse(correction_id, token=profiles).code == "INSUFFICIENT_SCOPE"
    assert seller.reverse("cor_profile", token=offers).code == "INSUFFICIENT_SCOPE"
    assert seller.reverse(correction_id, token=offers).status == 200


def test_an_administrators_correction_says_who_and_can_be_undone(seller: Seller, admin: str) -> None:
    offer = seller.offer(title=" Pen", attributes={"colour": "bleu"})
    target = f"/admin/suppliers/{offer.supplier_id}/offers/PEN"
    body = {"title": "Ball pen", "attributes": {"colour": None, "ink": "gel"}}

    call("PATCH", target, body, token=admin, headers={"If-Match": f'"{offer.version}"'})

    after = seller.validated(offer)
    by_hand = [each for each in after.corrections if each["rule"] == "administrator"]
    assert {(each["field"], each["before"], each["after"]) for each in by_hand} == {
        ("/title", "Pen", "Ball pen"),
        ("/attributes/colour", "bleu", None),
        ("/attributes/ink", None, "gel"),
    }
    assert all(each["by"].startswith("admin:") for each in by_hand)
    whitespace = after.corrections[0]
    assert seller.reverse(whitespace["correction_id"]).code == "CORRECTION_OVERTAKEN"
    for each in by_hand:
        assert seller.reverse(each["correction_id"]).status == 200
    assert seller.validated(offer).content == offer.content


def test_the_feed_that_was_corrected_by_hand_may_come_again(seller: Seller, admin: str) -> None:
    offer = seller.offer()
    target = f"/admin/suppliers/{offer.supplier_id}/offers/PEN"
    call("PATCH", target, {"title": "Ball pen"}, token=admin, headers={"If-Match": "*"})
    corrected = seller.validated(offer)

    reply = seller.send("PUT", "/offers/PEN", offer.content)

    assert (reply.json["title"], reply.json["version"]) == ("Ball pen", corrected.version)


def test_a_rule_that_must_ask_the_supplier_changes_nothing_until_it_answers(
    seller: Seller, admin: str
) -> None:
    set_policy(admin, "text.white_space", "ASK_SUPPLIER")
    asked = seller.offer(title=" Pen")

    assert (asked.acceptance, asked.review_id, asked.content["title"]) == ("CHANGES_REQUESTED", None, " Pen")
    explained = seller.send("GET", "/offers/PEN/explain").json
    assert [each["rule"] for each in explained["blocking_issues"]] == ["text.white_space"]
    (issue,) = [each for each in asked.issues if each["rule"] == "text.white_space"]
    assert (issue["asks"], issue["suggested_value"], issue["auto_correctable"]) == ("SUPPLIER", "Pen", False)
    reply = seller.send("POST", "/offers/PEN/suggestions/acceptance", {})
    assert (reply.status, reply.json["title"]) == (200, "Pen")
    assert (
        seller.send("POST", "/offers/PEN/suggestions/acceptance", {}).json["version"] == reply.json["version"]
    )
    assert seller.validated(asked).acceptance == "ACCEPTED"


def test_a_rule_that_must_ask_a_reviewer_opens_a_review_with_its_proposal(seller: Seller, admin: str) -> None:
    set_policy(admin, "text.white_space", "ASK_REVIEWER")
    asked = seller.offer(title=" Pen")

    assert (asked.acceptance, asked.content["title"]) == ("TO_REVIEW", " Pen")
    review = call("GET", f"/admin/reviews/{asked.review_id}", token=admin).json
    (proposal,) = review["proposed_corrections"]
    assert (proposal["field"], proposal["before"], proposal["after"]) == ("/title", " Pen", "Pen")


def test_an_asked_supplier_stays_in_onboarding(admin: str, site: str) -> None:
    set_policy(admin, "legal_name.legal_form", "ASK_SUPPLIER")
    seller = registered(site, legal_name="Berg gmbh")
    asked = stored_supplier(seller.supplier)
    assert (asked.status, asked.review_id, asked.profile["legal_name"]) == ("ONBOARDING", None, "Berg gmbh")

    assert seller.send("POST", "/suggestions/acceptance", {"fields": ["/legal_name"]}).status == 200

    validating.validate(stored_supplier(seller.supplier))
    answered = stored_supplier(seller.supplier)
    assert (answered.status, answered.profile["legal_name"]) == ("OPEN", "Berg GmbH")


def test_only_what_is_suggested_can_be_taken_over(seller: Seller) -> None:
    seller.offer(title="x" * 300)

    reply = seller.send("POST", "/offers/PEN/suggestions/acceptance", {"fields": ["/title", "/brand"]})

    assert (reply.status, reply.faults) == (422, {"/fields/1": "INVALID_VALUE"})
    reply = seller.send("POST", "/offers/PEN/suggestions/acceptance", {"fields": ["/title"]})
    assert reply.json["title"] == "x" * 200
