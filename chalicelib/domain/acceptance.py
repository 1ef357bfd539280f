"""What a supplier's answer does to its supplier order: line states, stock, the attempt's status.

Quantity never goes up, a line that the answer leaves out is refused, and an answer counts only while lines
wait for one. Refused lines and the refused part of a line end here, with their stock back on sale.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chalicelib.domain.errors import DomainError, IllegalMove
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder

TAKING = frozenset({"ACCEPTED", "BACKORDERED"})
CODES = TAKING | {
    "OUT_OF_STOCK",
    "INVALID_SKU",
    "DISCONTINUED",
    "PRICE_MISMATCH",
    "BAD_ADDRESS",
    "UNDELIVERABLE",
    "RESTRICTED",
    "TOO_LARGE",
    "CUSTOMER_CANCELED",
    "DUPLICATE",
    "OTHER",
}
NOT_ITS_FAULT = frozenset({"CUSTOMER_CANCELED", "BAD_ADDRESS", "UNDELIVERABLE", "DUPLICATE"})
"""Refusals that say nothing of how well the supplier serves its offers."""
STATUSES = frozenset({"ACCEPTED", "PARTIALLY_ACCEPTED", "BACKORDERED", "REJECTED"})
OPEN_ATTEMPT = frozenset({"PLANNED", "SENT"})


@dataclass(frozen=True)
class LineAnswer:
    """What a supplier says of one line; no quantity means the whole line."""

    line_id: str
    code: str
    quantity: int | None = None
    available_on: str | None = None


@dataclass(frozen=True)
class Answer:
    """A supplier's answer. Without `lines`, `status` speaks for every line."""

    status: str | None = None
    lines: tuple[LineAnswer, ...] | None = None
    supplier_reference: str | None = None


@dataclass(frozen=True)
class Fault:
    """What is wrong in an answer or shipment: the index of the line (None: the whole), field, code."""

    line: int | None
    field: str
    code: str


