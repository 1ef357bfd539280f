"""A supplier is suspended, reinstated, terminated."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from api import Reply, call
from bodies import a_registration
from desk import ISSUE, a_review
from marketplace import a_line, an_offer, place

from chalicelib import clock
from chalicelib.domain.acceptance import Answer
from chalicelib.domain.shipping import ship
from chalicelib.domain.supplier import Supplier
from chalicelib.services import settlements
from chalicelib.storage import order_reads, reviews, supplier_orders, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


class Case:
    """A registered supplier, and the administrator who looks after it."""

    def __init__(self, admin: str, **registration: Any) -> None:
        registered = call("POST", "/suppliers", a_registration(**registration)).json
        self.admin, self.key = admin, registered["api_key"]
        self.supplier_id = registered["supplier"]["supplier_id"]

    @property
    def record(self) -> Supplier:
        found = suppliers.get(self.supplier_id)
        assert found
        return found

    @property
    def standing(self) -> tuple[str, str | None]:
        return self.record.standing

    def be(self, **changes: Any) -> "Case":
        before = self.record
        changed = replace(before, **{"validation_state": "DONE", **changes})
        commit(suppliers.replacing(changed, expected_version=before.version))
        return self

    def ask(self, what: str, reason: str = "because", **more: Any) -> Reply:
        target = f"/admin/suppliers/{self.supplier_id}/{what}"
        return call("POST", target, {"reason": reason}, token=more.pop("token", self.admin), **more)

    def with_order(self) -> str:
        """Id of a supplier order that waits for an answer."""
        offer_id = an_offer(self.supplier_id)
        order = place(a_line(offer_id), key=offer_id).answer["order"]
        return str(order["supplier_orders"][0]["supplier_order_id"])


@pytest.fixture
def case(admin: str) -> Case:
    return Case(admin).be(status="OPEN")


def test_a_suspension_says_who_when_and_why_and_lasts_until_it_is_lifted(case: Case) -> None:
    suspended = case.ask("suspension", "parcels late")
    assert suspended.status == 200
    assert (suspended.json["status"], suspended.json["suspension_type"]) == ("SUSPENDED", "MANUAL")

    reinstated = case.ask("reinstatement", "promised better")

    assert reinstated.json["status"] == "OPEN"
    assert "suspension_type" not in reinstated.json
    first, second = case.record.history
    assert (first["status"], first["reason"], second["reason"]) == (
        "SUSPENDED",
        "parcels late",
        "promised better",
    )
    assert first["by"].startswith("admin:")
    assert first["at"] <= second["at"]


@pytest.mark.parametrize("what", ["suspension", "termination"])
def test_asking_again_changes_nothing(case: Case, what: str) -> None:
    first = case.ask(what)

    again = case.ask(what, "another reason")

    assert (again.status, again.etag) == (200, first.etag)
    assert len(case.record.history) == 1


@pytest.mark.parametrize("status", ["ONBOARDING", "PENDING_APPROVAL", "REJECTED", "TERMINATED"])
@pytest.mark.parametrize("what", ["suspension", "reinstatement", "termination"])
def test_a_move_that_the_states_do_not_know_is_refused(case: Case, status: str, what: str) -> None:
    case.be(status=status)

    reply = case.ask(what)

    if (status, what) == ("TERMINATED", "termination"):
        assert reply.status == 200
    else:
        assert (reply.status, reply.code) == (409, "ILLEGAL_MOVE")
    assert case.standing == (status, None)
    assert case.record.history == ()


def test_a_stale_version_is_not_moved(case: Case) -> None:
    reply = case.ask("suspension", headers={"If-Match": '"1"'})

    assert (reply.status, reply.code) == (412, "STALE_VERSION")
    assert case.standing == ("OPEN", None)


def test_a_suspension_needs_a_reason_and_an_administrator(case: Case) -> None:
    assert case.ask("suspension", "").faults == {"/reason": "INVALID_VALUE"}
    assert case.ask("suspension", token=case.key).status == 403


def test_a_profile_that_is_mended_does_not_end_a_suspension_by_hand(case: Case) -> None:
    case.be(status="SUSPENDED", suspension_type="INCOMPLETE_PROFILE", issues=(ISSUE,))

    case.ask("suspension")
    case.be(issues=())

    assert case.standing == ("SUSPENDED", "MANUAL")
    assert case.ask("reinstatement").json["status"] == "OPEN"


@pytest.mark.parametrize("changes", [{"issues": (ISSUE,)}, {"validation_state": "PENDING"}])
def test_a_profile_that_is_not_in_order_keeps_a_reinstated_supplier_suspended(
    case: Case, changes: dict[str, Any]
) -> None:
    case.ask("suspension")
    case.be(**changes)

    reply = case.ask("reinstatement")
    again = case.ask("reinstatement")

    assert case.standing == ("SUSPENDED", "INCOMPLETE_PROFILE")
    assert (again.status, again.etag) == (200, reply.etag)


def test_what_a_person_has_approved_is_in_order(case: Case) -> None:
    review = replace(a_review("SUPPLIER", case.supplier_id), status="RESOLVED", resolution="APPROVED")
    commit(reviews.adding(review))
    case.be(status="SUSPENDED", suspension_type="MANUAL", issues=(ISSUE,), review_id=review.review_id)

    assert case.ask("reinstatement").json["status"] == "OPEN"


def test_what_a_person_has_approved_says_nothing_of_what_came_up_since(case: Case) -> None:
    review = replace(a_review("SUPPLIER", case.supplier_id), status="RESOLVED", resolution="APPROVED")
    commit(reviews.adding(review))
    later = {**ISSUE, "field": "/website", "asks": "SUPPLIER"}
    case.be(status="SUSPENDED", suspension_type="MANUAL", issues=(ISSUE, later), review_id=review.review_id)

    assert case.ask("reinstatement").json["suspension_type"] == "INCOMPLETE_PROFILE"


def test_a_brand_named_while_suspended_is_held_from_the_reinstatement_on(case: Case) -> None:
    case.ask("suspension")

    case.ask("reinstatement")

    assert holder_of("NORTHERN ", case.admin) == case.supplier_id


def test_a_terminated_supplier_is_nobodys_key_and_holds_no_brand(case: Case) -> None:
    review = a_review("SUPPLIER", case.supplier_id)
    commit(reviews.adding(review), suppliers.claiming_brand("northern", case.supplier_id))
    case.be(review_id=review.review_id)
    second = call("POST", f"/suppliers/{case.supplier_id}/api-keys", {}, token=case.key).json["api_key"]

    reply = case.ask("termination", "fraud")

    assert reply.json["status"] == "TERMINATED"
    assert holder_of("Northern", case.admin) is None
    for key in (case.key, second):
        assert call("GET", f"/suppliers/{case.supplier_id}", token=key).status == 401
    closed = reviews.get(review.review_id)
    assert closed
    assert (closed.status, closed.resolution, closed.note) == ("RESOLVED", "REJECTED", "fraud")


def test_a_terminated_supplier_gets_no_new_key_and_does_not_come_back_by_registering(case: Case) -> None:
    case.ask("termination")

    key = call("POST", f"/suppliers/{case.supplier_id}/api-keys", {}, token=case.admin)
    again = call("POST", "/suppliers", a_registration())

    assert (key.status, key.code) == (409, "SUPPLIER_CLOSED")
    assert (again.status, again.code) == (409, "SUPPLIER_EXISTS")


def test_a_key_made_at_the_moment_of_termination_does_not_work_after_it(case: Case, serialised: None) -> None:
    def make(_: int) -> Reply:
        return call("POST", f"/suppliers/{case.supplier_id}/api-keys", {}, token=case.admin)

    with ThreadPoolExecutor(3) as pool:
        made = [pool.submit(make, number) for number in range(2)]
        terminated = pool.submit(case.ask, "termination").result()

    assert terminated.status == 200
    for reply in [each.result() for each in made]:
        if reply.status == 201:
            token = reply.json["api_key"]
            assert call("GET", f"/suppliers/{case.supplier_id}", token=token).status == 401


def test_a_supplier_with_open_orders_is_not_terminated(case: Case) -> None:
    waiting = case.with_order()
    refused = case.ask("termination")
    assert (refused.status, refused.code) == (409, "ORDERS_OPEN")
    assert refused.json["supplier_order_ids"] == [waiting]

    part = order_reads.get_part(waiting)
    assert part
    accepted = settlements.settle(part, Answer("ACCEPTED"))
    assert case.ask("termination").json["supplier_order_ids"] == [waiting]

    lines = [{"line_id": line.line_id, "quantity": line.accepted} for line in accepted.lines]
    shipped = ship(accepted, lines, now=clock.timestamp())
    commit(supplier_orders.replacing(shipped, expected_version=accepted.version))

    assert case.ask("termination").code == "BALANCE_OPEN"


def test_a_brand_that_is_dropped_from_the_profile_is_free_for_another(case: Case) -> None:
    commit(suppliers.claiming_brand("northern", case.supplier_id))

    call("PATCH", f"/suppliers/{case.supplier_id}", {"brands": []}, token=case.key)

    assert holder_of("Northern", case.admin) is None


def test_a_brand_that_another_holds_stays_with_it(case: Case) -> None:
    commit(suppliers.claiming_brand("northern", "sup_other"))

    call("PATCH", f"/suppliers/{case.supplier_id}", {"brands": []}, token=case.key)
    case.ask("termination")

    assert holder_of("Northern", case.admin) == "sup_other"


def holder_of(name: str, admin: str) -> Any:
    return call("GET", f"/admin/brands?name={name.replace(' ', '%20')}", token=admin).json["supplier_id"]
