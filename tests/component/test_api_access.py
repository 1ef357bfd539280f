"""Who may call what: every route, every kind of caller."""

import time
from typing import Any

import jwt
import pytest
from api import app, call
from bodies import a_registration
from identity_provider import AUDIENCE, Provider

from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.storage.items import Item

pytestmark = pytest.mark.usefixtures("aws")

ANYONE, OWN, OWN_OR_ADMIN, ORDER_OR_ADMIN, ADMIN = "anyone", "own", "own or admin", "order or admin", "admin"

WHO = {
    "GET /health": ANYONE,
    "GET /openapi.json": ANYONE,
    "GET /docs": ANYONE,
    "GET /console": ANYONE,
    "GET /console/{name}": ANYONE,
    "POST /suppliers": ANYONE,
    "GET /suppliers/{supplier_id}": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/explain": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/offers/{sku}/explain": OWN_OR_ADMIN,
    "PATCH /suppliers/{supplier_id}": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/order-api/test": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/signing-secret": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/health": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/api-keys": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/api-keys": OWN_OR_ADMIN,
    "DELETE /suppliers/{supplier_id}/api-keys/{key_id}": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/corrections/{correction_id}/reversal": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/suggestions/acceptance": OWN,
    "POST /suppliers/{supplier_id}/offers/{sku}/suggestions/acceptance": OWN,
    "GET /suppliers/{supplier_id}/offers": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/offers/{sku}": OWN_OR_ADMIN,
    "PUT /suppliers/{supplier_id}/offers/{sku}": OWN,
    "PATCH /suppliers/{supplier_id}/offers/{sku}": OWN,
    "DELETE /suppliers/{supplier_id}/offers/{sku}": OWN,
    "PUT /suppliers/{supplier_id}/offers/{sku}/stock": OWN,
    "POST /suppliers/{supplier_id}/offer-validations": OWN,
    "POST /suppliers/{supplier_id}/imports": OWN,
    "GET /suppliers/{supplier_id}/imports": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/imports/{import_id}": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/imports/{import_id}/cancellation": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/imports/{import_id}/issues": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/imports/{import_id}/failed-rows": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/offer-updates": OWN,
    "GET /products": ANYONE,
    "GET /products/{product_id}": ANYONE,
    "GET /products/by-gtin/{gtin}": ANYONE,
    "POST /orders": ANYONE,
    "POST /orders/{order_id}/payment-confirmation": ORDER_OR_ADMIN,
    "GET /orders/{order_id}/lines/{line_id}/explain": ADMIN,
    "GET /orders/{order_id}": ORDER_OR_ADMIN,
    "PATCH /orders/{order_id}": ORDER_OR_ADMIN,
    "GET /suppliers/{supplier_id}/inventory": OWN_OR_ADMIN,
    "GET /admin/inventory": ADMIN,
    "POST /orders/{order_id}/cancellation": ORDER_OR_ADMIN,
    "GET /suppliers/{supplier_id}/orders": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/orders/{supplier_order_id}": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/orders/{supplier_order_id}/acceptance": OWN,
    "POST /suppliers/{supplier_id}/orders/{supplier_order_id}/cancellation-answer": OWN,
    "POST /suppliers/{supplier_id}/orders/{supplier_order_id}/shipments": OWN,
    "POST /suppliers/{supplier_id}/orders/{supplier_order_id}/shipments/{shipment_id}/delivery": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/orders/{supplier_order_id}/refunds": OWN_OR_ADMIN,
    "POST /orders/{order_id}/returns": ORDER_OR_ADMIN,
    "POST /orders/{order_id}/returns/{return_id}/cancellation": ORDER_OR_ADMIN,
    "GET /suppliers/{supplier_id}/returns": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/returns/{return_id}": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/returns/{return_id}/acceptance": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/returns/{return_id}/refusal": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/returns/{return_id}/receipt": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/webhooks": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/webhooks": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/webhooks/{webhook_id}": OWN_OR_ADMIN,
    "PATCH /suppliers/{supplier_id}/webhooks/{webhook_id}": OWN_OR_ADMIN,
    "DELETE /suppliers/{supplier_id}/webhooks/{webhook_id}": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/webhooks/{webhook_id}/signing-secret": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/webhooks/{webhook_id}/ping": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/webhooks/{webhook_id}/deliveries": OWN_OR_ADMIN,
    "POST /suppliers/{supplier_id}/webhooks/{webhook_id}/replay": OWN_OR_ADMIN,
    "POST /fee-quotes": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/orders/{supplier_order_id}/lines/{line_id}/explain": OWN_OR_ADMIN,
    "GET /admin/commission-rules": ADMIN,
    "PUT /admin/commission-rules": ADMIN,
    "GET /admin/commission-rules/versions": ADMIN,
    "GET /suppliers/{supplier_id}/ledger": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/ledger/{entry_id}": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/balance": OWN_OR_ADMIN,
    "GET /admin/orders/{order_id}/ledger": ADMIN,
    "GET /suppliers/{supplier_id}/statements": OWN_OR_ADMIN,
    "GET /suppliers/{supplier_id}/statements/{period}": OWN_OR_ADMIN,
    "POST /admin/statements/{period}/close": ADMIN,
    "GET /admin/payouts": ADMIN,
    "GET /admin/payouts/{payout_id}": ADMIN,
    "POST /admin/payouts/{payout_id}/result": ADMIN,
    "GET /suppliers/{supplier_id}/payouts": OWN_OR_ADMIN,
    "GET /admin/suppliers/{supplier_id}/payout-terms": ADMIN,
    "PUT /admin/suppliers/{supplier_id}/payout-terms": ADMIN,
    "POST /admin/payout-files": ADMIN,
    "GET /admin/payout-files/{file_id}": ADMIN,
    "GET /admin/statements/{period}": ADMIN,
    "POST /admin/reconciliations": ADMIN,
    "GET /admin/reconciliations/latest": ADMIN,
    "POST /admin/suppliers/{supplier_id}/ledger-entries": ADMIN,
    "POST /admin/suppliers/{supplier_id}/ledger-entries/{posting_id}/reversal": ADMIN,
    "GET /admin/settlements": ADMIN,
    "POST /admin/supplier-orders/{supplier_order_id}/attempts/{attempt_id}/settlement": ADMIN,
    "POST /admin/orders/{order_id}/reallocation": ADMIN,
    "GET /admin/reviews": ADMIN,
    "GET /admin/reviews/{review_id}": ADMIN,
    "POST /admin/reviews/{review_id}/claim": ADMIN,
    "POST /admin/reviews/{review_id}/release": ADMIN,
    "POST /admin/reviews/{review_id}/resolution": ADMIN,
    "GET /admin/metrics": ADMIN,
    "POST /admin/reviews/{review_id}/lessons": ADMIN,
    "POST /admin/reviews/resolutions": ADMIN,
    "POST /admin/reviews/claims": ADMIN,
    "POST /admin/reviews/releases": ADMIN,
    "PATCH /admin/suppliers/{supplier_id}": ADMIN,
    "POST /admin/suppliers/{supplier_id}/suspension": ADMIN,
    "POST /admin/suppliers/{supplier_id}/reinstatement": ADMIN,
    "POST /admin/suppliers/{supplier_id}/termination": ADMIN,
    "GET /admin/brands": ADMIN,
    "PATCH /admin/suppliers/{supplier_id}/offers/{sku}": ADMIN,
    "GET /admin/authorizations": ADMIN,
    "PUT /admin/authorizations": ADMIN,
    "GET /admin/rule-settings": ADMIN,
    "PUT /admin/rule-settings": ADMIN,
    "GET /admin/rule-settings/versions": ADMIN,
    "GET /admin/rule-settings/versions/{version}": ADMIN,
    "POST /admin/rules/{rule}/reversals": ADMIN,
    "GET /admin/rules/{rule}/reversals": ADMIN,
    "GET /admin/rules/{rule}/reversals/{reversal_id}": ADMIN,
    "PUT /admin/channels/shopify/{shop}": ADMIN,
    "GET /admin/channels/shopify/{shop}": ADMIN,
    "DELETE /admin/channels/shopify/{shop}": ADMIN,
    "GET /admin/channels/shopify": ADMIN,
    "GET /admin/channels/shopify/{shop}/refused-orders": ADMIN,
    "POST /admin/webhooks": ADMIN,
    "GET /admin/webhooks": ADMIN,
    "GET /admin/webhooks/{webhook_id}": ADMIN,
    "PATCH /admin/webhooks/{webhook_id}": ADMIN,
    "DELETE /admin/webhooks/{webhook_id}": ADMIN,
    "POST /admin/webhooks/{webhook_id}/signing-secret": ADMIN,
    "POST /admin/webhooks/{webhook_id}/ping": ADMIN,
    "GET /admin/webhooks/{webhook_id}/deliveries": ADMIN,
    "POST /admin/webhooks/{webhook_id}/replay": ADMIN,
    "GET /admin/dead-letters": ADMIN,
    "POST /admin/dead-letters/redrive": ADMIN,
}
"""As the contract says it."""

