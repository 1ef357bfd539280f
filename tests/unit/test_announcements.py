"""What is told of each change: the right facts, each as its schema says, each under its own id."""

from dataclasses import replace
from typing import Any

import pytest
from event_schemas import faults_of

from chalicelib.domain.after_sales import Refund, RefundLine, Return
from chalicelib.domain.announce_orders import of_reallocation
from chalicelib.domain.announce_suppliers import review_opened
from chalicelib.domain.announcement import Announcement
from chalicelib.domain.announcements import announcements
from chalicelib.domain.event_types import EVENT_TYPES
from chalicelib.domain.health import POOR, SupplierHealth
from chalicelib.domain.imports import Counters, Import
from chalicelib.domain.money import Money
from chalicelib.domain.offer import Offer, PriceWindow, Product, Terms
from chalicelib.domain.order import Attempt, Order, OrderLine, OrderRecord, PlacedLine, SupplierOrder
from chalicelib.domain.payouts import Payout
from chalicelib.domain.review import Review
from chalicelib.domain.statements import Statement, Tally
from chalicelib.domain.supplier import Supplier
from chalicelib.services.publish_events import as_event, event_id

NOW = "2026-11-24T09:00:00.000Z"
AT: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}

PROFILE = {"legal_name": "Nordlicht Handels GmbH", "contact": {"email": "joerg@nordlicht-handel.de"}}
SUPPLIER = Supplier("sup_1", PROFILE, **AT)
OFFER = Offer("off_1_a", "sup_1", "A", {"title": "Tea"}, **AT)
TERMS = Terms(
    "off_1_a",
    "sup_1",
    "A",
    product_id="prd_1",
    price=Money(1299, "EUR"),
    available=7,
    stock_as_of=NOW,
    **AT,
)
BLOCKED = replace(TERMS, blocks=("PRODUCT_STATUS_NEW",))
ENTRY = {"offer_id": "off_1_a", "supplier_id": "sup_1", "price": {"amount": "12.99", "currency": "EUR"}}
PRODUCT = Product("prd_1", None, "Tea", "North", "Tea", **AT)
FEATURED = replace(PRODUCT, offers_view=(ENTRY,), view_version=2)
REVIEW = Review("rev_1", "SUPPLIER", "sup_1", 1, **AT)
IMPORT = Import("imp_1", "sup_1", "feeds/1", status="RUNNING", **AT)
PLACED = PlacedLine("lin_1_1", "off_1_a", "prd_1", "sup_1", "so_1_1", "A", None, "Tea", 3, Money(1299, "EUR"))
ORDER = Order(
    order_id="ord_1",
    currency="EUR",
    lines=(PLACED,),
    shipping=Money(0, "EUR"),
    tax=Money(0, "EUR"),
    payment_reference="pay-1",
    authorized=Money(9999, "EUR"),
    request_hash="h",
    channel_reference="Ada's order",
    **AT,
)
LINE = OrderLine("lin_1_1", "off_1_a", 3)
PART = SupplierOrder("so_1_1", "ord_1", "sup_1", (LINE,), Attempt("att_1_1"), accept_by=NOW, **AT)


EDIT = {"at": NOW, "by": "admin:Ada", "fields": ["promise"]}
BACK = {"line_id": "lin_1_1", "quantity": 2, "reason": "Ada likes coffee"}
RETURN = Return("ret_1", "ord_1", "so_1_1", "sup_1", (BACK,), **AT)
REFUNDED = RefundLine("lin_1_1", Money(500, "EUR"), "Ada waited long")
REFUND = Refund("rfd_1", "ord_1", "so_1_1", "sup_1", (REFUNDED,), "supplier", **AT)
STATEMENT = Statement(
    "sup_1",
    "2026-11",
    "EUR",
    None,
    NOW,
    -100,
    Tally(1, {"ORDER_AMOUNT": 2600}),
    payout_id="pay_1",
    payout_minor=2000,
    withheld=("RESERVE",),
    **AT,
)
PAYOUT = Payout("pay_1", "sup_1", "2026-11", "EUR", 2000, "Nordlicht", {"iban": "Ada's"}, "led_1", **AT)
TAKEN = {"status": "SHIPPING", "accepted": 3}
TAKING_OVER = replace(
    PART,
    supplier_order_id="so_1_2",
    supplier_id="sup_2",
    lines=(OrderLine("lin_1_1", "off_2_b", 3, sku="B", unit_minor=1199),),
    created_at="2026-11-25T09:00:00.000Z",
)


