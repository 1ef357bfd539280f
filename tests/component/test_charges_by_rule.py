"""What the commission rules charge besides commissions: periodic fees and penalties."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from marketplace import a_supplier, an_offer, charge, euros
from test_orders import Ordered
from trade import Crash, dying_at

from chalicelib import clock, ids
from chalicelib.domain.acceptance import Answer, ByHand
from chalicelib.domain.fees import FeeFacts
from chalicelib.domain.ledger import Posting
from chalicelib.domain.offer import Offer
from chalicelib.services import close_statement, move_on, read_statements, settlements
from chalicelib.storage import ledger, offers, order_reads, statements
from chalicelib.storage.statements import Closing
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

OCTOBER, NOVEMBER = datetime(2026, 10, 10, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 1, tzinfo=UTC)
CLOSING = Closing("2026-11", "2026-12-01T00:00:00.000Z", "schedule")
FEES: dict[str, Any] = {
    "fee_vat": {"default": 20},
    "subscription_fees": [{"amounts": [euros("39.00")]}],
    "listing_fees": [{"amounts": [euros("0.05")]}, {"category": "Drinks", "amounts": [euros("0.11")]}],
}
PENALTIES: dict[str, Any] = {
    "penalties": [
        {"event": "LATE_SHIPMENT", "amounts": [euros("5.00")]},
        {"event": "REFUSED", "amounts": [euros("2.00")]},
    ]
}


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(OCTOBER, tick=False) as traveller:
        yield traveller


def listed(supplier_id: str, sku: str, category: str, **fields: Any) -> None:
    """An accepted offer."""
    offer_id, now = ids.offer_id(supplier_id, sku), clock.timestamp()
    accepted = Offer(offer_id, supplier_id, sku, {}, "ACCEPTED", "DONE", created_at=now, updated_at=now)
    commit(offers.adding(accepted))
    an_offer(supplier_id, sku, fee_facts=FeeFacts(category), **fields)


def a_lister() -> str:
    """A supplier with two teas and a pot on sale, and a cup that has sold out."""
    supplier_id = a_supplier()
    for sku, category in (("T1", "Drinks > Tea"), ("T2", "drinks>tea"), ("P", "Pots")):
        listed(supplier_id, sku, category)
    listed(supplier_id, "CUP", "Cups", stock=0)
    return supplier_id


def told(posting: Posting) -> list[tuple[str, int, str | None, int | None]]:
    return [(move.type, move.minor, move.rule, move.rules_version) for move in posting.moves]


def posted(supplier_id: str, kind: str) -> list[Posting]:
    return [each for each in ledger.walk(supplier_id) if each.moves[0].type == kind]


def test_closing_a_period_charges_the_subscription_and_every_active_offer_with_tax(
    time: time_machine.Traveller,
) -> None:
    charge(10, **FEES)
    supplier_id = a_lister()
    time.move_to(NOVEMBER)
    charge(10, since=clock.timestamp(), subscription_fees=[{"amounts": [euros("99.00")]}])
    time.move_to(DECEMBER)

    for _ in range(2):
        close_statement.close(supplier_id, CLOSING)

    listings, subscription = ledger.walk(supplier_id)
    assert told(subscription) == [
        ("SUBSCRIPTION_FEE", 3900, "subscription_fees-0", 1),
        ("COMMISSION_VAT", 780, "subscription_fees-0", 1),
    ]
    assert told(listings) == [
        ("LISTING_FEE", 5, "listing_fees-0", 1),
        ("COMMISSION_VAT", 1, "listing_fees-0", 1),
        ("LISTING_FEE", 22, "listing_fees-1", 1),
        ("COMMISSION_VAT", 4, "listing_fees-1", 1),
    ]
    assert subscription.at < CLOSING.cutoff
    (statement,) = statements.get(supplier_id, "2026-11")
    assert statement.balance == -sum(move.minor for each in (subscription, listings) for move in each.moves)
    assert {row.posting.cause for row in read_statements.rows(statement)} == {
        "2026-11-SUBSCRIPTION_FEE-EUR",
        "2026-11-LISTING_FEE-EUR",
    }


@pytest.mark.parametrize("moment", ["before", "after"])
def test_fees_are_charged_once_wherever_closing_dies(time: time_machine.Traveller, moment: str) -> None:
    charge(10, **FEES)
    supplier_id = a_lister()
    time.move_to(DECEMBER)

    with dying_at(1, moment), suppress(Crash):
        close_statement.close(supplier_id, CLOSING)
    close_statement.close(supplier_id, CLOSING)

    assert [each.moves[0].type for each in ledger.walk(supplier_id)] == ["LISTING_FEE", "SUBSCRIPTION_FEE"]


def test_the_period_in_which_a_supplier_opens_is_free(time: time_machine.Traveller) -> None:
    charge(10, **FEES)
    time.move_to(NOVEMBER)
    supplier_id = a_lister()
    time.move_to(DECEMBER)

    close_statement.close(supplier_id, CLOSING)

    assert list(ledger.walk(supplier_id)) == []


def test_what_has_not_left_in_time_costs_a_penalty_once_by_the_rules_of_its_order(
    time: time_machine.Traveller,
) -> None:
    charge(10, **PENALTIES)
    ordered = Ordered()
    ordered.accept_all()
    charge(10, since=clock.timestamp(), penalties=[])
    time.shift(3 * 86400)

    with dying_at(1, "before"), suppress(Crash):
        move_on.mark_late()
    assert posted(ordered.supplier_id, "PENALTY_FEE") == []
    assert [move_on.mark_late() for _ in range(2)] == [1, 0]

    (penalty,) = posted(ordered.supplier_id, "PENALTY_FEE")
    assert told(penalty) == [("PENALTY_FEE", 500, "penalties-LATE_SHIPMENT", 1)]
    assert (penalty.order_id, penalty.supplier_order_id) == (ordered.order["order_id"], ordered.part_id)
    assert penalty.reason == "LATE_SHIPMENT"


def test_an_order_of_which_a_supplier_takes_nothing_costs_a_penalty_once(
    time: time_machine.Traveller,
) -> None:
    charge(10, **PENALTIES)
    ordered, other, third = Ordered(), Ordered("key-2"), Ordered("key-3")

    for _ in range(2):
        ordered.answer((ordered.tea_line, "OUT_OF_STOCK", 0))
    other.answer((other.tea_line, "ACCEPTED", 1))
    part = order_reads.get_part(third.part_id)
    assert part
    settlements.settle(part, Answer("REJECTED"), by_hand=ByHand("admin:1", "they called"))

    (penalty,) = ledger.walk(ordered.supplier_id)
    assert told(penalty) == [("PENALTY_FEE", 200, "penalties-REFUSED", 1)]
    assert posted(other.supplier_id, "PENALTY_FEE") == posted(third.supplier_id, "PENALTY_FEE") == []


def test_a_currency_without_an_amount_costs_nothing(time: time_machine.Traveller) -> None:
    dollars = {"amount": "5.00", "currency": "USD"}
    charge(10, penalties=[{"event": "REFUSED", "amounts": [dollars]}])
    ordered = Ordered()

    ordered.answer((ordered.tea_line, "OUT_OF_STOCK", 0))

    assert list(ledger.walk(ordered.supplier_id)) == []
