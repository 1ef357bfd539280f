"""Orders: placed by anyone, read with their token, answered by suppliers."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import explanations
from chalicelib.api.schemas import orders as schemas
from chalicelib.auth import Role
from chalicelib.services import explain_order_line as explanation
from chalicelib.services import payments
from chalicelib.services import place_order as placing
from chalicelib.services import read_order as reading
from chalicelib.services.accept_order import accept

bp = Blueprint(__name__)

SUPPLIER_ORDER = "/suppliers/{supplier_id}/orders/{supplier_order_id}"


@bp.route("/orders", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Place an order: stock for every line is reserved, or nothing is ordered",
    body=schemas.OrderBodySchema(),
    answers={201: schemas.PlacedSchema()},
    problems={409: "OUT_OF_STOCK, PRICE_CHANGED, PROMISE_NOT_KEPT"},
    idempotency_key="required",
)
def place_order(call: Call) -> Answer:
    assert call.idempotency_key is not None  # noqa: S101 - `endpoint` has refused a request without one
    outcome = placing.place(call.body, idempotency_key=call.idempotency_key, caller=call.caller.name)
    order = outcome.answer["order"]
    return Answer(
        201,
        outcome.answer,
        etag=etag(order["version"]),
        location=f"/orders/{order['order_id']}",
        replayed=outcome.replayed,
    )


@bp.route("/orders/{order_id}")
@endpoint("Read an order", answers={200: schemas.OrderSchema()})
def read_order(call: Call, order_id: str) -> Answer:
    order = reading.read_order(order_id, is_admin=call.caller.role is Role.ADMIN)
    return Answer(200, order, etag=etag(order["version"]))


@bp.route("/orders/{order_id}/payment-confirmation", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Say that the payment of an order holds, so that its suppliers are asked",
    body=schemas.PaymentConfirmationSchema(),
    answers={200: schemas.OrderSchema()},
    problems={409: "PAYMENT_EXPIRED, PAYMENT_VOID, CHANGED_MEANWHILE"},
)
def confirm_payment(call: Call, order_id: str) -> Answer:
    order = payments.confirm(order_id, call.body, is_admin=call.caller.role is Role.ADMIN)
    return Answer(200, order, etag=etag(order["version"]))


@bp.route("/orders/{order_id}/lines/{line_id}/explain")
@endpoint(
    "Say why a supplier serves an order line, who was tried, and why its fee is what it is",
    answers={200: explanations.OrderLineExplanationSchema()},
)
def explain_order_line(_call: Call, order_id: str, line_id: str) -> Answer:
    return Answer(200, explanation.explain(order_id, line_id))


@bp.route("/suppliers/{supplier_id}/orders")
@endpoint(
    "List a supplier's orders",
    query=schemas.SupplierOrderQuerySchema(),
    answers={200: schemas.SupplierOrderPageSchema()},
)
def list_supplier_orders(call: Call, supplier_id: str) -> Answer:
    page = reading.list_supplier_orders(
        supplier_id,
        status=call.query.get("status"),
        attempt_status=call.query.get("attempt_status"),
        updated_since=call.query.get("updated_since"),
        limit=call.query["limit"],
        cursor=call.query.get("cursor"),
        is_admin=call.caller.role is Role.ADMIN,
    )
    return Answer(200, page)


@bp.route(SUPPLIER_ORDER)
@endpoint("Read a supplier's part of an order", answers={200: schemas.SupplierOrderSchema()})
def read_supplier_order(call: Call, supplier_id: str, supplier_order_id: str) -> Answer:
    part = reading.read_supplier_order(
        supplier_id, supplier_order_id, is_admin=call.caller.role is Role.ADMIN
    )
    return Answer(200, part, etag=etag(part["version"]))


@bp.route(f"{SUPPLIER_ORDER}/acceptance", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Answer an order that was taken in with 202",
    body=schemas.AcceptanceSchema(),
    answers={200: schemas.SupplierOrderSchema()},
    problems={409: "ATTEMPT_ANSWERED, ATTEMPT_ENDED, PAYMENT_PENDING, CHANGED_MEANWHILE"},
)
def accept_order(call: Call, supplier_id: str, supplier_order_id: str) -> Answer:
    part = accept(supplier_id, supplier_order_id, call.body)
    return Answer(200, part, etag=etag(part["version"]))
