"""How validations ended, counted by day and kind of record."""

from collections import Counter
from collections.abc import Iterable

from chalicelib import clock
from chalicelib.domain.tally import ACCEPTED, CORRECTED, TO_REVIEW, TO_SUPPLIER, Tally
from chalicelib.storage import keys, reads
from chalicelib.storage.items import ValidationCountsItem
from chalicelib.storage.transaction import Write

KEPT_SECONDS = 400 * 24 * 3600
_MOST_RULES = 50
"""Of one batch, the most frequent: an update expression has 4 KB."""


def opening(day: str, kind: str) -> Write:
    """Begin to count a day. Label `counts`; refused where it was begun."""
    began = int(clock.parse(f"{day}T00:00:00Z").timestamp())
    item = ValidationCountsItem(
        *keys.validation_counts(day, kind), day=day, record_kind=kind, expires_at=began + KEPT_SECONDS
    )
    return Write("counts", item, ValidationCountsItem.pk.does_not_exist())


def adding(day: str, tally: Tally) -> Write:
    """Add the tally to a day that was begun. Label `counts`."""
    outcomes = {
        ACCEPTED: ValidationCountsItem.accepted,
        CORRECTED: ValidationCountsItem.corrected,
        TO_SUPPLIER: ValidationCountsItem.to_supplier,
        TO_REVIEW: ValidationCountsItem.to_review,
    }
    actions = [outcomes[outcome].add(number) for outcome, number in tally.outcomes.items()]
    for rule, number in tally.rules.most_common(_MOST_RULES):
        counted = ValidationCountsItem.rules[rule]
        actions.append(counted.set((counted | 0) + number))
    item = ValidationCountsItem(*keys.validation_counts(day, tally.kind))
    return Write("counts", item, ValidationCountsItem.pk.exists(), actions=actions)


def of_days(days: Iterable[str], kinds: Iterable[str]) -> dict[tuple[str, str], Tally]:
    """The tallies that there are, by day and kind: a round trip for every 100."""
    wanted = {keys.validation_counts(day, kind): (day, kind) for day in days for kind in kinds}
    return {
        wanted[key]: _from_item(item)
        for key, item in reads.get_many(wanted).items()
        if isinstance(item, ValidationCountsItem)
    }


def _from_item(item: ValidationCountsItem) -> Tally:
    outcomes = {
        ACCEPTED: item.accepted,
        CORRECTED: item.corrected,
        TO_SUPPLIER: item.to_supplier,
        TO_REVIEW: item.to_review,
    }
    return Tally(
        item.record_kind,
        Counter({outcome: int(number) for outcome, number in outcomes.items()}),
        Counter({rule: int(number) for rule, number in item.rules.as_dict().items()}),
    )
