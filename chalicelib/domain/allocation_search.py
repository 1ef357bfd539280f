"""The exact search of `allocation`: an offer for every line at the least cost, where each supplier that is
not yet in the order costs something to open.

It is facility location, solved by branch and bound. A node's bound comes from dual ascent (D. Erlenkotter, "A
dual-based procedure for uncapacitated facility location", Operations Research 26, 1978): every line bids for
its options, and what lines bid above an option's cost pays for opening its supplier. Shared stock and the
limit on what the goods may cost are left out of the bound, which makes it lower but never wrong, and are kept
by the search itself. How long it may take is counted in options looked at, not in time: the same lines always
end in the same answer.
"""

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import gcd

from chalicelib.domain.allocation_problem import Option, Problem, first_of_each_supplier, worth_looking_at

EFFORT = 400_000
"""Options looked at before the search stops with the best found: about a quarter of a second."""


_WEIGHTS = (0, 1, 4, 16, None)
"""Where the goods may not cost too much, the search begins with what is cheapest when their price counts so
many times more: most often the limit does not bind at all, and without it far less is to be looked at."""

_SHARE = 4
"""Of the effort, for each but the first of these."""


@dataclass(frozen=True)
class Found:
    """The best options found, one a line; no choice costs less than `bound`."""

    chosen: tuple[Option, ...]
    cost: int
    bound: int


@dataclass(frozen=True)
class _Node:
    """A part of all choices: some lines have their option, each other one takes one of its `live` ones."""

    taken: Mapping[int, Option]
    live: Mapping[int, Sequence[Option]]


@dataclass(frozen=True)
class _Relaxed:
    """A node without shared stock and limit: what each line bids, what still lacks to open each supplier, and
    the bound that follows."""

    bids: Mapping[int, int]
    lacking: Mapping[str, int]
    bound: int

    def bound_with(self, line: int, option: Option) -> int:
        """At least this much, where `line` takes `option`."""
        return self.bound + self.lacking[option.supplier] + max(0, option.cost - self.bids[line])


