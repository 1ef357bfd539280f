"""A Shopify store tells of an order: it is placed here, once, however often it is told of."""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials, payment, shopify_order
from chalicelib.domain.channel import MAX_ERRORS_KEPT, RefusedOrder
from chalicelib.domain.shopify_order import InvalidOrder
from chalicelib.problems import Conflict, FieldProblem, Problem, Unprocessable
from chalicelib.services import payments, place_order
from chalicelib.services.commits import commit
from chalicelib.services.idempotency import Outcome
from chalicelib.services.order_views import order_view
from chalicelib.storage import channels, orders

Load = Callable[[Mapping[str, Any]], dict[str, Any]]


def take(shop: str, sent: Any, *, read: Load, check: Load) -> Outcome:
    """Place the order, or answer as the first time; told of as paid since, it is confirmed. `read` gives what
    matters of Shopify's order, `check` what `POST /orders` takes; both raise Unprocessable.

    What cannot be placed is refused with pointers into Shopify's order, and kept for an administrator until
    it can. Raises Unprocessable, Conflict, TemporarilyUnavailable as placing does.
    """
    try:
        outcome = _placed(shop, sent, read, check)
    except (Unprocessable, Conflict) as refusal:
        _keep(shop, sent, refusal)
        raise
    commit(channels.forgetting(shop, _number(sent)))
    return outcome


def _placed(shop: str, sent: Any, read: Load, check: Load) -> Outcome:
    try:
        return _place(shop, read(sent), check)
    except (Unprocessable, Conflict):
        earlier = _placed_before(shop, sent)
        if earlier is None:
            raise
        return earlier


def _placed_before(shop: str, sent: Any) -> Outcome | None:
    """The order as it stands, where it was placed from what Shopify said then; paid, where it says so now."""
    order_id = place_order.id_of(_number(sent), _caller(shop))
    record = orders.get(order_id)
    if record is None:
        return None
    is_paid = sent.get("financial_status") in shopify_order.PAID
    if is_paid and payment.status_of(record.supplier_orders) != payment.CONFIRMED:
        order = payments.confirm(order_id, {"reference": record.order.payment_reference}, is_admin=False)
    else:
        order = order_view(record)
    token = credentials.order_token(master_secret(), order_id)
    return Outcome({"order": order, "order_token": token}, replayed=True)


def _place(shop: str, order: Mapping[str, Any], check: Load) -> Outcome:
    try:
        body = check(shopify_order.order_body(order, shop=shop))
        return place_order.place(body, idempotency_key=str(order["id"]), caller=_caller(shop), channel=shop)
    except InvalidOrder as invalid:
        errors = [FieldProblem(*fault) for fault in invalid.faults]
        raise Unprocessable(
            "INVALID_BODY", "This order cannot be placed here; see errors.", errors=errors
        ) from invalid
    except (Unprocessable, Conflict) as refusal:
        raise _in_its_words(refusal) from refusal


def _in_its_words(refusal: Problem) -> Problem:
    """The refusal with pointers into what Shopify sent."""
    errors = [
        FieldProblem(shopify_order.pointer_to(each.pointer), each.code, each.detail)
        for each in refusal.errors
    ]
    return type(refusal)(refusal.code, refusal.detail, errors=errors)


def _keep(shop: str, sent: Any, refusal: Problem) -> None:
    """Why, but nothing of who ordered: the details may quote what was sent."""
    order = _number(sent)
    if not order:
        return
    now = clock.now()
    name = sent.get("name")
    refused = RefusedOrder(
        shop=shop,
        order=order,
        name=name[:64] if isinstance(name, str) else "",
        code=refusal.code,
        errors=tuple(
            {"pointer": each.pointer, "code": each.code} for each in refusal.errors[:MAX_ERRORS_KEPT]
        ),
        correlation_id=telemetry.correlation_id(),
        refused_at=clock.timestamp(now),
    )
    commit(channels.noting(refused, epoch_seconds=int(now.timestamp())))
    telemetry.log("CHANNEL_ORDER_REFUSED", shop=shop, channel_order=order, code=refusal.code)


def _caller(shop: str) -> str:
    return f"channel:shopify:{shop}"


def _number(sent: Any) -> str:
    number = sent.get("id") if isinstance(sent, Mapping) else None
    return str(number) if type(number) is int and 0 < number < 2**63 else ""