SIGNED = {"POST /channels/shopify/orders"}
"""Whoever calls, the body's signature opens them and nothing else."""

REFUSED = (401, 403)
ORDER_ID = "ord_abc"


@pytest.fixture
def supplier() -> dict[str, Any]:
    return call("POST", "/suppliers", a_registration()).json


def answers(supplier_id: str, token: str | None) -> dict[str, int]:
    """What each route answers to this token. Routes of dead letters wait for queues: asked once, below."""
    return {name: ask(name, supplier_id, token) for name in WHO}


def ask(name: str, supplier_id: str, token: str | None) -> int:
    method, route = name.split()
    path = route.replace("{supplier_id}", supplier_id).replace("{order_id}", ORDER_ID)
    for parameter in (
        "key_id",
        "import_id",
        "sku",
        "product_id",
        "gtin",
        "supplier_order_id",
        "attempt_id",
        "review_id",
        "name",
        "shop",
        "webhook_id",
        "entry_id",
        "posting_id",
    ):
        path = path.replace(f"{{{parameter}}}", "unknown")
    body = None if method in ("GET", "DELETE") else {}
    return call(method, path, body, token=token).status


def test_the_routes_are_those_of_the_contract() -> None:
    routes = {f"{method} {path}" for path, methods in app.routes.items() for method in methods}

    assert routes == set(WHO) | SIGNED


