"""Many small updates of a supplier's offers at once: read together, folded by SKU, written side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, TypeVar

from chalicelib.problems import FieldProblem

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")

NOT_FOUND, WITHDRAWN, INVALID, CONTENTION = "NOT_FOUND", "WITHDRAWN", "INVALID", "CONTENTION"

_TRIES = 4
_AT_ONCE = 8
"""Below the connections that the table's client keeps."""


@dataclass(frozen=True)
class Result:
    """What became of one update; `faults` point into it where it is INVALID."""

    code: str
    faults: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True)
class Plan(Generic[S]):
    """What the updates of one SKU come to: a result each, and the state to write where there is one."""

    results: list[Result]
    write: S | None = None


def apply(
    updates: Sequence[tuple[str, R]],
    *,
    read: Callable[[Iterable[str]], Mapping[str, T]],
    plan: Callable[[T | None, list[R]], Plan[S]],
    write: Callable[[S], bool],
) -> list[Result]:
    """Apply the updates, each with its SKU, as if one after the other; gives their results in order.

    A SKU is written once, however many updates it has, and not at all where it is as they say: one small
    write each, since a transaction of many costs twice the units and fails as a whole. `write` says whether
    it was made; where somebody else was quicker, the SKU is read and planned again, and is CONTENTION where
    that does not help.
    """
    results = [Result(CONTENTION)] * len(updates)
    waiting: dict[str, list[int]] = {}
    for place, (sku, _) in enumerate(updates):
        waiting.setdefault(sku, []).append(place)
    for _ in range(_TRIES):
        if not waiting:
            break
        found = read(waiting)
        plans = {
            sku: plan(found.get(sku), [updates[n][1] for n in places]) for sku, places in waiting.items()
        }
        writes = {sku: each.write for sku, each in plans.items() if each.write is not None}
        made = dict(zip(writes, side_by_side(write, writes.values()), strict=True))
        for sku in [sku for sku in waiting if made.get(sku, True)]:
            for place, result in zip(waiting.pop(sku), plans[sku].results, strict=True):
                results[place] = result
    return results


def side_by_side(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """What `work` gives for each item, in order; some at a time, since each waits for the table."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        started = [pool.submit(copy_context().run, work, item) for item in items]
        return [each.result() for each in started]
