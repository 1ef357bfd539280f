"""Administrators set the rules; validation judges by one version of the settings and says which."""

from collections.abc import Iterator
from typing import Any

import pytest
from api import Reply, call
from component import validating
from component.validating import an_offer, an_open_supplier, record_of, rules_of, stored_offer, supplier_site

from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS, OFFER_CHECKS
from chalicelib.storage import keys
from chalicelib.storage.items import AnyItem

pytestmark = pytest.mark.usefixtures("aws")

TARGET = "/admin/rule-settings"
NO_DESCRIPTION = {"description.missing": {"severity": "ERROR"}}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


def set_rules(admin: str, rules: Any, *, version: int = 0, reason: str = "We say so.") -> Reply:
    headers = {"If-Match": f'"{version}"'}
    return call("PUT", TARGET, {"rules": rules, "reason": reason}, token=admin, headers=headers)


def test_before_anything_is_set_every_rule_is_on_as_it_is_delivered(admin: str) -> None:
    reply = call("GET", TARGET, token=admin)

    assert (reply.json["version"], reply.etag, reply.json["settings"]) == (0, '"0"', {"rules": {}})
    rules = {each["rule"]: each for each in reply.json["rules"]}
    assert rules.keys() == CHECKS.keys() | CORRECTIONS.keys()
    assert all(each["enabled"] and each["parameters"] == each["defaults"] for each in rules.values())
    assert rules["image.too_small"]["parameters"] == {"least": 300}


def test_each_change_is_a_version_with_its_reason(admin: str) -> None:
    first = set_rules(admin, {"image.too_small": {"parameters": {"least": 500}}}, reason="Larger pictures.")
    second = set_rules(admin, {}, version=1, reason="No, smaller.")

    assert (first.status, first.etag, second.etag) == (200, '"1"', '"2"')
    (rule,) = [each for each in first.json["rules"] if each["rule"] == "image.too_small"]
    assert (rule["parameters"], rule["defaults"]) == ({"least": 500}, {"least": 300})
    page = call("GET", f"{TARGET}/versions?limit=1", token=admin).json
    assert [(each["version"], each["reason"]) for each in page["items"]] == [(2, "No, smaller.")]
    page = call("GET", f"{TARGET}/versions?cursor={page['next_cursor']}", token=admin).json
    assert [(each["version"], each["reason"]) for each in page["items"]] == [(1, "Larger pictures.")]
    assert page["items"][0]["set_by"].startswith("admin:")
    said = call("GET", f"{TARGET}/versions/1", token=admin).json
    assert said["settings"] == {"rules": {"image.too_small": {"parameters": {"least": 500}}}}
    for unknown in ("3", "0", "-1", "x", "9" * 40):
        assert call("GET", f"{TARGET}/versions/{unknown}", token=admin).status == 404


def test_a_change_of_settings_that_have_changed_is_refused(admin: str) -> None:
    set_rules(admin, {})

    assert set_rules(admin, {}).status == 412
    assert call("PUT", TARGET, {"rules": {}, "reason": "x"}, token=admin).status == 428


def test_what_does_not_fit_the_rules_is_refused_with_its_place(admin: str) -> None:
    reply = set_rules(admin, {"image.too_small": {"parameters": {"least": 2.5}}, "none": {}})

    assert (reply.status, reply.code) == (422, "INVALID_SETTINGS")
    assert reply.faults == {
        "/rules/image.too_small/parameters/least": "INVALID_VALUE",
        "/rules/none": "UNKNOWN_RULE",
    }
    assert call("GET", TARGET, token=admin).json["version"] == 0


def test_settings_grow_no_larger_than_steps_can_read(admin: str) -> None:
    excepted = [{"field": "/title", "value": f"{number:0500}"} for number in range(400)]

    reply = set_rules(admin, {"image.missing": {"exceptions": excepted}})

    assert (reply.status, reply.faults) == (422, {"/rules": "TOO_LARGE"})


def test_a_decision_says_by_which_settings_it_was_made(admin: str, site: str) -> None:
    seller = an_open_supplier(site)
    before, after = an_offer(seller, "A", site, description=""), an_offer(seller, "B", site, description="")

    validating.validate(before)
    set_rules(admin, NO_DESCRIPTION)
    validating.validate(after)

    assert (stored_offer(before).acceptance, stored_offer(before).rules_version) == ("ACCEPTED", 0)
    assert (stored_offer(after).acceptance, stored_offer(after).rules_version) == ("TO_REVIEW", 1)
    assert "description.missing" in rules_of(stored_offer(after))


def test_a_record_whose_steps_judged_by_different_settings_is_judged_again(admin: str, site: str) -> None:
    offer = an_offer(an_open_supplier(site), "A", site, description="")
    batch = {"records": [record_of(offer)]}
    first, *others = OFFER_CHECKS
    reports = [validating.call(first, batch)]
    set_rules(admin, NO_DESCRIPTION)
    reports += [validating.call(step, batch) for step in others]

    validating.call("decide_offers", {**batch, "reports": reports})

    assert stored_offer(offer) == offer
    touched = AnyItem.get(*keys.offer(offer.supplier_id, offer.sku))
    assert touched.touched_at


def test_a_decision_keeps_to_the_settings_of_its_steps(admin: str, site: str) -> None:
    offer = an_offer(an_open_supplier(site), "A", site, description="")
    batch = {"records": [record_of(offer)]}
    reports = [validating.call(step, batch) for step in OFFER_CHECKS]
    set_rules(admin, NO_DESCRIPTION | {"text.white_space": {"enabled": False}})

    validating.call("decide_offers", {**batch, "reports": reports})

    assert (stored_offer(offer).acceptance, stored_offer(offer).rules_version) == ("ACCEPTED", 0)