@pytest.mark.parametrize("name", sorted(SIGNED))
def test_a_signed_route_takes_nobodys_credentials(supplier: dict[str, Any], admin: str, name: str) -> None:
    for token in (None, supplier["api_key"], admin):
        assert ask(name, supplier["supplier"]["supplier_id"], token) == 401


def test_without_credentials_only_public_routes_answer(supplier: dict[str, Any]) -> None:
    statuses = answers(supplier["supplier"]["supplier_id"], None)

    assert {name for name, status in statuses.items() if status == 401} == {
        name for name, who in WHO.items() if who != ANYONE
    }


def test_a_supplier_reaches_its_own_routes_and_no_others(supplier: dict[str, Any]) -> None:
    statuses = answers(supplier["supplier"]["supplier_id"], supplier["api_key"])

    for name, who in WHO.items():
        if who in (ANYONE, OWN, OWN_OR_ADMIN):
            assert statuses[name] not in REFUSED, name
        elif name.startswith("PATCH /admin/suppliers") or "{supplier_id}" not in name:
            assert statuses[name] == 403, name


def test_another_suppliers_routes_are_not_found_and_nothing_happens(supplier: dict[str, Any]) -> None:
    other = call("POST", "/suppliers", a_registration(tax_id="DE129273398")).json
    before = sorted((item.pk, item.sk, int(item.version)) for item in Item.scan())

    statuses = answers(supplier["supplier"]["supplier_id"], other["api_key"])

    for name in WHO:
        if "{supplier_id}" in name:
            assert statuses[name] == 404, name
    assert sorted((item.pk, item.sk, int(item.version)) for item in Item.scan()) == before


def test_an_order_token_opens_its_own_order_only(supplier: dict[str, Any]) -> None:
    token = credentials.order_token(master_secret(), "ord_other")

    statuses = answers(supplier["supplier"]["supplier_id"], token)

    for name, who in WHO.items():
        if "{order_id}" in name:
            assert statuses[name] == 404, name
        elif who != ANYONE:
            assert statuses[name] == 403, name


def test_an_administrator_reaches_everything_but_what_only_suppliers_do(
    supplier: dict[str, Any], admin: str
) -> None:
    statuses = answers(supplier["supplier"]["supplier_id"], admin)

    for name, who in WHO.items():
        assert (statuses[name] == 403) == (who == OWN), name
        assert statuses[name] != 401, name


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("groups", [None, [], ["others"], "marketplace-admins"])
def test_a_user_who_is_no_administrator_is_forbidden_everywhere(
    supplier: dict[str, Any], provider: Provider, groups: Any
) -> None:
    token = provider.token(**{"cognito:groups": groups})

    statuses = answers(supplier["supplier"]["supplier_id"], token)

    for name, who in WHO.items():
        assert (statuses[name] == 403) == (who != ANYONE), name


