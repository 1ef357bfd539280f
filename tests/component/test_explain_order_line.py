import pytest
from api import call
from marketplace import a_line, a_product, a_supplier, an_offer, euros, place

from chalicelib import clock
from chalicelib.domain.acceptance import mark_sent
from chalicelib.services.accept_order import accept
from chalicelib.services.reallocate_order import reallocate
from chalicelib.services.refresh_product import refresh
from chalicelib.storage import supplier_orders
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

PIECE = {"product_id": "prd_A", "quantity": 2, "expected_price": euros("5.00")}


def offers(*handling_days: int) -> list[str]:
    found = [an_offer(a_supplier(), handling_days=days) for days in handling_days]
    a_product("prd_A", *found)
    refresh("prd_A")
    return found


def test_a_line_tells_what_was_weighed_when_it_was_placed(admin: str) -> None:
    fast, slow = offers(1, 3)
    order = place(PIECE).answer["order"]

    told = call(
        "GET", f"/orders/{order['order_id']}/lines/{order['lines'][0]['line_id']}/explain", token=admin
    )

    placed = told.json["placed"]
    assert (told.status, placed["decided_by"], placed["considered"]) == (200, "CHEAPEST_WHOLE", 2)
    assert placed["chosen"]["offer_id"] == fast
    assert placed["chosen"]["cost"] == {
        "goods": euros("10.00"),
        "shipping": euros("0.00"),
        "handling": euros("0.25"),
        "risk": euros("0.00"),
        "split": euros("0.00"),
        "total": euros("10.25"),
    }
    assert (placed["runner_up"]["offer_id"], placed["runner_up"]["cost"]["total"]) == (slow, euros("10.75"))
    assert placed["whole_order"] == {
        "cost": euros("10.25"),
        "no_less_than": euros("10.25"),
        "proven": True,
    }


def test_a_line_tells_which_suppliers_were_tried_and_how_that_ended(admin: str) -> None:
    first, second = offers(1, 3)
    order = place(a_line(first, 2)).answer["order"]
    line_id, part = order["lines"][0]["line_id"], order["supplier_orders"][0]
    stored = supplier_orders.get(part["supplier_order_id"])
    assert stored is not None
    commit(supplier_orders.replacing(mark_sent(stored, now=clock.timestamp()), expected_version=1))
    answer = {
        "attempt_id": stored.attempt.attempt_id,
        "lines": [{"line_id": line_id, "code": "OUT_OF_STOCK", "quantity": 0}],
    }
    accept(part["supplier_id"], part["supplier_order_id"], answer)
    reallocate(order["order_id"])

    told = call("GET", f"/orders/{order['order_id']}/lines/{line_id}/explain", token=admin).json

    assert (told["offer_id"], told["placed"]["decided_by"]) == (second, "ONLY_OFFER")
    tried = [
        (each["offer_id"], each["attempt_status"], each["moved_quantity"]) for each in told["suppliers_tried"]
    ]
    assert tried == [(first, "REJECTED", 2), (second, "PLANNED", 0)]
    assert told["suppliers_tried"][0]["acceptance_code"] == "OUT_OF_STOCK"


def test_what_is_not_there_or_not_for_shoppers_is_not_explained(admin: str) -> None:
    offers(1, 3)
    placed = place(PIECE).answer
    order_id, line_id = placed["order"]["order_id"], placed["order"]["lines"][0]["line_id"]

    assert call("GET", f"/orders/{order_id}/lines/lin_none/explain", token=admin).status == 404
    assert call("GET", f"/orders/ord_none/lines/{line_id}/explain", token=admin).status == 404
    shopper = call("GET", f"/orders/{order_id}/lines/{line_id}/explain", token=placed["order_token"])
    assert shopper.status == 403
