"""The bytes of a feed, from any offset on, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

HEAD = 64 * 1024
"""Bytes from which everything about a file is told."""
CHUNK = 64 * 1024


class Source:
    """Bytes of which the beginning is known and every offset can be gone to: by `seek` where there is one, by
    reading up to there where there is none."""

    def __init__(self, chunks: Iterable[bytes], seek: Callable[[int], Iterator[bytes]] | None = None) -> None:
        self._rest = _filled(chunks)
        self._seek = seek
        self._known = b""
        while len(self._known) < HEAD and (chunk := next(self._rest, b"")):
            self._known += chunk

    @property
    def head(self) -> bytes:
        return self._known[:HEAD]

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from offset `start` on; to be called once."""
        known = len(self._known)
        if start < known:
            yield self._known[start:]
        elif start > known and self._seek:
            yield from _filled(self._seek(start))
            return
        passed = known
        for chunk in self._rest:
            yield chunk[max(0, start - passed) :]
            passed += len(chunk)


def _filled(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of a good size: crumbs would be put together again and again."""
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def of_stream(stream: BinaryIO) -> Source:
    def seek(start: int) -> Iterator[bytes]:
        stream.seek(start)
        return read_on()

    def read_on() -> Iterator[bytes]:
        while chunk := stream.read(CHUNK):
            yield chunk

    return Source(read_on(), seek if stream.seekable() else None)
