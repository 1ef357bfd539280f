"""The commission rules that a sale is judged by. A version never changes, so a process keeps what it has
read."""

from functools import lru_cache

from chalicelib import clock
from chalicelib.domain.fee_rules import CommissionRules
from chalicelib.domain.fee_schedule import Holding, holding_at
from chalicelib.storage import fee_rules

_KEPT = 4
"""Versions in one process: that which holds, and those before and after it."""
_PAGE = 100


class UnknownRules(Exception):
    """A version of the commission rules that is not there."""


def now() -> CommissionRules:
    """The rules that hold now: one small read, and the document where this process has not seen it."""
    return of(fee_rules.schedule().at(clock.timestamp()))


@lru_cache(maxsize=_KEPT)
def of(holding: Holding) -> CommissionRules:
    """The rules of this version, without a read where this process has seen it. Raises UnknownRules."""
    if holding.version == 0:
        return CommissionRules()
    stored = fee_rules.get(holding.version)
    if stored is None or stored.holding != holding:
        raise UnknownRules(*holding)
    return CommissionRules(stored.version, stored.document)


def numbered(version: int) -> CommissionRules:
    """The rules of this version, read anew. Raises UnknownRules."""
    stored = fee_rules.get(version) if version else None
    if version and stored is None:
        raise UnknownRules(version)
    return CommissionRules(stored.version, stored.document) if stored else CommissionRules()


def at(moment: str) -> CommissionRules:
    """The rules that held, or will as far as is known, at any moment: a round trip for every hundred versions
    and one more."""
    return of(holding_at(_every_holding(), moment))


def _every_holding() -> list[Holding]:
    found, cursor = list[Holding](), None
    while True:
        page = fee_rules.page(limit=_PAGE, cursor=cursor)
        found += [each.holding for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
