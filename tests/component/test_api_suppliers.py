from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from api import Reply, call
from bodies import a_registration

from chalicelib.storage.items import Item

pytestmark = pytest.mark.usefixtures("aws")


def register(**fields: Any) -> dict[str, Any]:
    reply = call("POST", "/suppliers", a_registration(**fields))
    assert reply.status == 202, reply.text
    return reply.json


def everything_stored() -> list[str]:
    return sorted(f"{item.pk}|{item.sk}" for item in Item.scan())


def test_a_registration_is_answered_with_the_supplier_and_its_secrets() -> None:
    reply = call("POST", "/suppliers", a_registration())

    supplier = reply.json["supplier"]
    assert reply.status == 202
    assert reply.headers["Location"] == f"/v1/suppliers/{supplier['supplier_id']}"
    assert supplier["status"] == "ONBOARDING"
    assert supplier["validation_state"] == "PENDING"
    assert supplier["legal_name"] == "North Goods GmbH"
    assert reply.json["api_key"].startswith("mk_")
    assert reply.json["signing_secret"].startswith("whsec_")


def test_a_new_key_reads_its_own_supplier_at_once() -> None:
    registered = register()
    supplier_id = registered["supplier"]["supplier_id"]

    reply = call("GET", f"/suppliers/{supplier_id}", token=registered["api_key"])

    assert reply.status == 200
    assert reply.etag == '"1"'
    assert "api_key" not in reply.text
    assert "signing_secret" not in reply.text


@pytest.mark.parametrize(
    "again",
    [
        {"tax_id": "de136695976"},
        {"tax_id": "DE-136.695.976", "country": "Germany"},
        {"legal_name": "Somebody Else", "country": "de"},
    ],
)
def test_the_same_country_and_tax_id_however_written_is_one_supplier(again: dict[str, Any]) -> None:
    register()

    reply = call("POST", "/suppliers", a_registration(**again))

    assert (reply.status, reply.code) == (409, "SUPPLIER_EXISTS")


def test_the_same_tax_id_in_another_country_is_another_supplier() -> None:
    register()

    register(country="AT")


def test_two_registrations_at_once_make_one_supplier(serialised: None) -> None:
    def attempt(number: int) -> Reply:
        return call("POST", "/suppliers", a_registration(legal_name=f"Racer {number}"))

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(reply.status for reply in pool.map(attempt, range(4)))

    assert statuses == [202, 409, 409, 409]
    assert sum(key.endswith("|PROFILE") for key in everything_stored()) == 1


def test_doubtful_content_is_left_to_validation() -> None:
    doubtful = a_registration(
        tax_id="not a number",
        country="Atlantis",
        website="nowhere",
        brands=[],
        contact={"name": "?", "email": "no at sign", "phone": "call me"},
    )

    assert call("POST", "/suppliers", doubtful).status == 202


def test_every_fault_of_a_body_is_named_by_pointer_and_code() -> None:
    body = a_registration(surprise=1, accepts_image_standard="yes", brands=[{"name": "", "owned": 1}])
    del body["legal_name"]
    body["contact"]["fax"] = "1"

    reply = call("POST", "/suppliers", body)

    assert reply.status == 422
    assert reply.faults == {
        "/accepts_image_standard": "INVALID_VALUE",
        "/brands/0/name": "INVALID_VALUE",
        "/brands/0/owned": "INVALID_VALUE",
        "/contact/fax": "UNKNOWN_FIELD",
        "/legal_name": "MISSING_FIELD",
        "/surprise": "UNKNOWN_FIELD",
    }
    assert everything_stored() == []


def test_the_same_key_and_body_is_answered_again_with_the_same_secrets() -> None:
    headers = {"Idempotency-Key": "first try"}
    first = call("POST", "/suppliers", a_registration(), headers=headers)

    again = call("POST", "/suppliers", dict(reversed(a_registration().items())), headers=headers)

    assert again.status == 202
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_the_same_key_with_another_body_is_refused() -> None:
    headers = {"Idempotency-Key": "first try"}
    call("POST", "/suppliers", a_registration(), headers=headers)

    reply = call("POST", "/suppliers", a_registration(display_name="Other"), headers=headers)

    assert (reply.status, reply.code) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_no_secret_is_stored() -> None:
    headers = {"Idempotency-Key": "first try"}
    registered = call("POST", "/suppliers", a_registration(), headers=headers).json

    stored = str([item.to_dynamodb_dict() for item in Item.scan()])

    assert registered["api_key"] not in stored
    assert registered["signing_secret"] not in stored


