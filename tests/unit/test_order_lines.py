"""Lines that move from supplier to supplier, whole or in part."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.money import Money, total
from chalicelib.domain.order import (
    Attempt,
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    SupplierOrder,
    current_lines,
)

ORDER = Order(
    "ord_x",
    "EUR",
    (
        PlacedLine("lin_x_1", "off_a_1", "prd_1", "sup_a", "so_x_1", "A1", None, "One", 3, Money(500, "EUR")),
        PlacedLine("lin_x_2", "off_a_2", "prd_2", "sup_a", "so_x_1", "A2", None, "Two", 2, Money(700, "EUR")),
    ),
    shipping=Money(0, "EUR"),
    tax=Money(0, "EUR"),
    payment_reference="p",
    authorized=Money(5000, "EUR"),
    request_hash="h",
)


def a_part(number: int, supplier_id: str, *lines: OrderLine) -> SupplierOrder:
    attempt = Attempt(f"att_x_{number}")
    return SupplierOrder(f"so_x_{number}", "ord_x", supplier_id, lines, attempt, "later")


def the_lines(*parts: SupplierOrder) -> list[tuple[str, str, int, int, str]]:
    record = OrderRecord(ORDER, None, parts)
    return [
        (
            each.served.line_id,
            each.served.supplier_id,
            each.served.quantity,
            each.served.unit_price.minor,
            each.status,
        )
        for each in current_lines(record)
    ]


ONE = OrderLine("lin_x_1", "off_a_1", 3)
TWO = OrderLine("lin_x_2", "off_a_2", 2)


def test_a_line_that_waits_for_another_supplier_waits() -> None:
    refused = replace(ONE, status="REFUSED", remainder=3)

    assert the_lines(a_part(1, "sup_a", refused, TWO))[0] == (
        "lin_x_1",
        "sup_a",
        3,
        500,
        "WAITING_ACCEPTANCE",
    )


def test_a_line_that_moved_is_where_it_moved_to_at_that_price_and_keeps_its_place() -> None:
    moved = replace(ONE, status="REFUSED", moved=3)
    there = OrderLine("lin_x_1", "off_b_9", 3, sku="B9", unit_minor=450)

    assert the_lines(a_part(1, "sup_a", moved, TWO), a_part(2, "sup_b", there)) == [
        ("lin_x_1", "sup_b", 3, 450, "WAITING_ACCEPTANCE"),
        ("lin_x_2", "sup_a", 2, 700, "WAITING_ACCEPTANCE"),
    ]


def test_the_rest_of_a_line_that_moved_is_a_line_of_its_own() -> None:
    partly = replace(ONE, status="SHIPPING", accepted=2, moved=1)
    rest = OrderLine("lin_x_3", "off_b_9", 1, sku="B9", split_from="lin_x_1")

    assert the_lines(a_part(1, "sup_a", partly, TWO), a_part(2, "sup_b", rest)) == [
        ("lin_x_1", "sup_a", 2, 500, "SHIPPING"),
        ("lin_x_3", "sup_b", 1, 500, "WAITING_ACCEPTANCE"),
        ("lin_x_2", "sup_a", 2, 700, "WAITING_ACCEPTANCE"),
    ]


@given(st.integers(0, 3), st.integers(0, 2))
def test_lines_add_up_to_what_was_placed_wherever_their_pieces_are(first: int, second: int) -> None:
    taken = [first, second]
    asked = [
        replace(line, status="SHIPPING" if n else "REFUSED", accepted=n)
        for line, n in zip([ONE, TWO], taken, strict=True)
    ]
    asked = [replace(line, moved=line.quantity - line.accepted) for line in asked]
    rest = [
        OrderLine(
            f"lin_x_{number}" if line.accepted else line.line_id,
            "off_b",
            line.moved,
            split_from=line.line_id if line.accepted else None,
        )
        for number, line in enumerate(asked, start=3)
        if line.moved
    ]
    parts = (a_part(1, "sup_a", *asked), *([a_part(2, "sup_b", *rest)] if rest else []))

    now = current_lines(OrderRecord(ORDER, None, parts))

    assert sum(line.served.quantity for line in now) == 5
    assert total((line.served.line_total for line in now), "EUR") == Money(2900, "EUR")
