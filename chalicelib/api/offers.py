"""Offers of a supplier."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, PATCH_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import offers as schemas
from chalicelib.api.schemas.explanations import OfferExplanationSchema
from chalicelib.bodies.offer import OfferBodySchema
from chalicelib.services import explain_offer as explanation
from chalicelib.services import manage_offers, offer_records, read_offers, set_stock
from chalicelib.services import update_offers as updating

bp = Blueprint(__name__)

OFFER = "/suppliers/{supplier_id}/offers/{sku}"


@bp.route("/suppliers/{supplier_id}/offers")
@endpoint(
    "List a supplier's offers, by SKU",
    query=schemas.OfferQuerySchema(),
    answers={200: schemas.OfferPageSchema()},
)
def list_offers(call: Call, supplier_id: str) -> Answer:
    active = call.query.get("active")
    page = read_offers.page(
        supplier_id,
        acceptance=call.query.get("acceptance"),
        active=None if active is None else active == "true",
        limit=call.query["limit"],
        cursor=call.query.get("cursor"),
    )
    return Answer(200, page)


@bp.route(OFFER)
@endpoint("Read an offer", answers={200: schemas.OfferSchema()})
def read_offer(_call: Call, supplier_id: str, sku: str) -> Answer:
    offer = offer_records.read(supplier_id, sku)
    return Answer(200, offer, etag=etag(offer["version"]))


@bp.route(f"{OFFER}/explain")
@endpoint(
    "Why an offer is not for sale, or not the featured one, and what to do next",
    answers={200: OfferExplanationSchema()},
)
def explain_offer(_call: Call, supplier_id: str, sku: str) -> Answer:
    return Answer(200, explanation.explain(supplier_id, sku))


@bp.route(OFFER, methods=["PUT"], content_types=JSON_BODY)
@endpoint(
    "Create or replace an offer; validation follows",
    body=OfferBodySchema(),
    answers={200: schemas.OfferSchema(), 201: schemas.OfferSchema()},
    problems={409: "SUPPLIER_CLOSED"},
    if_match="optional",
)
def put_offer(call: Call, supplier_id: str, sku: str) -> Answer:
    offer, is_new = manage_offers.put(supplier_id, sku, content=call.body, expected=call.expected)
    return Answer(201 if is_new else 200, offer, etag=etag(offer["version"]))


@bp.route(OFFER, methods=["PATCH"], content_types=PATCH_BODY)
@endpoint(
    "Change part of an offer",
    patch=OfferBodySchema(),
    answers={200: schemas.OfferSchema()},
    problems={409: "SUPPLIER_CLOSED"},
    if_match="optional",
)
def change_offer(call: Call, supplier_id: str, sku: str) -> Answer:
    offer = manage_offers.change(supplier_id, sku, changed=call.changed, expected=call.expected)
    return Answer(200, offer, etag=etag(offer["version"]))


@bp.route(OFFER, methods=["DELETE"])
@endpoint("Withdraw an offer; its history stays", answers={200: schemas.OfferSchema()}, if_match="optional")
def withdraw_offer(call: Call, supplier_id: str, sku: str) -> Answer:
    offer = manage_offers.withdraw(supplier_id, sku, expected=call.expected)
    return Answer(200, offer, etag=etag(offer["version"]))


@bp.route("/suppliers/{supplier_id}/offer-updates", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Update stock and prices of up to 1,000 offers, each with its own result",
    body=schemas.OfferUpdatesSchema(),
    answers={200: schemas.UpdateResultsSchema()},
    problems={409: "SUPPLIER_CLOSED"},
)
def update_offers(call: Call, supplier_id: str) -> Answer:
    return Answer(200, updating.update(supplier_id, call.body["updates"]))


@bp.route(f"{OFFER}/stock", methods=["PUT"], content_types=JSON_BODY)
@endpoint(
    "Say how many there are, reservations included",
    body=schemas.StockBodySchema(),
    answers={200: schemas.OfferSchema()},
    problems={409: "STALE_UPDATE"},
)
def put_stock(call: Call, supplier_id: str, sku: str) -> Answer:
    offer = set_stock.set_stock(
        supplier_id, sku, quantity=call.body["quantity"], as_of=call.body.get("as_of")
    )
    return Answer(200, offer, etag=etag(offer["version"]))
