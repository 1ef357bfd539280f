"""The books are held against what they are of: every supplier order, every statement, every balance kept.

A run goes round the suppliers by messages, which may come twice; what is found of a supplier is written once.
Orders and the ledger are read one after the other while both go on. So what looks different is looked at
again: the supplier orders as they are, then what was posted up to the very version that was read.
"""

import itertools
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from chalicelib import clock, ids, settings, telemetry
from chalicelib.clients import queues
from chalicelib.domain import ledger as domain
from chalicelib.domain import reconciliation, sales
from chalicelib.domain.ledger import SUPPLIER_STATES, Posting
from chalicelib.domain.money import Money
from chalicelib.domain.order import Order, SupplierOrder
from chalicelib.domain.reconciliation import Difference, Fingerprint, Paid
from chalicelib.domain.sales import Stands
from chalicelib.domain.statements import Statement, Tally, tally
from chalicelib.problems import NotFound
from chalicelib.services import idempotency, paging, supplier_rounds
from chalicelib.services.commits import commit
from chalicelib.services.idempotency import Outcome
from chalicelib.storage import ledger, orders, reconciliations, statements, supplier_orders
from chalicelib.storage import payouts as stored_payouts
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.reconciliations import Reconciled, Run
from chalicelib.storage.transaction import Write

SCHEDULE = "schedule"
MOST_TOLD = 50
"""Differences of one supplier that are written down; all are counted."""

_AT_ONCE = 100
_ONE_BY_ONE = 2000
"""Supplier orders, at most, that are looked at one by one in one go through the ledger."""


def start(*, by: str, marked: idempotency.Request | None = None) -> Outcome:
    """Begin a run; the answer is the run. The same request again begins none."""

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        run = Run(ids.new_id("rec"), by, clock.timestamp())
        return _view(run, Reconciled(suppliers=0)), (reconciliations.adding(run),)

    outcome = idempotency.perform(marked, work)
    # Told again, too: whoever began it may have died before it told anybody.
    reconciliation_id = outcome.answer["reconciliation_id"]
    message = {"reconciliation_id": reconciliation_id, "correlation_id": telemetry.correlation_id()}
    queues.send(_queue(), message)
    return outcome


def read_latest(*, limit: int, cursor: str | None) -> dict[str, Any]:
    """The run begun last, with what it has found so far. Raises NotFound, BadRequest for a cursor of another
    run."""
    run = reconciliations.latest()
    if run is None:
        raise NotFound("Nothing has been reconciled yet.")
    found = paging.listed(
        lambda: reconciliations.differences(run, limit=limit, cursor=cursor), difference_view
    )
    return {**_view(run, reconciliations.summary(run)), **found}


def work(message: Mapping[str, Any]) -> None:
    """Go on with a run where the message says. It may come twice."""
    run = reconciliations.get(message["reconciliation_id"])
    if run is None:
        raise LookupError(f"no run {message['reconciliation_id']}")
    if "supplier_id" in message:
        _reconcile(run, message["supplier_id"])
        return
    shared = {name: message.get(name, "") for name in ("reconciliation_id", "correlation_id")}
    counted = supplier_rounds.go_on(_queue(), message, shared, until=run.created_at)
    if counted is not None:
        commit(reconciliations.counted(run, counted))


def _reconcile(run: Run, supplier_id: str) -> None:
    if reconciliations.is_reconciled(run, supplier_id):
        return
    found, differences = look_at(supplier_id)
    try:
        commit(*reconciliations.reconciled(run, supplier_id, found, differences))
    except WriteRefused:
        return  # the same message at the same time was quicker
    if found.differences:
        telemetry.log("BOOKS_DIFFER", supplier_id=supplier_id, differences=found.differences)


