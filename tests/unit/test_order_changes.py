"""Until when an order's address can be changed."""

from typing import Any

import pytest

from chalicelib.domain.money import Money
from chalicelib.domain.order import Attempt, Buyer, Order, OrderLine, OrderRecord, SupplierOrder
from chalicelib.domain.order_changes import AddressInUse, changed, document

NOW = "2026-11-24T09:00:00.000Z"
BUYER = Buyer("ord_1", {"name": "Ada Buyer"}, {"email": "ada@buyer.example"})
ORDER = Order("ord_1", "EUR", (), Money(0, "EUR"), Money(0, "EUR"), "pay-1", Money(0, "EUR"), "hash")
VOIDED = {"status": "REFUSED", "void": 3, "remainder": 3}


def parts_to_write(attempt: Attempt, **line: Any) -> tuple[SupplierOrder, ...]:
    """Those that a new address of the order is written with."""
    lines = (OrderLine("lin_1_1", "off_1_a", 3, **line),)
    part = SupplierOrder("so_1_1", "ord_1", "sup_1", lines, attempt, accept_by=NOW)
    record = OrderRecord(ORDER, BUYER, (part,))
    wanted = {**document(ORDER, BUYER), "ship_to": {"name": "Bo Buyer"}}
    return changed(record, BUYER, wanted, by="order:ord_1", now=NOW)[2]


@pytest.mark.parametrize(
    ("attempt", "line"),
    [
        pytest.param(Attempt("att_1_1", "SENT"), {}, id="asked"),
        pytest.param(Attempt("att_1_1", "ACCEPTED"), {"status": "SHIPPED", "accepted": 3}, id="ships"),
        pytest.param(Attempt("att_1_1", "EXPIRED", notice="DUE"), VOIDED, id="may-say-yet-that-it-ships"),
        pytest.param(Attempt("att_1_1", "EXPIRED", notice="REFUSED"), VOIDED, id="says-that-it-ships"),
        pytest.param(Attempt("att_1_1", "EXPIRED", notice="GIVEN_UP"), VOIDED, id="may-say-so-late"),
    ],
)
def test_a_supplier_that_may_ship_keeps_the_address_as_it_is(attempt: Attempt, line: dict[str, Any]) -> None:
    with pytest.raises(AddressInUse):
        parts_to_write(attempt, **line)


@pytest.mark.parametrize(
    ("attempt", "line", "count"),
    [
        pytest.param(Attempt("att_1_1"), {}, 1, id="to-be-sent"),
        pytest.param(Attempt("att_1_1", "REJECTED"), {"status": "REFUSED", "remainder": 3}, 1, id="to-move"),
        pytest.param(Attempt("att_1_1", "EXPIRED", notice="DONE"), {**VOIDED, "void": 0}, 1, id="let-go"),
        pytest.param(Attempt("att_1_1", "REJECTED"), {"status": "REFUSED"}, 0, id="refused"),
    ],
)
def test_what_is_still_to_be_sent_is_written_too_so_that_nobody_sends_the_old_address(
    attempt: Attempt, line: dict[str, Any], count: int
) -> None:
    assert len(parts_to_write(attempt, **line)) == count
