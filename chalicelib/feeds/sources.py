"""The bytes of a feed, from any offset on."""

from collections.abc import Iterator
from typing import BinaryIO

HEAD = 64 * 1024
_CHUNK = 64 * 1024


class Source:
    """A stream of bytes of which the beginning is known and every offset can be gone to.

    A stream that can seek goes there at once, another is read up to there.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.head = _filled(stream, HEAD)
        self._at = len(self.head)

    def chunks(self, start: int) -> Iterator[bytes]:
        """The bytes from offset `start` on; to be called once."""
        if start < len(self.head):
            yield self.head[start:]
        else:
            self._go_to(start)
        while chunk := self._stream.read(_CHUNK):
            yield chunk

    def _go_to(self, start: int) -> None:
        if self._stream.seekable():
            self._stream.seek(start)
            return
        left = start - self._at
        while left and (chunk := self._stream.read(min(left, _CHUNK))):
            left -= len(chunk)


def _filled(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes or all there are: a socket's read may give fewer than were asked for."""
    parts, left = [], size
    while left and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