def part(**line: Any) -> SupplierOrder:
    return replace(PART, lines=(replace(LINE, **line),))


def attempt(**fields: Any) -> SupplierOrder:
    return replace(PART, attempt=replace(PART.attempt, **fields))


CHANGES: dict[str, tuple[object | None, object]] = {
    "supplier.registered": (None, SUPPLIER),
    "supplier.updated": (SUPPLIER, replace(SUPPLIER, profile={**PROFILE, "country": "DE"}, version=2)),
    "supplier.opened": (SUPPLIER, replace(SUPPLIER, status="OPEN", version=2)),
    "supplier.held_for_review": (SUPPLIER, replace(SUPPLIER, status="PENDING_APPROVAL", version=2)),
    "supplier.rejected": (SUPPLIER, replace(SUPPLIER, status="REJECTED", version=2)),
    "supplier.suspended": (
        replace(SUPPLIER, status="OPEN"),
        replace(SUPPLIER, status="SUSPENDED", suspension_type="AUTOMATIC", version=2),
    ),
    "supplier.terminated": (replace(SUPPLIER, status="OPEN"), replace(SUPPLIER, status="TERMINATED")),
    "supplier.health_changed": (
        SupplierHealth("sup_1", version=1, updated_at=NOW),
        SupplierHealth("sup_1", POOR, "LINES_REFUSED", version=2, updated_at=NOW),
    ),
    "offer.held_for_review": (OFFER, replace(OFFER, acceptance="TO_REVIEW")),
    "offer.rejected": (OFFER, replace(OFFER, acceptance="REJECTED")),
    "offer.activated": (BLOCKED, TERMS),
    "offer.deactivated": (TERMS, BLOCKED),
    "offer.price_changed": (
        TERMS,
        replace(TERMS, windows=(PriceWindow(Money(999, "EUR"), valid_until=NOW),), version=2),
    ),
    "offer.stock_changed": (TERMS, replace(TERMS, available=0, reserved=7, version=2)),
    "product.featured_changed": (PRODUCT, FEATURED),
    "order.placed": (None, ORDER),
    "order.changed": (ORDER, replace(ORDER, promise={"may_split": False}, history=(EDIT,), version=2)),
    "order.payment_confirmed": (replace(PART, held_until=NOW), PART),
    "order.payment_expired": (
        replace(PART, held_until=NOW),
        replace(attempt(status="CANCELLATION_ACCEPTED", reason="PAYMENT_EXPIRED"), held_until=NOW),
    ),
    "order.line_accepted": (PART, part(status="SHIPPING", accepted=3, acceptance_code="ACCEPTED")),
    "order.line_refused": (PART, part(status="REFUSED", acceptance_code="OUT_OF_STOCK")),
    "order.line_canceled": (PART, part(status="CANCELED", canceled=3)),
    "order.line_shipped": (part(**TAKEN), part(**TAKEN, shipped=1)),
    "order.line_received": (part(**TAKEN, shipped=3), part(**TAKEN, shipped=3, delivered=3)),
    "order.line_closed": (part(**TAKEN), part(**{**TAKEN, "status": "CLOSED"})),
    "order.refunded": (None, REFUND),
    "supplier_order.placed": (None, PART),
    "supplier_order.accepted": (PART, attempt(status="BACKORDERED")),
    "supplier_order.rejected": (PART, attempt(status="REJECTED")),
    "supplier_order.expired": (PART, attempt(status="EXPIRED")),
    "supplier_order.unreachable": (PART, attempt(status="UNREACHABLE")),
    "supplier_order.needs_settlement": (PART, attempt(needs_settlement=True)),
    "supplier_order.late": (PART, replace(PART, late_at=NOW)),
    "supplier_order.cancellation_requested": (PART, attempt(status="CANCELLATION_REQUESTED")),
    "supplier_order.cancellation_accepted": (PART, attempt(status="CANCELLATION_ACCEPTED")),
    "supplier_order.cancellation_rejected": (PART, attempt(status="CANCELLATION_REJECTED")),
    "return.requested": (None, RETURN),
    "return.accepted": (RETURN, replace(RETURN, status="IN_PROGRESS")),
    "return.received": (RETURN, replace(RETURN, status="RECEIVED", lines=({**BACK, "received": 1},))),
    "return.not_received": (RETURN, replace(RETURN, status="NO_RECEPTION")),
    "return.closed": (RETURN, replace(RETURN, status="CLOSED")),
    "return.refused": (RETURN, replace(RETURN, status="REFUSED", refusal_reason="Ada broke it")),
    "return.canceled": (RETURN, replace(RETURN, status="CANCELED")),
    "statement.closed": (None, STATEMENT),
    "payout.created": (None, PAYOUT),
    "payout.paid": (PAYOUT, replace(PAYOUT, status="PAID", bank_reference="Ada-1", settled_by="Ada")),
    "payout.failed": (PAYOUT, replace(PAYOUT, status="FAILED", reason="Ada's account is closed")),
    "review.resolved": (REVIEW, replace(REVIEW, status="RESOLVED", resolution="APPROVED")),
    "import.completed": (
        IMPORT,
        replace(IMPORT, status="COMPLETE", dialect="own", counters=Counters(3, 2, 1)),
    ),
    "import.failed": (IMPORT, replace(IMPORT, status="FAILED", failure={"code": "NOT_A_FEED"})),
    "import.cancelled": (IMPORT, replace(IMPORT, status="CANCELLED")),
}
"""For each event the smallest change that makes it."""
ELSEWHERE = {"review.opened", "order.line_reallocated"}
"""What does not follow from one item alone."""


