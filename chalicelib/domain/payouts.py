"""What is paid out of a supplier's balance, and what keeps it from being paid."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from chalicelib.domain import ledger
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.ledger import Move, Posting
from chalicelib.domain.statements import Statement, sales

TO_PAY, PAID, FAILED = STATUSES = "TO_PAY", "PAID", "FAILED"
KYB = ("PENDING", "VERIFIED", "REJECTED")

_MILLION = 1_000_000

Kyb = Literal["PENDING", "VERIFIED", "REJECTED"]


@dataclass(frozen=True)
class PayoutTerms:
    """On what terms a supplier is paid. `kyb` says whether it has been checked who is behind it; with
    `hold_reason` nothing is paid. `minimums` (minor units, by currency) and `reserve_ppm` (millionths of the
    sales of a statement, which stay in the balance until the next one) stand before the marketplace's own."""

    supplier_id: str
    kyb: Kyb = "PENDING"
    hold_reason: str | None = None
    minimums: Mapping[str, int] = field(default_factory=dict)
    reserve_ppm: int | None = None
    set_by: str | None = None
    note: str | None = None
    version: int = 0
    updated_at: str = ""


@dataclass(frozen=True)
class Policy:
    """What the marketplace asks of all suppliers, in one currency."""

    minimum: int = 0
    reserve_ppm: int = 0
    needs_kyb: bool = False


@dataclass(frozen=True)
class Payout:
    """A transfer to a supplier of what a statement came to. `account` is where to, as it stood when it was
    made; `posting_id` is where it left the balance; `file_id` the file that told the bank."""

    payout_id: str
    supplier_id: str
    period: str
    currency: str
    minor: int
    payee: str
    account: Mapping[str, Any]
    posting_id: str
    status: str = TO_PAY
    file_id: str | None = None
    bank_reference: str | None = None
    executed_on: str | None = None
    reason: str | None = None
    settled_by: str | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class Decision:
    """How many minor units of a balance are paid, and why not more."""

    minor: int
    withheld: tuple[str, ...] = ()


def decide(statement: Statement, terms: PayoutTerms, policy: Policy, *, has_account: bool) -> Decision:
    """What of the statement's balance is paid: all of it but the reserve, or nothing, with the reasons. What
    is not paid stays in the balance."""
    if statement.balance <= 0:
        return Decision(0, ("NEGATIVE_BALANCE",) if statement.balance < 0 else ())
    if held := tuple(_holds(terms, policy, has_account=has_account)):
        return Decision(0, held)
    reserve = _reserve(statement, policy.reserve_ppm if terms.reserve_ppm is None else terms.reserve_ppm)
    reserved = ("RESERVE",) if reserve else ()
    minor = statement.balance - reserve
    if minor < max(1, terms.minimums.get(statement.currency, policy.minimum)):
        return Decision(0, (*reserved, "BELOW_MINIMUM"))
    return Decision(minor, reserved)


def settle(
    payout: Payout,
    status: str,
    *,
    now: str,
    by: str,
    bank_reference: str | None = None,
    executed_on: str | None = None,
    reason: str | None = None,
) -> Payout:
    """The payout after the bank has made it, or has not. Raises IllegalMove where it is settled already."""
    if payout.status != TO_PAY:
        raise IllegalMove("payout", payout.status, status)
    return replace(
        payout,
        status=status,
        bank_reference=bank_reference,
        executed_on=executed_on,
        reason=reason,
        settled_by=by,
        updated_at=now,
    )


def payment(payout: Payout, *, at: str) -> Posting:
    """The posting that takes a payout out of the balance."""
    move = Move(0, "PAYMENT", payout.minor, "SUPPLIER_PAYABLE", "PAYOUTS")
    return _posting(payout, move, cause=payout.payout_id, at=at)


def settlement(payout: Payout, *, at: str) -> Posting:
    """The posting of how it ended: at the bank, or back in the balance."""
    if payout.status == PAID:
        move = Move(0, "PAYMENT", payout.minor, "PAYOUTS", "BANK")
    else:
        back = (payout.posting_id, 0)
        move = Move(0, "PAYMENT", payout.minor, "PAYOUTS", "SUPPLIER_PAYABLE", reverses=back)
    return _posting(payout, move, cause=f"{payout.payout_id}-{payout.status}", at=at)


def _posting(payout: Payout, move: Move, *, cause: str, at: str) -> Posting:
    return Posting(
        posting_id=ledger.posting_id(at, cause),
        cause=cause,
        supplier_id=payout.supplier_id,
        at=at,
        currency=payout.currency,
        moves=(move,),
        by=payout.settled_by,
    )


def _holds(terms: PayoutTerms, policy: Policy, *, has_account: bool) -> list[str]:
    found = {
        "ON_HOLD": terms.hold_reason is not None,
        "KYB_NOT_VERIFIED": policy.needs_kyb and terms.kyb != "VERIFIED",
        "NO_PAYOUT_ACCOUNT": not has_account,
    }
    return [reason for reason, holds in found.items() if holds]


def _reserve(statement: Statement, ppm: int) -> int:
    """Rounded up, and never more than there is."""
    sold = max(0, sales(statement.tally).gross)
    return min(statement.balance, -(-sold * ppm // _MILLION))
