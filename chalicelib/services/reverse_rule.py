"""An administrator undoes one rule's corrections in all the catalogue, in the background.

The work goes in steps. A step walks the suppliers in order of registration, and each one's offers page by
page, for as long as it may take; then one conditional write moves the position and the tally together, and
the stream sends the next step's message. A step that dies is done again from where the last one ended: what
it has undone is counted the second time, not undone. Of two deliveries at once, the slower one's write is
refused.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain import reversals
from chalicelib.domain.offer import Offer
from chalicelib.domain.reversals import Made
from chalicelib.domain.rule_reversal import COMPLETE, RUNNING, Position, RuleReversal, Tally
from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS
from chalicelib.domain.supplier import MOVES, Supplier
from chalicelib.problems import NotFound
from chalicelib.services import change_supplier, idempotency, manage_offers
from chalicelib.services.commits import commit
from chalicelib.services.edits import Content
from chalicelib.services.idempotency import Outcome
from chalicelib.services.paging import Listing, listed
from chalicelib.storage import offers, rule_reversals, suppliers
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

STEP_SECONDS = 20.0
_PAGE = 100
_STATUSES = tuple(status for status, moves in MOVES.items() if moves)
"""A supplier that is closed for good is read only."""


def start(rule: str, *, reason: str, actor: str, marked: idempotency.Request | None) -> Outcome:
    """Have the rule's corrections undone. Those that it makes from now on are left, so set it first. Raises
    NotFound for no rule that corrects."""
    if rule not in CORRECTIONS and not (rule in CHECKS and CHECKS[rule].certain):
        raise NotFound

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        now = clock.timestamp()
        reversal = RuleReversal(
            reversal_id=ids.new_id("rvs"),
            rule=rule,
            requested_by=actor,
            reason=reason,
            correlation_id=telemetry.correlation_id(),
            created_at=now,
            updated_at=now,
        )
        return _shown(reversal), (rule_reversals.adding(reversal),)

    return idempotency.perform(marked, work)


def read(rule: str, reversal_id: str) -> dict[str, Any]:
    """How far it is. Raises NotFound."""
    reversal = rule_reversals.get(reversal_id)
    if reversal is None or reversal.rule != rule:
        raise NotFound
    return _shown(reversal)


def page(rule: str, *, limit: int, cursor: str | None) -> Listing:
    """Those of one rule, newest first. Raises BadRequest."""
    return listed(lambda: rule_reversals.page_of_rule(rule, limit=limit, cursor=cursor), _shown)


def work(reversal_id: str, *, seconds: float = STEP_SECONDS) -> None:
    """Do the next step of it. Doing one twice, or two at once, comes to the same."""
    before = rule_reversals.get(reversal_id)
    if before is None or before.is_over:
        return
    after, deadline = before, time.monotonic() + seconds
    while not after.is_over:
        after = _next_page(after)
        if time.monotonic() >= deadline:
            break
    try:
        commit(rule_reversals.replacing(after, expected_version=before.version))
    except WriteRefused:
        telemetry.log("STEP_OVERTAKEN", reversal_id=reversal_id)
    else:
        telemetry.log(
            "RULE_REVERSAL_STEP", reversal_id=reversal_id, status=after.status, **asdict(after.tally)
        )


def _next_page(reversal: RuleReversal) -> RuleReversal:
    """The work with one supplier's profile or one page of its offers done."""
    position = reversal.position
    if position.supplier_id is not None:
        done, tally = _offers_done(reversal, position.supplier_id)
    else:
        found = suppliers.registered_after(
            position.after, until=reversal.created_at, statuses=_STATUSES, limit=1
        )
        if not found:
            return replace(reversal, status=COMPLETE, updated_at=clock.timestamp())
        # The index may be behind the table, so the profile is read again.
        current = suppliers.get(found[0].supplier_id)
        tally = _undone(reversal, current or found[0])
        done = Position(after=suppliers.place_of(found[0]), supplier_id=found[0].supplier_id)
    return replace(
        reversal,
        status=RUNNING,
        position=done,
        tally=reversal.tally + tally,
        updated_at=clock.timestamp(),
    )


def _offers_done(reversal: RuleReversal, supplier_id: str) -> tuple[Position, Tally]:
    position = reversal.position
    page = offers.page_of_supplier(supplier_id, limit=_PAGE, cursor=position.cursor)
    tally = sum((_undone(reversal, offer) for offer in page.items), start=Tally())
    if page.next_cursor is None:
        return Position(after=position.after), tally
    return replace(position, cursor=page.next_cursor), tally


def _undone(reversal: RuleReversal, record: Supplier | Offer) -> Tally:
    """What became of the rule's corrections of one record."""
    made = record.corrections
    if reversals.standing_of(reversal.rule, made):
        try:
            made = _rewritten(reversal, record)["corrections"]
        except Exception as error:  # noqa: BLE001 - whatever it is, the records behind must not wait for it
            telemetry.log(
                "REVERSAL_FAILED", level=logging.ERROR, error=type(error).__name__, **_named(record)
            )
            return Tally(seen=1, failed=1)
    undone = [each for each in made if each.get("reversal", {}).get("reversal_id") == reversal.reversal_id]
    return Tally(1, reversed=len(undone), overtaken=len(reversals.standing_of(reversal.rule, made)))


def _rewritten(reversal: RuleReversal, record: Supplier | Offer) -> dict[str, Any]:
    noted = {"at": clock.timestamp(), "by": reversal.requested_by, "reversal_id": reversal.reversal_id}

    def edit(current: Supplier | Offer, content: Content) -> tuple[dict[str, Any], Sequence[Made]]:
        if isinstance(current, Offer) and current.withdrawn:
            return dict(content), current.corrections
        return reversals.reverse_rule(content, current.corrections, reversal.rule, noted)

    if isinstance(record, Supplier):
        return change_supplier.rewrite(record.supplier_id, edit=edit, expected=None)
    return manage_offers.rewrite(record.supplier_id, record.sku, edit=edit, expected=None)


def _named(record: Supplier | Offer) -> Mapping[str, str]:
    offer_id = {"offer_id": record.offer_id} if isinstance(record, Offer) else {}
    return {"supplier_id": record.supplier_id, **offer_id}


def _shown(reversal: RuleReversal) -> dict[str, Any]:
    return {
        "reversal_id": reversal.reversal_id,
        "rule": reversal.rule,
        "status": reversal.status,
        "requested_by": reversal.requested_by,
        "reason": reversal.reason,
        **asdict(reversal.tally),
        "version": reversal.version,
        "created_at": reversal.created_at,
        "updated_at": reversal.updated_at,
    }