@pytest.mark.parametrize(
    "authorization",
    ["Basic abc", "Bearer", "Bearer ", "Bearer x", "Bearer mk_x", "Bearer a.b.c", "Bearer ot_short", "mk_x"],
)
@pytest.mark.usefixtures("admin")
def test_what_is_no_credential_is_unauthorised(supplier: dict[str, Any], authorization: str) -> None:
    target = f"/suppliers/{supplier['supplier']['supplier_id']}"

    reply = call("GET", target, headers={"Authorization": authorization})

    assert (reply.status, reply.code) == (401, "CREDENTIALS_INVALID")


def test_a_key_with_one_character_changed_is_unauthorised(supplier: dict[str, Any]) -> None:
    target, key = f"/suppliers/{supplier['supplier']['supplier_id']}", supplier["api_key"]

    forged = key[:-1] + ("A" if key[-1] != "A" else "B")

    assert call("GET", target, token=forged).status == 401


def test_the_bearer_scheme_is_read_in_any_case(supplier: dict[str, Any]) -> None:
    target = f"/suppliers/{supplier['supplier']['supplier_id']}"

    assert call("GET", target, headers={"AUTHORIZATION": f"bearer  {supplier['api_key']}"}).status == 200


def test_the_day_of_a_keys_last_use_is_kept(supplier: dict[str, Any]) -> None:
    target = f"/suppliers/{supplier['supplier']['supplier_id']}/api-keys"

    call("GET", target, token=supplier["api_key"])
    listed = call("GET", target, token=supplier["api_key"]).json["items"]

    assert listed[0]["last_used_on"] == listed[0]["created_at"][:10]


@pytest.mark.usefixtures("admin")
def test_an_id_token_is_as_good_as_an_access_token(provider: Provider) -> None:
    token = provider.token(token_use="id", aud=AUDIENCE, client_id=None)

    assert call("GET", "/admin/reviews", token=token).status == 200


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"token_use": "refresh"},
        {"token_use": None},
        {"client_id": "other-app"},
        {"client_id": None, "aud": AUDIENCE},
        {"token_use": "id"},
        {"sub": None},
        {"nbf": int(time.time()) + 600},
    ],
)
def test_a_token_that_is_not_current_or_not_for_us_is_unauthorised(
    provider: Provider, claims: dict[str, Any]
) -> None:
    assert call("GET", "/admin/reviews", token=provider.token(**claims)).status == 401


@pytest.mark.usefixtures("admin")
def test_a_token_signed_by_another_algorithm_is_unauthorised(provider: Provider) -> None:
    forged = provider.token(algorithm="HS256", key="s" * 64)

    assert call("GET", "/admin/reviews", token=forged).status == 401


@pytest.mark.usefixtures("admin")
def test_an_unsigned_token_is_unauthorised(provider: Provider) -> None:
    claims = jwt.decode(provider.token(), options={"verify_signature": False})

    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": "first"})

    assert call("GET", "/admin/reviews", token=unsigned).status == 401


def test_a_new_key_of_the_provider_is_fetched_but_not_at_every_guess(
    provider: Provider, admin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("GET", "/admin/reviews", token=admin)
    monkeypatch.setattr("chalicelib.clients.identity.REFETCH_FLOOR_SECONDS", 0)
    provider.add_key("second")
    rotated = call("GET", "/admin/reviews", token=provider.token(key_id="second"))
    monkeypatch.setattr("chalicelib.clients.identity.REFETCH_FLOOR_SECONDS", 600)
    fetches = provider.fetches

    guesses = {
        call("GET", "/admin/reviews", token=provider.token(key_id=name, key=provider.keys["first"])).status
        for name in ("guess-1", "guess-2")
    }

    assert rotated.status == 200
    assert guesses == {401}
    assert provider.fetches == fetches


def test_a_provider_that_does_not_answer_is_no_reason_to_let_anybody_in(
    provider: Provider, admin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_JWKS_URL", "http://127.0.0.1:4910/nobody-listens")

    reply = call("GET", "/admin/reviews", token=admin)

    assert (reply.status, reply.code) == (503, "IDENTITY_PROVIDER_UNAVAILABLE")
    assert reply.headers["Retry-After"] == "5"
