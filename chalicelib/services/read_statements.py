"""A supplier's statements, for those who may read them. One that is not closed is reckoned as of now."""

from collections.abc import Iterator
from typing import Any

from chalicelib import clock, settings
from chalicelib.domain import cycles
from chalicelib.domain import statements as domain
from chalicelib.domain.cycles import Period
from chalicelib.domain.ledger import Entry
from chalicelib.domain.statements import Statement
from chalicelib.problems import FieldProblem, NotFound, Unprocessable
from chalicelib.services import paging, read_ledger, supplier_records
from chalicelib.services.close_period import existing
from chalicelib.services.read_ledger import Wanted
from chalicelib.services.statement_views import summary
from chalicelib.storage import ledger, statements
from chalicelib.storage.pages import packed, unpacked


def list_statements(supplier_id: str, *, limit: int, cursor: str | None) -> paging.Listing:
    """The supplier's statements without their rows, newest first; before them those of the period that is
    under way. Raises NotFound, BadRequest for a cursor of another list."""
    supplier_records.existing(supplier_id)
    last = paging.read_page(lambda: _last_under_way(cursor))
    its = [] if last is None else _open(supplier_id, _under_way(supplier_id))
    left = [summary(each) for each in its if each.currency > (last or "")]
    if len(left) >= limit:
        return {"items": left[:limit], "next_cursor": packed([domain.OPEN, left[limit - 1]["currency"]])}
    closed = paging.listed(
        lambda: statements.page(
            supplier_id, limit=limit - len(left), cursor=cursor if last is None else None
        ),
        summary,
    )
    return {**closed, "items": [*left, *closed["items"]]}


def find(supplier_id: str, period_name: str, currency: str | None) -> Statement:
    """The supplier's statement of the period. Raises NotFound, Unprocessable CURRENCY_REQUIRED where there
    are several and none is named."""
    supplier_records.existing(supplier_id)
    period = existing(period_name)
    found = statements.get(supplier_id, period.name) or _open(supplier_id, period)
    its = [each for each in found if currency in (None, each.currency)]
    if not its:
        raise NotFound("There is no statement of this period, or none in this currency.")
    if len(its) > 1:
        detail = "Say which of them: " + ", ".join(each.currency for each in its) + "."
        raise Unprocessable(
            "CURRENCY_REQUIRED",
            "There is a statement in each currency.",
            errors=[FieldProblem("/currency", "CURRENCY_REQUIRED", detail)],
        )
    return its[0]


def read(
    statement: Statement, *, limit: int, cursor: str | None, names_people: bool = False
) -> dict[str, Any]:
    """The statement with a page of its rows. Raises BadRequest for a cursor of another list."""
    wanted = Wanted(
        since=statement.since,
        until=statement.cutoff,
        account="SUPPLIER",
        state="PAYABLE",
        currency=statement.currency,
    )
    page = read_ledger.list_entries(
        statement.supplier_id, wanted, limit=limit, cursor=cursor, names_people=names_people
    )
    return {**summary(statement), "rows": page["items"], "next_cursor": page["next_cursor"]}


def rows(statement: Statement) -> Iterator[Entry]:
    """All of its entries in order, read a MB at a time."""
    postings = ledger.walk(statement.supplier_id, since=statement.since, until=statement.cutoff)
    return iter(domain.rows(postings, statement.currency))


def _last_under_way(cursor: str | None) -> str | None:
    """The currency of the last statement under way that was listed, "" before the first one, None where the
    list is at the closed ones. Raises BadCursor."""
    match unpacked(cursor) if cursor else [domain.OPEN, ""]:
        case [domain.OPEN, str(currency)]:
            return currency
    return None


def _under_way(supplier_id: str) -> Period:
    """The first that is not closed for the supplier: the last one while a run comes to it, that of now, or
    the next one where that was closed before its end."""
    now, cycle, cutoff = clock.now(), settings.statement_cycle(), ledger.standing(supplier_id).cutoff
    current = cycles.period_of(now, cycle)
    for period in (cycles.before(now, cycle), current):
        run = statements.get_closing(period.name)
        if run is not None and (cutoff is None or cutoff < run.cutoff):
            return period
    return current if run is None else cycles.period_of(current.end, cycle)


def _open(supplier_id: str, period: Period) -> list[Statement]:
    """What the statements of the period come to so far, none where it is over for the supplier or to come."""
    closing, standing = statements.get_closing(period.name), ledger.standing(supplier_id)
    cutoff = closing.cutoff if closing else clock.timestamp(min(clock.now(), period.end))
    if standing.cutoff is not None and standing.cutoff >= cutoff:
        return []
    if period.start > clock.now() and period != _under_way(supplier_id):
        return []
    tallies = domain.tally(ledger.walk(supplier_id, since=standing.cutoff, until=cutoff))
    return domain.following(
        standing, tallies, supplier_id=supplier_id, period=period.name, cutoff=cutoff, status=domain.OPEN
    )
