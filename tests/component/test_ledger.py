"""What is posted in the table while orders go their way."""

from collections import Counter

import pytest
from marketplace import euros
from test_orders import Ordered

from chalicelib import clock
from chalicelib.problems import Problem
from chalicelib.services import ship_order
from chalicelib.services.refund_order import refund
from chalicelib.storage import ledger

pytestmark = pytest.mark.usefixtures("aws")


def balances(supplier_id: str) -> dict[str, int]:
    """What stands in each account, in minor units, of what this supplier's orders moved."""
    found: Counter[str] = Counter()
    for posting in ledger.walk(supplier_id):
        for move in posting.moves:
            found[move.source] -= move.minor
            found[move.target] += move.minor
    return dict(found)


def test_what_a_supplier_accepts_is_posted_with_its_answer_once() -> None:
    ordered = Ordered()
    ordered.accept_all()
    ordered.accept_all()

    assert balances(ordered.supplier_id) == {"SHOPPER": -2500, "SUPPLIER_PENDING": 2125, "MARKETPLACE": 375}
    (posting,) = ledger.walk(ordered.supplier_id)
    assert ledger.get(ordered.supplier_id, posting.posting_id) == posting
    assert posting.order_id == ordered.order["order_id"]


def test_what_a_supplier_refuses_leaves_the_ledger_untouched() -> None:
    ordered = Ordered()
    ordered.answer((ordered.tea_line, "OUT_OF_STOCK", 0), (ordered.pot_line, "OUT_OF_STOCK", 0))

    assert balances(ordered.supplier_id) == {}


def test_delivery_makes_it_payable_and_a_refund_gives_it_back() -> None:
    ordered = Ordered()
    ordered.accept_all()
    parcel = ordered.ship((ordered.tea_line, 2), (ordered.pot_line, 3), key="p").answer["shipment_id"]
    ship_order.deliver(ordered.supplier_id, ordered.part_id, parcel, delivered_at=None)

    assert balances(ordered.supplier_id) == {
        "SHOPPER": -2500,
        "SUPPLIER_PENDING": 0,
        "SUPPLIER_PAYABLE": 2125,
        "MARKETPLACE": 375,
    }

    body = {"lines": [{"line_id": ordered.tea_line, "amount": euros("3.00"), "reason": "late"}]}
    for _ in range(2):
        refund(ordered.supplier_id, ordered.part_id, body, idempotency_key="r", by="supplier")

    assert balances(ordered.supplier_id) == {
        "SHOPPER": -2200,
        "SUPPLIER_PENDING": 0,
        "SUPPLIER_PAYABLE": 1870,
        "MARKETPLACE": 330,
    }
    last = list(ledger.walk(ordered.supplier_id))[-1]
    assert [move.type for move in last.moves] == ["REFUND_ORDER_AMOUNT", "REFUND_COMMISSION_FEE"]


def test_a_refund_that_is_refused_posts_nothing() -> None:
    ordered = Ordered()
    ordered.accept_all()
    body = {"lines": [{"line_id": ordered.tea_line, "amount": euros("10.01"), "reason": "late"}]}

    with pytest.raises(Problem):
        refund(ordered.supplier_id, ordered.part_id, body, idempotency_key="r", by="supplier")

    assert len(list(ledger.walk(ordered.supplier_id))) == 1


def test_a_ledger_is_read_by_time_and_page_by_page() -> None:
    ordered = Ordered()
    before = clock.timestamp()
    ordered.accept_all()
    part = ordered.ship((ordered.tea_line, 2), key="p").answer["shipment_id"]
    ship_order.deliver(ordered.supplier_id, ordered.part_id, part, delivered_at=None)
    sale, release = ledger.walk(ordered.supplier_id)

    assert list(ledger.walk(ordered.supplier_id, since=before, at_once=1)) == [sale, release]
    assert list(ledger.walk(ordered.supplier_id, first=release.posting_id)) == [release]
    assert list(ledger.walk(ordered.supplier_id, until=sale.at)) == []
    assert next(ledger.walk(ordered.supplier_id, since=sale.at)) == sale
