"""The bucket of feeds: written whole, read in pieces from any place, and opened to others for one object."""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

from chalicelib import settings
from chalicelib.clients import aws

_PIECE = 1024 * 1024
"""Bytes of one read. A connection kept open while the rows before are worked on would be cut."""
_GONE = {"404", "NoSuchKey", "412", "PreconditionFailed", "403", "AccessDenied"}


class ObjectChanged(Exception):
    """The object is no longer the one that was meant: it was replaced or removed."""


def put(key: str, body: bytes | BinaryIO, *, media_type: str) -> str:
    """Store an object; gives its entity tag."""
    answer = aws.client("s3").put_object(Bucket=_bucket(), Key=key, Body=body, ContentType=media_type)
    return str(answer["ETag"])


def open_object(key: str, *, etag: str, size: int) -> BinaryIO:
    """The object's bytes as a stream that can seek, read in pieces. Reading raises ObjectChanged where the
    object is not the one with this entity tag."""
    return io.BufferedReader(_Object(key, etag, size), _PIECE)


def permission_to_upload(key: str, *, max_bytes: int, seconds: int) -> dict[str, Any]:
    """What a client without credentials sends as a form to store exactly this object: `url` and `fields`."""
    signed = aws.client("s3").generate_presigned_post(
        _bucket(), key, Conditions=[["content-length-range", 1, max_bytes]], ExpiresIn=seconds
    )
    return {"url": signed["url"], "fields": dict(signed["fields"])}


def link_to(key: str, *, filename: str, seconds: int) -> str:
    """A URL that lets whoever has it download the object, under this name."""
    wanted = {
        "Bucket": _bucket(),
        "Key": key,
        "ResponseContentDisposition": f'attachment; filename="{filename}"',
    }
    return str(aws.client("s3").generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds))


def read(key: str) -> bytes:
    """A small object, whole."""
    answer = aws.client("s3").get_object(Bucket=_bucket(), Key=key)
    return bytes(answer["Body"].read())


class _Object(io.RawIOBase):
    def __init__(self, key: str, etag: str, size: int) -> None:
        self._key, self._etag, self._size, self._at = key, etag, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        piece = _fetch(self._key, self._etag, start=self._at, end=self._at + wanted - 1)
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _fetch(key: str, etag: str, *, start: int, end: int) -> bytes:
    from botocore.exceptions import ClientError

    try:
        answer = aws.client("s3").get_object(
            Bucket=_bucket(), Key=key, IfMatch=etag, Range=f"bytes={start}-{end}"
        )
    except ClientError as error:
        if _code(error.response) in _GONE:
            raise ObjectChanged(key) from error
        raise
    return bytes(answer["Body"].read())


def _code(response: Mapping[str, Any]) -> str:
    return str(response["Error"]["Code"])


def _bucket() -> str:
    return settings.required("FEED_BUCKET_NAME")
