"""The HTTP side: order API, status, cancellation, inventory, a web site and pictures, on one port."""

import contextlib
import html
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from chalicelib.domain import signing
from examples.reference_supplier.order_book import OrderBook
from examples.reference_supplier.picture import png
from examples.reference_supplier.trial_book import TrialBook

_MAX_BODY = 1024 * 1024
Answer = Callable[[], tuple[int, dict[str, Any]]]


class ReferenceSupplier(ThreadingHTTPServer):
    """Listens from the moment it is made; `serve_forever` answers.

    Until it has its signing secret, which the registration gives it, it answers test orders only. Those are
    kept in a book of their own.
    """

    daemon_threads = True
    handler: type["Handler"] | None = None
    request_queue_size = 128

    def __init__(
        self,
        *,
        port: int = 0,
        name: str = "Reference Supplier",
        book: OrderBook | None = None,
        signing_secret: str | None = None,
        secret_file: Path | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), self.handler or Handler)
        self.name, self.book, self.trials = name, book or OrderBook(), TrialBook()
        self._secret, self._secret_file = signing_secret, secret_file

    @property
    def signing_secret(self) -> str | None:
        if self._secret_file is not None and self._secret_file.exists():
            return self._secret_file.read_text().strip() or None
        return self._secret

    @signing_secret.setter
    def signing_secret(self, secret: str) -> None:
        self._secret = secret
        if self._secret_file is not None:
            self._secret_file.write_text(secret)
            self._secret_file.chmod(0o600)

    @property
    def website(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    @property
    def order_api(self) -> dict[str, str]:
        """What to register as `order_api`."""
        return {
            "url": self.website + "orders",
            "status_url": self.website + "orders/{attempt_id}/status",
            "cancellation_url": self.website + "orders/{attempt_id}/cancellation",
        }

    @property
    def inventory_api(self) -> dict[str, str]:
        return {"url": self.website + "inventory"}

    def verify(self, headers: dict[str, str], body: bytes) -> None:
        """Raise signing.BadSignature unless the marketplace sent this, and just now."""
        signing.verify(secret=self.signing_secret or "", headers=headers, body=body, now=int(time.time()))

    def take(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer an order. What is no order is refused before anything is kept of it."""
        if not _is_order(message):
            return 400, {"error": "this is no order"}
        book = self.trials if message["type"] == "supplier_order.test" else self.book
        return book.take(message["data"])

    def attempt_status(self, attempt_id: str) -> tuple[int, dict[str, Any]]:
        return self._book_of(attempt_id).status(attempt_id)

    def cancel(self, attempt_id: str, request_id: str, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        remaining = {line["line_id"]: line["remaining_quantity"] for line in message["data"]["lines"]}
        return self._book_of(attempt_id).cancel(attempt_id, request_id, remaining)

    def inventory(self, skus: list[str]) -> tuple[int, Any]:
        as_of = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return 200, self.book.inventory(skus, as_of)

    def _book_of(self, attempt_id: str) -> OrderBook:
        return self.trials if attempt_id in self.trials.orders else self.book

    def image_url(self, name: str) -> str:
        return f"{self.website}images/{name}.png"


@contextlib.contextmanager
def serving(make: type[ReferenceSupplier] = ReferenceSupplier, **options: Any) -> Iterator[ReferenceSupplier]:
    """A reference supplier that answers while the block runs, by default on any free port."""
    with make(**options) as supplier:
        thread = threading.Thread(target=supplier.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield supplier
        finally:
            supplier.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    server: ReferenceSupplier
    server_version = "reference-supplier"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        match url.path.strip("/").split("/"):
            case [""]:
                page = f"<!doctype html><title>{html.escape(self.server.name)}</title><h1>Welcome</h1>"
                self._send(200, page.encode(), "text/html; charset=utf-8")
            case ["images", name] if name.endswith(".png"):
                side = parse_qs(url.query).get("side", ["800"])[0]
                self._send(200, png(unquote(name), side=min(2000, int(side))), "image/png")
            case ["orders", attempt_id, "status"]:
                self._when_signed(b"", lambda: self.server.attempt_status(unquote(attempt_id)))
            case ["inventory"]:
                skus = ",".join(parse_qs(url.query).get("skus", [])).split(",")
                self._json(*self.server.inventory(skus))
            case _:
                self._json(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(min(_MAX_BODY, int(self.headers.get("Content-Length", 0))))
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["orders"]:
                self._order(body)
            case ["orders", attempt_id, "cancellation"]:
                request_id = self.headers.get("webhook-id", "")
                self._when_signed(
                    body, lambda: self.server.cancel(unquote(attempt_id), request_id, _parsed(body))
                )
            case ["admin", what] if self.client_address[0] == "127.0.0.1":
                self._admin(what, body)
            case _:
                self._json(404, {})

    def _order(self, body: bytes) -> None:
        message = _parsed(body)
        with self.server.book.lock:
            self.server.book.messages.append({"headers": dict(self.headers), "body": message})
        fault = self.server.book.next_fault()
        if isinstance(fault, int):
            self._send(fault, b"{}", "application/json")
        elif self.server.signing_secret is not None:
            self._when_signed(body, lambda: self.server.take(message), lose_answer=fault == "DROP")
        elif message.get("type") == "supplier_order.test":
            self._json(*self.server.take(message))
        else:
            self._json(503, {"error": "no signing secret yet"})

    def _when_signed(self, body: bytes, answer: Answer, *, lose_answer: bool = False) -> None:
        try:
            self.server.verify(self._lowered(), body)
        except signing.BadSignature as error:
            self._json(401, {"error": str(error)})
            return
        status, decided = answer()
        if lose_answer:
            self.close_connection = True
        else:
            self._json(status, decided)

    def _lowered(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _admin(self, what: str, body: bytes) -> None:
        """What its operator may change while it runs: the secret, and how it behaves."""
        wanted, book = json.loads(body), self.server.book
        if what == "signing-secret":
            self.server.signing_secret = str(wanted["signing_secret"])
        elif what == "behaviour":
            book.rejected_skus = set(wanted.get("rejected_skus", book.rejected_skus))
            book.answers_later = bool(wanted.get("answers_later", book.answers_later))
        self._json(200, {"received": len(book.messages), "orders": sorted(book.orders)})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        later = {"Retry-After": "1"} if status == 503 else {}
        self._send(status, json.dumps(body).encode(), "application/json", later)

    def _send(
        self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        with contextlib.suppress(ConnectionError):  # the caller may have gone; it will ask or come again
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Silence: the order book keeps what came."""


def _parsed(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; an empty one for anything else."""
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _is_order(message: dict[str, Any]) -> bool:
    """Whether everything is there that this supplier reads; it ignores what else there is."""
    try:
        lines = [(line["line_id"], line["sku"], line["quantity"] > 0) for line in message["data"]["lines"]]
        return bool(lines and message["data"]["attempt_id"] and message["data"]["supplier_order_id"])
    except (KeyError, TypeError):
        return False
