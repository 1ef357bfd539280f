"""A supplier changes the secret that calls to it are signed with, without a gap."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from api import Reply, call
from bodies import a_registration

from chalicelib import clock
from chalicelib.clients import trial_orders
from chalicelib.clients.trial_orders import Target
from chalicelib.services import signing_secrets, validate_suppliers
from chalicelib.storage import suppliers
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


class Case:
    def __init__(self, server: ReferenceSupplier) -> None:
        self.server = server
        registered = call("POST", "/suppliers", a_registration(order_api=server.order_api)).json
        self.supplier_id, self.token = registered["supplier"]["supplier_id"], registered["api_key"]
        self.first = registered["signing_secret"]

    def change(self, key: str | None = None) -> Reply:
        headers = {"Idempotency-Key": key} if key else {}
        target = f"/suppliers/{self.supplier_id}/signing-secret"
        return call("POST", target, token=self.token, headers=headers)

    def verifies(self, secret: str) -> bool:
        """Whether a supplier that has this secret takes our calls for ours."""
        self.server.signing_secret = secret
        supplier = suppliers.get(self.supplier_id)
        assert supplier is not None
        target = Target(self.server.order_api, signing_secrets.of(supplier))
        return trial_orders.place(target, trial_orders.new_order()).reason is None


def test_for_a_day_both_secrets_sign_and_then_the_new_one_alone(server: ReferenceSupplier) -> None:
    case = Case(server)
    with time_machine.travel(clock.now(), tick=False) as travel:
        changed = case.change()
        second = changed.json["signing_secret"]
        until = clock.timestamp(clock.now() + signing_secrets.OVERLAP)
        shown = call("GET", f"/suppliers/{case.supplier_id}", token=case.token).text

        assert (changed.status, changed.json["others_until"]) == (201, until)
        assert second != case.first
        assert second not in shown
        assert (case.verifies(case.first), case.verifies(second)) == (True, True)
        travel.shift(signing_secrets.OVERLAP)
        assert (case.verifies(case.first), case.verifies(second)) == (False, True)


def test_a_replay_shows_the_same_secret_and_changes_nothing(server: ReferenceSupplier) -> None:
    case = Case(server)

    first, again = case.change("key-1"), case.change("key-1")

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert case.change("key-2").json["generation"] == 3


def test_what_the_supplier_has_installed_signs_though_it_lost_a_secret_meanwhile(
    server: ReferenceSupplier,
) -> None:
    case = Case(server)
    with time_machine.travel(clock.now(), tick=False) as travel:
        case.change()
        travel.shift(timedelta(hours=23))
        third = case.change().json["signing_secret"]
        travel.shift(timedelta(hours=23))

        assert (case.verifies(case.first), case.verifies(third)) == (True, True)
        refused = case.change()
        assert (refused.status, refused.code) == (409, "TOO_MANY_SECRETS")


def test_a_profile_that_is_changed_meanwhile_is_not_doubted_for_it(server: ReferenceSupplier) -> None:
    case = Case(server)
    case.change()
    server.signing_secret = case.first
    supplier = suppliers.get(case.supplier_id)
    assert supplier is not None

    assert validate_suppliers._try_order_api(supplier, has_network=lambda: True).status == 200
