"""Payouts: what suppliers are paid, on what terms, and by which file the bank is told."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.negotiation import prefers
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import payouts as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.services import payout_files, payout_terms, payouts

bp = Blueprint(__name__)

PAYOUTS = "/admin/payouts"
FILES = "/admin/payout-files"
TERMS = "/admin/suppliers/{supplier_id}/payout-terms"


@bp.route(PAYOUTS)
@endpoint(
    "List payouts by status, oldest first",
    query=schemas.PayoutQuerySchema(),
    answers={200: schemas.PayoutPageSchema()},
)
def list_payouts(call: Call) -> Answer:
    sent = call.query
    return Answer(200, payouts.list_by_status(sent["status"], limit=sent["limit"], cursor=sent.get("cursor")))


@bp.route(f"{PAYOUTS}/{{payout_id}}")
@endpoint("Read a payout", answers={200: schemas.PayoutSchema()})
def read_payout(_call: Call, payout_id: str) -> Answer:
    payout = payouts.read(payout_id)
    return Answer(200, payout, etag=etag(payout["version"]))


@bp.route(f"{PAYOUTS}/{{payout_id}}/result", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Record what the bank has done",
    body=schemas.PayoutResultSchema(),
    answers={200: schemas.PayoutSchema()},
    problems={409: "PAYOUT_SETTLED, CHANGED_MEANWHILE"},
)
def record_payout_result(call: Call, payout_id: str) -> Answer:
    payout = payouts.settle(payout_id, call.body, by=call.caller.name)
    return Answer(200, payout, etag=etag(payout["version"]))


@bp.route("/suppliers/{supplier_id}/payouts")
@endpoint(
    "List a supplier's payouts, newest first",
    query=PageQuerySchema(),
    answers={200: schemas.PayoutPageSchema()},
)
def list_payouts_of_supplier(call: Call, supplier_id: str) -> Answer:
    limit, cursor = call.query["limit"], call.query.get("cursor")
    return Answer(200, payouts.list_of_supplier(supplier_id, limit=limit, cursor=cursor))


@bp.route(TERMS)
@endpoint("Read on what terms a supplier is paid", answers={200: schemas.ShownPayoutTermsSchema()})
def read_payout_terms(_call: Call, supplier_id: str) -> Answer:
    terms = payout_terms.read(supplier_id)
    return Answer(200, terms, etag=etag(terms["version"]))


@bp.route(TERMS, methods=["PUT"], content_types=JSON_BODY)
@endpoint(
    "Set on what terms a supplier is paid, from its next statement on",
    body=schemas.PayoutTermsSchema(),
    answers={200: schemas.ShownPayoutTermsSchema()},
    if_match="optional",
)
def put_payout_terms(call: Call, supplier_id: str) -> Answer:
    terms = payout_terms.put(supplier_id, call.body, by=call.caller.name, expected=call.expected)
    return Answer(200, terms, etag=etag(terms["version"]))


@bp.route(FILES, methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Make a file for the bank, ISO 20022 pain.001, of payouts that no file tells of",
    body=schemas.PayoutFileBodySchema(),
    answers={201: schemas.PayoutFileSchema()},
    problems={409: "NOTHING_TO_PAY, PAYER_NOT_SET, CHANGED_MEANWHILE"},
    idempotency_key="required",
)
def make_payout_file(call: Call) -> Answer:
    outcome = payout_files.make(call.body, by=call.caller.name, idempotency_key=str(call.idempotency_key))
    location = f"{FILES}/{outcome.answer['file_id']}"
    return Answer(201, outcome.answer, location=location, replayed=outcome.replayed)


@bp.route(f"{FILES}/{{file_id}}")
@endpoint(
    "Read a file for the bank: what is in it, or, as application/xml, the file itself",
    answers={200: (schemas.PayoutFileSchema(), payout_files.XML)},
)
def read_payout_file(call: Call, file_id: str) -> Answer:
    if not prefers(call.accept, payout_files.XML):
        return Answer(200, payout_files.read(file_id))
    headers = {
        "Content-Type": f"{payout_files.XML}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{file_id}.xml"',
    }
    return Answer(200, payout_files.content(file_id), headers=headers)
