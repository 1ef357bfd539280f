"""Suppliers: registration, profile, API keys."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import ANY_TYPE, JSON_BODY, PATCH_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import suppliers as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.auth import Role
from chalicelib.services import (
    api_keys,
    change_supplier,
    idempotency,
    read_health,
    signing_secrets,
    try_order_api,
)
from chalicelib.services import explain_supplier as explanation
from chalicelib.services import register_supplier as registration

bp = Blueprint(__name__)


@bp.route("/suppliers", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Register as a supplier; validation follows",
    body=schemas.RegistrationSchema(),
    answers={202: schemas.RegisteredSchema()},
    problems={409: "SUPPLIER_EXISTS"},
    idempotency_key="optional",
)
def register_supplier(call: Call) -> Answer:
    marked = idempotency.request(
        call.idempotency_key, caller=call.caller.name, route="POST /suppliers", body=call.body
    )
    outcome = registration.register(call.body, marked=marked)
    supplier = outcome.answer["supplier"]
    return Answer(
        202,
        outcome.answer,
        etag=etag(supplier["version"]),
        location=f"/suppliers/{supplier['supplier_id']}",
        replayed=outcome.replayed,
    )


@bp.route("/suppliers/{supplier_id}")
@endpoint("Read a supplier", answers={200: schemas.SupplierSchema()})
def read_supplier(_call: Call, supplier_id: str) -> Answer:
    supplier = change_supplier.read(supplier_id)
    return Answer(200, supplier, etag=etag(supplier["version"]))


@bp.route("/suppliers/{supplier_id}/health")
@endpoint(
    "How well a supplier serves its orders, and whether its order API is called at the moment",
    answers={200: schemas.SupplierHealthSchema()},
)
def read_supplier_health(_call: Call, supplier_id: str) -> Answer:
    return Answer(200, read_health.read(supplier_id))


@bp.route("/suppliers/{supplier_id}/explain")
@endpoint(
    "Why a supplier is open or is not, and what to do next",
    answers={200: schemas.SupplierExplanationSchema()},
)
def explain_supplier(call: Call, supplier_id: str) -> Answer:
    names_people = call.caller.role is Role.ADMIN
    return Answer(200, explanation.explain(supplier_id, names_people=names_people))


@bp.route("/suppliers/{supplier_id}", methods=["PATCH"], content_types=PATCH_BODY)
@endpoint(
    "Change a supplier's profile",
    patch=schemas.RegistrationSchema(),
    answers={200: schemas.SupplierSchema()},
    problems={409: "SUPPLIER_EXISTS, SUPPLIER_CLOSED"},
    if_match="optional",
)
def change_supplier_profile(call: Call, supplier_id: str) -> Answer:
    supplier = change_supplier.change(
        supplier_id,
        changed=call.changed,
        expected=call.expected,
        by_administrator=call.caller.role is Role.ADMIN,
    )
    return Answer(200, supplier, etag=etag(supplier["version"]))


@bp.route("/suppliers/{supplier_id}/order-api/test", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Send a signed test order to the supplier's order API",
    answers={200: schemas.OrderApiTrialSchema()},
    problems={409: "SUPPLIER_CLOSED"},
)
def try_supplier_order_api(_call: Call, supplier_id: str) -> Answer:
    return Answer(200, try_order_api.try_order_api(supplier_id))


@bp.route("/suppliers/{supplier_id}/signing-secret", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Change the secret that calls to the supplier are signed with; the old one signs besides for a day",
    answers={201: schemas.ChangedSecretSchema()},
    problems={409: "TOO_MANY_SECRETS, SUPPLIER_CLOSED"},
    idempotency_key="optional",
)
def change_signing_secret(call: Call, supplier_id: str) -> Answer:
    route = f"POST /suppliers/{supplier_id}/signing-secret"
    marked = idempotency.request(call.idempotency_key, caller=call.caller.name, route=route, body=None)
    outcome = signing_secrets.change(supplier_id, marked=marked)
    return Answer(201, outcome.answer, replayed=outcome.replayed)


@bp.route("/suppliers/{supplier_id}/api-keys", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Make a further API key; two work at a time",
    body=schemas.NewApiKeySchema(),
    answers={201: schemas.CreatedApiKeySchema()},
    problems={409: "TOO_MANY_KEYS, SUPPLIER_CLOSED"},
    idempotency_key="optional",
)
def create_api_key(call: Call, supplier_id: str) -> Answer:
    route = f"POST /suppliers/{supplier_id}/api-keys"
    marked = idempotency.request(call.idempotency_key, caller=call.caller.name, route=route, body=call.body)
    outcome = api_keys.create(
        supplier_id,
        label=call.body.get("label", ""),
        scopes=call.body.get("scopes"),
        held=call.caller.scopes,
        marked=marked,
    )
    return Answer(201, outcome.answer, replayed=outcome.replayed)


@bp.route("/suppliers/{supplier_id}/api-keys")
@endpoint(
    "List API keys, without their secrets",
    query=PageQuerySchema(),
    answers={200: schemas.ApiKeyPageSchema()},
)
def list_api_keys(call: Call, supplier_id: str) -> Answer:
    return Answer(200, api_keys.page(supplier_id, limit=call.query["limit"], cursor=call.query.get("cursor")))


@bp.route("/suppliers/{supplier_id}/api-keys/{key_id}", methods=["DELETE"])
@endpoint("Revoke an API key, at once", answers={204: None})
def revoke_api_key(_call: Call, supplier_id: str, key_id: str) -> Answer:
    api_keys.revoke(supplier_id, key_id)
    return Answer(204)
