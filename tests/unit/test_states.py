import itertools
from dataclasses import replace

import pytest

from chalicelib.clock import parse
from chalicelib.domain import offer, review, supplier
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.money import Money
from chalicelib.domain.offer import Terms, blocks, inactivity_reasons
from chalicelib.domain.order import derived_status

NOON = parse("2026-03-01T12:00:00.000Z")


def test_a_supplier_moves_as_the_table_says_and_no_other_way():
    legal = {
        ("ONBOARDING", "OPEN"),
        ("ONBOARDING", "PENDING_APPROVAL"),
        ("ONBOARDING", "REJECTED"),
        ("PENDING_APPROVAL", "OPEN"),
        ("PENDING_APPROVAL", "REJECTED"),
        ("PENDING_APPROVAL", "ONBOARDING"),
        ("OPEN", "SUSPENDED"),
        ("SUSPENDED", "OPEN"),
        ("OPEN", "TERMINATED"),
        ("SUSPENDED", "TERMINATED"),
    }
    for before, after in itertools.permutations(supplier.MOVES, 2):
        if (before, after) in legal:
            supplier.check_move(before, after)
        else:
            with pytest.raises(IllegalMove):
                supplier.check_move(before, after)


def test_a_resolved_review_stays_resolved():
    with pytest.raises(IllegalMove):
        review.check_move("RESOLVED", "OPEN")


def test_a_rejected_offer_is_not_accepted_without_new_content():
    with pytest.raises(IllegalMove):
        offer.check_acceptance_move("REJECTED", "ACCEPTED")


def test_an_offer_with_no_reason_against_it_is_active():
    terms = Terms("off_1", "sup_1", "A", available=1, price=Money(100, "EUR"))
    assert blocks(acceptance="ACCEPTED", supplier_is_open=True, has_price=True, withdrawn=False) == ()
    assert inactivity_reasons(terms, NOON) == ()


def test_every_reason_is_named():
    assert blocks(acceptance="TO_REVIEW", supplier_is_open=False, has_price=False, withdrawn=True) == (
        "PRODUCT_STATUS_TO_REVIEW",
        "SUPPLIER_NOT_OPEN",
        "NO_ACTIVE_PRICE",
        "WITHDRAWN",
    )
    terms = Terms("off_1", "sup_1", "A", available=-2, available_from="2026-03-02T00:00:00.000Z")
    assert inactivity_reasons(terms, NOON) == (
        "ZERO_QUANTITY",
        "NO_ACTIVE_PRICE",
        "NOT_IN_AVAILABILITY_PERIOD",
    )


def test_an_availability_period_ends_when_it_says():
    priced = Terms("off_1", "sup_1", "A", available=1, price=Money(100, "EUR"))
    ended = replace(priced, available_until="2026-03-01T12:00:00.000Z")
    assert inactivity_reasons(ended, NOON) == ("NOT_IN_AVAILABILITY_PERIOD",)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["WAITING_ACCEPTANCE", "SHIPPED"], "WAITING_ACCEPTANCE"),
        (["SHIPPING", "REFUSED"], "SHIPPING"),
        (["SHIPPED", "REFUSED"], "SHIPPED"),
        (["REFUSED", "REFUSED", "CANCELED"], "REFUSED"),
        (["REFUSED", "CANCELED"], "CANCELED"),
    ],
)
def test_an_order_is_as_far_as_its_slowest_line_that_goes_on(lines, status):
    assert derived_status(lines) == status
