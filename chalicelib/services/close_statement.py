"""One supplier's part of closing a period: its statements and payouts, in one transaction."""

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from chalicelib import clock, telemetry
from chalicelib.domain import cycles
from chalicelib.domain import statements as domain
from chalicelib.domain.ledger import Posting, Standing, summed
from chalicelib.domain.statements import Statement
from chalicelib.services import payouts, periodic_fees, supplier_records
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.storage import ledger, statements
from chalicelib.storage import payouts as stored_payouts
from chalicelib.storage.statements import Closing
from chalicelib.storage.transaction import Write


def close(supplier_id: str, closing: Closing) -> None:
    """Make the supplier's statements of the run's period, unless they are made: of what was posted behind
    those made before, however old it is, and of its fees for the period, which are posted with them.
    What then stands in its ledger is kept.

    Reads the ledger from there on, a MB in each round trip, and keeps sums only. Where another run closed the
    same ledger meanwhile, it begins again behind that one; Conflict where that happens again and again.
    """
    made = read_and_commit(lambda: _closed(supplier_id, closing))
    if made is not None:
        telemetry.log("STATEMENTS_CLOSED", supplier_id=supplier_id, period=closing.period, count=made)


def _closed(supplier_id: str, closing: Closing) -> int | None:
    """How many statements were made now; None where the run was here before."""
    if statements.has_receipt(closing.period, supplier_id):
        return None
    before, now = ledger.standing(supplier_id), clock.timestamp()
    made, writes = list[Statement](), list[Write]()
    if before.cutoff is None or before.cutoff < closing.cutoff:  # else a later period was closed before
        fees = periodic_fees.postings(supplier_id, cycles.period(closing.period), cutoff=closing.cutoff)
        sums = Counter(before.sums)
        posted = ledger.walk(supplier_id, since=before.cutoff, until=closing.cutoff)
        postings = summed(itertools.chain(posted, fees), sums)
        made = _statements(supplier_id, closing, before, postings, now)
        after = Standing(closing.cutoff, sums)
        stands = ledger.setting_standing(supplier_id, before, after, now=now)
        writes = [*_writes(supplier_id, made, now), *map(ledger.adding, fees), stands]
    currencies = [statement.currency for statement in made]
    commit(statements.receipt(closing.period, supplier_id, currencies, now=now), *writes)
    return len(made)


def _statements(
    supplier_id: str, closing: Closing, before: Standing, postings: Iterable[Posting], now: str
) -> list[Statement]:
    made = domain.following(
        before,
        domain.tally(postings),
        supplier_id=supplier_id,
        period=closing.period,
        cutoff=closing.cutoff,
        status=domain.CLOSED,
    )
    correlation_id = telemetry.correlation_id()
    return [
        replace(statement, correlation_id=correlation_id, created_at=now, updated_at=now)
        for statement in made
    ]


def _writes(supplier_id: str, made: list[Statement], now: str) -> list[Write]:
    """The statements, each with its payout."""
    if not made:
        return []
    supplier, terms = supplier_records.existing(supplier_id), stored_payouts.get_terms(supplier_id)
    writes: list[Write] = []
    for statement in made:
        paid, payout = payouts.with_payout(statement, supplier, terms, now=now)
        writes += [statements.adding(paid), *payout]
    return writes
