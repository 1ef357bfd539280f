"""Outgoing webhooks: who is told which facts, and when a telling that failed is tried again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.domain.event_types import EVENT_TYPES

MARKETPLACE = "marketplace"
"""The owner of webhooks that are told everything; other owners are suppliers, told what is theirs."""

MOST_PER_OWNER = 10
PING = "webhook.ping"
OVERLAP = timedelta(hours=24)
"""For how long a message still bears a signature under a secret that was replaced, too."""

FIRST_PAUSES = (5, 30, 120, 600)
"""Seconds at most before the second try and those that follow; every later one waits LAST_PAUSE at most.
Each is drawn anew from half of it to all, so that a receiver that comes back is not flooded."""

LAST_PAUSE = 900
MOST_TRIES = 120
"""Some 24 hours of trying; then the delivery is DEAD until it is replayed."""

LONGEST_FAILING = timedelta(days=3)
"""A receiver that has taken nothing for so long is called no more; what waits for it waits on."""

SUPPLIERS_HEAR = (
    "import.",
    "offer.",
    "order.line_",
    "order.refunded",
    "payout.",
    "return.",
    "statement.",
    "supplier.",
    "supplier_order.",
)
_NOT_FOR_SUPPLIERS = frozenset({"order.line_reallocated"})
"""Which names another supplier."""

STATUSES = ("PENDING", "DELIVERED", "DEAD")


@dataclass(frozen=True)
class Webhook:
    """Where an owner wants to be told of which `events`: kinds of facts, or `order.*` for all of an area,
    `order.line_*` for all that begin so.

    `generation` counts its secrets; until `overlap_until` the one before is good, too. DISABLED (the owner's
    wish, or `disabled_because` its receiver is GONE or FAILING) it is told nothing, and what
    waits for it waits on.
    """

    webhook_id: str
    owner: str
    url: str
    events: tuple[str, ...]
    description: str = ""
    status: str = "ACTIVE"
    disabled_because: str | None = None
    generation: int = 1
    overlap_until: str | None = None
    version: int = 1
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""

    def wants(self, kind: str) -> bool:
        return any(kind == each or _is_of(kind, each) for each in self.events)


@dataclass(frozen=True)
class Delivery:
    """One fact on its way to one receiver. Deliveries of one `aggregate` (the record that the fact is about)
    go in the order of `sequence`; `message` is what is told."""

    webhook_id: str
    aggregate: str
    sequence: str
    event_id: str
    message: Mapping[str, object]
    status: str = "PENDING"
    tries: int = 0
    next_try_at: str | None = None
    last_outcome: str | None = None
    correlation_id: str = ""
    created_at: str = ""
    updated_at: str = ""


def owners_of(kind: str, supplier_id: str | None) -> tuple[str, ...]:
    """Whose webhooks may be told a fact of this kind that is about this supplier."""
    may_hear = supplier_id and kind.startswith(SUPPLIERS_HEAR) and kind not in _NOT_FOR_SUPPLIERS
    return (MARKETPLACE, str(supplier_id)) if may_hear else (MARKETPLACE,)


def unknown_events(events: Iterable[str]) -> list[int]:
    """The places of those that no fact is ever called by."""
    return [
        place
        for place, each in enumerate(events)
        if each not in EVENT_TYPES and not any(_is_of(kind, each) for kind in EVENT_TYPES)
    ]


def signing_generations(webhook: Webhook, now: str) -> Sequence[int]:
    """The secrets that a message bears signatures under, the newest first."""
    overlaps = webhook.overlap_until is not None and now < webhook.overlap_until
    return (webhook.generation, webhook.generation - 1) if overlaps else (webhook.generation,)


def pause_before(tries: int, *, drawn: float, retry_after: int | None = None) -> int:
    """Seconds to wait after so many tries have failed. `drawn` is from 0 to 1. What a receiver asks for is
    honoured up to LAST_PAUSE, and where it is longer: a short one would spend the tries within minutes."""
    longest = FIRST_PAUSES[tries - 1] if tries <= len(FIRST_PAUSES) else LAST_PAUSE
    return max(1, round(longest * (0.5 + drawn / 2)), min(retry_after or 0, LAST_PAUSE))


def _is_of(kind: str, area: str) -> bool:
    return area.endswith((".*", "_*")) and kind.startswith(area.removesuffix("*"))
