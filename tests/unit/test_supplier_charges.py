"""Charges besides sales: what is due, what it posts, what taking it back leaves."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import ledger, penalties, periodic_fees, supplier_charges
from chalicelib.domain.money import Money
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder
from chalicelib.domain.supplier import Supplier
from chalicelib.domain.supplier_charges import Charge, NotReversible, ReversesTooMuch

NOW = "2026-12-01T00:00:00.000Z"
BEGINS, ENDS = "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"


@given(
    kind=st.sampled_from(ledger.OF_THE_MARKETPLACE),
    amounts=st.lists(st.tuples(st.integers(1, 999), st.integers(0, 300)), min_size=1, max_size=3),
    cuts=st.lists(st.integers(1, 999), max_size=6),
)
def test_what_is_taken_back_in_parts_adds_up_to_what_was_posted(
    kind: str, amounts: list[tuple[int, int]], cuts: list[int]
) -> None:
    charged = [Charge(kind, minor, "JPY", vat=vat) for minor, vat in amounts]
    posting = supplier_charges.post(*charged, supplier_id="sup_1", at=NOW, cause="c")
    given_back: Counter[str | None] = Counter()
    taken = 0
    for part in [*cuts, None]:
        left = sum(charge.minor for charge in charged) - taken
        if part is not None and part > left:
            with pytest.raises(ReversesTooMuch):
                take_back(posting, part, taken)
            continue
        if part is None and not left:
            with pytest.raises(NotReversible):
                take_back(posting, part, taken)
            continue
        reversal = take_back(posting, part, taken)
        taken += part or left
        for entry in ledger.entries(reversal):
            given_back[entry.reverses] += entry.amount.minor

    assert given_back == {each.entry_id: -each.amount.minor for each in ledger.entries(posting)}


def take_back(posting: ledger.Posting, minor: int | None, taken: int) -> ledger.Posting:
    return supplier_charges.take_back(
        posting, minor, taken_back=taken, at=NOW, cause="r", by="admin:1", reason="x"
    )


def a_part(*codes: str | None, status: str = "SENT", **attempt: Any) -> SupplierOrder:
    """One line for each code that it was refused with; None waits."""
    lines = tuple(
        OrderLine(
            f"lin_{place}", "off", 1, status="REFUSED" if code else "WAITING_ACCEPTANCE", acceptance_code=code
        )
        for place, code in enumerate(codes)
    )
    return SupplierOrder("so_1", "ord_1", "sup_1", lines, Attempt("att_1", status=status, **attempt), NOW)


@pytest.mark.parametrize(
    ("after", "event"),
    [
        pytest.param(a_part("OUT_OF_STOCK", "OTHER", status="REJECTED"), "REFUSED", id="refused"),
        pytest.param(a_part("OTHER", "OTHER", status="EXPIRED"), "REFUSED", id="expired"),
        pytest.param(a_part("OTHER", "OTHER", status="UNREACHABLE"), "REFUSED", id="unreachable"),
        pytest.param(a_part("OTHER", None, status="PARTIALLY_ACCEPTED"), None, id="taken in part"),
        pytest.param(a_part("BAD_ADDRESS", "DUPLICATE", status="REJECTED"), None, id="nobody could"),
        pytest.param(a_part("BAD_ADDRESS", "OTHER", status="REJECTED"), "REFUSED", id="one it could"),
        pytest.param(a_part("OTHER", "OTHER", status="REJECTED", by="admin:1"), None, id="by hand"),
        pytest.param(
            a_part("OTHER", "OTHER", status="UNREACHABLE", reason="SUPPLIER_NOT_OPEN"), None, id="suspended"
        ),
        pytest.param(a_part(None, None), None, id="still asked"),
    ],
)
def test_a_supplier_answers_for_what_it_does_not_take(after: SupplierOrder, event: str | None) -> None:
    assert penalties.event(a_part(None, None), after) == event
    by_its_answer = event if after.attempt.status == "REJECTED" else None
    assert penalties.event(a_part(None, None, status="PLANNED"), after) == by_its_answer
    assert penalties.event(after, after) is None


def test_a_supplier_answers_once_for_being_late() -> None:
    part = a_part(None)
    late = replace(part, late_at=NOW)

    assert (penalties.event(part, late), penalties.event(late, late)) == ("LATE_SHIPMENT", None)


@pytest.mark.parametrize(
    ("history", "is_due"),
    [
        pytest.param([("2026-10-31", "OPEN")], True, id="open"),
        pytest.param([("2026-11-02", "OPEN")], False, id="opened in the period"),
        pytest.param([("2026-10-01", "OPEN"), ("2026-11-02", "SUSPENDED")], True, id="closed in the period"),
        pytest.param([("2026-10-01", "OPEN"), ("2026-10-31", "SUSPENDED")], False, id="closed before it"),
        pytest.param(
            [("2026-10-01", "OPEN"), ("2026-10-31", "SUSPENDED"), ("2026-11-30", "OPEN")],
            True,
            id="reopened in it",
        ),
        pytest.param(
            [("2026-10-01", "OPEN"), ("2026-10-31", "SUSPENDED"), ("2026-12-01", "OPEN")],
            False,
            id="reopened after",
        ),
        pytest.param([("2026-10-01", "PENDING_APPROVAL")], False, id="never open"),
    ],
)
def test_a_period_is_paid_for_by_who_was_open_in_it_and_before(
    history: list[tuple[str, str]], is_due: bool
) -> None:
    moves = tuple({"at": f"{day}T00:00:00.000Z", "status": status} for day, status in history)

    assert periodic_fees.is_due(Supplier("s", {}, history=moves), begins=BEGINS, ends=ENDS) is is_due


@pytest.mark.parametrize(
    ("plan", "category", "name"),
    [
        ("", "Drinks > Tea", "listing_fees-0"),
        ("", "drinks>TEA > Green", "listing_fees-0"),
        ("", "Drinks", "listing_fees-4"),
        ("", "Pots", "listing_fees-1"),
        ("big", "Pots", "listing_fees-2"),
        ("big", "Drinks > Tea", "listing_fees-3"),
        ("small", "", "listing_fees-1"),
    ],
)
def test_the_most_precise_rule_counts(plan: str, category: str, name: str) -> None:
    amounts = [{"amount": "1.00", "currency": "EUR"}, {"amount": "130", "currency": "JPY"}]
    rules: list[dict[str, Any]] = [
        {"category": "Drinks > Tea", "amounts": amounts},
        {"amounts": amounts},
        {"plan": "big", "amounts": amounts},
        {"plan": "big", "category": "Drinks", "amounts": amounts},
        {"category": "Drinks", "amounts": amounts},
    ]

    found = periodic_fees.listing(rules, plan=plan, category=category)

    assert found
    assert (found.name, found.amount("JPY"), found.amount("USD")) == (name, Money(130, "JPY"), None)
    assert periodic_fees.listing(rules[:1], plan=plan, category="Pots") is None


def test_a_subscription_is_in_a_currency_that_the_supplier_sells_in() -> None:
    amounts = [{"amount": "1.00", "currency": "EUR"}, {"amount": "130", "currency": "JPY"}]
    found = periodic_fees.subscription([{"amounts": amounts}], plan="")

    assert found
    assert periodic_fees.of_supplier(found, {"JPY", "USD"}) == Money(130, "JPY")
    assert periodic_fees.of_supplier(found, ()) == Money(100, "EUR")
