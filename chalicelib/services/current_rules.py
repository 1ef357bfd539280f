"""The settings that validation judges by. A version never changes, so a process keeps what it has read."""

from functools import lru_cache

from chalicelib.domain import rule_documents
from chalicelib.domain.rule_settings import AS_DELIVERED, RuleSettings
from chalicelib.storage import rule_settings

_KEPT = 4
"""Versions in one process: the one that holds, and those that running workflows began with."""


class UnknownSettings(Exception):
    """A version of the settings that is not there."""


def now() -> RuleSettings:
    """The settings that hold now: one small read, and their document where this process has not seen it."""
    return of(*rule_settings.current())


@lru_cache(maxsize=_KEPT)
def of(version: int, set_at: str) -> RuleSettings:
    """The settings of this version, set at this time (which tells it from one of a table that was restored).
    Raises UnknownSettings."""
    if version == 0:
        return AS_DELIVERED
    stored = rule_settings.get(version)
    if stored is None or stored.set_at != set_at:
        raise UnknownSettings(f"{version} {set_at}")
    return rule_documents.compiled(stored.document, version=version, set_at=set_at)
