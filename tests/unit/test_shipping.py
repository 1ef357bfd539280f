from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain import shipping
from chalicelib.domain.acceptance import InvalidLines
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder

NOW = "2026-11-23T09:00:00.000Z"
LATER = "2026-12-01T09:00:00.000Z"
WINDOWS = {"delivered_after": timedelta(days=14), "return_window": timedelta(days=30)}


def an_accepted_order() -> SupplierOrder:
    lines = (
        OrderLine("lin_1", "off_1", 5, status="SHIPPING", accepted=3),
        OrderLine("lin_2", "off_2", 1, status="REFUSED"),
    )
    attempt = Attempt("att_x_1", "ACCEPTED")
    return SupplierOrder("so_x_1", "ord_x", "sup_1", lines, attempt, accept_by=NOW, updated_at=NOW)


def leaving(quantity: int, line_id: str = "lin_1") -> dict[str, Any]:
    return {"line_id": line_id, "quantity": quantity}


def test_a_line_is_shipped_when_all_that_was_accepted_has_left() -> None:
    half = shipping.ship(an_accepted_order(), [leaving(2)], now=NOW)
    whole = shipping.ship(half, [leaving(1)], now=NOW)

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
    ids=["nothing", "too-many", "refused", "unknown", "twice"],
)
def test_a_shipment_that_does_not_fit_changes_nothing(lines: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(InvalidLines) as caught:
        shipping.ship(an_accepted_order(), lines, now=NOW)

    assert [fault.code for fault in caught.value.faults] == [code]


def test_what_has_left_is_no_longer_asked_to_be_canceled() -> None:
    order = an_accepted_order()
    asked = replace(order, lines=(replace(order.lines[0], cancel_requested=2), order.lines[1]))

    assert shipping.ship(asked, [leaving(1)], now=NOW).lines[0].cancel_requested == 2
    assert shipping.ship(asked, [leaving(2)], now=NOW).lines[0].cancel_requested == 1


@pytest.mark.parametrize(
    ("available_on", "handling_days", "ship_by"),
    [
        (None, 2, "2026-11-25T09:00:00.000Z"),
        (None, 0, "2026-11-24T09:00:00.000Z"),
        ("2026-12-10", 2, "2026-12-12T00:00:00.000Z"),
        ("2026-12-10T08:00:00Z", 2, "2026-12-12T00:00:00.000Z"),
        ("2026-11-01", 2, "2026-11-25T09:00:00.000Z"),
        ("2026-13-45", 2, "2026-11-25T09:00:00.000Z"),
        ("9999-12-31", 2, "2026-11-25T09:00:00.000Z"),
    ],
    ids=[
        "in-stock",
        "same-day",
        "backordered",
        "backordered-to-an-hour",
        "backordered-to-the-past",
        "no-day",
        "end-of-time",
    ],
)
def test_a_line_leaves_within_its_handling_time(
    available_on: str | None, handling_days: int, ship_by: str
) -> None:
    order = an_accepted_order()
    answered = replace(order, lines=(replace(order.lines[0], available_on=available_on), order.lines[1]))

    promised = shipping.promise(answered, {"off_1": handling_days})

    assert [line.ship_by for line in promised.lines] == [ship_by, None]
    assert promised.ship_by == ship_by
    assert not shipping.is_late(promised, ship_by)
    assert shipping.is_late(promised, ship_by.replace("00.000Z", "00.001Z"))


def test_an_order_is_late_by_its_first_line_that_has_not_left() -> None:
    soon = OrderLine("lin_1", "off_1", 1, status="SHIPPING", accepted=1)
    later = replace(soon, line_id="lin_2", acceptance_code="BACKORDERED", available_on="2027-01-01")
    promised = shipping.promise(replace(an_accepted_order(), lines=(later, soon)), {})

    assert promised.ship_by == "2026-11-24T09:00:00.000Z"
    assert shipping.ship(promised, [leaving(1)], now=NOW).ship_by == "2027-01-02T00:00:00.000Z"


def test_a_line_is_received_when_all_of_it_has_arrived() -> None:
    first, second = [leaving(2)], [leaving(1)]
    gone = shipping.ship(shipping.ship(an_accepted_order(), first, now=NOW), second, now=NOW)

    half = shipping.deliver(gone, second, now=LATER)
    whole = shipping.deliver(half, first, now=LATER)

    assert (half.lines[0].status, half.lines[0].delivered) == ("SHIPPED", 1)
    assert (whole.lines[0].status, whole.lines[0].delivered) == ("RECEIVED", 3)


def test_what_arrives_before_the_rest_has_left_is_counted() -> None:
    arrived = shipping.deliver(
        shipping.ship(an_accepted_order(), [leaving(2)], now=NOW), [leaving(2)], now=NOW
    )

    assert arrived.lines[0].status == "SHIPPING"
    assert shipping.ship(arrived, [leaving(1)], now=NOW).lines[0].status == "SHIPPED"


def test_time_alone_receives_and_closes_what_has_left() -> None:
    gone = shipping.ship(an_accepted_order(), [leaving(3)], now=NOW)

    assert shipping.after_time(gone, now="2026-12-07T08:59:59.999Z", **WINDOWS) is None
    received = shipping.after_time(gone, now="2026-12-07T09:00:00.000Z", **WINDOWS)
    assert received is not None
    assert (received.lines[0].status, received.lines[0].delivered) == ("RECEIVED", 3)
    assert shipping.after_time(received, now="2027-01-06T08:59:59.999Z", **WINDOWS) is None
    closed = shipping.after_time(received, now="2027-01-06T09:00:00.000Z", **WINDOWS)
    assert closed is not None
    assert [line.status for line in closed.lines] == ["CLOSED", "REFUSED"]
    assert shipping.after_time(closed, now="2999-01-01T00:00:00.000Z", **WINDOWS) is None


def test_a_delivery_that_is_told_after_time_has_received_it_counts_nothing_twice() -> None:
    gone = shipping.ship(an_accepted_order(), [leaving(3)], now=NOW)
    received = shipping.after_time(gone, now=LATER.replace("12-01", "12-20"), **WINDOWS)
    assert received is not None

    assert shipping.deliver(received, [leaving(3)], now=LATER).lines == received.lines
