"""What a supplier's answer does to its supplier order: line states, stock, the attempt's status.

Quantity never goes up, nor does the price; a line that the answer leaves out is refused, and an answer counts
only while lines wait for one. What the supplier does not take ends here with its stock back on sale: as a
remainder where another supplier may be tried, else refused for good.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from chalicelib.domain.errors import DomainError, IllegalMove
from chalicelib.domain.money import Money
from chalicelib.domain.order import Attempt, Order, OrderLine, SupplierOrder, served_line
from chalicelib.domain.settlement import Settlement, moves_of, pieces_asked

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
FOR_EVERY_SUPPLIER = frozenset({"CUSTOMER_CANCELED", "BAD_ADDRESS", "DUPLICATE"})
"""Refusals that end a line: another supplier would meet the same buyer and address, and what this one says
it has already is not to be shipped by two. UNDELIVERABLE and RESTRICTED speak of its own carriers and
licences, so others are tried."""
STATUSES = frozenset({"ACCEPTED", "PARTIALLY_ACCEPTED", "BACKORDERED", "REJECTED"})
OPEN_ATTEMPT = frozenset({"PLANNED", "SENT"})


@dataclass(frozen=True)
class LineAnswer:
    """What a supplier says of one line; no quantity means the whole line, no price the one asked for."""

    line_id: str
    code: str
    quantity: int | None = None
    available_on: str | None = None
    unit_price: Money | None = None


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


def pointer(fault: Fault) -> str:
    """Where in the body the fault is, as a JSON pointer."""
    return f"/{fault.field}" if fault.line is None else f"/lines/{fault.line}/{fault.field}"


class InvalidLines(DomainError):
    """An answer or shipment that does not fit the supplier order. `faults` names every reason."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(fault.code for fault in self.faults))


@dataclass(frozen=True)
class ByHand:
    """Who decided what no rule could, and why."""

    actor: str
    reason: str


@dataclass(frozen=True)
class Asked:
    """What the buyer was promised that bears on an answer: the price of each line, and whether another
    supplier may be tried for what this one does not take."""

    may_change_supplier: bool = True
    prices: Mapping[str, Money] = field(default_factory=dict)


def asked_of(order: Order, supplier_order: SupplierOrder) -> Asked:
    """What was asked of this supplier."""
    placed = {line.line_id: line for line in order.lines}
    return Asked(
        may_change_supplier=(order.promise or {}).get("may_change_supplier", True),
        prices={
            line.line_id: served_line(placed, supplier_order, line).unit_price
            for line in supplier_order.lines
        },
    )


def mark_sent(supplier_order: SupplierOrder, *, now: str, accept_by: str | None = None) -> SupplierOrder:
    """The supplier order as it must be stored before it is sent, so that a lost answer can be settled. The
    time to answer begins when it is sent for the first time, and ends `accept_by` where that is given."""
    attempt = _open_attempt(supplier_order, "SENT")
    sent = replace(attempt, status="SENT", tries=attempt.tries + 1, sent_at=now, reason=None)
    lines, end = supplier_order.lines, supplier_order.accept_by
    if attempt.status == "PLANNED":
        end = accept_by or end
        lines = tuple(replace(line, asked=pieces_asked(line)) if line.canceled else line for line in lines)
    return replace(supplier_order, lines=lines, attempt=sent, accept_by=end, updated_at=now)


def note(
    supplier_order: SupplierOrder, *, reason: str, now: str, needs_settlement: bool = False
) -> SupplierOrder:
    """The same, still without an answer, with the reason why; or with one that a person must settle."""
    attempt = _open_attempt(supplier_order, "SENT")
    noted = replace(attempt, reason=reason, needs_settlement=needs_settlement)
    return replace(supplier_order, attempt=noted, updated_at=now)


def settle(
    supplier_order: SupplierOrder,
    answer: Answer,
    *,
    now: str,
    asked: Asked | None = None,
    by_hand: ByHand | None = None,
) -> Settlement:
    """Apply the first answer, the supplier's own or one that was settled `by_hand`. Raises InvalidLines for
    one that does not fit what was ordered, and IllegalMove when the attempt has ended."""
    asked = asked or Asked()
    decided = _decide(supplier_order.lines, answer, asked)
    status = _attempt_status(decided)
    attempt = replace(
        _open_attempt(supplier_order, status),
        status=status,
        answered_at=now,
        reason=by_hand.reason if by_hand else None,
        by=by_hand.actor if by_hand else None,
        needs_settlement=False,
    )
    return _settlement(supplier_order, decided, attempt, answer.supplier_reference, now)


