"""How a batch's validations ended is added to the day's counts, in one write."""

import logging

from chalicelib import clock, telemetry
from chalicelib.domain.tally import TO_REVIEW, Tally
from chalicelib.services.commits import commit
from chalicelib.storage import validation_counts
from chalicelib.storage.errors import WriteRefused


def count(tally: Tally) -> None:
    """Add what one batch decided. Decisions stand without it, so a failure is logged and goes no further.

    Counted are decisions that were written, each by the call that wrote it: a batch that comes again counts
    what it still decides. A crash before this write loses one batch's counts; a write whose answer was lost
    is sent again and may count a batch twice.
    """
    if not tally.validated:
        return
    telemetry.log(
        "VALIDATIONS_COUNTED",
        kind=tally.kind,
        validated=tally.validated,
        to_review=tally.outcomes[TO_REVIEW],
    )
    try:
        _add(clock.timestamp()[:10], tally)
    except Exception as error:  # noqa: BLE001 - statistics are worth no retry of decisions
        telemetry.log("COUNTS_LOST", level=logging.ERROR, kind=tally.kind, error=type(error).__name__)


def _add(day: str, tally: Tally) -> None:
    adding = validation_counts.adding(day, tally)
    try:
        commit(adding)
    except WriteRefused:
        _begin(day, tally.kind)
        commit(adding)


def _begin(day: str, kind: str) -> None:
    try:
        commit(validation_counts.opening(day, kind))
    except WriteRefused:
        return  # another batch was the day's first
