"""Suppliers through the real steps and the real decision, on the real table (moto)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from component.validating import (
    a_supplier,
    call,
    record_of,
    rules_of,
    stored_supplier,
    supplier_site,
    validate,
)

from chalicelib.domain.rules.catalog import SUPPLIER_CHECKS
from chalicelib.domain.supplier import Supplier
from chalicelib.services.validation_batch import IncompleteReports
from chalicelib.storage import reviews, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

WRONG_TAX_ID = "DE136695977"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


def changed_profile(supplier: Supplier, **changes: Any) -> Supplier:
    """The supplier after its profile was changed, as the API writes it."""
    result = replace(supplier, profile={**supplier.profile, **changes}, validation_state="PENDING")
    commit(suppliers.replacing(result, expected_version=supplier.version))
    return stored_supplier(supplier)


def test_a_clean_supplier_opens_and_its_brands_are_its_own(site: str) -> None:
    supplier = a_supplier(site)

    validate(supplier)

    opened = stored_supplier(supplier)
    assert (opened.status, opened.validation_state, opened.version) == ("OPEN", "DONE", 2)
    assert opened.corrections == ()
    assert opened.review_id is None
    assert opened.correlation_id == supplier.correlation_id
    assert suppliers.brand_holders(["polarstar", "fjord"]) == {"polarstar": supplier.supplier_id}


def test_a_supplier_that_could_be_corrected_opens_with_its_corrections(site: str) -> None:
    supplier = a_supplier(site, legal_name=" Nordlicht gmbh", contact__phone="030 901820")

    validate(supplier)

    opened = stored_supplier(supplier)
    assert opened.status == "OPEN"
    assert opened.profile["legal_name"] == "Nordlicht GmbH"
    assert [(each["rule"], each["after"]) for each in opened.corrections] == [
        ("text.white_space", "Nordlicht gmbh"),
        ("legal_name.legal_form", "Nordlicht GmbH"),
        ("phone.e164", "+4930901820"),
    ]
    assert all(each["correction_id"].startswith("cor_") for each in opened.corrections)
    assert {"text.white_space", "legal_name.legal_form", "phone.e164"} <= rules_of(opened, "INFO")


def test_a_doubtful_supplier_goes_to_a_person(site: str) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)

    validate(supplier)

    waiting = stored_supplier(supplier)
    assert waiting.status == "PENDING_APPROVAL"
    assert rules_of(waiting) == {"tax_id.invalid"}
    review = reviews.get(str(waiting.review_id))
    assert review is not None
    assert (review.kind, review.status, review.supplier_id) == ("SUPPLIER", "OPEN", supplier.supplier_id)
    assert review.record_version == waiting.version
    assert list(review.issues) == list(waiting.issues)
    assert [entry["event"] for entry in review.history] == ["OPENED"]
    assert review.correlation_id == supplier.correlation_id


def test_a_corrected_supplier_opens_and_its_review_is_resolved_with_it(site: str) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)
    validate(supplier)
    mended = changed_profile(stored_supplier(supplier), tax_id="DE136695976")

    validate(mended)

    opened = stored_supplier(supplier)
    review = reviews.get(str(opened.review_id))
    assert opened.status == "OPEN"
    assert rules_of(opened) == set()
    assert review is not None
    assert (review.status, review.resolution) == ("RESOLVED", "CORRECTED")
    assert [entry["event"] for entry in review.history] == ["OPENED", "RESOLVED"]


def test_a_supplier_that_stays_doubtful_keeps_its_one_review(site: str) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)
    validate(supplier)
    first = stored_supplier(supplier)

    validate(changed_profile(first, accepts_image_standard=False))

    second = stored_supplier(supplier)
    assert second.review_id == first.review_id
    review = reviews.get(str(second.review_id))
    assert review is not None
    assert review.status == "OPEN"
    assert {issue["rule"] for issue in review.issues if issue["severity"] == "ERROR"} == {
        "tax_id.invalid",
        "image_standard.not_accepted",
    }
    assert review.record_version == second.version


def test_a_doubt_after_a_resolved_review_opens_another(site: str) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)
    validate(supplier)
    first = stored_supplier(supplier)
    validate(changed_profile(first, tax_id="DE136695976"))

    validate(changed_profile(stored_supplier(supplier), tax_id=WRONG_TAX_ID))

    suspended = stored_supplier(supplier)
    assert (suspended.status, suspended.suspension_type) == ("SUSPENDED", "INCOMPLETE_PROFILE")
    assert suspended.review_id != first.review_id


def test_a_suspended_supplier_opens_again_when_its_profile_is_in_order(site: str) -> None:
    supplier = a_supplier(site)
    validate(supplier)
    validate(changed_profile(stored_supplier(supplier), accepts_image_standard=False))
    assert stored_supplier(supplier).status == "SUSPENDED"

    validate(changed_profile(stored_supplier(supplier), accepts_image_standard=True))

    assert (stored_supplier(supplier).status, stored_supplier(supplier).suspension_type) == ("OPEN", None)


def test_what_an_administrator_approved_does_not_suspend_the_supplier_later(site: str) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)
    validate(supplier)
    judged = stored_supplier(supplier)
    commit(suppliers.replacing(replace(judged, status="OPEN"), expected_version=judged.version))

    validate(changed_profile(stored_supplier(supplier), display_name="Nordlicht Shop"))

    assert stored_supplier(supplier).status == "OPEN"
    assert rules_of(stored_supplier(supplier)) == {"tax_id.invalid"}


@pytest.mark.parametrize("status", ["REJECTED", "TERMINATED"])
def test_a_closed_supplier_is_judged_for_nobody(site: str, status: str) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)
    commit(suppliers.replacing(replace(supplier, status=status), expected_version=1))

    validate(stored_supplier(supplier))

    closed = stored_supplier(supplier)
    assert (closed.status, closed.validation_state, closed.review_id) == (status, "DONE", None)


def test_a_newer_version_makes_a_decision_void(site: str) -> None:
    supplier = a_supplier(site)
    newer = changed_profile(supplier, tax_id=WRONG_TAX_ID)

    validate(supplier)

    assert stored_supplier(supplier) == newer


def test_a_record_that_moved_on_between_the_steps_and_the_decision_is_left_alone(site: str) -> None:
    supplier = a_supplier(site)
    event = {"records": [record_of(supplier)]}
    reports = [call(name, event) for name in SUPPLIER_CHECKS]
    newer = changed_profile(supplier, tax_id=WRONG_TAX_ID)

    call("decide_suppliers", {**event, "reports": reports})

    assert stored_supplier(supplier) == newer


def test_deciding_twice_changes_nothing_the_second_time(site: str) -> None:
    supplier = a_supplier(site, tax_id=WRONG_TAX_ID)
    event = {"records": [record_of(supplier), record_of(supplier)]}
    reports = [call(name, event) for name in SUPPLIER_CHECKS]

    call("decide_suppliers", {**event, "reports": reports})
    decided = stored_supplier(supplier)
    call("decide_suppliers", {**event, "reports": reports})

    assert stored_supplier(supplier) == decided
    assert len(reviews.page(status="OPEN", kind=None, limit=10, cursor=None).items) == 1


def test_a_missing_report_never_means_clean(site: str) -> None:
    supplier = a_supplier(site)
    event = {"records": [record_of(supplier)]}
    reports = [call(name, event) for name in SUPPLIER_CHECKS if name != "supplier_contact"]

    with pytest.raises(IncompleteReports):
        call("decide_suppliers", {**event, "reports": reports})

    assert stored_supplier(supplier) == supplier


def test_the_second_holder_of_a_brand_goes_to_a_person(site: str) -> None:
    first, second = a_supplier(site), a_supplier(site, brands=[{"name": "POLAR-STAR", "owned": True}])

    validate(first, second)

    assert stored_supplier(first).status == "OPEN"
    assert stored_supplier(second).status == "PENDING_APPROVAL"
    assert rules_of(stored_supplier(second)) == {"brand.held"}


@pytest.mark.usefixtures("serialised")
def test_batches_in_parallel_give_a_brand_to_one_supplier(site: str) -> None:
    rivals = [a_supplier(site) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(validate, rivals))

    found = [stored_supplier(rival) for rival in rivals]
    assert sorted(each.status for each in found) == ["OPEN", *["PENDING_APPROVAL"] * 3]
    holder = suppliers.brand_holders(["polarstar"])["polarstar"]
    assert [each.supplier_id for each in found if each.is_open] == [holder]


@pytest.mark.parametrize("broken", [{"order_api": None}, {"brands": 7}])
def test_a_poisonous_record_stops_nothing_beside_it(site: str, broken: dict[str, Any]) -> None:
    poison, other = changed_profile(a_supplier(site, brands=[]), **broken), a_supplier(site, brands=[])

    with pytest.raises(IncompleteReports):
        validate(poison, other)

    assert stored_supplier(other).status == "OPEN"
    assert stored_supplier(poison).validation_state == "PENDING"


@pytest.mark.parametrize(
    ("status", "supplier_status", "rule", "severity"),
    [
        (200, "OPEN", None, None),
        (404, "OPEN", None, None),
        (401, "OPEN", "order_api.signature_refused", "WARNING"),
        (500, "PENDING_APPROVAL", "order_api.broken", "ERROR"),
    ],
)
def test_the_order_api_is_asked_for_real(
    status: int, supplier_status: str, rule: str | None, severity: str | None
) -> None:
    with supplier_site(status) as url:
        supplier = a_supplier(url, brands=[])
        validate(supplier)

    decided = stored_supplier(supplier)
    assert decided.status == supplier_status
    assert rule is None or rule in rules_of(decided, str(severity))


def test_a_test_order_that_is_answered_with_anything_at_all_was_answered() -> None:
    with supplier_site(200, b"thanks") as url:
        supplier = a_supplier(url, brands=[])
        validate(supplier)

    assert stored_supplier(supplier).status == "OPEN"


def test_an_order_api_of_ours_that_does_not_answer_is_doubtful_even_on_a_laptop(site: str) -> None:
    supplier = a_supplier(site, order_api={"url": "http://127.0.0.1:9/orders"})

    validate(supplier)

    assert rules_of(stored_supplier(supplier)) == {"order_api.unreachable"}


def test_an_address_that_may_not_be_called_is_refused(site: str) -> None:
    supplier = a_supplier(site, order_api={"url": "https://10.0.0.1/orders"})

    validate(supplier)

    assert rules_of(stored_supplier(supplier)) == {"order_api.address_refused"}


def test_names_kept_for_examples_are_not_held_against_a_supplier_on_a_laptop(site: str) -> None:
    supplier = a_supplier(site)

    validate(supplier)

    assert stored_supplier(supplier).status == "OPEN"
    assert rules_of(stored_supplier(supplier), "WARNING") == {"host.not_checked"}


def test_a_host_name_is_looked_up(site: str) -> None:
    supplier = a_supplier(site, website="http://localhost/")

    validate(supplier)

    looked_up = [each for each in stored_supplier(supplier).issues if each["code"] == "UNREACHABLE_ENDPOINT"]
    assert [issue["field"] for issue in looked_up] == ["/contact/email"]


def test_a_name_that_cannot_exist_is_doubtful_everywhere(site: str) -> None:
    supplier = a_supplier(site, website="https://nordlicht.invalid", contact__email="a@nordlicht.invalid")

    validate(supplier)

    assert "website.unresolved" in rules_of(stored_supplier(supplier))


def test_where_checks_are_strict_what_was_not_reached_is_doubtful(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMOTE_CHECKS", "strict")
    supplier = a_supplier(site)

    validate(supplier)

    assert rules_of(stored_supplier(supplier)) == {"email.unresolved"}