def told(before: object | None, after: object) -> dict[str, Announcement]:
    return {each.kind: each for each in announcements(before, after)}


def test_every_event_has_a_change_that_makes_it() -> None:
    assert CHANGES.keys() | ELSEWHERE == EVENT_TYPES.keys()


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_tells_what_its_schema_says_and_nothing_of_anybody(kind: str) -> None:
    events = {name: as_event(each, "cor-1").detail for name, each in told(*CHANGES[kind]).items()}

    assert kind in events
    assert [fault for event in events.values() for fault in faults_of(event)] == []
    assert not [word for word in ("Nordlicht", "joerg", "Ada", "Tea", "pay-1") if word in str(events)]


def test_a_case_that_waits_is_told_as_its_schema_says() -> None:
    assert faults_of(as_event(review_opened(REVIEW), "cor-1").detail) == []


@pytest.mark.parametrize("kind", CHANGES)
def test_an_item_that_stays_as_it_is_tells_nothing(kind: str) -> None:
    after = CHANGES[kind][1]

    assert told(after, after) == {}


def test_a_profile_tells_which_fields_have_changed_and_no_value() -> None:
    moved = {**PROFILE, "contact": {"email": "new@nordlicht-handel.de"}, "website": "https://x.example"}

    about = told(SUPPLIER, replace(SUPPLIER, profile=moved, version=2))["supplier.updated"].data

    assert about["changed"] == ["contact", "website"]
    assert "x.example" not in str(about)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(BLOCKED, replace(BLOCKED, price=Money(1, "EUR"), available=0), id="not-on-sale"),
        pytest.param(TERMS, replace(TERMS, available=5, reserved=2), id="an-order-that-leaves-some"),
        pytest.param(TERMS, replace(TERMS, stock_as_of="2027"), id="counted-with-the-same-result"),
        pytest.param(TERMS, replace(TERMS, sold=7, lines_accepted=2), id="an-answer-of-the-supplier"),
    ],
)
def test_terms_tell_nothing_that_leaves_what_is_sold_as_it_is(before: Terms, after: Terms) -> None:
    assert told(before, after) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(TERMS, replace(TERMS, available=9, stock_as_of="2027"), id="counted-anew"),
        pytest.param(TERMS, replace(TERMS, available=0, reserved=7), id="ran-out"),
        pytest.param(replace(TERMS, available=-1), TERMS, id="there-again"),
    ],
)
def test_stock_is_told_where_it_was_counted_ran_out_or_is_there_again(before: Terms, after: Terms) -> None:
    about = told(before, after)["offer.stock_changed"].data

    assert about["old"] == {"available": before.may_be_ordered}
    assert about["new"] == {"available": after.may_be_ordered}
    assert about["changed"] == ["available"]


def test_a_line_tells_what_it_was_and_what_it_is() -> None:
    about = told(PART, part(status="SHIPPING", accepted=2))["order.line_accepted"].data

    assert (about["old"]["accepted"], about["new"]["accepted"]) == (0, 2)
    assert about["changed"] == ["status", "accepted", "refused"]


