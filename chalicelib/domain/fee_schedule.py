"""Which version of the commission rules holds when: each from its own moment on, which never lies in the past
when it is put, so that what held at a moment that is over stays so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.domain.fee_rules import BUILT_IN, Document


class Holding(NamedTuple):
    """A version that holds from a moment on, and the `digest` of its document, by which a process that keeps
    documents knows it from one of a table that was restored."""

    valid_from: str = ""
    version: int = 0
    digest: str = ""


@dataclass(frozen=True)
class Schedule:
    """`version` is the last that was put. `holdings`, earliest first, are the one that holds, those put ahead
    of time, and what ended a short while ago."""

    version: int = 0
    holdings: tuple[Holding, ...] = ()

    def at(self, moment: str) -> Holding:
        """What holds then, as far as it is kept; the built-in version before any other."""
        return holding_at(self.holdings, moment)

    def after(self, moment: str) -> list[Holding]:
        """Those that are to hold later, earliest first."""
        return [each for each in self.holdings if each.valid_from > moment]

    def putting(self, added: Holding, *, kept_from: str) -> "Schedule":
        """With one more version, which replaces one that is to begin at the same moment; without what ended
        before `kept_from`."""
        others = [each for each in self.holdings if each.valid_from != added.valid_from]
        in_order = sorted((*others, added))
        ends = [each.valid_from for each in in_order[1:]]
        kept = [each for each, end in zip(in_order, [*ends, "~"], strict=True) if end > kept_from]
        return Schedule(added.version, tuple(kept))


def holding_at(holdings: Iterable[Holding], moment: str) -> Holding:
    """The last to begin of those that have begun by then, of two at once the later put."""
    return max((each for each in holdings if each.valid_from <= moment), default=Holding())


@dataclass(frozen=True)
class RulesVersion:
    """One version as it was put: what it says, from when it holds, who put it, when and why."""

    version: int = 0
    valid_from: str = ""
    document: Document = field(default_factory=lambda: BUILT_IN)
    digest: str = ""
    set_by: str = ""
    set_at: str = ""
    reason: str = ""
    correlation_id: str = ""

    @property
    def holding(self) -> Holding:
        return Holding(self.valid_from, self.version, self.digest)
