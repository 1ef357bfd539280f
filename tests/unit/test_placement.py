from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import placement
from chalicelib.domain.allocation import Candidate
from chalicelib.domain.allotment import WantedLine
from chalicelib.domain.money import Money, total
from chalicelib.domain.order import Order, OrderRecord, current_lines


def a_candidate(number: int, *, price: int) -> Candidate:
    return Candidate(
        offer_id=f"off_{number}",
        product_id="prd_1",
        supplier_id=f"sup_{number % 3}",
        sku=f"SKU-{number}",
        gtin=None,
        title="Tea",
        price=Money(price, "EUR"),
        available=10,
        handling_days=1,
    )


def wanting(number: int, quantity: int = 1, price: int = 500) -> WantedLine:
    return WantedLine(quantity, Money(price, "EUR"), offer_id=f"off_{number}")


def name_part(prefix: str, number: int) -> str:
    return f"{prefix}_x_{number}"


lines = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 999), st.integers(0, 10**9)), min_size=1)


@given(lines, st.integers(0, 10**6), st.integers(0, 10**6))
def test_parts_sum_to_the_whole_whatever_is_ordered(
    ordered: list[tuple[int, int, int]], shipping: int, tax: int
) -> None:
    wanted = [wanting(number, quantity, price) for number, quantity, price in ordered]
    chosen = [a_candidate(number, price=price) for number, _, price in ordered]

    order = Order(
        "ord_x",
        "EUR",
        placement.placed_lines(wanted, chosen, name_part),
        shipping=Money(shipping, "EUR"),
        tax=Money(tax, "EUR"),
        payment_reference="p",
        authorized=Money(0, "EUR"),
        request_hash="h",
    )
    parts = placement.supplier_orders(order, name_part, accept_by="later")

    now = current_lines(OrderRecord(order, None, parts))
    assert [line.served for line in now] == list(order.lines)
    assert total((line.served.line_total for line in now), "EUR").minor == sum(
        quantity * price for _, quantity, price in ordered
    )
    assert sorted(line.line_id for part in parts for line in part.lines) == sorted(
        line.line_id for line in order.lines
    )
    assert len({part.supplier_id for part in parts}) == len(parts)
    assert len({part.attempt.attempt_id for part in parts}) == len(parts)
    reserved = placement.reservations(order.lines)
    assert sum(reserved.values()) == sum(quantity for _, quantity, _ in ordered)
