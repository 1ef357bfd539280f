"""The checker of `make history` finds what must not be in a history."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from faults.checker import History, violations
from faults.fleet import Log

from chalicelib.domain.money import Money
from chalicelib.domain.offer import Terms
from chalicelib.domain.order import Attempt, Order, OrderLine, OrderRecord, PlacedLine, SupplierOrder

NOW, LATER = "2026-01-31T12:00:00.000Z", "2026-02-01T12:00:00.000Z"
EUR = Money(3400, "EUR")


def a_log(**taken: dict[str, int]) -> Log:
    log = Log()
    for attempt_id, lines in taken.items():
        asked = [{"line_id": line_id, "quantity": pieces} for line_id, pieces in lines.items()]
        log.ask({"attempt_id": attempt_id, "lines": asked})
        log.take(attempt_id, {"lines": [{**line, "code": "ACCEPTED"} for line in asked]})
    return log


def a_part(n: int, supplier_id: str, line: OrderLine, status: str, **attempt: Any) -> SupplierOrder:
    tried = Attempt(f"att_{n}", status, **attempt)
    return SupplierOrder(f"so_{n}", "ord_1", supplier_id, (line,), tried, accept_by=LATER)


def a_history(**changes: Any) -> History:
    """Two pieces that one supplier let time pass for, was told so, and another accepted."""
    line = PlacedLine("lin_1", "off_1", "prd_1", "sup_1", "so_1", "A", None, "Tee", 2, EUR)
    order = Order("ord_1", "EUR", (line,), EUR, EUR, "pay", EUR, "hash")
    gone = OrderLine("lin_1", "off_1", 2, "REFUSED", moved=2)
    taken = OrderLine("lin_1", "off_2", 2, "SHIPPING", accepted=2)
    parts = (a_part(1, "sup_1", gone, "EXPIRED"), a_part(2, "sup_2", taken, "ACCEPTED"))
    first = a_log(att_1={"lin_1": 2})
    first.tell_off("can_1", "att_1", [{"line_id": "lin_1", "quantity": 2}])
    made = {
        "placed": {"ord_1": {"lin_1": 2}},
        "records": {"ord_1": OrderRecord(order, None, parts)},
        "terms": [
            Terms("off_1", "sup_1", "A", available=5),
            Terms("off_2", "sup_2", "B", available=3, sold=2),
        ],
        "received": {"off_1": 5, "off_2": 5},
        "logs": {"sup_1": first, "sup_2": a_log(att_2={"lin_1": 2})},
        "now": NOW,
    }
    return History(**{**made, **changes})


def with_parts(history: History, *parts: SupplierOrder) -> History:
    return replace(history, records={"ord_1": replace(history.records["ord_1"], supplier_orders=parts)})


def test_a_good_history_has_no_violation() -> None:
    history = a_history()

    assert list(violations(history)) == []
    assert history.ends == Counter(SHIPPING=1)


def test_an_order_that_is_gone_or_has_other_pieces_shows() -> None:
    assert "is not there" in " ".join(violations(a_history(records={})))
    assert "stands as" in " ".join(violations(a_history(placed={"ord_1": {"lin_1": 3}})))


def test_two_suppliers_that_mean_to_ship_one_line_show() -> None:
    logs = {"sup_1": a_log(att_1={"lin_1": 2}), "sup_2": a_log(att_2={"lin_1": 2})}

    found = " ".join(violations(a_history(logs=logs)))

    assert "lin_1 is shipped by ['sup_1', 'sup_2']" in found
    assert "att_1: its supplier ships 2 of lin_1, and 0 are accepted" in found


def test_an_acceptance_that_the_supplier_knows_nothing_of_shows() -> None:
    logs = {**a_history().logs, "sup_2": a_log()}

    assert "its supplier ships 0 of lin_1, and 2 are accepted" in " ".join(violations(a_history(logs=logs)))


@pytest.mark.parametrize(
    ("line", "attempt", "said"),
    [
        (OrderLine("lin_1", "off_2", 2), Attempt("att_2", "REJECTED"), "whose attempt is REJECTED"),
        (OrderLine("lin_1", "off_2", 2), Attempt("att_2", "SENT"), "past its deadline"),
        (OrderLine("lin_1", "off_2", 2, "REFUSED", remainder=2), Attempt("att_2", "REJECTED"), "a remainder"),
        (OrderLine("lin_1", "off_2", 2, "SHIPPING", accepted=3), Attempt("att_2", "ACCEPTED"), "more pieces"),
    ],
    ids=["waits for nobody", "waits too long", "is looked for by nobody", "grows"],
)
def test_a_line_that_is_stuck_or_wrong_shows(line: OrderLine, attempt: Attempt, said: str) -> None:
    history = a_history(now="2026-02-02T00:00:00.000Z")
    first, second = history.records["ord_1"].supplier_orders

    assert said in " ".join(
        violations(with_parts(history, first, replace(second, lines=(line,), attempt=attempt)))
    )


@pytest.mark.parametrize(
    "terms",
    [
        Terms("off_2", "sup_2", "B", available=4, sold=2),
        Terms("off_2", "sup_2", "B", available=2, reserved=1, sold=2),
        Terms("off_2", "sup_2", "B", available=-1, reserved=4, sold=2),
    ],
    ids=["one too many", "one reserved for nobody", "sold too often"],
)
def test_stock_that_does_not_add_up_shows(terms: Terms) -> None:
    history = a_history()

    assert list(violations(replace(history, terms=[history.terms[0], terms])))


def test_another_order_under_the_same_attempt_shows() -> None:
    history = a_history()
    history.logs["sup_2"].ask({"attempt_id": "att_2", "lines": [{"line_id": "lin_1", "quantity": 1}]})

    assert "different contents" in " ".join(violations(history))
