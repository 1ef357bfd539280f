"""Whether a host name is known to the world, and whether the world can be asked at all."""

from typing import Any

from chalicelib.clients import addresses
from chalicelib.clients.errors import CallFailed

_ANY_PORT = 443


def exists(host: str, *, timeout: float = 3.0) -> bool:
    """Whether the name has an address, by the system's own way of looking (its hosts file included)."""
    try:
        addresses.resolve(host, _ANY_PORT, timeout)
    except CallFailed:
        return False
    return True


def takes_mail(host: str, *, timeout: float = 3.0, resolver: Any = None) -> bool:
    """Whether mail for the host can be delivered: it has a mail exchanger, or at least an address."""
    return exists(host, timeout=timeout) or _answers(host, "MX", timeout=timeout, resolver=resolver)


def network_is_there(*, timeout: float = 2.0, resolver: Any = None) -> bool:
    """Whether the DNS of the internet can be asked. The root zone is there, so where nobody knows its name
    servers, an answer `no such name` means nothing."""
    return _answers(".", "NS", timeout=timeout, resolver=resolver)


def _answers(name: str, kind: str, *, timeout: float, resolver: Any) -> bool:
    import dns.exception
    import dns.resolver

    try:
        asked = resolver or dns.resolver.Resolver()
        asked.resolve(name, kind, lifetime=timeout)
    except (dns.exception.DNSException, OSError):
        return False
    return True
