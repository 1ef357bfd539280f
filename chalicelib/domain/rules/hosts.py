"""Host names: whose they are, and what can be asked about them."""

import ipaddress
import re
from urllib.parse import urlsplit

FREE_MAIL = frozenset(
    {
        *("aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com"),
        *("laposte.net", "libero.it", "live.com", "mail.com", "mail.ru", "me.com", "msn.com", "orange.fr"),
        *("outlook.com", "proton.me", "protonmail.com", "qq.com", "t-online.de", "web.de", "yahoo.com"),
        *("yahoo.co.uk", "yandex.ru", "163.com"),
    }
)
"""Mail for everyone: such an address says nothing about a company."""

_SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"})
"""Under a two-letter country, these are registries: the name begins one label further left."""


_BARE = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}(?::[0-9]{1,5})?(?:[/?#]\S*)?")


def with_scheme(address: str) -> str | None:
    """The https URL that an address without a scheme means, or None where that is not certain."""
    return f"https://{address}" if _BARE.fullmatch(address) else None


def of_url(url: str) -> str | None:
    """The host of an http(s) URL as the DNS knows it, in lower case, or None where the text is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return None
    return host.lower() if host and parts.scheme in ("http", "https") else None


def of_email(email: str) -> str | None:
    """The host of an e-mail address as the DNS knows it, or None where the address is not well-formed."""
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(email, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        return None
    return str(checked.ascii_domain).lower()


def is_address(host: str) -> bool:
    """Whether the host is an IP address and not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def same_owner(one: str, other: str) -> bool:
    """Whether two host names belong to one registered name."""
    return registered_name(one) == registered_name(other)


def registered_name(host: str) -> str:
    """The part of a host name that somebody registered: its last two labels, three below `co.uk` and such."""
    labels = host.rstrip(".").lower().split(".")
    is_country = len(labels[-1]) == 2
    size = 3 if is_country and len(labels) > 2 and labels[-2] in _SECOND_LEVELS else 2
    return ".".join(labels[-size:])
