"""What stands at an image's URL, fetched from a real server."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_server import raw_server, saying

from chalicelib.clients import images
from chalicelib.clients.errors import CallFailed
from chalicelib.clients.images import Picture, measured
from examples.reference_supplier.picture import png

PNG = png("sample", side=640)
GIF = b"GIF89a" + struct.pack("<HH", 320, 310) + b"\0" * 20


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", "127.0.0.1")


def answer(body: bytes, status: int = 200) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("raw", "picture"),
    [
        (answer(PNG), Picture(200, 640, 640)),
        (answer(GIF), Picture(200, 320, 310)),
        (answer(PNG + b"\0" * 500_000), Picture(200, 640, 640)),
        (answer(b"<html>"), Picture(200, 0, 0)),
        (answer(b""), Picture(200, 0, 0)),
        (answer(PNG, status=404), Picture(404, 0, 0)),
    ],
)
def test_an_image_is_measured_by_its_beginning(raw: bytes, picture: Picture) -> None:
    with raw_server(saying(raw)) as server:
        assert images.measure(server.url) == picture


def test_a_server_that_is_not_there_has_no_image() -> None:
    with pytest.raises(CallFailed, match="UNCONNECTED"):
        images.measure("http://127.0.0.1:9/")


STARTS = [PNG[:30], GIF, b"\xff\xd8\xff\xe0", b"\xff\xd8\xff", b"RIFF____WEBPVP8 ", b"BM", b"II*\0", b"MM\0*"]
STARTS += [
    b"<svg ",
    b"<?xml version='1.0'?><svg width='",
    b"\0\0\0\x0cjP  \r\n\x87\n",
    b"8BPS",
    b"\0\0\0 ftypavif",
]
STARTS += [b"P6\n", b"\0\0\1\0", b"#?RADIANCE\n", b"DDS ", b"qoif", b"\x76\x2f\x31\x01", b"\xff\x0a"]


@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_no_bytes_break_the_measuring(start: bytes, rest: bytes) -> None:
    width, height = measured(start + rest)

    assert width >= 0
    assert height >= 0
