"""API keys: made, limited, changed over, revoked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from api import Reply, call
from bodies import a_registration, an_offer_body

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def registered() -> dict[str, Any]:
    return call("POST", "/suppliers", a_registration()).json


def target(registered: dict[str, Any], below: str = "/api-keys") -> str:
    return f"/suppliers/{registered['supplier']['supplier_id']}{below}"


def make(registered: dict[str, Any], body: dict[str, Any] | None = None, token: str | None = None) -> Reply:
    return call("POST", target(registered), body or {}, token=token or registered["api_key"])


def revoke(registered: dict[str, Any], key: dict[str, Any]) -> Reply:
    return call("DELETE", target(registered, f"/api-keys/{key['key_id']}"), token=registered["api_key"])


def listed(registered: dict[str, Any], token: str) -> list[dict[str, Any]]:
    return call("GET", target(registered), token=token).json["items"]


def test_a_further_key_works_beside_the_first_until_it_is_revoked(registered: dict[str, Any]) -> None:
    made = make(registered, {"label": "shop"})
    with_new = call("GET", target(registered, ""), token=made.json["api_key"])
    revoked = revoke(registered, made.json)
    after = call("GET", target(registered, ""), token=made.json["api_key"])
    again = revoke(registered, made.json)

    assert (made.status, with_new.status) == (201, 200)
    assert (revoked.status, again.status) == (204, 204)
    assert (after.status, after.code) == (401, "CREDENTIALS_INVALID")


def test_a_third_key_has_to_wait_until_one_is_revoked(registered: dict[str, Any]) -> None:
    second = make(registered)

    third = make(registered)
    revoke(registered, second.json)

    assert (third.status, third.code) == (409, "TOO_MANY_KEYS")
    assert make(registered).status == 201


def test_of_keys_made_at_the_same_moment_two_work(registered: dict[str, Any], serialised: None) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: make(registered), range(4)))

    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]


def test_a_supplier_changes_over_to_a_new_key_without_a_gap(registered: dict[str, Any]) -> None:
    first = listed(registered, registered["api_key"])[0]

    second = make(registered).json["api_key"]
    call("DELETE", target(registered, f"/api-keys/{first['key_id']}"), token=second)

    assert call("GET", target(registered, ""), token=second).status == 200
    assert call("GET", target(registered, ""), token=registered["api_key"]).status == 401


def test_the_last_key_may_be_revoked_and_an_administrator_makes_the_next(
    registered: dict[str, Any], admin: str
) -> None:
    first = listed(registered, registered["api_key"])[0]

    revoke(registered, first)
    made = make(registered, token=admin)

    assert made.status == 201
    assert call("GET", target(registered, ""), token=made.json["api_key"]).status == 200


@pytest.mark.parametrize(
    ("scope", "answers"),
    [("profile", (200, 403, 403)), ("offers", (403, 201, 403)), ("orders", (403, 403, 200))],
)
def test_a_key_opens_what_its_scopes_say(
    registered: dict[str, Any], scope: str, answers: tuple[int, ...]
) -> None:
    token = make(registered, {"scopes": [scope]}).json["api_key"]

    replies = (
        call("GET", target(registered, ""), token=token),
        call("PUT", target(registered, "/offers/A"), an_offer_body(), token=token),
        call("GET", target(registered, "/orders"), token=token),
    )

    assert tuple(reply.status for reply in replies) == answers
    assert {reply.code for reply in replies if reply.status == 403} == {"INSUFFICIENT_SCOPE"}


def test_a_key_makes_none_that_opens_more_than_it_does(registered: dict[str, Any]) -> None:
    limited = make(registered, {"scopes": ["profile"]}).json["api_key"]
    first = listed(registered, limited)[0]
    revoke(registered, first)

    more = make(registered, {"scopes": ["profile", "orders"]}, token=limited)
    same = make(registered, token=limited)

    assert (more.status, more.code) == (403, "INSUFFICIENT_SCOPE")
    assert same.json["scopes"] == ["profile"]


def test_a_key_without_scopes_of_its_own_opens_everything(registered: dict[str, Any]) -> None:
    assert make(registered).json["scopes"] == ["offers", "orders", "profile"]
    assert make(registered, {"scopes": ["everything"]}).faults == {"/scopes/0": "INVALID_VALUE"}


def test_a_mistyped_key_is_refused_without_a_read(registered: dict[str, Any]) -> None:
    key = registered["api_key"]
    boto3.client("dynamodb").delete_table(TableName="marketplace-test")

    reply = call("GET", target(registered, ""), token=key[:40] + key[41] + key[40] + key[42:])

    assert (reply.status, reply.code) == (401, "CREDENTIALS_INVALID")


def test_a_list_of_keys_shows_no_secret_and_goes_on_where_it_stopped(registered: dict[str, Any]) -> None:
    token, made = registered["api_key"], []
    for number in range(3):
        made.append(make(registered, {"label": str(number)}).json)
        revoke(registered, made[-1])

    first = call("GET", target(registered) + "?limit=3", token=token)
    second = call("GET", f"{target(registered)}?limit=3&cursor={first.json['next_cursor']}", token=token)

    keys = [*first.json["items"], *second.json["items"]]
    assert [key["label"] for key in keys] == ["", "0", "1", "2"]
    assert [bool(key["revoked_at"]) for key in keys] == [False, True, True, True]
    assert second.json["next_cursor"] is None
    assert not any(key["api_key"] in first.text + second.text for key in made)


def test_a_key_made_twice_under_one_idempotency_key_is_one_key(registered: dict[str, Any]) -> None:
    headers, token = {"Idempotency-Key": "k"}, registered["api_key"]

    first = call("POST", target(registered), {}, token=token, headers=headers)
    again = call("POST", target(registered), {}, token=token, headers=headers)

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(listed(registered, token)) == 2
