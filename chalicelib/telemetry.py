"""Structured logs: one JSON line an event, ids and codes only, and the correlation id that joins them."""

import logging
from contextvars import ContextVar

from chalicelib import settings

_correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
_logger = logging.getLogger("chalicelib")


def bind(correlation_id: str) -> None:
    """Make this the correlation id of everything that the current invocation logs, writes and calls."""
    _correlation_id.set(correlation_id)


def correlation_id() -> str:
    return _correlation_id.get()


def log(event: str, *, level: int = logging.INFO, **fields: str | int | bool | None) -> None:
    """Write one line. `event` is an UPPER_SNAKE code; fields are ids, codes and counts, never content."""
    configure()
    _logger.log(level, event, extra={"correlation_id": correlation_id(), **fields})


def configure() -> None:
    """Set the JSON handler once per process, whichever entry point comes first."""
    if _logger.handlers:
        return
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler()
    formatter = JsonFormatter(
        "%(levelname)s %(message)s",
        rename_fields={"levelname": "level", "message": "event"},
        timestamp="time",
    )
    handler.setFormatter(formatter)
    _logger.addHandler(handler)
    _logger.setLevel(settings.log_level())
    _logger.propagate = False
