"""ETags: the version of a record in quotes."""

import re

from chalicelib.services.versions import Expected

_ETAG = re.compile(r'(?:W/)?"([^"]*)"')


def etag(version: int | str) -> str:
    return f'"{version}"'


def if_match(header: str | None) -> Expected | None:
    """What `If-Match` expects; None where it is not sent.

    A weak tag counts like the strong one: a proxy that compresses marks ours as weak, and the version
    behind it is the same. A tag that is none of ours matches nothing.
    """
    if header is None or not header.strip():
        return None
    if header.strip() == "*":
        return Expected(None)
    tags = _ETAG.findall(header)
    return Expected(
        frozenset(int(tag) for tag in tags if tag.isascii() and tag.isdecimal() and len(tag) < 16)
    )


def none_match(header: str | None, current: str) -> bool:
    """Whether `If-None-Match` says that the client already holds the representation tagged `current`."""
    if header is None:
        return False
    return header.strip() == "*" or current.strip('"') in _ETAG.findall(header)