def test_a_patch_changes_what_it_names_and_sends_it_to_validation_again() -> None:
    registered = register()
    target = f"/suppliers/{registered['supplier']['supplier_id']}"

    reply = call(
        "PATCH",
        target,
        {"website": "https://new.example", "contact": {"phone": "+49 30 7654321"}},
        token=registered["api_key"],
        headers={"Content-Type": "application/merge-patch+json", "If-Match": '"1"'},
    )

    assert reply.status == 200
    assert reply.etag == '"2"'
    assert reply.json["website"] == "https://new.example"
    assert reply.json["contact"] == {
        "name": "Nora North",
        "email": "nora@north.example",
        "phone": "+49 30 7654321",
    }


def test_a_patch_of_nothing_new_changes_nothing() -> None:
    registered = register()
    target = f"/suppliers/{registered['supplier']['supplier_id']}"

    reply = call("PATCH", target, {"country": "DE"}, token=registered["api_key"])

    assert (reply.status, reply.etag) == (200, '"1"')


def test_a_patch_of_a_stale_version_is_refused() -> None:
    registered = register()
    target = f"/suppliers/{registered['supplier']['supplier_id']}"
    call("PATCH", target, {"display_name": "New"}, token=registered["api_key"])

    reply = call(
        "PATCH", target, {"display_name": "Newer"}, token=registered["api_key"], headers={"If-Match": '"1"'}
    )

    assert (reply.status, reply.code) == (412, "STALE_VERSION")


def test_null_takes_an_optional_field_away_and_no_other() -> None:
    registered = register(inventory_api={"url": "https://north.example/stock"})
    target = f"/suppliers/{registered['supplier']['supplier_id']}"

    gone = call("PATCH", target, {"inventory_api": None}, token=registered["api_key"])
    refused = call("PATCH", target, {"legal_name": None, "nonsense": None}, token=registered["api_key"])

    assert "inventory_api" not in gone.json
    assert refused.faults == {"/nonsense": "UNKNOWN_FIELD"}
    assert call("PATCH", target, {"legal_name": None}, token=registered["api_key"]).faults == {
        "/legal_name": "MISSING_FIELD"
    }


def test_a_supplier_does_not_choose_what_it_is_charged(admin: str) -> None:
    registered = register(commission_plan="basic")
    target = f"/suppliers/{registered['supplier']['supplier_id']}"

    chosen = call("PATCH", target, {"commission_plan": "gold"}, token=registered["api_key"])

    assert chosen.faults == {"/commission_plan": "NOT_YOURS_TO_SET"}
    assert call("PATCH", target, {"commission_plan": None}, token=registered["api_key"]).status == 422
    assert call("PATCH", target, {"commission_plan": "gold"}, token=admin).json["commission_plan"] == "gold"


def test_a_changed_tax_id_is_held_and_the_old_one_let_go() -> None:
    registered = register()
    target = f"/suppliers/{registered['supplier']['supplier_id']}"
    register(tax_id="DE129273398")

    taken = call("PATCH", target, {"tax_id": "DE 129 273 398"}, token=registered["api_key"])
    moved = call("PATCH", target, {"tax_id": "DE811569869"}, token=registered["api_key"])

    assert (taken.status, taken.code) == (409, "SUPPLIER_EXISTS")
    assert moved.status == 200
    register()


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "surprise=1"])
def test_a_bad_query_is_refused(query: str) -> None:
    registered = register()
    target = f"/suppliers/{registered['supplier']['supplier_id']}/api-keys?{query}"

    assert call("GET", target, token=registered["api_key"]).status == 422


@pytest.mark.parametrize("cursor", ["x", "e30", "bnVsbA", "eyJQSyI6ICJhIn0", "%F0%9F%92%A9"])
def test_a_cursor_that_was_not_given_out_is_refused(cursor: str) -> None:
    registered = register()
    target = f"/suppliers/{registered['supplier']['supplier_id']}/api-keys?cursor={cursor}"

    reply = call("GET", target, token=registered["api_key"])

    assert (reply.status, reply.code) == (400, "INVALID_CURSOR")
