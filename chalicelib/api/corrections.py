"""Corrections: taken over where they are suggested, undone where they were made."""

from chalice import Blueprint

from chalicelib import auth, ids
from chalicelib.api.answers import Answer
from chalicelib.api.http import ANY_TYPE, JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import corrections as schemas
from chalicelib.api.schemas.common import AnyObjectSchema
from chalicelib.api.schemas.offers import OfferSchema
from chalicelib.api.schemas.suppliers import SupplierSchema
from chalicelib.domain.credentials import Scope
from chalicelib.services import accept_suggestions
from chalicelib.services import reverse_correction as reversal

bp = Blueprint(__name__)


@bp.route(
    "/suppliers/{supplier_id}/corrections/{correction_id}/reversal", methods=["POST"], content_types=ANY_TYPE
)
@endpoint(
    "Undo an applied correction; answers the supplier or offer, which is validated again",
    answers={200: AnyObjectSchema()},
    problems={409: "CORRECTION_OVERTAKEN, OFFER_WITHDRAWN, SUPPLIER_CLOSED, SUPPLIER_EXISTS"},
)
def reverse_correction(call: Call, supplier_id: str, correction_id: str) -> Answer:
    is_of_offer = ids.offer_of_correction(supplier_id, correction_id) is not None
    auth.require(Scope.OFFERS if is_of_offer else Scope.PROFILE, call.caller)
    record = reversal.reverse(supplier_id, correction_id, actor=call.caller.name)
    return Answer(200, record, etag=etag(record["version"]))


@bp.route("/suppliers/{supplier_id}/suggestions/acceptance", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Take over what issues of the profile suggest; without fields, what the supplier is asked",
    body=schemas.SuggestionsSchema(),
    answers={200: SupplierSchema()},
    problems={409: "SUPPLIER_CLOSED, SUPPLIER_EXISTS"},
    if_match="optional",
)
def accept_supplier_suggestions(call: Call, supplier_id: str) -> Answer:
    supplier = accept_suggestions.of_supplier(
        supplier_id, fields=call.body.get("fields"), expected=call.expected
    )
    return Answer(200, supplier, etag=etag(supplier["version"]))


@bp.route(
    "/suppliers/{supplier_id}/offers/{sku}/suggestions/acceptance", methods=["POST"], content_types=JSON_BODY
)
@endpoint(
    "Take over what issues of an offer suggest; without fields, what the supplier is asked",
    body=schemas.SuggestionsSchema(),
    answers={200: OfferSchema()},
    problems={409: "SUPPLIER_CLOSED"},
    if_match="optional",
)
def accept_offer_suggestions(call: Call, supplier_id: str, sku: str) -> Answer:
    offer = accept_suggestions.of_offer(
        supplier_id, sku, fields=call.body.get("fields"), expected=call.expected
    )
    return Answer(200, offer, etag=etag(offer["version"]))
