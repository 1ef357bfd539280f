"""Administration: the review queue, corrections, dead letters."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, PATCH_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import admin as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.api.schemas.offers import OfferBodySchema, OfferSchema
from chalicelib.api.schemas.suppliers import RegistrationSchema, SupplierSchema
from chalicelib.services import change_supplier, claim_review, dead_letters, manage_offers, read_reviews
from chalicelib.services import resolve_review as resolution

bp = Blueprint(__name__)

ANY_TYPE = ["*/*"]
"""For a POST that takes no body: whatever a client says about it does not matter."""


@bp.route("/admin/reviews")
@endpoint(
    "List the review queue, oldest first; without status, what waits",
    query=schemas.ReviewQuerySchema(),
    answers={200: schemas.ReviewPageSchema()},
)
def list_reviews(call: Call) -> Answer:
    query = call.query
    page = read_reviews.page(
        status=query.get("status"), kind=query.get("kind"), limit=query["limit"], cursor=query.get("cursor")
    )
    return Answer(200, page)


@bp.route("/admin/reviews/{review_id}")
@endpoint("Read a review", answers={200: schemas.ReviewSchema()})
def read_review(_call: Call, review_id: str) -> Answer:
    review = read_reviews.read(review_id)
    return Answer(200, review, etag=etag(review["version"]))


@bp.route("/admin/reviews/{review_id}/claim", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Take a case for 15 minutes",
    answers={200: schemas.ReviewSchema()},
    problems={409: "ALREADY_CLAIMED, ALREADY_RESOLVED"},
)
def claim_review_case(call: Call, review_id: str) -> Answer:
    review = claim_review.claim(review_id, actor=call.caller.name)
    return Answer(200, review, etag=etag(review["version"]))


@bp.route("/admin/reviews/{review_id}/release", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Give a case back",
    answers={200: schemas.ReviewSchema()},
    problems={409: "ALREADY_CLAIMED, ALREADY_RESOLVED"},
)
def release_review_case(call: Call, review_id: str) -> Answer:
    review = claim_review.release(review_id, actor=call.caller.name)
    return Answer(200, review, etag=etag(review["version"]))


@bp.route("/admin/reviews/{review_id}/resolution", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Decide a case",
    body=schemas.ResolutionSchema(),
    answers={200: schemas.ReviewSchema()},
    problems={409: "ALREADY_RESOLVED, ALREADY_CLAIMED, RECORD_CHANGED, DUPLICATE_OFFER"},
    if_match="optional",
)
def resolve_review(call: Call, review_id: str) -> Answer:
    review = resolution.resolve(
        review_id,
        decision=call.body["decision"],
        note=call.body.get("note"),
        actor=call.caller.name,
        expected=call.expected,
    )
    return Answer(200, review, etag=etag(review["version"]))


@bp.route("/admin/suppliers/{supplier_id}", methods=["PATCH"], content_types=PATCH_BODY)
@endpoint(
    "Correct a supplier; it is validated again",
    patch=RegistrationSchema(),
    answers={200: SupplierSchema()},
    problems={409: "SUPPLIER_EXISTS, SUPPLIER_CLOSED"},
    if_match="required",
)
def correct_supplier(call: Call, supplier_id: str) -> Answer:
    supplier = change_supplier.change(supplier_id, changed=call.changed, expected=call.expected)
    return Answer(200, supplier, etag=etag(supplier["version"]))


@bp.route("/admin/suppliers/{supplier_id}/offers/{sku}", methods=["PATCH"], content_types=PATCH_BODY)
@endpoint(
    "Correct an offer; it is validated again",
    patch=OfferBodySchema(),
    answers={200: OfferSchema()},
    problems={409: "SUPPLIER_CLOSED"},
    if_match="required",
)
def correct_offer(call: Call, supplier_id: str, sku: str) -> Answer:
    offer = manage_offers.change(supplier_id, sku, changed=call.changed, expected=call.expected)
    return Answer(200, offer, etag=etag(offer["version"]))


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
