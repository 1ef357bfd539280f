"""A web server that shows the pictures of a generated feed, and what its damaged rows point at."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from examples.reference_supplier.picture import png

_LARGE, _SMALL = png("picture", side=400), png("picture", side=100)


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        query = self.path.partition("?")[2]
        status, body = {"gone": (404, b""), "small": (200, _SMALL), "text": (200, b"text")}.get(
            query, (200, _LARGE)
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@contextmanager
def showing() -> Iterator[str]:
    """The server's address while it runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pictures) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


if __name__ == "__main__":
    shown = ThreadingHTTPServer(("127.0.0.1", 0), _Pictures)
    print(shown.server_address[1], flush=True)
    shown.serve_forever()
