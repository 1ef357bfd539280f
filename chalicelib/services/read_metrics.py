"""The numbers of the console's dashboard: what validation leaves to people, and what waits for them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.domain.tally import OUTCOMES, Tally
from chalicelib.storage import reviews, validation_counts

DAYS = 30
KINDS = ("SUPPLIER", "OFFER")
_RULES_SHOWN = 20
_COUNTED = 1000
"""Reviews that wait, the oldest: more of them make no other number worth a look."""


def read() -> dict[str, Any]:
    """Validations by day and kind, the rules that people are asked about most, and the reviews that wait.
    One round trip for the counts, and one for each megabyte of waiting reviews."""
    now = clock.now()
    days = [clock.timestamp(now - timedelta(days=back))[:10] for back in range(DAYS)]
    counted = validation_counts.of_days(days, KINDS)
    totals = {kind: Tally(kind) for kind in KINDS}
    for (_, kind), tally in counted.items():
        totals[kind].merge(tally)
    return {
        "as_of": clock.timestamp(now),
        "validations": {
            "totals": [_shown(tally) for tally in totals.values()],
            "by_day": [{"day": day, **_shown(tally)} for (day, _), tally in sorted(counted.items())],
            "rules": _rules(totals.values()),
        },
        "reviews": _waiting(now),
    }


def _shown(tally: Tally) -> dict[str, Any]:
    share = tally.review_share
    return {
        "kind": tally.kind,
        "validated": tally.validated,
        **{name: tally.outcomes[name] for name in OUTCOMES},
        "review_share": None if share is None else round(share, 4),
    }


def _rules(tallies: Iterable[Tally]) -> list[dict[str, Any]]:
    """Rules by how many validations they sent to a person."""
    found = [(number, tally.kind, rule) for tally in tallies for rule, number in tally.rules.items()]
    found.sort(key=lambda each: (-each[0], each[2]))
    return [{"rule": rule, "kind": kind, "to_review": number} for number, kind, rule in found[:_RULES_SHOWN]]


def _waiting(now: datetime) -> dict[str, Any]:
    """What waits by status; `more` where these are the oldest thousand only."""
    found = reviews.waiting(limit=_COUNTED)
    at = clock.timestamp(now)
    claimed = [status == "CLAIMED" and until > at for status, until, _ in found]
    since: dict[str, list[str]] = {"open": [], "claimed": []}
    for is_claimed, (_, _, opened) in zip(claimed, found, strict=True):
        since["claimed" if is_claimed else "open"].append(opened)
    return {
        **{status: {"count": len(opened), **_oldest(opened, now)} for status, opened in since.items()},
        "more": len(found) == _COUNTED,
    }


def _oldest(opened: list[str], now: datetime) -> dict[str, Any]:
    """Since when the first of these waits, and for how many seconds."""
    if not opened:
        return {"oldest_at": None, "oldest_seconds": None}
    return {"oldest_at": opened[0], "oldest_seconds": int((now - clock.parse(opened[0])).total_seconds())}