def test_a_line_waits_and_is_not_refused_while_another_supplier_is_looked_for() -> None:
    rest = part(status="REFUSED", remainder=3)

    assert told(PART, rest) == {}
    assert told(rest, part(status="REFUSED", moved=3)) == {}
    assert told(rest, part(status="REFUSED"))["order.line_refused"].data["new"]["refused"] == 3


def test_pieces_that_one_supplier_has_not_taken_are_refused_beside_those_accepted() -> None:
    kinds = told(PART, part(status="SHIPPING", accepted=2))

    assert kinds.keys() == {"order.line_accepted", "order.line_refused"}
    assert kinds["order.line_refused"].data["new"]["refused"] == 1


def test_a_supplier_that_is_asked_to_cancel_more_is_told_of_each_time() -> None:
    asked = attempt(status="CANCELLATION_REQUESTED", notices=1)
    again = attempt(status="CANCELLATION_REQUESTED", notices=2)
    facts = [told(PART, asked), told(asked, again)]

    assert told(again, replace(again, updated_at="2027")) == {}
    assert len({event_id(each["supplier_order.cancellation_requested"]) for each in facts}) == 2


def test_pieces_that_a_supplier_ships_after_its_time_are_accepted_after_all() -> None:
    expired = replace(
        attempt(status="EXPIRED"), lines=(replace(LINE, status="REFUSED", remainder=3, void=3),)
    )
    kept = replace(attempt(status="ACCEPTED"), lines=(replace(LINE, **TAKEN),))

    assert told(expired, kept).keys() == {"order.line_accepted", "supplier_order.accepted"}


def test_an_acceptance_is_told_once_though_some_of_it_is_canceled_later() -> None:
    assert told(part(**TAKEN), part(**{**TAKEN, "accepted": 2}, canceled=1)).keys() == {"order.line_canceled"}


def test_each_further_piece_is_a_fact_of_its_own_and_told_anew_the_same() -> None:
    first, second = part(**TAKEN, shipped=1), part(**TAKEN, shipped=2)
    facts = [told(part(**TAKEN), first), told(first, second), told(None, second)]

    assert len({event_id(each["order.line_shipped"]) for each in facts}) == 2
    assert event_id(facts[1]["order.line_shipped"]) == event_id(facts[2]["order.line_shipped"])


@pytest.mark.parametrize(
    ("line_id", "split_from", "moved"),
    [pytest.param("lin_1_1", None, 3, id="all-of-it"), pytest.param("lin_1_2", "lin_1_1", 1, id="its-rest")],
)
def test_a_line_that_moves_tells_from_whom_to_whom(line_id: str, split_from: str | None, moved: int) -> None:
    line = replace(TAKING_OVER.lines[0], line_id=line_id, split_from=split_from, quantity=moved)
    taking_over = replace(TAKING_OVER, lines=(line,))
    left = part(status="REFUSED", moved=moved, accepted=3 - moved)
    record = OrderRecord(ORDER, None, (left, taking_over))

    (fact,) = of_reallocation(record, taking_over)

    assert faults_of(as_event(fact, "cor-1").detail) == []
    assert (fact.data["old"]["supplier_id"], fact.data["new"]["supplier_id"]) == ("sup_1", "sup_2")
    assert fact.data["new"]["unit_price"]["amount"] == "11.99"
    assert fact.data["quantity"] == moved


def test_a_line_that_was_placed_with_its_supplier_has_not_moved() -> None:
    assert list(of_reallocation(OrderRecord(ORDER, None, (PART,)), PART)) == []


def test_a_statement_tells_what_is_paid_of_it_and_why_not_more() -> None:
    about = told(None, STATEMENT)["statement.closed"].data

    assert [about[name]["amount"] for name in ("opening_balance", "total", "balance", "carried_over")] == [
        "-1.00",
        "26.00",
        "25.00",
        "5.00",
    ]
    assert (about["withheld"], about["payout_id"]) == (["RESERVE"], "pay_1")


def test_a_payout_that_a_file_tells_of_tells_nothing_anew() -> None:
    assert told(PAYOUT, replace(PAYOUT, file_id="pof_1", version=2, updated_at="2027")) == {}


def test_a_product_without_offers_features_none() -> None:
    about = told(FEATURED, replace(FEATURED, offers_view=(), view_version=3))["product.featured_changed"].data

    assert (about["old"]["offer_id"], about["new"]) == ("off_1_a", None)
