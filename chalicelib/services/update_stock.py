"""Many counts of a supplier's stock at once: a batch read for every 100 SKUs, a small write for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib import clock, ids, telemetry
from chalicelib.domain.dated import Dated, take
from chalicelib.domain.offer import Terms
from chalicelib.problems import TemporarilyUnavailable
from chalicelib.services.commits import commit
from chalicelib.services.row_updates import NOT_FOUND, WITHDRAWN, Plan, Result, apply
from chalicelib.storage import offer_terms
from chalicelib.storage.errors import WriteRefused


@dataclass(frozen=True)
class Count:
    """How many there were on hand, reservations included, at a time."""

    quantity: int
    as_of: str


@dataclass(frozen=True)
class _Counted:
    offer_id: str
    count: Count


def update(supplier_id: str, counts: Sequence[tuple[str, Count]]) -> list[Result]:
    """Apply the counts, each with its SKU; gives their results in order: APPLIED, UNCHANGED, STALE,
    NOT_FOUND, WITHDRAWN, CONTENTION."""

    def read(skus: Iterable[str]) -> Mapping[str, Terms]:
        found = offer_terms.get_many(ids.offer_id(supplier_id, sku) for sku in skus)
        return {terms.sku: terms for terms in found.values()}

    return apply(counts, read=read, plan=_plan, write=_write)


def _plan(terms: Terms | None, counts: list[Count]) -> Plan[_Counted]:
    if terms is None:
        return Plan([Result(NOT_FOUND)] * len(counts))
    if terms.is_withdrawn:
        return Plan([Result(WITHDRAWN)] * len(counts))
    stored = Dated({"quantity": terms.quantity}, terms.stock_as_of)
    held, results = stored, []
    for count in counts:
        held, code = take(held, Dated({"quantity": count.quantity}, count.as_of))
        results.append(Result(code))
    if held == stored:
        return Plan(results)
    return Plan(results, _Counted(terms.offer_id, Count(held.values["quantity"], held.as_of)))


def _write(counted: _Counted) -> bool:
    write = offer_terms.setting_stock(
        counted.offer_id,
        quantity=counted.count.quantity,
        as_of=counted.count.as_of,
        now=clock.timestamp(),
        correlation_id=telemetry.correlation_id(),
    )
    try:
        commit(write)
    except (WriteRefused, TemporarilyUnavailable):
        return False
    return True
