from typing import Any

import pytest

from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder
from chalicelib.domain.shipping import ship

NOW = "2026-11-23T09:00:00.000Z"


def an_accepted_order() -> SupplierOrder:
    lines = (
        OrderLine("lin_1", "off_1", 5, status="SHIPPING", accepted=3),
        OrderLine("lin_2", "off_2", 1, status="REFUSED"),
    )
    return SupplierOrder("so_x_1", "ord_x", "sup_1", lines, Attempt("att_x_1", "ACCEPTED"), accept_by=NOW)


def leaving(quantity: int, line_id: str = "lin_1") -> dict[str, Any]:
    return {"line_id": line_id, "quantity": quantity}


def test_a_line_is_shipped_when_all_that_was_accepted_has_left() -> None:
    half = ship(an_accepted_order(), [leaving(2)], now=NOW)
    whole = ship(half, [leaving(1)], now=NOW)

    assert (half.lines[0].status, half.lines[0].shipped) == ("SHIPPING", 2)
    assert (whole.lines[0].status, whole.lines[0].shipped) == ("SHIPPED", 3)
    assert whole.lines[1].status == "REFUSED"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "MISSING_FIELD"),
        ([leaving(4)], "QUANTITY_TOO_HIGH"),
        ([leaving(1, "lin_2")], "LINE_NOT_ACCEPTED"),
        ([leaving(1, "lin_3")], "UNKNOWN_LINE"),
        ([leaving(1), leaving(1)], "DUPLICATE_LINE"),
    ],
)
def test_a_shipment_that_does_not_fit_changes_nothing(lines: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(InvalidLines) as caught:
        ship(an_accepted_order(), lines, now=NOW)

    assert [fault.code for fault in caught.value.faults] == [code]