def look_at(supplier_id: str) -> tuple[Reconciled, list[Difference]]:
    """What there is of the supplier, and the first of the differences that there are. Reads its orders and
    its ledger once, and again where they differ; keeps sums only."""
    fingerprint, counts = Fingerprint(), dict.fromkeys(("supplier_orders", "postings"), 0)
    started, paid = clock.timestamp(), dict[str, tuple[str, int]]()
    closed = list(statements.walk(supplier_id))
    kept = ledger.standing(supplier_id)
    for part, order in _with_orders(supplier_orders.walk(supplier_id)):
        counts["supplier_orders"] += 1
        fingerprint.expect(part.supplier_order_id, order.currency, sales.stands(order, part))

    def noted(postings: Iterable[Posting]) -> Iterator[Posting]:
        for posting in postings:
            counts["postings"] += 1
            if posting.supplier_order_id and sales.version_posted(posting) is not None:
                fingerprint.find(posting.supplier_order_id, posting)
            elif posting.moves[0].type == "PAYMENT":
                paid[posting.cause] = posting.currency, posting.moves[0].minor
            yield posting

    tallies, until_kept = _tallied(noted(ledger.walk(supplier_id)), closed, kept.cutoff)
    every = itertools.chain(
        reconciliation.of_statements(closed, tallies, supplier_id=supplier_id),
        _of_payouts(supplier_id, closed, paid, started),
        _of_balances(supplier_id, kept.sums, until_kept),
        _of_orders(supplier_id, fingerprint),
    )
    told = list(itertools.islice(every, MOST_TOLD))
    number = len(told) + sum(1 for _ in every)
    return Reconciled(1, **counts, statements=len(closed), differences=number), told


def _with_orders(parts: Iterable[SupplierOrder]) -> Iterator[tuple[SupplierOrder, Order]]:
    waiting = iter(parts)
    while some := list(itertools.islice(waiting, _AT_ONCE)):
        found = orders.get_many({part.order_id for part in some})
        yield from ((part, found[part.order_id]) for part in some if part.order_id in found)


def _tallied(
    postings: Iterable[Posting], closed: Sequence[Statement], kept: str | None
) -> tuple[dict[str, dict[str, Tally]], domain.Sums]:
    """What the postings come to before each cutoff of a statement, by currency, and what stood in the ledger
    when its balance was kept."""
    cutoffs = sorted({statement.cutoff for statement in closed})
    until_kept: Counter[tuple[str, domain.Account]] = Counter()

    def summed() -> Iterator[Posting]:
        for posting in postings:
            if kept is not None and posting.at < kept:
                until_kept.update(domain.sums([posting]))
            yield posting

    tallies = {}
    for place, some in itertools.groupby(summed(), key=lambda posting: bisect_right(cutoffs, posting.at)):
        found = tally(some)
        if place < len(cutoffs):
            tallies[cutoffs[place]] = found
    return tallies, until_kept


def _of_payouts(
    supplier_id: str, closed: Sequence[Statement], paid: Paid, started: str
) -> Iterator[Difference]:
    """One settled since the start is left for the next run: the ledger may have been read before."""
    payouts = stored_payouts.get_many(
        {each.payout_id for each in closed if each.payout_id} | set(map(reconciliation.payout_of, paid))
    )
    for difference in reconciliation.of_payouts(closed, payouts, paid, supplier_id=supplier_id):
        payout = payouts.get(difference.payout_id or "")
        if payout is None or payout.updated_at < started:
            yield difference


def _of_balances(
    supplier_id: str, kept: Mapping[tuple[str, domain.Account], int], summed: domain.Sums
) -> Iterator[Difference]:
    for currency, account in sorted(kept.keys() | summed.keys()):
        expected, found = summed.get((currency, account), 0), kept.get((currency, account), 0)
        if expected != found:
            yield Difference("BALANCE_DIFFERS", supplier_id, currency, expected, found, account=account)


def _of_orders(supplier_id: str, fingerprint: Fingerprint) -> Iterator[Difference]:
    for buckets in fingerprint.groups(most=_ONE_BY_ONE):
        yield from _one_by_one(supplier_id, buckets)