def repeats(supplier_order: SupplierOrder, answer: Answer, *, asked: Asked | None = None) -> bool:
    """Whether the answer says what the stored lines say already. Raises InvalidLines as `settle` does."""
    fresh = (replace(line, status="WAITING_ACCEPTANCE", accepted=0) for line in supplier_order.lines)
    said = _decide(fresh, answer, asked or Asked())
    return all(_says(line, again) for line, again in zip(supplier_order.lines, said, strict=True))


def _says(line: OrderLine, said: OrderLine) -> bool:
    """What was canceled since was accepted once."""
    same_code = line.acceptance_code == said.acceptance_code
    return same_code and line.accepted <= said.accepted <= line.accepted + line.canceled


def give_up(
    supplier_order: SupplierOrder,
    *,
    status: str,
    reason: str,
    now: str,
    asked: Asked | None = None,
    by: str | None = None,
) -> Settlement:
    """End an attempt that has no answer (`EXPIRED`, `UNREACHABLE`): no waiting line is taken. From this write
    on the supplier's answer comes too late, so another supplier may be tried."""
    may_move = (asked or Asked()).may_change_supplier
    decided = tuple(_decided(line, _left_out(line), may_move=may_move) for line in supplier_order.lines)
    attempt = replace(
        _open_attempt(supplier_order, status), status=status, reason=reason, by=by, needs_settlement=False
    )
    # Of an attempt that was never sent the supplier knows nothing, and one ended by hand had time left.
    was_asked = supplier_order.attempt.status != "PLANNED" and by is None
    return _settlement(supplier_order, decided, attempt, None, now, was_asked=was_asked)


def _open_attempt(supplier_order: SupplierOrder, after: str) -> Attempt:
    attempt = supplier_order.attempt
    if attempt.status not in OPEN_ATTEMPT:
        raise IllegalMove("attempt", attempt.status, after)
    return attempt


def _decide(lines: Iterable[OrderLine], answer: Answer, asked: Asked) -> tuple[OrderLine, ...]:
    lines = tuple(lines)
    spoken = _spoken(lines, answer, asked)
    return tuple(
        _decided(line, spoken.get(line.line_id) or _left_out(line), may_move=asked.may_change_supplier)
        for line in lines
    )


def _left_out(line: OrderLine) -> LineAnswer:
    return LineAnswer(line.line_id, "OTHER")


def _spoken(lines: tuple[OrderLine, ...], answer: Answer, asked: Asked) -> Mapping[str, LineAnswer]:
    """What the answer says, by line id. Raises InvalidLines."""
    if answer.lines is None:
        code = {"ACCEPTED": "ACCEPTED", "BACKORDERED": "BACKORDERED", "REJECTED": "OTHER"}.get(
            answer.status or ""
        )
        if code is None:
            raise InvalidLines([Fault(None, "lines", "MISSING_FIELD")])
        return {line.line_id: LineAnswer(line.line_id, code) for line in lines}
    faults = list(_faults(lines, answer, asked))
    if faults:
        raise InvalidLines(faults)
    return {each.line_id: each for each in answer.lines}


def _faults(lines: tuple[OrderLine, ...], answer: Answer, asked: Asked) -> Iterable[Fault]:
    ordered = {line.line_id: line.sent for line in lines}
    seen = set()
    said = answer.lines or ()
    for index, each in enumerate(said):
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
        if _is_dearer(each.unit_price, asked.prices.get(each.line_id)):
            yield Fault(index, "unit_price", "PRICE_TOO_HIGH")
        seen.add(each.line_id)
    if answer.status in TAKING and not any(each.code in TAKING for each in said):
        yield Fault(None, "status", "CONTRADICTS_LINES")


def _is_dearer(said: Money | None, asked: Money | None) -> bool:
    if said is None or asked is None:
        return False
    return said.currency != asked.currency or said.minor > asked.minor


def _decided(line: OrderLine, answer: LineAnswer, *, may_move: bool) -> OrderLine:
    if line.status != "WAITING_ACCEPTANCE":
        return line
    asked = pieces_asked(line)
    taken = min(asked, asked if answer.quantity is None else answer.quantity)
    code = answer.code if answer.code not in TAKING or taken else "OUT_OF_STOCK"
    accepted = taken if code in TAKING else 0
    moves = may_move and code not in FOR_EVERY_SUPPLIER
    return replace(
        line,
        status="SHIPPING" if accepted else "REFUSED",
        accepted=accepted,
        acceptance_code=code,
        available_on=answer.available_on if accepted else None,
        remainder=asked - accepted if moves else 0,
    )


def _attempt_status(lines: tuple[OrderLine, ...]) -> str:
    taken = [line for line in lines if line.accepted]
    if not taken:
        return "REJECTED"
    if any(line.accepted < pieces_asked(line) for line in lines):
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
    return Settlement(after, moves_of(before.lines, decided, was_asked=was_asked))
