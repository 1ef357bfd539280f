"""Feeds for tests, from text."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.feeds import Feed, Options, Row, open_feed, write_failed

EURO = Options(currency="EUR")


def opened(content: str | bytes, **given: Any) -> Feed:
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return open_feed(stream, **{"options": EURO, **given})


def rows_of(content: str | bytes, **given: Any) -> list[Row]:
    return list(opened(content, **given).rows)


def offers_of(content: str | bytes, **given: Any) -> list[tuple[str | None, Any]]:
    return [(row.sku, row.offer) for row in rows_of(content, **given)]


def offer_of(row: Row) -> Mapping[str, Any]:
    assert row.offer is not None
    return row.offer


def written(feed: Feed, rows: Sequence[Row], reason: str = "why") -> bytes:
    return b"".join(write_failed(feed.shape, [(row.raw, reason) for row in rows]))


def rules(row: Row) -> list[str]:
    return [fault.rule for fault in row.faults]


def table(*lines: Sequence[str], delimiter: str = ",") -> str:
    return "".join(delimiter.join(line) + "\n" for line in lines)
