"""What becomes of an order once it was accepted: it is shipped and delivered, sent back, paid back."""

from typing import Any

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import ANY_TYPE, JSON_BODY, Call, endpoint
from chalicelib.api.orders import SUPPLIER_ORDER
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import fulfilment as schemas
from chalicelib.services import settle_return
from chalicelib.services import ship_order as shipping
from chalicelib.services.idempotency import Outcome
from chalicelib.services.refund_order import refund
from chalicelib.services.return_order import open_return

bp = Blueprint(__name__)

RETURN = "/suppliers/{supplier_id}/returns/{return_id}"


@bp.route(f"{SUPPLIER_ORDER}/shipments", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Say what has left",
    body=schemas.ShipmentBodySchema(),
    answers={201: schemas.ShipmentSchema()},
    problems={409: "NOT_ACCEPTED, CHANGED_MEANWHILE"},
    idempotency_key="optional",
)
def ship_order(call: Call, supplier_id: str, supplier_order_id: str) -> Answer:
    return _created(
        shipping.ship(supplier_id, supplier_order_id, call.body, idempotency_key=call.idempotency_key)
    )


@bp.route(f"{SUPPLIER_ORDER}/shipments/{{shipment_id}}/delivery", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Say that a shipment has arrived",
    body=schemas.DeliveryBodySchema(),
    answers={200: schemas.ShipmentSchema()},
    problems={409: "CHANGED_MEANWHILE"},
)
def deliver_shipment(call: Call, supplier_id: str, supplier_order_id: str, shipment_id: str) -> Answer:
    return _as_it_is(
        shipping.deliver(
            supplier_id, supplier_order_id, shipment_id, delivered_at=call.body.get("delivered_at")
        )
    )


@bp.route(f"{SUPPLIER_ORDER}/refunds", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Pay back a part of what was paid",
    body=schemas.RefundBodySchema(),
    answers={201: schemas.RefundSchema()},
    problems={409: "RETURN_NOT_RECEIVED, CHANGED_MEANWHILE"},
    idempotency_key="optional",
)
def refund_order(call: Call, supplier_id: str, supplier_order_id: str) -> Answer:
    return _created(
        refund(
            supplier_id,
            supplier_order_id,
            call.body,
            idempotency_key=call.idempotency_key,
            by=str(call.caller.role),
        )
    )


@bp.route("/orders/{order_id}/returns", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Send something back: one return for each supplier order that lines of it are in",
    body=schemas.ReturnBodySchema(),
    answers={201: schemas.ReturnSchema()},
    problems={409: "NOT_RETURNABLE, CHANGED_MEANWHILE"},
    idempotency_key="optional",
)
def return_order(call: Call, order_id: str) -> Answer:
    return _created(open_return(order_id, call.body, idempotency_key=call.idempotency_key))


@bp.route("/orders/{order_id}/returns/{return_id}/cancellation", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Keep what was to be sent back",
    answers={200: schemas.ReturnSchema()},
    problems={409: "ILLEGAL_MOVE, CHANGED_MEANWHILE"},
)
def cancel_return(_call: Call, order_id: str, return_id: str) -> Answer:
    return _as_it_is(settle_return.cancel(order_id, return_id))


@bp.route("/suppliers/{supplier_id}/returns")
@endpoint(
    "List a supplier's returns",
    query=schemas.ReturnQuerySchema(),
    answers={200: schemas.ReturnPageSchema()},
)
def list_returns(call: Call, supplier_id: str) -> Answer:
    page = settle_return.list_of_supplier(
        supplier_id,
        status=call.query.get("status"),
        limit=call.query["limit"],
        cursor=call.query.get("cursor"),
    )
    return Answer(200, page)


@bp.route(RETURN)
@endpoint("Read a return", answers={200: schemas.ReturnSchema()})
def read_return(_call: Call, supplier_id: str, return_id: str) -> Answer:
    return _as_it_is(settle_return.read(supplier_id, return_id))


@bp.route(f"{RETURN}/acceptance", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Agree to take it back",
    answers={200: schemas.ReturnSchema()},
    problems={409: "ILLEGAL_MOVE, CHANGED_MEANWHILE"},
)
def accept_return(_call: Call, supplier_id: str, return_id: str) -> Answer:
    return _as_it_is(settle_return.accept(supplier_id, return_id))


@bp.route(f"{RETURN}/refusal", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Refuse to take it back",
    body=schemas.RefusalBodySchema(),
    answers={200: schemas.ReturnSchema()},
    problems={409: "ILLEGAL_MOVE, CHANGED_MEANWHILE"},
)
def refuse_return(call: Call, supplier_id: str, return_id: str) -> Answer:
    return _as_it_is(settle_return.refuse(supplier_id, return_id, reason=call.body["reason"]))


@bp.route(f"{RETURN}/receipt", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Say what came back",
    body=schemas.ReceiptBodySchema(),
    answers={200: schemas.ReturnSchema()},
    problems={409: "RETURN_RECEIVED, ILLEGAL_MOVE, CHANGED_MEANWHILE"},
)
def receive_return(call: Call, supplier_id: str, return_id: str) -> Answer:
    return _as_it_is(settle_return.receive(supplier_id, return_id, call.body.get("lines")))


def _created(outcome: Outcome) -> Answer:
    view = outcome.answer
    return Answer(201, view, etag=etag(view["version"]), replayed=outcome.replayed)


def _as_it_is(view: dict[str, Any]) -> Answer:
    return Answer(200, view, etag=etag(view["version"]))
