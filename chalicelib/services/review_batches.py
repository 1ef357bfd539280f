"""The same step on many cases: each by itself and in its own transaction, with its own result."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from chalicelib import telemetry
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.review import Review
from chalicelib.problems import Conflict, Problem, TemporarilyUnavailable

T = TypeVar("T")

MAX_CASES = 100
_AT_ONCE = 8
"""A case is a handful of round trips to the table, and little else."""
BUDGET_SECONDS = 20.0
"""The gateway waits for 29: what is not begun by then is said to be undone."""


def on_each(
    cases: Sequence[T],
    act: Callable[[T], Review],
    *,
    named: Callable[[T], str] = str,
    seconds: float = BUDGET_SECONDS,
) -> dict[str, Any]:
    """`act` on every case. The answer counts them, and holds a result for each in the order given: what the
    review became, or the problem that kept it from that. `named` gives the review's id."""
    until = time.monotonic() + seconds

    def one(case: T) -> dict[str, Any]:
        try:
            _refuse_late(until)
            return _done(act(case))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other cases are not to blame
            return {"review_id": named(case), "done": False, "problem": _problem(error, named(case))}

    first = [one(case) for case in cases[:1]]  # alone, so that a cold process connects to the table once
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        started = [pool.submit(copy_context().run, one, case) for case in cases[1:]]
    results = [*first, *(each.result() for each in started)]
    done = sum(each["done"] for each in results)
    return {"done": done, "refused": len(results) - done, "results": results}


def _done(review: Review) -> dict[str, Any]:
    settled = {"resolution": review.resolution} if review.resolution else {}
    return {
        "review_id": review.review_id,
        "done": True,
        "status": review.status,
        "version": review.version,
        **settled,
    }


def _problem(error: Exception, review_id: str) -> dict[str, Any]:
    match error:
        case Problem():
            problem = error
        case IllegalMove():
            problem = Conflict("ILLEGAL_MOVE", f"{error}.")
        case _:
            telemetry.log("CASE_FAILED", level=logging.ERROR, review_id=review_id, error=type(error).__name__)
            problem = Problem("INTERNAL_ERROR", "Something failed on our side.")
    return {
        "status": problem.status,
        "code": problem.code,
        "title": problem.title,
        "detail": problem.detail,
    }


def _refuse_late(until: float) -> None:
    if time.monotonic() > until:
        raise TemporarilyUnavailable(
            "OUT_OF_TIME", "This case's turn did not come; nothing was done. Send it again.", retry_after=1
        )
