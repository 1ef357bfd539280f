"""A period is closed: each supplier gets its statements and its payouts, once.

The run is stored with its cutoff; a message goes round the suppliers and leaves one for each. Everything may
be said again: a run begins once, and a supplier's statements of a period are made once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.clients import queues
from chalicelib.domain import cycles
from chalicelib.domain.cycles import InvalidPeriod, Period
from chalicelib.problems import Conflict, NotFound
from chalicelib.services import close_statement, paging, statement_views, supplier_rounds
from chalicelib.services.commits import commit
from chalicelib.storage import statements
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.statements import Closing

SCHEDULE = "schedule"


def close(period_name: str, *, by: str) -> dict[str, Any]:
    """Close the period for all suppliers, at its end or, before that, now: what is posted later goes into the
    next statement. Gives the run; again, it changes nothing.

    Raises NotFound for what is no period, Conflict PERIOD_NOT_BEGUN, OTHER_CYCLE for a week where statements
    are of months, or a month where they are of weeks.
    """
    period, now = existing(period_name), clock.now()
    if period != cycles.period_of(period.start, settings.statement_cycle()):
        raise Conflict("OTHER_CYCLE", f"A statement is of a {settings.statement_cycle().lower()}.")
    if period.start > now:
        raise Conflict("PERIOD_NOT_BEGUN", f"{period.name} begins at {clock.timestamp(period.start)}.")
    closing = statements.get_closing(period.name) or _begun(period, now, by)
    # Told again, also where it was begun before: whoever began it may have died before it told anybody.
    _tell({"period": period.name, "correlation_id": telemetry.correlation_id()}, closing)
    return _view(closing)


def close_what_is_over() -> None:
    """Close the last period that is over, unless it is closed or that is left to administrators."""
    period = cycles.before(clock.now(), settings.statement_cycle())
    if settings.closes_by_itself() and _is_unfinished(period.name):
        close(period.name, by=SCHEDULE)


def read(period_name: str, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """The run with the statements that it has made. Raises NotFound where the period was never closed,
    BadRequest for a cursor of another list."""
    closing = statements.get_closing(existing(period_name).name)
    if closing is None:
        raise NotFound("This period has not been closed.")
    receipts = paging.read_page(lambda: statements.receipts(closing.period, limit=limit, cursor=cursor))
    made = statements.of_suppliers(closing.period, receipts.items)
    items = [statement_views.summary(each) for each in made]
    return {**_view(closing), "items": items, "next_cursor": receipts.next_cursor}


def existing(period_name: str) -> Period:
    """The period of this name. Raises NotFound."""
    try:
        return cycles.period(period_name)
    except InvalidPeriod as error:
        raise NotFound("A period is a month as 2026-11, or a week as 2026-W48.") from error


def work(message: Mapping[str, Any]) -> None:
    """Go on with a run where the message says. It may come twice or early."""
    closing = statements.get_closing(message["period"])
    if closing is None:
        raise LookupError(f"no run closes {message['period']}")
    if _seconds_left(closing) > 0:
        _tell(message, closing)
    elif "supplier_id" in message:
        close_statement.close(message["supplier_id"], closing)
    else:
        _go_round(closing, message)


def _begun(period: Period, now: datetime, by: str) -> Closing:
    cutoff, stamp = min(now, period.end), clock.timestamp(now)
    closing = Closing(period.name, clock.timestamp(cutoff), by, created_at=stamp)
    try:
        commit(statements.opening_run(closing))
    except WriteRefused:
        return statements.get_closing(period.name) or closing
    telemetry.log("PERIOD_CLOSING", period=period.name, cutoff=closing.cutoff)
    return closing


def _go_round(closing: Closing, message: Mapping[str, Any]) -> None:
    """Have all suppliers come to."""
    shared = {"period": closing.period, "correlation_id": message.get("correlation_id", "")}
    counted = supplier_rounds.go_on(_queue(), message, shared, until=closing.cutoff)
    if counted is not None:
        commit(statements.counted(closing.period, counted))


def _tell(message: Mapping[str, Any], closing: Closing) -> None:
    queues.send(_queue(), message, delay_seconds=_seconds_left(closing))


def _seconds_left(closing: Closing) -> int:
    """Until nothing can be written any more that is dated before the cutoff."""
    left = clock.parse(closing.cutoff) + settings.close_after() - clock.now()
    return max(0, -int(-left.total_seconds() // 1))


def _is_unfinished(period_name: str) -> bool:
    closing = statements.get_closing(period_name)
    return closing is None or not _is_done(closing, statements.count_receipts(period_name))


def _is_done(closing: Closing, receipts: int) -> bool:
    return closing.suppliers is not None and receipts >= closing.suppliers


def _view(closing: Closing) -> dict[str, Any]:
    receipts = statements.count_receipts(closing.period)
    view = {
        "period": closing.period,
        "status": "CLOSED" if _is_done(closing, receipts) else "CLOSING",
        "cutoff": closing.cutoff,
        "closed_by": closing.by,
        "suppliers": closing.suppliers,
        "suppliers_done": receipts,
        "created_at": closing.created_at,
    }
    return {name: value for name, value in view.items() if value is not None}


def _queue() -> str:
    return settings.required("ACCOUNTING_QUEUE_URL")
