"""Files that come packed: gzip, or one file in a zip, opened without trusting what they say of their size."""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from chalicelib.feeds.kinds import FeedRefused
from chalicelib.feeds.sources import CHUNK, Source

MOST_UNPACKED = 2 * 1024**3
_FREE = 10 * 1024**2
_MOST_RATIO = 200
"""A feed packs twenty times smaller, a bomb a thousand times; the first `_FREE` bytes may be anything."""
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError),
    *(NotImplementedError, RuntimeError, LookupError),
)
"""What zipfile raises for archives that are damaged or made by somebody to be so."""
_NOT_FEEDS = (
    (b"\xd0\xcf\x11\xe0", "a workbook in the old XLS format. Save it as XLSX or CSV"),
    (b"%PDF", "a PDF. Send a table, JSON or XML"),
    (b"\x89PNG", "an image. Send a table, JSON or XML"),
    (b"\xff\xd8\xff", "an image. Send a table, JSON or XML"),
    (b"Rar!", "a RAR archive. Send the feed itself, or in a zip"),
    (b"7z\xbc\xaf", "a 7-Zip archive. Send the feed itself, or in a zip"),
    (b"BZh", "packed by bzip2. Send the feed itself, or in a zip"),
    (b"\xfd7zXZ", "packed by xz. Send the feed itself, or in a zip"),
)


def refuse_if_no_feed(head: bytes) -> None:
    """Raise FeedRefused for a file of a kind that is known to be no feed."""
    for magic, what in _NOT_FEEDS:
        if head.startswith(magic):
            raise FeedRefused("UNSUPPORTED_FILE", f"The file is {what}.")
    if head[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise FeedRefused("UNSUPPORTED_FILE", "The file is a web page. Send the file that it links to.")


def is_gzip(head: bytes) -> bool:
    return head.startswith(b"\x1f\x8b")


def is_zip(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def gunzipped(source: Source) -> Source:
    return Source(_unpacked_only_so_far(source.chunks()))


def _unpacked_only_so_far(chunks: Iterable[bytes]) -> Iterator[bytes]:
    came = went = 0
    unpacker, is_whole = _unpacker(), True
    try:
        for chunk in chunks:
            came += len(chunk)
            rest = chunk
            while rest:
                is_whole = False
                piece = unpacker.decompress(rest, CHUNK)
                went += len(piece)
                refuse_bomb(came, went)
                if piece:
                    yield piece
                rest = unpacker.unconsumed_tail
                if unpacker.eof:
                    rest, unpacker, is_whole = unpacker.unused_data.lstrip(b"\0"), _unpacker(), True
    except zlib.error as error:
        raise _damaged() from error
    if not is_whole:
        raise _damaged()


def _unpacker() -> Any:
    return zlib.decompressobj(wbits=31)


def refuse_bomb(packed: int, unpacked: int) -> None:
    if unpacked > MOST_UNPACKED or (unpacked > _FREE and unpacked > packed * _MOST_RATIO):
        raise FeedRefused(
            "FILE_TOO_LARGE",
            "The packed file unpacks to more than a feed can be. Send it unpacked, or in parts.",
        )


def opened_zip(source: Source, stream: BinaryIO) -> tuple[BinaryIO, zipfile.ZipFile]:
    """The archive and its file. As a zip is read from its end, a stream that cannot seek is kept in a
    temporary file first."""
    file = stream if stream.seekable() else _kept(source)
    try:
        return file, zipfile.ZipFile(file)
    except BROKEN as error:
        raise _damaged() from error


def is_workbook(archive: zipfile.ZipFile) -> bool:
    return any(name.startswith("xl/") for name in archive.namelist())


def unzipped(archive: zipfile.ZipFile) -> Source:
    """The one file of an archive."""
    entry = _the_one_file(archive)
    if entry.flag_bits & 1:
        raise FeedRefused("UNSUPPORTED_FILE", "The zip asks for a password. Send it without.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FeedRefused(
            "UNSUPPORTED_FILE", "The zip is packed in a rare way. Send the feed itself, or gzip it."
        )
    refuse_bomb(entry.compress_size, entry.file_size)
    return Source(_member(archive, entry))


def _the_one_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [entry for entry in archive.infolist() if not _is_no_file(entry.filename)]
    if any(entry.filename == "content.xml" for entry in files):
        raise FeedRefused("UNSUPPORTED_FILE", "The file is an OpenDocument sheet. Save it as XLSX or CSV.")
    if len(files) != 1:
        raise FeedRefused("NOT_ONE_FILE", f"The zip holds {len(files)} files. Send each feed by itself.")
    return files[0]


def _is_no_file(path: str) -> bool:
    """A folder, or what archivers of some systems add: `__MACOSX/._feed.csv`, `.DS_Store`."""
    return path.endswith("/") or path.startswith("__MACOSX/") or path.rpartition("/")[2].startswith(".")


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Its bytes: never more than the entry says, which was looked at."""
    try:
        with archive.open(entry) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except BROKEN as error:
        raise _damaged() from error


def _damaged() -> FeedRefused:
    return FeedRefused("BROKEN_FILE", "The packed file is damaged or cut off. Pack and send it again.")


def _kept(source: Source) -> BinaryIO:
    file = TemporaryFile()  # noqa: SIM115 - read as long as the feed's rows are
    for chunk in source.chunks():
        file.write(chunk)
    file.seek(0)
    return file
