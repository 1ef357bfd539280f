"""Telling the world, through the event bus, what became true here."""

from collections.abc import Sequence

from chalicelib import ids
from chalicelib.clients import events_bus
from chalicelib.domain.announcement import Announcement
from chalicelib.domain.event_types import EVENT_TYPES


def publish(told: Sequence[tuple[Announcement, str]]) -> None:
    """Publish the announcements, each with its correlation id. Raises EventsRefused.

    An announcement's event id follows from the fact, so its readers can drop what they had before.
    """
    events_bus.publish([as_event(announcement, correlation) for announcement, correlation in told])


def event_id(announcement: Announcement) -> str:
    """The same for the same fact, whenever it is told."""
    return ids.content_id("evt", announcement.kind, announcement.subject)


def as_event(announcement: Announcement, correlation_id: str) -> events_bus.Event:
    """The announcement as it goes over the bus; docs/events has its schema."""
    detail = {
        "event_id": event_id(announcement),
        "type": announcement.kind,
        "schema_version": EVENT_TYPES[announcement.kind].version,
        "occurred_at": announcement.at,
        "correlation_id": correlation_id,
        "data": announcement.data,
    }
    return events_bus.Event(announcement.kind, detail)
