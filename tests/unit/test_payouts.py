from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import ledger, payouts
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.payouts import Decision, Payout, PayoutTerms, Policy
from chalicelib.domain.statements import Statement, Tally

TERMS = PayoutTerms("sup_n", kyb="VERIFIED")
PAYOUT = Payout("pay_1", "sup_n", "2026-11", "EUR", 5000, "North", {"iban": "X"}, "led_1")
NOW = "2026-12-01T00:15:00.000Z"


def a_statement(balance: int, *, sold: int = 0) -> Statement:
    tally = Tally(1, {"ORDER_AMOUNT": sold})
    return Statement("sup_n", "2026-11", "EUR", None, NOW, balance - sold, tally)


@given(
    balance=st.integers(-(10**9), 10**9),
    sold=st.integers(-(10**9), 10**9),
    minimum=st.integers(0, 10**7),
    ppm=st.integers(0, 1_000_000),
)
def test_never_more_than_the_balance_less_the_reserve_and_never_less_than_the_minimum(
    balance: int, sold: int, minimum: int, ppm: int
) -> None:
    decided = payouts.decide(a_statement(balance, sold=sold), TERMS, Policy(minimum, ppm), has_account=True)

    assert 0 <= decided.minor <= max(0, balance)
    if decided.minor:
        assert decided.minor >= minimum
        assert (balance - decided.minor) * 1_000_000 >= min(balance * 1_000_000, max(0, sold) * ppm)
    else:
        assert decided.withheld or balance == 0


@pytest.mark.parametrize(
    ("terms", "policy", "has_account", "reasons"),
    [
        (TERMS, Policy(), False, ("NO_PAYOUT_ACCOUNT",)),
        (replace(TERMS, hold_reason="fraud"), Policy(), True, ("ON_HOLD",)),
        (PayoutTerms("sup_n"), Policy(needs_kyb=True), False, ("KYB_NOT_VERIFIED", "NO_PAYOUT_ACCOUNT")),
        (TERMS, Policy(minimum=10_001), True, ("BELOW_MINIMUM",)),
        (replace(TERMS, minimums={"EUR": 10_001}), Policy(), True, ("BELOW_MINIMUM",)),
    ],
    ids=["no account", "held", "all reasons", "minimum", "own minimum"],
)
def test_what_is_not_paid_has_its_reasons(
    terms: PayoutTerms, policy: Policy, has_account: bool, reasons: tuple[str, ...]
) -> None:
    assert payouts.decide(a_statement(10_000), terms, policy, has_account=has_account) == Decision(0, reasons)


def test_own_terms_stand_before_the_marketplaces() -> None:
    terms = replace(TERMS, minimums={"EUR": 100}, reserve_ppm=0)

    decided = payouts.decide(a_statement(500, sold=500), terms, Policy(1000, 500_000), has_account=True)

    assert decided == Decision(500)


def test_a_payout_is_settled_once_and_its_postings_add_up() -> None:
    made = payouts.payment(PAYOUT, at=NOW)
    payout = replace(PAYOUT, posting_id=made.posting_id)
    paid = payouts.settle(payout, "PAID", now=NOW, by="admin:a")
    failed = payouts.settle(payout, "FAILED", now=NOW, by="admin:a")

    assert ledger.sums([made, payouts.settlement(paid, at=NOW)])["EUR", "BANK"] == 5000
    back = ledger.sums([made, payouts.settlement(failed, at=NOW)])
    assert not any(back.values())
    for settled in (paid, failed):
        with pytest.raises(IllegalMove):
            payouts.settle(settled, "PAID", now=NOW, by="admin:a")
