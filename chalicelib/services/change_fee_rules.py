"""The commission rules are read and put. Each version has its reason and the moment from which it holds."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain import fee_rules as domain
from chalicelib.domain.fee_schedule import RulesVersion, Schedule
from chalicelib.problems import FieldProblem, NotFound, StaleVersion, Unprocessable
from chalicelib.services.commits import commit
from chalicelib.services.paging import Listing, listed
from chalicelib.services.versions import Expected
from chalicelib.storage import fee_rules
from chalicelib.storage.errors import WriteRefused

MAX_BYTES = 200_000
"""Of a document: an item of the table holds 400 KB."""
MAX_SCHEDULED = 20
"""Versions put ahead of time: every order that is placed reads which there are."""

_KEPT = timedelta(minutes=1)
"""For which the schedule names what has ended: clocks differ by less."""
_SHOWN: Mapping[str, Any] = {
    "rules": [],
    "fee_vat": {},
    "subscription_fees": [],
    "listing_fees": [],
    "penalties": [],
}


def read(version: int | None = None) -> dict[str, Any]:
    """The version that holds now, or this one. Raises NotFound."""
    schedule = fee_rules.schedule()
    wanted = schedule.at(clock.timestamp()).version if version is None else version
    stored = fee_rules.get(wanted) if wanted else RulesVersion()
    if stored is None:
        raise NotFound
    return _shown_whole(stored, schedule)


def put(body: Mapping[str, Any], *, actor: str, expected: Expected) -> dict[str, Any]:
    """Add the next version, which holds from its `valid_from` on, or at once. It replaces one that is to
    begin at the same moment; whatever holds then ends.

    Raises StaleVersion, Unprocessable with every fault.
    """
    schedule, now = fee_rules.schedule(), clock.now()
    expected.check(schedule.version)
    document = {name: body[name] for name in _SHOWN if name in body}
    written = json.dumps(document, ensure_ascii=False, sort_keys=True)
    valid_from = body.get("valid_from", clock.timestamp(now))
    version = RulesVersion(
        version=schedule.version + 1,
        valid_from=valid_from,
        document=document,
        digest=hashlib.sha256(written.encode()).hexdigest()[:32],
        set_by=actor,
        set_at=clock.timestamp(now),
        reason=body["reason"],
        correlation_id=telemetry.correlation_id(),
    )
    after = schedule.putting(version.holding, kept_from=clock.timestamp(now - _KEPT))
    _refuse_faulty(document, size=len(written.encode()), version=version, after=after)
    try:
        commit(*fee_rules.putting(version, after))
    except WriteRefused as refused:
        raise StaleVersion from refused
    telemetry.log("COMMISSION_RULES_PUT", version=version.version, valid_from=valid_from)
    return _shown_whole(version, after)


def versions(*, limit: int, cursor: str | None) -> Listing:
    """Every version, newest first. Raises BadRequest."""
    return listed(lambda: fee_rules.page(limit=limit, cursor=cursor), _shown)


def _refuse_faulty(document: Mapping[str, Any], *, size: int, version: RulesVersion, after: Schedule) -> None:
    found = [FieldProblem(*fault) for fault in domain.faults(document)]
    if size > MAX_BYTES:
        found.append(FieldProblem("/rules", "TOO_LARGE", f"The rules take {MAX_BYTES} bytes at most."))
    if version.valid_from < version.set_at:
        found.append(FieldProblem("/valid_from", "IN_THE_PAST", "What was sold is not judged anew."))
    if len(after.after(version.set_at)) > MAX_SCHEDULED:
        detail = f"{MAX_SCHEDULED} versions at most wait for their time."
        found.append(FieldProblem("/valid_from", "TOO_MANY_SCHEDULED", detail))
    if found:
        raise Unprocessable("INVALID_RULES", "These rules cannot hold; see errors.", errors=found)


def _shown(version: RulesVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "valid_from": version.valid_from or None,
        "set_by": version.set_by or None,
        "set_at": version.set_at or None,
        "reason": version.reason or None,
    }


def _shown_whole(version: RulesVersion, schedule: Schedule) -> dict[str, Any]:
    return {
        **_shown(version),
        **_SHOWN,
        **version.document,
        "latest_version": schedule.version,
        "scheduled": [
            {"version": each.version, "valid_from": each.valid_from}
            for each in schedule.after(clock.timestamp())
        ],
    }
