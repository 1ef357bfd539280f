"""Payouts: made with a statement, settled by what the bank says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock, ids, settings, telemetry
from chalicelib.domain import payouts as domain
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import Payout, PayoutTerms, Policy
from chalicelib.domain.statements import Statement
from chalicelib.domain.supplier import Supplier
from chalicelib.problems import Conflict, NotFound
from chalicelib.services import paging, supplier_records
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.storage import ledger, payouts, statements
from chalicelib.storage.transaction import Write

_SHOWN_DIGITS = 4


def with_payout(
    statement: Statement, supplier: Supplier, terms: PayoutTerms, *, now: str
) -> tuple[Statement, list[Write]]:
    """The statement with what is paid out of it, and what makes the payout; to be written with it. It is
    posted at the cutoff: however late that is, the next statement has it, and no balance is paid twice."""
    account = supplier.profile.get("payout_account")
    decided = domain.decide(statement, terms, policy(statement.currency), has_account=bool(account))
    statement = replace(statement, withheld=decided.withheld)
    if not decided.minor:
        return statement, []
    payout = _payout(statement, supplier, account or {}, decided.minor, now=now)
    posting = domain.payment(payout, at=statement.cutoff)
    payout = replace(payout, posting_id=posting.posting_id)
    paid = replace(statement, payout_id=payout.payout_id, payout_minor=payout.minor)
    traced = replace(posting, correlation_id=payout.correlation_id)
    return paid, [payouts.adding(payout), ledger.adding(traced)]


def policy(currency: str) -> Policy:
    """What the marketplace asks of all suppliers."""
    return Policy(settings.minimum_payout(currency), settings.reserve_ppm(), settings.needs_kyb())


def settle(payout_id: str, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """Store what the bank has done, together with what that posts: what it could not pay is in the supplier's
    balance again. Gives the payout; said again, it changes nothing.

    Raises NotFound, Conflict PAYOUT_SETTLED where it was settled otherwise.
    """
    said = {name: body.get(name) for name in ("bank_reference", "executed_on", "reason")}

    def work() -> Payout:
        before = existing(payout_id)
        if before.status == body["status"] and all(getattr(before, name) == said[name] for name in said):
            return before
        if before.status != domain.TO_PAY:
            raise Conflict("PAYOUT_SETTLED", f"This payout is {before.status} already.")
        now, correlation_id = clock.timestamp(), telemetry.correlation_id()
        after = replace(
            domain.settle(before, body["status"], now=now, by=by, **said), correlation_id=correlation_id
        )
        posting = replace(domain.settlement(after, at=now), correlation_id=correlation_id)
        commit(payouts.replacing(after, expected_version=before.version), ledger.adding(posting))
        telemetry.log("PAYOUT_SETTLED", payout_id=payout_id, status=after.status)
        return replace(after, version=before.version + 1)

    return view(read_and_commit(work))


def read(payout_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    return view(existing(payout_id))


def list_by_status(status: str, *, limit: int, cursor: str | None) -> paging.Listing:
    """Payouts in this status, oldest first. Raises BadRequest for a cursor of another list."""
    return paging.listed(lambda: payouts.page(status, limit=limit, cursor=cursor), view)


def list_of_supplier(supplier_id: str, *, limit: int, cursor: str | None) -> paging.Listing:
    """The supplier's payouts by its statements, newest first; a page of as many statements. Raises NotFound,
    BadRequest for a cursor of another list."""
    supplier_records.existing(supplier_id)
    page = paging.read_page(lambda: statements.page(supplier_id, limit=limit, cursor=cursor))
    wanted = [each.payout_id for each in page.items if each.payout_id]
    found = payouts.get_many(wanted)
    return {
        "items": [view(found[payout_id], masked=True) for payout_id in wanted if payout_id in found],
        "next_cursor": page.next_cursor,
    }


def existing(payout_id: str) -> Payout:
    """Raises NotFound."""
    payout = payouts.get(payout_id)
    if payout is None:
        raise NotFound
    return payout


def view(payout: Payout, *, masked: bool = False) -> dict[str, Any]:
    """The payout as clients read it, `masked` without most of the account's digits and who settled it."""
    account = {name: _masked(number) if masked else number for name, number in payout.account.items()}
    shown = {
        "payout_id": payout.payout_id,
        "supplier_id": payout.supplier_id,
        "period": payout.period,
        "amount": Money(payout.minor, payout.currency).as_json(),
        "status": payout.status,
        "payee": payout.payee,
        "account": account,
        "posting_id": payout.posting_id,
        "file_id": payout.file_id,
        "bank_reference": payout.bank_reference,
        "executed_on": payout.executed_on,
        "reason": payout.reason,
        "settled_by": None if masked else payout.settled_by,
        "version": payout.version,
        "created_at": payout.created_at,
        "updated_at": payout.updated_at,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _payout(
    statement: Statement, supplier: Supplier, account: Mapping[str, Any], minor: int, *, now: str
) -> Payout:
    return Payout(
        payout_id=ids.content_id("pay", statement.supplier_id, statement.period, statement.currency),
        supplier_id=statement.supplier_id,
        period=statement.period,
        currency=statement.currency,
        minor=minor,
        payee=str(supplier.profile.get("legal_name") or supplier.display_name),
        account=account,
        posting_id="",
        correlation_id=telemetry.correlation_id(),
        created_at=now,
        updated_at=now,
    )


def _masked(number: object) -> str:
    text = str(number)
    return "…" + text[-_SHOWN_DIGITS:] if len(text) > 2 * _SHOWN_DIGITS else "…"
