"""The only source of business time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current UTC time, cut to milliseconds: what a timestamp keeps, a comparison sees."""
    current = datetime.now(UTC)
    return current.replace(microsecond=current.microsecond // 1000 * 1000)


def timestamp(moment: datetime | None = None) -> str:
    """RFC 3339 UTC with milliseconds; sorts as text in order of time."""
    moment = moment or now()
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """The moment that `timestamp` wrote. Raises ValueError for anything that is not RFC 3339."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("a time without an offset is no moment")
    return moment.astimezone(UTC)
