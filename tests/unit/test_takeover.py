"""Orders that go from supplier to supplier: whatever each of them takes, nothing is lost, promised to two, or
dearer than agreed."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import acceptance, payable, reallocation, takeover
from chalicelib.domain.acceptance import Answer, LineAnswer
from chalicelib.domain.allocation import Candidate, Costs
from chalicelib.domain.money import Money
from chalicelib.domain.order import (
    Attempt,
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    SupplierOrder,
    current_lines,
    served_lines,
)
from chalicelib.domain.reallocation import Limits

NOW = datetime(2026, 12, 1, tzinfo=UTC)
STAMP = "2026-12-01T00:00:00.000Z"
SUPPLIERS = ("sup_a", "sup_b", "sup_c", "sup_d")
MOST_TRIED = 3
Stock = dict[tuple[str, str], list[int]]
"""By supplier and product: on hand, reserved, sold."""
Prices = dict[tuple[str, str], int]


def name_part(prefix: str, number: int) -> str:
    return f"{prefix}_x_{number}"


def an_order(
    quantities: list[int],
    slack: int,
    promise: dict[str, object],
    beside: list[int],
    *,
    included: bool = False,
) -> Order:
    """`beside` are the shipping of each line, the tax on its goods and that on its shipping."""
    shipping, tax, shipping_tax = beside
    lines = tuple(
        PlacedLine(
            name_part("lin", number), f"off_{SUPPLIERS[0]}_{number}", f"prd_{number}", SUPPLIERS[0],
            name_part("so", 1), "SKU", None, "Pot", quantity, Money(500, "EUR"), *beside,
        )
        for number, quantity in enumerate(quantities, start=1)
    )  # fmt: skip
    in_all = Money(shipping, "EUR") * len(lines), Money(tax + shipping_tax, "EUR") * len(lines)
    order = Order("ord_x", "EUR", lines, *in_all, "pay", Money.zero("EUR"), "hash", promise=promise)
    order = replace(order, tax_included=included)
    return replace(order, authorized=Money(sum(quantities) * 500 + slack, "EUR") + order.beside_goods)


def placed(order: Order) -> OrderRecord:
    lines = tuple(OrderLine(line.line_id, line.offer_id, line.quantity) for line in order.lines)
    part = SupplierOrder(
        name_part("so", 1), "ord_x", SUPPLIERS[0], lines, Attempt("att_x_1"), accept_by=STAMP
    )
    return OrderRecord(order, None, (part,))


def offers_of(stock: Stock, prices: Prices) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for (supplier, product), (on_hand, _, _) in stock.items():
        offer = f"off_{supplier}_{product.removeprefix('prd_')}"
        price = Money(prices[supplier, product], "EUR")
        each = Candidate(offer, product, supplier, "SKU", None, "Pot", price, on_hand, 1)
        found.setdefault(product, []).append(each)
    return found


def answered(part: SupplierOrder, order: Order, takes: st.DataObject, stock: Stock) -> SupplierOrder:
    """The part once its supplier has taken some of it, or nobody answered."""
    asked = acceptance.asked_of(order, part)
    if takes.draw(st.booleans(), "answers"):
        said = tuple(
            LineAnswer(line.line_id, "ACCEPTED", takes.draw(st.integers(0, line.quantity), "takes"))
            for line in part.lines
        )
        settlement = acceptance.settle(part, Answer(None, said), now=STAMP, asked=asked)
    else:
        settlement = acceptance.give_up(part, status="EXPIRED", reason="NO_ANSWER", now=STAMP, asked=asked)
    for move in settlement.moves:
        _, supplier_id, number = move.offer_id.rsplit("_", 2)
        count = stock[f"sup_{supplier_id}", f"prd_{number}"]
        count[0] += move.released
        count[1] -= move.released + move.sold
        count[2] += move.sold
    return settlement.supplier_order


def with_part(record: OrderRecord, part: SupplierOrder) -> OrderRecord:
    known = {each.supplier_order_id: each for each in record.supplier_orders}
    return replace(record, supplier_orders=tuple((known | {part.supplier_order_id: part}).values()))


def moved_on(record: OrderRecord, stock: Stock, prices: Prices, limits: Limits) -> OrderRecord:
    waiting = reallocation.remainders(record)
    offers = {each.line_id: offers_of(stock, prices)[each.placed.product_id] for each in waiting}
    found = reallocation.next_best(
        waiting, offers, record=record, limits=limits, costs=Costs(split=100), now=NOW
    )
    move = takeover.move(record, waiting, found, name_part=name_part, accept_by=lambda *_: STAMP, now=STAMP)
    for remainder in waiting:
        if remainder.line_id in found.offers:
            count = stock[found.offers[remainder.line_id].supplier_id, remainder.placed.product_id]
            count[0] -= remainder.pieces
            count[1] += remainder.pieces
    for part in (*move.changed, *move.added):
        record = with_part(record, part)
    return record


def check_lines(record: OrderRecord) -> None:
    """Pieces add up, and of each placed line nobody was asked twice, nor more than three."""
    lines = current_lines(record)
    every = [(part, each) for part in record.supplier_orders for each in part.lines]
    for line in record.order.lines:
        its = [each for each in lines if line.line_id in (each.state.line_id, each.state.split_from)]
        asked = [part.supplier_id for part, each in every if line.line_id in (each.line_id, each.split_from)]
        assert sum(each.served.quantity for each in its) == line.quantity
        assert len(asked) == len(set(asked)) <= MOST_TRIED
    assert all(each.accepted + each.moved <= each.quantity and not each.remainder for _, each in every)
    shipping = [each.line_id for _, each in every if each.accepted]
    assert len(shipping) == len(set(shipping))


def check_charges(record: OrderRecord) -> None:
    """Shipping and tax add up to the order's, whatever moved: at the lines as they are, and between what is
    to be paid and what is not. A tax that the price holds follows it."""
    order, lines = record.order, [each.served for each in current_lines(record)]
    assert sum(line.shipping for line in lines) == order.shipping.minor
    if not order.tax_included:
        assert sum(line.tax + line.shipping_tax for line in lines) == order.tax.minor
    assert all(0 <= line.tax <= line.line_total.minor for line in lines if order.tax_included)
    accepted = [
        served_lines(order, part)[line.line_id].pieces(0, line.accepted)
        for part in record.supplier_orders
        for line in part.lines
    ]
    cost = payable.of_order(record)
    assert cost.goods == sum(line.line_total.minor for line in accepted)
    assert cost.shipping == sum(line.shipping for line in accepted) <= order.shipping.minor
    assert cost.tax == sum(line.tax + line.shipping_tax for line in accepted)
    if sum(line.quantity for line in accepted) == sum(line.quantity for line in order.lines):
        assert cost.shipping == order.shipping.minor


def check_promise(record: OrderRecord, limits: Limits) -> None:
    lines = current_lines(record)
    assert all(each.served.unit_price.minor <= 550 for each in lines)
    assert payable.of_order(record).total <= record.order.authorized.minor
    if not limits.may_split:
        shipping = [part for part in record.supplier_orders if any(line.accepted for line in part.lines)]
        assert len({part.supplier_id for part in shipping}) <= 1


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_an_order_that_goes_from_one_to_the_next_stays_whole(data: st.DataObject) -> None:
    quantities = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3), "quantities")
    promise = {
        "may_split": data.draw(st.booleans(), "may split"),
        "max_unit_price": {"amount": "5.50", "currency": "EUR"},
    }
    beside = [data.draw(st.integers(0, 99), name) for name in ("shipping", "tax", "shipping tax")]
    slack, included = data.draw(st.integers(0, 300), "slack"), data.draw(st.booleans(), "tax included")
    order = an_order(quantities, slack, promise, beside, included=included)
    places = [(supplier, line.product_id) for supplier in SUPPLIERS for line in order.lines]
    stock = {place: [data.draw(st.integers(0, 8), "stock"), 0, 0] for place in places}
    prices = {place: data.draw(st.sampled_from([450, 500, 550, 600]), "price") for place in places}
    for line in order.lines:
        stock[SUPPLIERS[0], line.product_id][1] = line.quantity
    received = {place: sum(count) for place, count in stock.items()}
    record = placed(order)
    limits = reallocation.limits_of(order, until=None, suppliers=MOST_TRIED)

    for _ in range(4 * MOST_TRIED * len(quantities)):
        planned = [part for part in record.supplier_orders if part.attempt.status == "PLANNED"]
        waiting = reallocation.remainders(record)
        if planned and (not waiting or data.draw(st.booleans(), "answer first")):
            record = with_part(record, answered(planned[0], order, data, stock))
        elif waiting:
            record = moved_on(record, stock, prices, limits)

    check_lines(record)
    check_charges(record)
    check_promise(record, limits)
    assert {place: sum(count) for place, count in stock.items()} == received
    assert all(on_hand >= 0 and reserved == 0 for on_hand, reserved, _ in stock.values())
