"""Orders at the administrator's desk: what no rule could decide."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import orders as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.services import accept_order, reallocate_by_hand

bp = Blueprint(__name__)


@bp.route("/admin/settlements")
@endpoint(
    "List the supplier orders whose answer no rule could take, by when their time is over",
    query=PageQuerySchema(),
    answers={200: schemas.SupplierOrderPageSchema()},
)
def list_settlements(call: Call) -> Answer:
    page = accept_order.list_unsettled(limit=call.query["limit"], cursor=call.query.get("cursor"))
    return Answer(200, page)


@bp.route(
    "/admin/supplier-orders/{supplier_order_id}/attempts/{attempt_id}/settlement",
    methods=["POST"],
    content_types=JSON_BODY,
)
@endpoint(
    "Settle a supplier's answer by hand",
    body=schemas.SettlementSchema(),
    answers={200: schemas.SupplierOrderSchema()},
    problems={
        409: "ATTEMPT_ANSWERED, ATTEMPT_ENDED, PAYMENT_PENDING, CHANGED_MEANWHILE; of what was taken back "
        "from the supplier ILLEGAL_MOVE where another has it, OUT_OF_STOCK"
    },
)
def settle_attempt(call: Call, supplier_order_id: str, attempt_id: str) -> Answer:
    part = accept_order.settle_by_hand(supplier_order_id, attempt_id, call.body, actor=call.caller.name)
    return Answer(200, part, etag=etag(part["version"]))


@bp.route("/admin/orders/{order_id}/reallocation", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Move lines that wait for an answer, or were refused, to the next best suppliers",
    body=schemas.ReallocationSchema(),
    answers={200: schemas.OrderSchema()},
    problems={409: "LINE_NOT_MOVABLE, PROMISE_FORBIDS, NO_OTHER_SUPPLIER"},
    idempotency_key="optional",
)
def reallocate_order(call: Call, order_id: str) -> Answer:
    outcome = reallocate_by_hand.reallocate(
        order_id, call.body, actor=call.caller.name, idempotency_key=call.idempotency_key
    )
    order = outcome.answer
    return Answer(200, order, etag=etag(order["version"]), replayed=outcome.replayed)
