"""An administrator credits or charges a supplier, and takes back what was charged.

Both are done once for an idempotency key: the record of the answer is written in the posting's transaction,
and the cause that the posting names is made of the same key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain import supplier_charges
from chalicelib.domain.ledger import Posting
from chalicelib.domain.money import Money
from chalicelib.domain.supplier_charges import Charge, NotReversible, ReversesTooMuch
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services import idempotency, supplier_records
from chalicelib.services.commits import read_and_commit
from chalicelib.services.idempotency import Outcome, Request
from chalicelib.services.read_ledger import posting_view
from chalicelib.storage import ledger, orders
from chalicelib.storage.transaction import Write


def post(supplier_id: str, body: Mapping[str, Any], *, actor: str, idempotency_key: str) -> Outcome:
    """Post a credit, an invoice or a penalty; the answer is the posting.

    Raises NotFound, Unprocessable for an order or a line that is not this supplier's or a key used with
    another body.
    """
    marked = _marked(idempotency_key, actor, f"POST /admin/suppliers/{supplier_id}/ledger-entries", body)

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        supplier_records.existing(supplier_id)
        charge = _charge(supplier_id, body, actor)
        posting = supplier_charges.post(
            charge, supplier_id=supplier_id, at=clock.timestamp(), cause=_cause("manual", marked)
        )
        return _posted(posting)

    return idempotency.perform(marked, work)


def take_back(
    supplier_id: str, posting_id: str, body: Mapping[str, Any], *, actor: str, idempotency_key: str
) -> Outcome:
    """Take back a charge or a credit: all that is left of it, or an `amount` before tax; the answer is the
    posting that does.

    Raises NotFound, Conflict NOT_REVERSIBLE, Unprocessable REVERSED_TOO_MUCH where all of it together would
    be more than was posted, or for a key used with another body.
    """
    route = f"POST /admin/suppliers/{supplier_id}/ledger-entries/{posting_id}/reversal"
    marked = _marked(idempotency_key, actor, route, body)

    def work() -> tuple[dict[str, Any], Sequence[Write]]:
        posting = ledger.get(supplier_id, posting_id)
        if posting is None:
            raise NotFound
        before = ledger.taken_back(supplier_id, posting_id)
        reversal = _reversal(posting, body, before.minor, actor=actor, cause=_cause("reversal", marked))
        answer, writes = _posted(reversal)
        taken = reversal.moves[0].minor
        return answer, [*writes, ledger.taking_back(posting, before, taken, now=reversal.at)]

    return read_and_commit(lambda: idempotency.perform(marked, work))


def _marked(key: str, actor: str, route: str, body: Mapping[str, Any]) -> Request:
    marked = idempotency.request(key, caller=actor, route=route, body=body)
    assert marked is not None  # noqa: S101 - there is a key
    return marked


def _cause(kind: str, marked: Request) -> str:
    return f"{kind}-{marked.digest[:32]}"


def _posted(posting: Posting) -> tuple[dict[str, Any], Sequence[Write]]:
    traced = replace(posting, correlation_id=telemetry.correlation_id())
    return posting_view(traced), [ledger.adding(traced)]


def _charge(supplier_id: str, body: Mapping[str, Any], actor: str) -> Charge:
    amount = Money.parse(body["amount"])
    vat = Money.parse(body["vat"]) if "vat" in body else Money.zero(amount.currency)
    order_id, line_id = body.get("order_id"), body.get("line_id")
    return Charge(
        body["type"],
        amount.minor,
        amount.currency,
        vat=vat.minor,
        order_id=order_id,
        supplier_order_id=_part_of(supplier_id, order_id, line_id) if order_id else None,
        line_id=line_id,
        by=actor,
        reason=body["reason"],
    )


def _part_of(supplier_id: str, order_id: str, line_id: str | None) -> str | None:
    """The supplier's part of the order, None where it has several and no line says which. Raises
    Unprocessable where it has none."""
    record = orders.get(order_id)
    own = [part for part in (record.supplier_orders if record else ()) if part.supplier_id == supplier_id]
    if not own:
        raise _unfit("order_id", "UNKNOWN_ORDER", "This supplier has no part in such an order.")
    if line_id is None:
        return own[0].supplier_order_id if len(own) == 1 else None
    for part in reversed(own):
        if any(line.line_id == line_id for line in part.lines):
            return part.supplier_order_id
    raise _unfit("line_id", "UNKNOWN_LINE", "This supplier has no such line of the order.")


def _reversal(
    posting: Posting, body: Mapping[str, Any], taken_back: int, *, actor: str, cause: str
) -> Posting:
    amount = Money.parse(body["amount"]) if "amount" in body else None
    if amount is not None and amount.currency != posting.currency:
        raise _unfit("amount/currency", "CURRENCY_MISMATCH", f"This was posted in {posting.currency}.")
    try:
        return supplier_charges.take_back(
            posting,
            None if amount is None else amount.minor,
            taken_back=taken_back,
            at=clock.timestamp(),
            cause=cause,
            by=actor,
            reason=body["reason"],
        )
    except NotReversible as error:
        raise Conflict(
            "NOT_REVERSIBLE", "Only what is left of a charge or credit besides sales is taken back by hand."
        ) from error
    except ReversesTooMuch as error:
        left = Money(error.left, posting.currency).as_json()["amount"]
        raise _unfit("amount", "REVERSED_TOO_MUCH", f"Only {left} of it is left.") from error


def _unfit(field: str, code: str, detail: str) -> Unprocessable:
    return Unprocessable("INVALID_BODY", detail, errors=[FieldProblem(f"/{field}", code, detail)])
