"""Orders that shoppers do without, in whole or in part."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.orders import SUPPLIER_ORDER
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import cancellations as schemas
from chalicelib.api.schemas.orders import OrderSchema, SupplierOrderSchema
from chalicelib.auth import Role
from chalicelib.services import answer_cancellation as answering
from chalicelib.services import cancel_order as canceling

bp = Blueprint(__name__)


@bp.route("/orders/{order_id}/cancellation", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Cancel an order or some of it: at once before acceptance (200), else its suppliers are asked (202)",
    body=schemas.CancellationBodySchema(),
    answers={200: OrderSchema(), 202: OrderSchema()},
    problems={409: "NOT_CANCELABLE, CHANGED_MEANWHILE"},
    idempotency_key="optional",
)
def cancel_order(call: Call, order_id: str) -> Answer:
    canceled = canceling.cancel(
        order_id,
        call.body,
        caller=call.caller.name,
        is_admin=call.caller.role is Role.ADMIN,
        idempotency_key=call.idempotency_key,
    )
    return Answer(
        202 if canceled.is_pending else 200,
        canceled.order,
        etag=etag(canceled.order["version"]),
        replayed=canceled.replayed,
    )


@bp.route(f"{SUPPLIER_ORDER}/cancellation-answer", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Say whether what is to be canceled is let go",
    body=schemas.CancellationAnswerSchema(),
    answers={200: SupplierOrderSchema()},
    problems={409: "CANCELLATION_NOT_REQUESTED, CANCELLATION_ANSWERED, CHANGED_MEANWHILE"},
)
def answer_cancellation(call: Call, supplier_id: str, supplier_order_id: str) -> Answer:
    part = answering.answer(supplier_id, supplier_order_id, call.body)
    return Answer(200, part, etag=etag(part["version"]))
