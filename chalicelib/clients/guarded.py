"""The only way out: calls to URLs that suppliers named, which may be mistaken or hostile.

A call reaches public HTTPS addresses only. The name is resolved once, every address it stands for is
checked, and the connection goes to one of those very addresses, under the name's own SNI and Host. Hosts
listed in ALLOWED_PRIVATE_HOSTS are exempt. Time is bounded by the wall clock, not per read, and size is
counted on the wire, framing and headers included. Redirects are never followed, nothing is decompressed,
and no proxy, netrc or cookie of the environment takes part.
"""

import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException

import requests
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Url, parse_url

from chalicelib import settings
from chalicelib.clients import addresses
from chalicelib.clients.errors import CallFailed
from chalicelib.clients.pinned import Budget, PinnedAdapter

MAX_ANSWER_BYTES = 256 * 1024
_HEAD_ALLOWANCE = 32 * 1024
_READ_CHUNK = 16 * 1024
_HEADERS = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "marketplace"}


@dataclass(frozen=True)
class Reply:
    """An answer as it came, header names in lower case. `complete` is false where reading stopped at
    `Rules.take`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool = True


@dataclass(frozen=True)
class Rules:
    """What a call may reach and spend. With `take`, reading ends in good order after so many bytes of body
    (enough to know an image's size); without it, an answer above `max_bytes` fails. Without `hear` the
    connection is cut once the request is sent, and the call fails as UNHEARD: an answer lost on purpose."""

    allowed_private_hosts: Collection[str] = field(default_factory=settings.allowed_private_hosts)
    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    max_bytes: int = MAX_ANSWER_BYTES
    take: int | None = None
    hear: bool = True
    resolve: Callable[[str, int, float], list[str]] = addresses.resolve

    @property
    def wanted_bytes(self) -> int:
        return self.max_bytes if self.take is None else self.take


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    rules: Rules | None = None,
) -> Reply:
    """Call `url` once and read the answer, whatever its status. Raises CallFailed, and nothing else."""
    rules = rules or Rules()
    target = _target(url, rules)
    try:
        request = requests.Request(method, target, headers={**_HEADERS, **(headers or {})}, data=body)
        return _send(request.prepare(), rules)
    except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
        raise CallFailed(_code(error)) from error


def check(url: str, *, rules: Rules | None = None) -> None:
    """Raise CallFailed for a URL that would never be called: by its form, or by the address that stands in
    it. What a name stands for is seen at each call."""
    rules = rules or Rules()
    target = parse_url(_target(url, rules))
    host = (target.host or "").strip("[]")
    if addresses.is_literal(host) and not _is_exempt(host, _port(target), rules):
        _permitted_addresses(host, _port(target), rules.connect_seconds, rules=rules)


def _send(request: requests.PreparedRequest, rules: Rules) -> Reply:
    def find(host: str, port: int, timeout: float) -> list[str]:
        return _permitted_addresses(host, port, timeout, rules=rules)

    budget = Budget(
        connect_seconds=rules.connect_seconds,
        read_seconds=rules.read_seconds,
        wire_bytes=rules.wanted_bytes + _HEAD_ALLOWANCE,
        hears=rules.hear,
    )
    adapter = PinnedAdapter(budget=budget, find=find)
    try:
        # The adapter and not a Session, which reads and decodes the body of a redirect it does not follow.
        with adapter.send(request, stream=True, timeout=rules.read_seconds) as response:
            return _read(response, rules)
    finally:
        adapter.close()


def _target(url: str, rules: Rules) -> str:
    """The URL as it will be called. Raises CallFailed REFUSED_URL where its form alone forbids it."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise CallFailed("REFUSED_URL")
    try:
        target = parse_url(url)
    except LocationParseError as error:
        raise CallFailed("REFUSED_URL") from error
    host = target.host or ""
    if target.scheme not in ("http", "https") or not host or target.auth is not None or "%" in host:
        raise CallFailed("REFUSED_URL")
    if target.scheme == "http" and not _is_exempt(host, _port(target), rules):
        raise CallFailed("REFUSED_URL")
    return target._replace(fragment=None).url


def _port(target: Url) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def _is_exempt(host: str, port: int, rules: Rules) -> bool:
    name = host.strip("[]").lower()
    return not {name, f"{name}:{port}", f"[{name}]:{port}"}.isdisjoint(rules.allowed_private_hosts)


def _permitted_addresses(host: str, port: int, timeout: float, *, rules: Rules) -> list[str]:
    """The addresses of `host`, all of them fit to be called. Raises CallFailed where one is not."""
    name = host.strip("[]").removesuffix(".")
    found = rules.resolve(name, port, timeout)
    if not _is_exempt(name, port, rules) and not all(map(addresses.is_public, found)):
        raise CallFailed("REFUSED_ADDRESS")
    return found


def _read(response: requests.Response, rules: Rules) -> Reply:
    wanted, body = rules.wanted_bytes, bytearray()
    while len(body) <= wanted and (chunk := response.raw.read(_READ_CHUNK, decode_content=False)):
        body += chunk
    if len(body) > wanted and rules.take is None:
        raise CallFailed("TOO_LARGE")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise CallFailed("BROKEN_ANSWER")  # we asked for plain bytes, and will not inflate a bomb
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, bytes(body[:wanted]), complete=len(body) <= wanted)


def _code(error: BaseException) -> str:
    """The code for what the HTTP libraries wrapped, sometimes several times over."""
    causes = _chain(error)
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return "BAD_CERTIFICATE"
    if any(isinstance(each, TimeoutError) for each in causes):
        return "TIMED_OUT"
    if isinstance(error, requests.exceptions.InvalidURL | UnicodeError):
        return "REFUSED_URL"
    return "BROKEN_ANSWER"


def _chain(error: BaseException) -> list[BaseException]:
    causes = [error]
    while (inner := causes[-1].__cause__ or causes[-1].__context__) is not None and inner not in causes:
        causes.append(inner)
    return causes
