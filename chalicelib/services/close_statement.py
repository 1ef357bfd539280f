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
from chalicelib.services.commits import commit
from chalicelib.storage import ledger, statements
from chalicelib.storage import payouts as stored_payouts
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.statements import Closing
from chalicelib.storage.transaction import Write


def close(supplier_id: str, closing: Closing) -> None:
    """Make the supplier's statements of the run's period, unless they are made: of what was posted behind
    those of the period before, however old it is, and of its fees for the period, which are posted with them.
    What then stands in its ledger is kept.

    Reads the ledger from there on, a MB in each round trip, and keeps sums only.
    """
    last = statements.latest(supplier_id)
    if last and last[0].period == closing.period:
        return
    standing, now = ledger.standing(supplier_id), clock.timestamp()
    made, writes = list[Statement](), list[Write]()
    if standing.cutoff is None or standing.cutoff < closing.cutoff:  # else a later period was closed before
        fees = periodic_fees.postings(supplier_id, cycles.period(closing.period), cutoff=closing.cutoff)
        sums = Counter(standing.sums)
        posted = ledger.walk(supplier_id, since=standing.cutoff, until=closing.cutoff)
        made = _statements(supplier_id, closing, last, summed(itertools.chain(posted, fees), sums))
        stands = ledger.setting_standing(supplier_id, Standing(closing.cutoff, sums), now=now)
        writes = [*_writes(supplier_id, made, now), *map(ledger.adding, fees), stands]
    currencies = [statement.currency for statement in made]
    receipt = statements.receipt(closing.period, supplier_id, currencies, now=now)
    try:
        commit(receipt, *writes)
    except WriteRefused:
        return  # the same message at the same time was quicker
    telemetry.log("STATEMENTS_CLOSED", supplier_id=supplier_id, period=closing.period, count=len(made))


def _statements(
    supplier_id: str, closing: Closing, last: list[Statement], postings: Iterable[Posting]
) -> list[Statement]:
    made = domain.following(
        last,
        domain.tally(postings),
        supplier_id=supplier_id,
        period=closing.period,
        cutoff=closing.cutoff,
        status=domain.CLOSED,
    )
    now, correlation_id = clock.timestamp(), telemetry.correlation_id()
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
