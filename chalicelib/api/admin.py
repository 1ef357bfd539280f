"""Administration: suppliers' standing, corrections, dead letters."""

from typing import Any

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, PATCH_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import admin as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.api.schemas.offers import OfferSchema
from chalicelib.api.schemas.suppliers import ReasonSchema, RegistrationSchema, SupplierSchema
from chalicelib.bodies.offer import OfferBodySchema
from chalicelib.services import authorize_suppliers, brands, correct_record, dead_letters, move_supplier

bp = Blueprint(__name__)


@bp.route("/admin/suppliers/{supplier_id}", methods=["PATCH"], content_types=PATCH_BODY)
@endpoint(
    "Correct a supplier; it is validated again",
    patch=RegistrationSchema(),
    answers={200: SupplierSchema()},
    problems={409: "SUPPLIER_EXISTS, SUPPLIER_CLOSED, ALREADY_CLAIMED"},
    if_match="required",
)
def correct_supplier(call: Call, supplier_id: str) -> Answer:
    supplier = _corrected(call, supplier_id)
    return Answer(200, supplier, etag=etag(supplier["version"]))


@bp.route("/admin/suppliers/{supplier_id}/suspension", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Suspend a supplier: its offers are off sale, it gets no new order",
    body=ReasonSchema(),
    answers={200: SupplierSchema()},
    problems={409: "ILLEGAL_MOVE"},
    if_match="optional",
)
def suspend_supplier(call: Call, supplier_id: str) -> Answer:
    return _moved(move_supplier.suspend(supplier_id, _instruction(call)))


@bp.route("/admin/suppliers/{supplier_id}/reinstatement", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Lift a suspension; a profile that is not in order keeps the supplier suspended for that",
    body=ReasonSchema(),
    answers={200: SupplierSchema()},
    problems={409: "ILLEGAL_MOVE"},
    if_match="optional",
)
def reinstate_supplier(call: Call, supplier_id: str) -> Answer:
    return _moved(move_supplier.reinstate(supplier_id, _instruction(call)))


@bp.route("/admin/suppliers/{supplier_id}/termination", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "End a supplier for good",
    body=ReasonSchema(),
    answers={200: SupplierSchema()},
    problems={409: "ILLEGAL_MOVE, ORDERS_OPEN, BALANCE_OPEN"},
    if_match="optional",
)
def terminate_supplier(call: Call, supplier_id: str) -> Answer:
    return _moved(move_supplier.terminate(supplier_id, _instruction(call)))


def _instruction(call: Call) -> move_supplier.Instruction:
    return move_supplier.Instruction(call.caller.name, call.body["reason"], call.expected)


def _moved(supplier: dict[str, Any]) -> Answer:
    return Answer(200, supplier, etag=etag(supplier["version"]))


@bp.route("/admin/brands")
@endpoint(
    "Find who holds a brand",
    query=schemas.BrandQuerySchema(),
    answers={200: schemas.BrandHolderSchema()},
)
def find_brand_holder(call: Call) -> Answer:
    return Answer(200, brands.holder(call.query["name"]))


@bp.route("/admin/suppliers/{supplier_id}/offers/{sku}", methods=["PATCH"], content_types=PATCH_BODY)
@endpoint(
    "Correct an offer; it is validated again",
    patch=OfferBodySchema(),
    answers={200: OfferSchema()},
    problems={409: "SUPPLIER_CLOSED, ALREADY_CLAIMED"},
    if_match="required",
)
def correct_offer(call: Call, supplier_id: str, sku: str) -> Answer:
    offer = _corrected(call, supplier_id, sku)
    return Answer(200, offer, etag=etag(offer["version"]))


def _corrected(call: Call, supplier_id: str, sku: str | None = None) -> dict[str, Any]:
    assert call.expected is not None  # noqa: S101 - required of both
    return correct_record.correct(
        supplier_id, sku, changed=call.changed, expected=call.expected, actor=call.caller.name
    )


@bp.route("/admin/authorizations")
@endpoint("Who may sell restricted categories and brands", answers={200: schemas.AuthorizationsSchema()})
def read_authorizations(_call: Call) -> Answer:
    current = authorize_suppliers.read()
    return Answer(200, current, etag=etag(current["version"]))


@bp.route("/admin/authorizations", methods=["PUT"], content_types=JSON_BODY)
@endpoint(
    "Set who may sell restricted categories and brands; adds a version, which offers follow",
    body=schemas.NewAuthorizationsSchema(),
    answers={200: schemas.AuthorizationsSchema()},
    if_match="required",
)
def set_authorizations(call: Call) -> Answer:
    assert call.expected is not None  # noqa: S101 - required above
    current = authorize_suppliers.change(
        {name: call.body[name] for name in ("categories", "brands")},
        reason=call.body["reason"],
        actor=call.caller.name,
        expected=call.expected,
    )
    return Answer(200, current, etag=etag(current["version"]))


@bp.route("/admin/dead-letters")
@endpoint(
    "List what failed for good, of every queue",
    query=PageQuerySchema(),
    answers={200: schemas.DeadLetterPageSchema()},
)
def list_dead_letters(call: Call) -> Answer:
    return Answer(200, dead_letters.page(limit=call.query["limit"]))


@bp.route("/admin/dead-letters/redrive", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Send dead letters back",
    body=schemas.RedriveSchema(),
    answers={200: schemas.RedrivenSchema()},
)
def redrive_dead_letters(call: Call) -> Answer:
    return Answer(200, dead_letters.redrive(call.body["queue"], message_ids=call.body.get("message_ids")))
