"""Feeds as suppliers already have them: told from their content, read row by row, and written back."""

from chalicelib.feeds.kinds import ERROR, INFO, WARNING, Fault, Feed, FeedRefused, Options, Position, Row
from chalicelib.feeds.reading import is_json_feed, open_feed
from chalicelib.feeds.writing import write_failed

__all__ = [
    "ERROR",
    "INFO",
    "WARNING",
    "Fault",
    "Feed",
    "FeedRefused",
    "Options",
    "Position",
    "Row",
    "is_json_feed",
    "open_feed",
    "write_failed",
]