def cheapest(problem: Problem, *, effort: int = EFFORT) -> Found | None:
    """The cheapest choice, proven so where its cost is its bound. None where there is none, or none was found
    within the effort."""
    if not all(problem.lines):
        return None
    if all(len(options) == 1 for options in problem.lines):
        chosen = tuple(options[0] for options in problem.lines)
        cost = problem.cost(chosen)
        return Found(chosen, cost, cost) if problem.allows(chosen) else None
    search = _Search(problem, effort)
    if problem.at_most is not None:
        for weight in _WEIGHTS:
            found = cheapest(_weighted(problem, weight), effort=effort if weight == 0 else effort // _SHARE)
            if found is None:
                break
            if weight == 0 and problem.allows(found.chosen):
                return found
            search.begin_with(found, weight)
    return search.run()


def _weighted(problem: Problem, weight: int | None) -> Problem:
    """Without the limit, the price of the goods counted so many times more; None counts it alone."""
    if weight is None:
        lines = [[option._replace(cost=option.goods) for option in options] for options in problem.lines]
        return replace(problem, lines=lines, opening=0, at_most=None)
    lines = [
        [option._replace(cost=option.cost + weight * option.goods) for option in options]
        for options in problem.lines
    ]
    return replace(problem, lines=lines, at_most=None)


class _Search:
    def __init__(self, problem: Problem, effort: int) -> None:
        self.problem = problem
        self.effort = effort
        self.scarce = problem.scarce_offers()
        self.lines = worth_looking_at(problem, self.scarce)
        differences = (option.cost - options[0].cost for options in self.lines for option in options)
        self.step = gcd(problem.opening, *differences) or 1
        self.base = sum(options[0].cost for options in self.lines)
        self.has_twins = any(
            len({option.supplier for option in options}) < len(options) for options in self.lines
        )
        self.best: tuple[Option, ...] | None = None
        self.best_cost = 0
        self.floor = 0

    def begin_with(self, found: Found, weight: int | None) -> None:
        """Take over what was found with the goods' price counted more: its choice where the limit allows it,
        and its bound, for what the goods count more is at most `weight` times the limit."""
        choice = tuple(
            next(option for option in options if option.offer == taken.offer)
            for options, taken in zip(self.problem.lines, found.chosen, strict=True)
        )
        self._keep(choice)
        if weight is not None and self.problem.at_most is not None:
            self.floor = max(self.floor, found.bound - weight * self.problem.at_most)

    def run(self) -> Found | None:
        """Look next where the bound is least, so that nothing is better than the first of the heap."""
        numbers = count()
        heap: list[tuple[int, int, int, _Node, _Relaxed]] = []

        def push(node: _Node, relaxed: _Relaxed | None) -> None:
            if relaxed is not None and self._is_promising(relaxed.bound):
                heapq.heappush(heap, (relaxed.bound, -len(node.taken), next(numbers), node, relaxed))

        root = _Node({}, dict(enumerate(self.lines)))
        push(root, self._look_at(root))
        while heap and self._is_promising(heap[0][0]) and self.effort > 0:
            _, _, _, node, relaxed = heapq.heappop(heap)
            for child in self._children(node, relaxed):
                push(child, self._look_at(child))
                if self.effort <= 0:
                    push(node, relaxed)
                    break
        if self.best is None:
            return None
        bound = min(heap[0][0], self.best_cost) if heap else self.best_cost
        return Found(self.best, self.best_cost, max(bound, self.floor))

    def _is_promising(self, bound: int) -> bool:
        return self.best is None or max(bound, self.floor) < self.best_cost

    def _look_at(self, node: _Node) -> _Relaxed | None:
        """Bound the node and make a choice of it; None where it holds none."""
        if not all(node.live.values()) or not self._is_affordable(node):
            return None
        opened = self.problem.opened | {option.supplier for option in node.taken.values()}
        bids, lacking = self._ascend(self._bidding(node.live), opened)
        bound = self.problem.cost(node.taken.values()) + sum(bids.values())
        relaxed = _Relaxed(bids, lacking, self._rounded_up(bound))
        if self._is_promising(relaxed.bound):
            self._try_choice(node, relaxed, set(opened))
        return relaxed

    def _bidding(self, live: Mapping[int, Sequence[Option]]) -> Mapping[int, Sequence[Option]]:
        """What a line pays for a supplier is paid once, though it may have two offers for the line."""
        if not self.has_twins:
            return live
        return {line: first_of_each_supplier(options) for line, options in live.items()}

    def _is_affordable(self, node: _Node) -> bool:
        if self.problem.at_most is None:
            return True
        least = sum(min(option.goods for option in options) for options in node.live.values())
        return least + sum(option.goods for option in node.taken.values()) <= self.problem.at_most

    def _rounded_up(self, bound: int) -> int:
        """All costs lie whole steps apart."""
        return self.base + -(-(bound - self.base) // self.step) * self.step

    def _ascend(
        self, live: Mapping[int, Sequence[Option]], opened: frozenset[str]
    ) -> tuple[dict[int, int], dict[str, int]]:
        """Raise the lines' bids, a step at a time and the lines with fewest options first, until each is held
        by a supplier that is paid for."""
        lacking = {
            option.supplier: 0 if option.supplier in opened else self.problem.opening
            for options in live.values()
            for option in options
        }
        bids = {line: options[0].cost for line, options in live.items()}
        reached = dict.fromkeys(live, 0)
        rising = sorted(live, key=lambda line: len(live[line]))
        self.effort -= sum(map(len, live.values())) + 1
        while rising:
            still = []
            for line in rising:
                options, bid, n = live[line], bids[line], reached[line]
                while n < len(options) and options[n].cost <= bid:
                    n += 1
                room = min(lacking[option.supplier] for option in options[:n])
                self.effort -= n
                if not room:
                    continue
                rise = min(room, options[n].cost - bid) if n < len(options) else room
                for option in options[:n]:
                    lacking[option.supplier] -= rise
                bids[line], reached[line] = bid + rise, n
                if rise < room:
                    still.append(line)
            rising = still
        return bids, lacking

    def _try_choice(self, node: _Node, relaxed: _Relaxed, suppliers: set[str]) -> None:
        """Open what is paid for and needed, and give each line the cheapest: the best choice so far?"""
        for line, options in node.live.items():
            held_by = [
                each.supplier
                for each in options
                if each.cost <= relaxed.bids[line] and not relaxed.lacking[each.supplier]
            ]
            self.effort -= len(held_by)
            if held_by and suppliers.isdisjoint(held_by):
                suppliers.add(held_by[0])
        left = self._left(node.taken)
        chosen = dict(node.taken)
        for line in sorted(node.live, key=lambda line: (-self.problem.quantities[line], line)):
            able = self._able(line, node.live[line], left)
            if not able:
                return
            opened = next((option for option in able if option.supplier in suppliers), None)
            if opened is None or able[0].cost + self.problem.opening < opened.cost:
                opened = able[0]
            chosen[line] = opened
            suppliers.add(opened.supplier)
            left[opened.offer] = left.get(opened.offer, 0) - self.problem.quantities[line]
        self._keep(tuple(chosen[line] for line in range(len(self.lines))))

    def _keep(self, choice: tuple[Option, ...]) -> None:
        cost = self.problem.cost(choice)
        if self._is_promising(cost) and self.problem.allows(choice):
            self.best, self.best_cost = choice, cost

    def _left(self, taken: Mapping[int, Option]) -> dict[str, int]:
        """What there is of the scarce offers beside what is taken."""
        left = {offer: self.problem.stock[offer] for offer in self.scarce}
        for line, option in taken.items():
            if option.offer in left:
                left[option.offer] -= self.problem.quantities[line]
        return left

    def _able(self, line: int, options: Sequence[Option], left: Mapping[str, int]) -> Sequence[Option]:
        if not self.scarce:
            return options
        quantity = self.problem.quantities[line]
        return [each for each in options if each.offer not in self.scarce or left[each.offer] >= quantity]

    def _children(self, node: _Node, relaxed: _Relaxed) -> Iterator[_Node]:
        """The node split by what one line takes. The others may then leave alone every supplier that the line
        would have been better served by, unless stock or limit could be why it was not."""
        if not node.live:
            return
        line = max(node.live, key=lambda line: (self._doubt(line, node, relaxed), -line))
        closed: set[str] = set()
        others = {
            other: [each for each in options if self._is_promising(relaxed.bound_with(other, each))]
            for other, options in node.live.items()
            if other != line
        }
        for option in node.live[line]:
            if self._is_promising(relaxed.bound_with(line, option)):
                taken = {**node.taken, line: option}
                left = self._left(taken)
                live = {other: self._able(other, options, left) for other, options in others.items()}
                yield _Node(taken, self._beside(option.supplier, live, closed))
            if option.offer not in self.scarce and self.problem.is_plain:
                closed.add(option.supplier)

    def _beside(
        self, supplier: str, live: Mapping[int, Sequence[Option]], closed: Collection[str]
    ) -> dict[int, Sequence[Option]]:
        """What the other lines may take, once one takes an option of this supplier."""
        return {
            line: [
                each
                for each in options
                if each.supplier not in closed and (self.problem.may_split or each.supplier == supplier)
            ]
            for line, options in live.items()
        }

    def _doubt(self, line: int, node: _Node, relaxed: _Relaxed) -> tuple[int, int]:
        """How many opened suppliers the line pays for, where one would do; and how much hangs on it."""
        options, bid = node.live[line], relaxed.bids[line]
        paying = sum(1 for each in options if each.cost < bid and not relaxed.lacking[each.supplier])
        return paying, bid - options[0].cost
