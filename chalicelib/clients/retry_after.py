"""When a server that is busy wants to be asked again (RFC 9110, section 10.2.3)."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from chalicelib import clock


def seconds(text: str) -> int | None:
    """The seconds that a Retry-After header stands for, None where it cannot be read."""
    if text.isascii() and text.isdecimal() and len(text) < 9:
        return int(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, int((moment - clock.now().astimezone(UTC)).total_seconds()))
