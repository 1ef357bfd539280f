"""What an image URL gives, by its first bytes."""

import io
from dataclasses import dataclass

from chalicelib.clients import guarded

HEAD_BYTES = 128 * 1024
"""Enough for the size: only a large colour profile or thumbnail stands before it."""


@dataclass(frozen=True)
class Picture:
    """An answer to an image's URL; the sizes are 0 where it was no image of a known format."""

    status: int
    width: int
    height: int


def measure(url: str, *, connect_seconds: float = 3.0, read_seconds: float = 5.0) -> Picture:
    """Fetch the beginning of what stands at `url`, and measure it. Raises CallFailed."""
    rules = guarded.Rules(connect_seconds=connect_seconds, read_seconds=read_seconds, take=HEAD_BYTES)
    reply = guarded.fetch("GET", url, headers={"Accept": "image/*"}, rules=rules)
    width, height = measured(reply.body) if reply.status == 200 else (0, 0)
    return Picture(reply.status, width, height)


def measured(head: bytes) -> tuple[int, int]:
    """Width and height of the image that begins so; zeros where it is none of a known format."""
    import imagesize

    width, height = imagesize.get(io.BytesIO(head))  # -1, -1 for whatever it cannot read
    return (int(width), int(height)) if width > 0 and height > 0 else (0, 0)
