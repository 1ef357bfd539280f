"""What is told of suppliers' money: statements that are closed, and payouts on their way."""

from collections.abc import Iterator

from chalicelib.domain.announcement import Announcement, change, present
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import TO_PAY, Payout
from chalicelib.domain.statements import Statement

_OF_PAYOUT = {"TO_PAY": "payout.created", "PAID": "payout.paid", "FAILED": "payout.failed"}


def of_statement(before: object | None, after: Statement) -> Iterator[Announcement]:
    if before is not None:
        return
    amounts = {
        "opening_balance": after.opening,
        "total": after.tally.total,
        "balance": after.balance,
        "carried_over": after.carried_over,
    }
    about = {
        "statement_id": after.statement_id,
        "supplier_id": after.supplier_id,
        "period": after.period,
        **{name: Money(minor, after.currency).as_json() for name, minor in amounts.items()},
        "withheld": list(after.withheld),
        "payout_id": after.payout_id,
    }
    yield Announcement("statement.closed", after.statement_id, after.created_at, present(about))


def of_payout(before: object | None, after: Payout) -> Iterator[Announcement]:
    was = before if isinstance(before, Payout) else None
    if was is not None and was.status == after.status:
        return
    about = {
        "payout_id": after.payout_id,
        "supplier_id": after.supplier_id,
        "period": after.period,
        "amount": Money(after.minor, after.currency).as_json(),
        **change({"status": was.status} if was else None, {"status": after.status}),
    }
    at = after.created_at if after.status == TO_PAY else after.updated_at
    yield Announcement(_OF_PAYOUT[after.status], after.payout_id, at, about)
