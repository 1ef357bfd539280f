"""The history of a run, held against what must always be true: orders, stock, and the suppliers' own logs."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from faults.fleet import Log

from chalicelib.domain import acceptance
from chalicelib.domain.offer import Terms
from chalicelib.domain.order import OrderLine, OrderRecord, SupplierOrder, current_lines
from chalicelib.domain.settlement import pieces_asked

WAITING = "WAITING_ACCEPTANCE"


@dataclass(frozen=True)
class History:
    """What is known when a run is over. `placed` are the acknowledged orders, pieces by line id; `records`
    what is stored of them; `terms` the offers, `received` how many there were of each; `logs` by supplier."""

    placed: Mapping[str, Mapping[str, int]]
    records: Mapping[str, OrderRecord]
    terms: Sequence[Terms]
    received: Mapping[str, int]
    logs: Mapping[str, Log]
    now: str
    ends: Counter[str] = field(default_factory=Counter)


def violations(history: History) -> Iterator[str]:
    """Everything that must not be, in words."""
    for order_id, placed in history.placed.items():
        record = history.records.get(order_id)
        if record is None:
            yield f"{order_id} was acknowledged and is not there"
        else:
            yield from _of_order(record, placed, history)
    yield from _of_stock(history)
    yield from _of_logs(history)


def _of_order(record: OrderRecord, placed: Mapping[str, int], history: History) -> Iterator[str]:
    pieces: Counter[str] = Counter()
    for line in current_lines(record):
        pieces[line.state.split_from or line.served.line_id] += line.served.quantity
        history.ends[line.status] += 1
    if pieces != Counter(placed):
        yield f"{record.order.order_id}: placed {dict(placed)}, stands as {dict(pieces)}"
    takers: Counter[str] = Counter()
    for part in record.supplier_orders:
        for line in part.lines:
            takers[line.line_id] += bool(line.accepted)
            yield from _of_line(part, line, history.now)
    for line_id, count in takers.items():
        if count > 1:
            yield f"{line_id} was accepted by {count} suppliers"


def _of_line(part: SupplierOrder, line: OrderLine, now: str) -> Iterator[str]:
    if line.accepted + line.canceled + line.remainder + line.moved > line.quantity:
        yield f"{line.line_id} at {part.supplier_order_id} has more pieces than were ordered: {line}"
    attempt = part.attempt
    if line.status == WAITING and attempt.status not in acceptance.OPEN_ATTEMPT:
        yield f"{line.line_id} waits at {part.supplier_order_id}, whose attempt is {attempt.status}"
    if line.status == WAITING and part.accept_by < now and not attempt.needs_settlement:
        yield f"{line.line_id} waits at {part.supplier_order_id} past its deadline ({attempt})"
    if line.remainder:
        yield f"{line.line_id} at {part.supplier_order_id} has a remainder that nobody looks after"


def _of_stock(history: History) -> Iterator[str]:
    reserved: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for record in history.records.values():
        for part in record.supplier_orders:
            for line in part.lines:
                sold[line.offer_id] += line.accepted
                if line.status == WAITING and part.attempt.status in acceptance.OPEN_ATTEMPT:
                    reserved[line.offer_id] += pieces_asked(line)
    for terms in history.terms:
        name, received = f"{terms.offer_id} ({terms.sku})", history.received[terms.offer_id]
        if terms.available < 0:
            yield f"{name} has {terms.available} pieces"
        if terms.available + terms.reserved + terms.sold != received:
            yield f"{name}: {terms.available} + {terms.reserved} + {terms.sold} of {received}"
        orders_say = (reserved[terms.offer_id], sold[terms.offer_id])
        if (terms.reserved, terms.sold) != orders_say:
            yield f"{name}: reserved, sold {(terms.reserved, terms.sold)}, the orders say {orders_say}"


def _of_logs(history: History) -> Iterator[str]:
    parts = {
        part.attempt.attempt_id: part
        for record in history.records.values()
        for part in record.supplier_orders
    }
    standing = {supplier_id: log.standing() for supplier_id, log in history.logs.items()}
    shippers: defaultdict[str, set[str]] = defaultdict(set)
    for supplier_id, log in history.logs.items():
        for attempt_id, bodies in log.bodies.items():
            if attempt_id not in parts:
                yield f"{supplier_id} was sent {attempt_id}, of which nothing is known"
            if len(bodies) > 1:
                yield f"{attempt_id} was sent with {len(bodies)} different contents"
        for lines in standing[supplier_id].values():
            for line_id in lines:
                shippers[line_id].add(supplier_id)
    for part in parts.values():
        yield from _of_standing(part, standing[part.supplier_id].get(part.attempt.attempt_id, Counter()))
    for line_id, suppliers in shippers.items():
        if len(suppliers) > 1:
            yield f"{line_id} is shipped by {sorted(suppliers)}"


def _of_standing(part: SupplierOrder, meant: Mapping[str, int]) -> Iterator[str]:
    """What is accepted here its supplier means to ship; and what that means to ship is accepted here, or its
    answer is still waited for or doubted."""
    attempt = part.attempt
    in_doubt = attempt.status in acceptance.OPEN_ATTEMPT or attempt.needs_settlement
    for line in part.lines:
        pieces = meant.get(line.line_id, 0)
        if line.accepted > pieces or (pieces > line.accepted and not in_doubt):
            yield (
                f"{attempt.attempt_id}: its supplier ships {pieces} of {line.line_id}, and {line.accepted} "
                f"are accepted ({attempt.status}, {attempt.reason}, notice {attempt.notice})"
            )
