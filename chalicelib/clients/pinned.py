"""Requests' transport with three limits it lacks: where it may connect, how long and how much it may take."""

import io
import socket
import ssl
import time
from collections.abc import Callable
from functools import cache, partial
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import parse_url

from chalicelib.clients.errors import CallFailed

Find = Callable[[str, int, float], list[str]]
"""Gives the addresses that a host and port may be called at, within so many seconds, or raises CallFailed."""


class Budget:
    """What one call may spend: wall-clock seconds to connect, then to read, and bytes off the wire; and
    whether it stays for the answer."""

    def __init__(
        self, *, connect_seconds: float, read_seconds: float, wire_bytes: int, hears: bool = True
    ) -> None:
        self.hears = hears
        self._read_seconds = read_seconds
        self._ends = time.monotonic() + connect_seconds
        self._bytes = wire_bytes

    def start_reading(self) -> None:
        self._ends = time.monotonic() + self._read_seconds

    def seconds(self) -> float:
        """How long the next operation may take. Raises CallFailed TIMED_OUT when that is no time at all."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise CallFailed("TIMED_OUT")
        return left

    def spend(self, count: int) -> None:
        self._bytes -= count
        if self._bytes < 0:
            raise CallFailed("TOO_LARGE")


class PinnedAdapter(HTTPAdapter):
    """Makes one connection, to an address that `find` gave, within `budget`. For a single call."""

    def __init__(self, *, budget: Budget, find: Find) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)
        self._budget, self._find = budget, find

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> HTTPConnectionPool:
        target = parse_url(request.url)
        pool: Any
        if target.scheme == "https":
            pool = HTTPSConnectionPool(target.host, target.port or 443, ssl_context=_tls())
            connection: type[_Pinned] = _PinnedTLS
        else:
            pool, connection = HTTPConnectionPool(target.host, target.port or 80), _Pinned
        pool.ConnectionCls = partial(connection, budget=self._budget, find=self._find)
        return pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Nothing to do: the TLS context verifies, and has its roots loaded already."""


@cache
def _tls() -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=certifi.where())  # 15 ms, so once a process


class _Pinned(HTTPConnection):
    def __init__(self, *args: Any, budget: Budget, find: Find, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._budget, self._find = budget, find
        self.response_class = partial(_MeteredResponse, budget=budget)

    def _new_conn(self) -> socket.socket:
        for address in self._find(self.host, self.port, self._budget.seconds()):
            try:
                connected = socket.create_connection((address, self.port), self._budget.seconds())
            except OSError:
                continue  # a laptop or a Lambda has no route to the IPv6 addresses: the next may do
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.settimeout(self._budget.seconds())
            return connected
        self._budget.seconds()
        raise CallFailed("UNCONNECTED")

    def connect(self) -> None:
        super().connect()
        self._budget.start_reading()

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self._budget.seconds())
        super().send(data)

    def getresponse(self) -> Any:
        if not self._budget.hears:
            raise CallFailed("UNHEARD")
        return super().getresponse()


class _PinnedTLS(_Pinned, HTTPSConnection):
    pass


class _MeteredResponse(HTTPResponse):
    """Reads through a meter, headers and framing included."""

    def __init__(self, sock: Any, *args: Any, budget: Budget, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Meter(self.fp.detach(), sock, budget))  # type: ignore[attr-defined]


class _Meter(io.RawIOBase):
    def __init__(self, raw: Any, sock: Any, budget: Budget) -> None:
        self._raw, self._sock, self._budget = raw, sock, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._budget.seconds())
        count: int = self._raw.readinto(buffer) or 0
        self._budget.spend(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
