"""What the search of `allocation_search` is asked, in plain numbers, and what of it need not be looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Option(NamedTuple):
    """An offer that may serve a line: all that this costs, opening its supplier apart, and of it the price of
    the goods."""

    cost: int
    goods: int
    supplier: str
    offer: str


@dataclass(frozen=True)
class Problem:
    """Lines with their options, and how much each takes of an offer's `stock`: no option alone takes more
    than there is. A supplier costs `opening` unless it is one of `opened`; the goods may cost `at_most`
    together; without `may_split` one supplier takes all lines."""

    lines: Sequence[Sequence[Option]]
    quantities: Sequence[int]
    stock: Mapping[str, int]
    opening: int = 0
    opened: frozenset[str] = frozenset()
    at_most: int | None = None
    may_split: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether, stock apart, each line may take the cheapest of any suppliers."""
        return self.at_most is None and self.may_split

    def cost(self, chosen: Iterable[Option]) -> int:
        options = list(chosen)
        new = {option.supplier for option in options} - self.opened
        return sum(option.cost for option in options) + self.opening * len(new)

    def opening_of(self, option: Option) -> int:
        return 0 if option.supplier in self.opened else self.opening

    def allows(self, chosen: Sequence[Option]) -> bool:
        """Whether there is stock for all of them, and neither the goods cost too much nor too many suppliers
        serve them."""
        if not self.may_split and len({option.supplier for option in chosen}) > 1:
            return False
        taken: dict[str, int] = {}
        for option, quantity in zip(chosen, self.quantities, strict=True):
            taken[option.offer] = taken.get(option.offer, 0) + quantity
        if any(quantity > self.stock[offer] for offer, quantity in taken.items()):
            return False
        return self.at_most is None or sum(option.goods for option in chosen) <= self.at_most

    def scarce_offers(self) -> frozenset[str]:
        """Offers that not all lines which could take them would find enough of."""
        wanted: dict[str, int] = {}
        for options, quantity in zip(self.lines, self.quantities, strict=True):
            for option in options:
                wanted[option.offer] = wanted.get(option.offer, 0) + quantity
        return frozenset(offer for offer, quantity in wanted.items() if quantity > self.stock[offer])


def worth_looking_at(problem: Problem, scarce: frozenset[str]) -> list[list[Option]]:
    """Each line's options, cheapest first, without those that some cheapest choice does without: that cost
    more than to open the supplier of a cheaper one, or whose supplier another outdoes on every line.

    Under a limit on the goods or the suppliers an option may be needed though it costs more by itself.
    """
    lines = [sorted(options) for options in problem.lines]
    if not problem.is_plain:
        return lines
    lines = [_below_ceiling(options, problem, scarce) for options in lines]
    return _without_outdone(lines, problem, scarce)


def _below_ceiling(options: list[Option], problem: Problem, scarce: frozenset[str]) -> list[Option]:
    always = [option for option in options if option.offer not in scarce]
    if not always:
        return options
    safe = min(always, key=lambda option: (option.cost + problem.opening_of(option), option))
    ceiling = safe.cost + problem.opening_of(safe)
    sure = {option.supplier: option for option in reversed(always)}
    return [
        option
        for option in options
        if (option.cost < ceiling or option == safe) and option <= sure.get(option.supplier, option)
    ]


def first_of_each_supplier(options: Iterable[Option]) -> list[Option]:
    """The cheapest of each, where the options stand cheapest first."""
    first: dict[str, Option] = {}
    for option in options:
        first.setdefault(option.supplier, option)
    return list(first.values())


def _without_outdone(
    lines: list[list[Option]], problem: Problem, scarce: frozenset[str]
) -> list[list[Option]]:
    """Without suppliers that another could take the place of on every line, and cost no more."""
    suppliers = _suppliers(lines, problem, scarce)
    outdone = set()
    for supplier in suppliers.values():
        rivals = min((lines[line] for line in supplier.costs), key=len)
        if any(suppliers[option.supplier].outdoes(supplier) for option in rivals):
            outdone.add(supplier.name)
    return [[option for option in options if option.supplier not in outdone] for options in lines]


@dataclass
class _Supplier:
    """What each line costs at a supplier; `sure` are the costs that no lack of stock can spoil."""

    name: str
    opening: int
    costs: dict[int, int] = field(default_factory=dict)
    sure: dict[int, int] = field(default_factory=dict)

    def outdoes(self, other: "_Supplier") -> bool:
        """Of two that cost the same one outdoes the other, not both."""
        if other is self:
            return False
        dearer = self._dearer_than(other)
        if dearer == 0 and self.name > other.name:
            return other._dearer_than(self) != 0
        return dearer is not None and dearer <= 0

    def _dearer_than(self, other: "_Supplier") -> int | None:
        """How much dearer it could be at most to have this one do all that the other does; None where it
        cannot."""
        cost = self.opening - other.opening
        for line, others in other.costs.items():
            if line not in self.sure:
                return None
            cost += max(0, self.sure[line] - others)
        return cost


def _suppliers(
    lines: Sequence[Sequence[Option]], problem: Problem, scarce: frozenset[str]
) -> dict[str, _Supplier]:
    found: dict[str, _Supplier] = {}
    for line, options in enumerate(lines):
        for option in options:
            supplier = found.get(option.supplier)
            if supplier is None:
                supplier = found[option.supplier] = _Supplier(option.supplier, problem.opening_of(option))
            supplier.costs.setdefault(line, option.cost)
            if option.offer not in scarce:
                supplier.sure.setdefault(line, option.cost)
    return found