def _one_by_one(supplier_id: str, buckets: frozenset[int]) -> Iterator[Difference]:
    """The differences of the supplier orders in these buckets. Each is read before the ledger is: what was
    posted for its version and those before is in the ledger by then, and what came later does not count."""
    known = supplier_orders.walk(supplier_id)
    wanted = [
        part.supplier_order_id for part in known if reconciliation.bucket(part.supplier_order_id) in buckets
    ]
    parts = {part.supplier_order_id: part for part in supplier_orders.get_by_ids(wanted)}
    found: dict[str, Stands] = {part_id: Stands() for part_id in parts}
    unknown: dict[tuple[str, str], Stands] = {}
    for posting in ledger.walk(supplier_id):
        part_id, version = posting.supplier_order_id, sales.version_posted(posting)
        if part_id is None or version is None or reconciliation.bucket(part_id) not in buckets:
            continue
        if part_id not in parts:
            unknown.setdefault((part_id, posting.currency), Stands()).update(sales.posted(posting))
        elif version <= parts[part_id].version:
            found[part_id].update(sales.posted(posting))
    for part, order in _with_orders(parts.values()):
        expected = sales.stands(order, part)
        yield from _by_line(part, order.currency, expected, found[part.supplier_order_id])
    yield from _unknown(supplier_id, unknown)


def _by_line(part: SupplierOrder, currency: str, expected: Stands, found: Stands) -> Iterator[Difference]:
    for line_id, account in sorted(expected.keys() | found.keys(), key=str):
        place = line_id, account
        if expected[place] != found[place]:
            yield Difference(
                "ENTRIES_DIFFER",
                part.supplier_id,
                currency,
                expected[place],
                found[place],
                order_id=part.order_id,
                supplier_order_id=part.supplier_order_id,
                line_id=line_id,
                account=account,
            )


def _unknown(supplier_id: str, found: Mapping[tuple[str, str], Stands]) -> Iterator[Difference]:
    """Entries of supplier orders that this supplier does not have; one that the index only does not show yet
    is left for the next run."""
    own = {
        part.supplier_order_id
        for part in supplier_orders.get_by_ids(part_id for part_id, _ in found)
        if part.supplier_id == supplier_id
    }
    for (part_id, currency), stands in found.items():
        for (line_id, account), minor in stands.items():
            if minor and part_id not in own:
                yield Difference(
                    "ORDER_UNKNOWN", supplier_id, currency, 0, minor, supplier_order_id=part_id,
                    line_id=line_id, account=account,
                )  # fmt: skip


def difference_view(difference: Difference) -> dict[str, Any]:
    """The difference as administrators read it."""
    if difference.field == "rows":
        figures: dict[str, Any] = {
            "expected_rows": difference.expected,
            "found_rows": difference.found,
        }
    else:
        figures = {
            "expected": Money(difference.expected, difference.currency).as_json(),
            "found": Money(difference.found, difference.currency).as_json(),
        }
    optional = {
        "order_id": difference.order_id,
        "supplier_order_id": difference.supplier_order_id,
        "line_id": difference.line_id,
        "account": "SUPPLIER" if difference.account in SUPPLIER_STATES else difference.account,
        "state": SUPPLIER_STATES.get(difference.account or ""),
        "period": difference.period,
        "field": difference.field,
        "payout_id": difference.payout_id,
    }
    return {
        "kind": difference.kind,
        "supplier_id": difference.supplier_id,
        "currency": difference.currency,
        **figures,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _view(run: Run, found: Reconciled) -> dict[str, Any]:
    is_done = run.suppliers is not None and found.suppliers >= run.suppliers
    view = {
        "reconciliation_id": run.reconciliation_id,
        "status": "COMPLETE" if is_done else "RUNNING",
        "started_by": run.by,
        "suppliers": run.suppliers,
        "suppliers_done": found.suppliers,
        "supplier_orders": found.supplier_orders,
        "postings": found.postings,
        "statements": found.statements,
        "differences": found.differences,
        "created_at": run.created_at,
    }
    return {name: value for name, value in view.items() if value is not None}


def _queue() -> str:
    return settings.required("ACCOUNTING_QUEUE_URL")
