"""A feed as a request's body: any of its media types, passed on as the bytes that came."""

from dataclasses import dataclass

from chalicelib.api import json_body
from chalicelib.problems import PayloadTooLarge, UnsupportedMediaType
from chalicelib.services import start_import

MAX_BYTES = 4_500_000
"""Lambda takes 6 MB, and the gateway writes what is not plain text as base64, a third longer."""

TEXT_TYPES = (
    "text/csv",
    "text/tab-separated-values",
    "application/x-ndjson",
    "application/xml",
    "text/xml",
    "application/rss+xml",
    "application/atom+xml",
    "text/plain",
)
BINARY_TYPES = (
    "application/gzip",
    "application/zip",
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
MEDIA_TYPES = [json_body.JSON, *TEXT_TYPES, *BINARY_TYPES]

UNTOUCHED = (*TEXT_TYPES, *BINARY_TYPES)
"""What the gateway must not take for UTF-8: exports come in other encodings, too."""

_LONGEST_TYPE = 100
_OBJECT = b"{"
_BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True)
class SentFeed:
    """A feed as it came. What it is its content says; `media_type` is as it was sent, charset and all."""

    content: bytes
    media_type: str


def sent(content_type: str | None, raw: bytes) -> SentFeed:
    """The feed in a body. Raises UnsupportedMediaType, PayloadTooLarge."""
    media_type = (content_type or "").strip().lower()[:_LONGEST_TYPE]
    if _plain(media_type) not in MEDIA_TYPES or not (media_type.isascii() and media_type.isprintable()):
        raise UnsupportedMediaType(
            "UNSUPPORTED_MEDIA_TYPE", f"Send a feed as one of {', '.join(MEDIA_TYPES)}."
        )
    if len(raw) > MAX_BYTES:
        raise PayloadTooLarge(
            "BODY_TOO_LARGE",
            f'A feed in a request has at most {MAX_BYTES} bytes. Send {{"upload": true}} and upload it.',
        )
    return SentFeed(raw, media_type)


def is_object(feed: SentFeed) -> bool:
    """Whether this is one JSON object and so no feed, which in JSON is a list of records or has one."""
    is_one = _plain(feed.media_type) == json_body.JSON and feed.content.lstrip(_BLANK).startswith(_OBJECT)
    return is_one and not start_import.is_feed(feed.content)


def _plain(media_type: str) -> str:
    return media_type.partition(";")[0].strip()
