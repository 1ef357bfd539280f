"""Looking outside during validation: many targets at once, and what a failure there means.

A laptop has no network, which says nothing about a supplier. So under REMOTE_CHECKS=lenient a failure counts
against the supplier only where the internet can be asked, or where the host is one of ours.
"""

from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar
from urllib.parse import urlsplit

from chalicelib import settings
from chalicelib.domain.rules.facts import NO_NETWORK, REFUSED_ADDRESS, UNREACHABLE

T = TypeVar("T", bound=Hashable)
R = TypeVar("R")

BUDGET_SECONDS = 30.0
"""For all the calls of one step; its function has 45."""
_AT_ONCE = 32
_ANSWERED = {"TOO_LARGE", "BROKEN_ANSWER", "BAD_CERTIFICATE"}
_EXAMPLES = (".example", ".test", ".localhost")
_NOTHING = ".invalid"
"""Names that RFC 2606 sets apart: what the DNS says of them means nothing, so it is not asked."""


class OutOfTime(Exception):
    """The step's time was over before this target was looked at."""


def in_parallel(
    look: Callable[[T], R], targets: Iterable[T], *, seconds: float = BUDGET_SECONDS
) -> Callable[[T], R]:
    """`look` at every different target once, for so many seconds.

    Gives the function from target to what was seen. It raises what `look` raised there, or OutOfTime.
    """
    pool = ThreadPoolExecutor(_AT_ONCE)
    started = {target: pool.submit(copy_context().run, look, target) for target in dict.fromkeys(targets)}
    wait(started.values(), timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)

    def seen(target: T) -> R:
        future = started[target]
        if future.cancelled() or not future.done():
            raise OutOfTime
        return future.result()

    return seen


def meaning(code: str, url: str, *, has_network: Callable[[], bool]) -> str:
    """What it means for the supplier that a call to `url` failed with `code`, or that its host is unknown
    (UNRESOLVED): UNREACHABLE, REFUSED_ADDRESS or NO_NETWORK."""
    if code.startswith("REFUSED"):
        return REFUSED_ADDRESS
    if settings.remote_checks_are_strict() or code in _ANSWERED or is_exempt(url):
        return UNREACHABLE
    host = _host(url)
    if host.endswith(_NOTHING):
        return UNREACHABLE
    return NO_NETWORK if host.endswith(_EXAMPLES) or not has_network() else UNREACHABLE


def can_be_asked_about(host: str) -> bool:
    """Whether looking the name up can tell anything."""
    return not host.endswith((*_EXAMPLES, _NOTHING))


def is_exempt(url: str) -> bool:
    """Whether the host is one that ALLOWED_PRIVATE_HOSTS names, so that no network is needed to reach it."""
    allowed = settings.allowed_private_hosts()
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return False
    host = parts.hostname or ""
    return host in allowed or f"{host}:{port}" in allowed


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
