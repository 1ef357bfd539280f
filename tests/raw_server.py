"""A server on a real socket that says exactly what a test tells it to, byte by byte."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class RawServer:
    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextlib.contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[RawServer]:
    """Serve on loopback: read one request, then let `answer` do as it likes with the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = RawServer(listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            server.requests.append(_request(connection))
            answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        # Closing does not wake a thread that waits in accept: a connection does.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)


def _request(connection: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read and (more := connection.recv(65536)):
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


def saying(raw: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(raw)