class InvalidLines(DomainError):
    """An answer or shipment that does not fit the supplier order. `faults` names every reason."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(fault.code for fault in self.faults))


@dataclass(frozen=True)
class StockMove:
    """The end of a reservation of `sold + released` pieces of one offer, and how many of the lines that ended
    the supplier took whole, or failed to."""

    offer_id: str
    sold: int
    released: int
    lines_accepted: int = 0
    lines_refused: int = 0


@dataclass(frozen=True)
class Settlement:
    """The supplier order as it is after an answer, and what that moves in stock, once per offer."""

    supplier_order: SupplierOrder
    moves: tuple[StockMove, ...]


def mark_sent(supplier_order: SupplierOrder, *, now: str) -> SupplierOrder:
    """The supplier order as it must be stored before it is sent, so that a lost answer can be settled."""
    attempt = _open_attempt(supplier_order, "SENT")
    sent = replace(attempt, status="SENT", tries=attempt.tries + 1, sent_at=now, reason=None)
    return replace(supplier_order, attempt=sent, updated_at=now)


def note(supplier_order: SupplierOrder, *, reason: str, now: str) -> SupplierOrder:
    """The same, still without an answer, with the reason why."""
    attempt = replace(_open_attempt(supplier_order, "SENT"), reason=reason)
    return replace(supplier_order, attempt=attempt, updated_at=now)


def settle(supplier_order: SupplierOrder, answer: Answer, *, now: str) -> Settlement:
    """Apply the first answer. Raises InvalidLines for one that does not fit what was ordered, and
    IllegalMove when the attempt has ended."""
    decided = _decide(supplier_order.lines, answer)
    status = _attempt_status(decided)
    attempt = replace(_open_attempt(supplier_order, status), status=status, answered_at=now, reason=None)
    return _settlement(supplier_order, decided, attempt, answer.supplier_reference, now)


def repeats(supplier_order: SupplierOrder, answer: Answer) -> bool:
    """Whether the answer says what the stored lines say already. Raises InvalidLines as `settle` does."""
    stored = [(line.acceptance_code, line.accepted) for line in supplier_order.lines]
    fresh = (replace(line, status="WAITING_ACCEPTANCE") for line in supplier_order.lines)
    return [(line.acceptance_code, line.accepted) for line in _decide(fresh, answer)] == stored


def give_up(supplier_order: SupplierOrder, *, status: str, reason: str, now: str) -> Settlement:
    """End an attempt that has no answer (`EXPIRED`, `UNREACHABLE`): every waiting line is refused."""
    decided = tuple(_decided(line, _left_out(line)) for line in supplier_order.lines)
    attempt = replace(_open_attempt(supplier_order, status), status=status, reason=reason)
    # Of an attempt that was never sent the supplier knows nothing.
    was_asked = supplier_order.attempt.status != "PLANNED"
    return _settlement(supplier_order, decided, attempt, None, now, was_asked=was_asked)


def _open_attempt(supplier_order: SupplierOrder, after: str) -> Attempt:
    attempt = supplier_order.attempt
    if attempt.status not in OPEN_ATTEMPT:
        raise IllegalMove("attempt", attempt.status, after)
    return attempt


def _decide(lines: Iterable[OrderLine], answer: Answer) -> tuple[OrderLine, ...]:
    lines = tuple(lines)
    spoken = _spoken(lines, answer)
    return tuple(_decided(line, spoken.get(line.line_id) or _left_out(line)) for line in lines)


def _left_out(line: OrderLine) -> LineAnswer:
    return LineAnswer(line.line_id, "OTHER")


def _spoken(lines: tuple[OrderLine, ...], answer: Answer) -> Mapping[str, LineAnswer]:
    """What the answer says, by line id. Raises InvalidLines."""
    if answer.lines is None:
        code = {"ACCEPTED": "ACCEPTED", "BACKORDERED": "BACKORDERED", "REJECTED": "OTHER"}.get(
            answer.status or ""
        )
        if code is None:
            raise InvalidLines([Fault(None, "lines", "MISSING_FIELD")])
        return {line.line_id: LineAnswer(line.line_id, code) for line in lines}
    faults = list(_faults(lines, answer))
    if faults:
        raise InvalidLines(faults)
    return {each.line_id: each for each in answer.lines}


def _faults(lines: tuple[OrderLine, ...], answer: Answer) -> Iterable[Fault]:
    ordered = {line.line_id: line.quantity for line in lines}
    seen = set()
    for index, each in enumerate(answer.lines or ()):
        if each.line_id not in ordered:
            yield Fault(index, "line_id", "UNKNOWN_LINE")
        elif each.line_id in seen:
            yield Fault(index, "line_id", "DUPLICATE_LINE")
        elif each.quantity is not None and each.quantity > ordered[each.line_id]:
            yield Fault(index, "quantity", "QUANTITY_TOO_HIGH")
        if each.code not in CODES:
            yield Fault(index, "code", "UNKNOWN_CODE")
        elif each.code in TAKING and answer.status == "REJECTED":
            yield Fault(index, "code", "CONTRADICTS_STATUS")
        if each.quantity is not None and each.quantity < 0:
            yield Fault(index, "quantity", "QUANTITY_NEGATIVE")
        seen.add(each.line_id)


def _decided(line: OrderLine, answer: LineAnswer) -> OrderLine:
    if line.status != "WAITING_ACCEPTANCE":
        return line
    if answer.code not in TAKING:
        return replace(line, status="REFUSED", accepted=0, acceptance_code=answer.code)
    taken = line.quantity if answer.quantity is None else answer.quantity
    if taken == 0:
        return replace(line, status="REFUSED", accepted=0, acceptance_code="OUT_OF_STOCK")
    return replace(
        line,
        status="SHIPPING",
        accepted=taken,
        acceptance_code=answer.code,
        available_on=answer.available_on,
    )


def _attempt_status(lines: tuple[OrderLine, ...]) -> str:
    taken = [line for line in lines if line.accepted]
    if not taken:
        return "REJECTED"
    if any(line.accepted < line.quantity for line in lines):
        return "PARTIALLY_ACCEPTED"
    return "BACKORDERED" if any(line.acceptance_code == "BACKORDERED" for line in taken) else "ACCEPTED"


def _settlement(
    before: SupplierOrder,
    decided: tuple[OrderLine, ...],
    attempt: Attempt,
    reference: str | None,
    now: str,
    *,
    was_asked: bool = True,
) -> Settlement:
    after = replace(before, lines=decided, attempt=attempt, supplier_reference=reference, updated_at=now)
    return Settlement(after, _moves(before.lines, decided, was_asked=was_asked))


def _moves(
    before: tuple[OrderLine, ...], after: tuple[OrderLine, ...], *, was_asked: bool
) -> tuple[StockMove, ...]:
    moves: dict[str, StockMove] = {}
    for old, new in zip(before, after, strict=True):
        if old.status == new.status:
            continue
        so_far = moves.get(new.offer_id, StockMove(new.offer_id, 0, 0))
        whole = new.accepted == new.quantity
        failed = was_asked and not whole and new.acceptance_code not in NOT_ITS_FAULT
        moves[new.offer_id] = replace(
            so_far,
            sold=so_far.sold + new.accepted,
            released=so_far.released + new.quantity - new.accepted,
            lines_accepted=so_far.lines_accepted + whole,
            lines_refused=so_far.lines_refused + failed,
        )
    return tuple(moves.values())
