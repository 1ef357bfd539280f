"""A supplier asks why it is not open."""

from dataclasses import replace
from typing import Any

import pytest
from api import call
from bodies import a_registration
from desk import Desk
from validating import stored_supplier, supplier_site, validate

from chalicelib.domain.supplier import Supplier
from chalicelib.storage import suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


class Asking:
    """A registered supplier that asks."""

    def __init__(self, **registration: Any) -> None:
        registered = call("POST", "/suppliers", a_registration(**registration)).json
        self.key, self.target = registered["api_key"], f"/suppliers/{registered['supplier']['supplier_id']}"

    @property
    def record(self) -> Supplier:
        found = suppliers.get(self.target.rpartition("/")[2])
        assert found
        return found

    def be(self, **changes: Any) -> None:
        before = self.record
        commit(suppliers.replacing(replace(before, **changes), expected_version=before.version))

    def explain(self, token: str | None = None) -> dict[str, Any]:
        reply = call("GET", f"{self.target}/explain", token=token or self.key)
        assert reply.status == 200, reply.text
        return dict(reply.json)

    def steps(self) -> list[str]:
        return [step["code"] for step in self.explain()["next_steps"]]


@pytest.fixture
def doubted() -> Asking:
    """One whose order API is out of order."""
    with supplier_site(status=500) as site:
        asking = Asking(website=f"{site}/", order_api={"url": f"{site}/orders"}, brands=[])
        validate(asking.record)
    return asking


def test_a_new_supplier_waits_for_its_validation() -> None:
    said = Asking().explain()

    assert (said["is_open"], said["status"]) == (False, "ONBOARDING")
    assert said["validation"]["judged_version"] is None
    assert [step["code"] for step in said["next_steps"]] == ["WAIT_FOR_VALIDATION"]


def test_a_doubt_is_explained_by_its_rule_what_was_seen_and_the_version_judged(doubted: Asking) -> None:
    said = doubted.explain()

    issue = next(each for each in said["blocking_issues"] if each["field"].startswith("/order_api"))
    assert issue["value_seen"] == doubted.record.profile["order_api"]["url"]
    assert issue["facts"]["status"] == 500
    assert said["validation"]["judged_version"] == 1
    assert (said["decided"]["by"], said["decided"]["status"]) == ("validation", "PENDING_APPROVAL")
    assert said["review"]["status"] == "OPEN"
    assert doubted.steps() == ["MEND_PROFILE", "WAIT_FOR_REVIEW"]


def test_what_was_judged_stays_as_it_was_when_the_profile_moves_on(doubted: Asking) -> None:
    before = doubted.explain()

    call("PATCH", doubted.target, {"order_api": {"url": "https://new.example/"}}, token=doubted.key)
    after = doubted.explain()

    assert after["blocking_issues"] == before["blocking_issues"]
    assert after["validation"] == {**before["validation"], "state": "PENDING"}
    assert doubted.steps() == ["WAIT_FOR_VALIDATION"]


def test_a_reviewers_note_tells_what_to_change(doubted: Asking, admin: str) -> None:
    Desk(admin).decide(
        doubted.explain()["review"]["review_id"], "CHANGES_REQUESTED", body={"note": "Mend your order API."}
    )

    said = doubted.explain()

    assert (said["review"]["resolution"], said["review"]["note"]) == (
        "CHANGES_REQUESTED",
        "Mend your order API.",
    )
    assert doubted.steps() == ["MEND_PROFILE"]


def test_a_suspension_by_hand_says_why_and_names_its_administrator_to_administrators_only(admin: str) -> None:
    asking = Asking()
    asking.be(status="OPEN", validation_state="DONE")
    call("POST", f"/admin{asking.target}/suspension", {"reason": "parcels late"}, token=admin)

    said = asking.explain()

    assert (said["suspension_type"], said["decided"]["reason"]) == ("MANUAL", "parcels late")
    assert said["decided"]["by"] == "admin"
    assert asking.explain(admin)["decided"]["by"].startswith("admin:")
    assert asking.steps() == ["WAIT_FOR_REINSTATEMENT"]


def test_an_open_supplier_has_nothing_to_do_whatever_was_approved(doubted: Asking, admin: str) -> None:
    Desk(admin).decide(doubted.explain()["review"]["review_id"], "APPROVED")

    said = doubted.explain()

    assert said["is_open"]
    assert (said["blocking_issues"], said["next_steps"]) == ([], [])
    assert stored_supplier(doubted.record).issues != ()


def test_an_end_is_final() -> None:
    asking = Asking()
    asking.be(status="REJECTED", validation_state="DONE")

    assert asking.steps() == ["CONTACT_MARKETPLACE"]
