"""The event bus that domain events go out on."""

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import settings
from chalicelib.clients import aws

SOURCE = "marketplace"
_BATCH = 10
_PAUSES = (0.0, 0.1, 0.4, 1.6)


@dataclass(frozen=True)
class Event:
    """`detail` is JSON with an `event_id` by which a reader knows a repetition."""

    kind: str
    detail: Mapping[str, Any]


class EventsRefused(Exception):
    """The bus did not take these `events` (their places in what was to be published), try after try."""

    def __init__(self, events: Sequence[int]) -> None:
        super().__init__(f"{len(events)} events")
        self.events = tuple(events)


def publish(events: Sequence[Event]) -> None:
    """Put the events on the bus, ten a call; those that the bus refuses are sent again a few times.

    Raises EventsRefused for what is left then.
    """
    waiting = list(range(len(events)))
    for pause in _PAUSES:
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries, hides nothing
        waiting = [place for batch in _batches(waiting) for place in _refused(batch, events)]
        if not waiting:
            return
    raise EventsRefused(waiting)


def _batches(places: Sequence[int]) -> list[Sequence[int]]:
    return [places[start : start + _BATCH] for start in range(0, len(places), _BATCH)]


def _refused(places: Sequence[int], events: Sequence[Event]) -> list[int]:
    entries = [_entry(events[place]) for place in places]
    answered = aws.client("events").put_events(Entries=entries)["Entries"]
    return [place for place, result in zip(places, answered, strict=True) if "ErrorCode" in result]


def _entry(event: Event) -> dict[str, str]:
    return {
        "Source": SOURCE,
        "DetailType": event.kind,
        "Detail": json.dumps(event.detail, separators=(",", ":")),
        "EventBusName": settings.required("EVENT_BUS_NAME"),
    }
