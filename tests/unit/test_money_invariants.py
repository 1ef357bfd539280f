"""Whatever becomes of an order, its money adds up: random orders live by the rules that move them, and what
they post is looked at."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain import (
    acceptance,
    cancellation,
    ledger,
    notices,
    reallocation,
    refunds,
    refused_voids,
    sales,
    shipping,
    takeover,
)
from chalicelib.domain.acceptance import Answer, ByHand, LineAnswer
from chalicelib.domain.allocation import Candidate
from chalicelib.domain.cancellation import Unwanted
from chalicelib.domain.errors import DomainError
from chalicelib.domain.fees import FeeTerms
from chalicelib.domain.ledger import Posting
from chalicelib.domain.money import Money
from chalicelib.domain.notices import CancellationAnswer, LetGo
from chalicelib.domain.order import (
    Attempt,
    Order,
    OrderLine,
    OrderRecord,
    PlacedLine,
    SupplierOrder,
    served_line,
)
from chalicelib.domain.reallocation import Found
from chalicelib.domain.sales import Position

CURRENCIES = ("JPY", "EUR", "KWD")
PROMISE = {"may_change_supplier": True}
STEPS_OF_A_LIFE = 30
amounts = st.one_of(st.integers(0, 30), st.integers(0, 2_000_000))
ppm = st.sampled_from([0, 1, 33_333, 85_000, 150_000, 190_000, 1_000_000])


@st.composite
def terms(draw: st.DrawFn) -> FeeTerms:
    floor = draw(st.none() | st.integers(0, 60))
    cap = draw(st.none() | st.integers(floor or 0, 500))
    return FeeTerms(
        draw(st.integers(1, 9)), "rule", draw(ppm), draw(st.sampled_from([0, 1, 25])), floor, cap, draw(ppm),
        on_shipping=draw(st.booleans()), kept_on_refund=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def placed_lines(draw: st.DrawFn, number: int, currency: str) -> PlacedLine:
    quantity, price, sending = draw(st.integers(1, 5)), draw(amounts), draw(amounts)
    return PlacedLine(
        f"lin_x_{number}", f"off_a_{number}", f"prd_{number}", "sup_0", "so_x_1", "SKU", None, "Pot",
        quantity, Money(price, currency), shipping=sending, tax=draw(st.integers(0, price * quantity // 3)),
        shipping_tax=draw(st.integers(0, sending // 3)), fee=draw(st.none() | terms()),
    )  # fmt: skip


@st.composite
def orders(draw: st.DrawFn) -> Order:
    currency = draw(st.sampled_from(CURRENCIES))
    lines = tuple(draw(placed_lines(number, currency)) for number in range(1, draw(st.integers(1, 3)) + 1))
    return Order(
        "ord_x", currency, lines,
        Money(sum(line.shipping for line in lines), currency),
        Money(sum(line.tax + line.shipping_tax for line in lines), currency),
        "pay", Money(10**12, currency), "", promise=PROMISE, tax_included=draw(st.booleans()),
        tax_collector=draw(st.sampled_from(["SUPPLIER", "MARKETPLACE"])),
    )  # fmt: skip


class Life:
    """An order with all that was written of it and posted for it."""

    def __init__(self, order: Order, chance: Random) -> None:
        lines = tuple(OrderLine(line.line_id, line.offer_id, line.quantity) for line in order.lines)
        part = SupplierOrder("so_x_1", "ord_x", "sup_0", lines, Attempt("att_x_1"), accept_by="")
        self.record = OrderRecord(order, None, (part,))
        self.order, self.chance = order, chance
        self.postings: list[Posting] = []
        self.seconds = 0

    @property
    def now(self) -> str:
        return f"2026-03-02T12:{self.seconds // 60:02}:{self.seconds % 60:02}.000Z"

    def live(self) -> None:
        for _ in range(STEPS_OF_A_LIFE):
            self.seconds += 1
            if waiting := [part for part in self.record.supplier_orders if part.attempt.status == "PLANNED"]:
                self.write(*(acceptance.mark_sent(part, now=self.now) for part in waiting))
            step = self.chance.choice(STEPS)
            if changed := step(self):
                self.write(*changed)
                check(self)

    def write(self, *changed: SupplierOrder) -> None:
        known = {part.supplier_order_id: part for part in self.record.supplier_orders}
        for part in changed:
            before = known.get(part.supplier_order_id)
            if before is None:
                known[part.supplier_order_id] = part
                continue
            after, posting = sales.post(self.order, before, part, now=self.now)
            again = sales.post(self.order, before, part, now=self.now)
            assert again == (after, posting)
            known[part.supplier_order_id] = replace(after, version=before.version + 1)
            self.postings += [posting] if posting else []
        self.record = replace(self.record, supplier_orders=tuple(known.values()))

    def part(self) -> SupplierOrder:
        return self.chance.choice(self.record.supplier_orders)

    def prices(self, part: SupplierOrder) -> dict[str, Money]:
        return dict(acceptance.asked_of(self.order, part).prices)

    def pieces(self, part: SupplierOrder, most: Callable[[OrderLine], int]) -> list[tuple[OrderLine, int]]:
        """Of some lines so many pieces, none more than it has."""
        able = [line for line in part.lines if most(line) > 0]
        return [(line, self.chance.randint(1, most(line))) for line in able if self.chance.randrange(4)]


Change = Sequence[SupplierOrder] | None


def a_supplier_answers(life: Life) -> Change:
    part = life.part()
    if part.attempt.status != "SENT":
        return None
    said = [LineAnswer(line.line_id, "ACCEPTED", life.chance.randint(0, line.sent)) for line in part.lines]
    asked = acceptance.asked_of(life.order, part)
    settled = acceptance.settle(part, Answer(None, tuple(said)), now=life.now, asked=asked).supplier_order
    return [refused_voids.still_refused(settled)]


def a_supplier_takes_all(life: Life) -> Change:
    part = life.part()
    if part.attempt.status != "SENT":
        return None
    asked = acceptance.asked_of(life.order, part)
    return [acceptance.settle(part, Answer("ACCEPTED"), now=life.now, asked=asked).supplier_order]


def nobody_answers(life: Life) -> Change:
    part = life.part()
    if part.attempt.status != "SENT":
        return None
    asked = acceptance.asked_of(life.order, part)
    ended = acceptance.give_up(part, status="EXPIRED", reason="NO_ANSWER", now=life.now, asked=asked)
    return [notices.voided(ended.supplier_order, before=part, now=life.now)]


def others_take_over(life: Life) -> Change:
    waiting = reallocation.remainders(life.record)
    if not waiting:
        return None
    supplier_id = f"sup_{len(life.record.supplier_orders)}"
    found = {
        each.line_id: Candidate(
            f"off_{supplier_id}_{each.placed.product_id}", each.placed.product_id, supplier_id, "SKU", None,
            "Pot", Money(life.chance.randint(0, each.placed.unit_price.minor), life.order.currency), 99, 1,
        )
        for each in waiting
        if life.chance.randrange(5)
    }  # fmt: skip
    moved = takeover.move(
        life.record, waiting, Found(found), name_part=lambda prefix, number: f"{prefix}_x_{number}",
        accept_by=lambda *_: "", now=life.now,
    )  # fmt: skip
    return [*moved.changed, *moved.added]


def the_shopper_does_without(life: Life) -> Change:
    wanted = [
        Unwanted(line.line_id, life.chance.choice([None, *range(1, line.quantity + 1)]))
        for line in life.part().lines
        if life.chance.randrange(3)
    ]
    changes = cancellation.cancel(life.record, wanted, now=life.now)
    return [change.supplier_order for change in changes]


def a_supplier_lets_go(life: Life) -> Change:
    part = life.part()
    lines = tuple(LetGo(line.line_id, n) for line, n in life.pieces(part, notices.told))
    status = notices.ACCEPTED if lines else notices.REJECTED
    after = notices.answered(part, CancellationAnswer(status, lines), now=life.now).supplier_order
    return [refunds.after_letting_go(after, life.prices(part))]


def a_supplier_says_nothing_of_it(life: Life) -> Change:
    part = life.part()
    return [notices.run_out(part, now=life.now)] if notices.is_open(part) else None


def a_person_has_it_shipped_after_all(life: Life) -> Change:
    part = life.part()
    if not part.attempt.needs_settlement:
        return None
    decided = refused_voids.settle_by_hand(
        part, Answer("ACCEPTED"), by_hand=ByHand("admin", "it left"), now=life.now
    )
    return [decided.supplier_order]


def something_leaves(life: Life) -> Change:
    part = life.part()
    lines = [
        {"line_id": line.line_id, "quantity": n}
        for line, n in life.pieces(part, lambda line: line.accepted - line.shipped)
    ]
    return [notices.overtaken(shipping.ship(part, lines, now=life.now))] if lines else None


def something_arrives(life: Life) -> Change:
    part = life.part()
    pieces = life.pieces(part, lambda line: line.shipped - line.delivered)
    lines = [{"line_id": line.line_id, "quantity": n} for line, n in pieces]
    return [shipping.deliver(part, lines, now=life.now)] if lines else None


def time_closes_it(life: Life) -> Change:
    none = timedelta()
    after = shipping.after_time(life.part(), now=life.now, delivered_after=none, return_window=none)
    return [after] if after else None


def pieces_are_paid_back(life: Life) -> Change:
    part = life.part()
    wanted = [
        {"line_id": line.line_id, "quantity": n, "reason": "broken"}
        for line, n in life.pieces(part, lambda line: line.accepted)
    ]
    return [refunds.refund(life.order, part, wanted, now=life.now)[0]] if wanted else None


def an_amount_is_paid_back(life: Life) -> Change:
    part = life.part()
    prices = life.prices(part)
    wanted = [
        {"line_id": line.line_id, "amount": Money(n, life.order.currency).as_json(), "reason": "late"}
        for line, n in life.pieces(part, lambda line: prices[line.line_id].minor * line.accepted)
    ]
    return [refunds.refund(life.order, part, wanted, now=life.now)[0]] if wanted else None


def shipping_is_paid_back(life: Life) -> Change:
    part = life.part()
    placed = {line.line_id: line for line in life.order.lines}
    wanted = [
        {"line_id": line.line_id, "shipping": Money(n, life.order.currency).as_json(), "reason": "late"}
        for line, n in life.pieces(part, lambda line: served_line(placed, part, line).shipping)
    ]
    return [refunds.refund(life.order, part, wanted, now=life.now)[0]] if wanted else None


def _or_refused(step: Callable[[Life], Change]) -> Callable[[Life], Change]:
    """The step, or nothing where the rules refuse it."""

    def tried(life: Life) -> Change:
        try:
            return step(life)
        except DomainError:
            return None

    return tried


STEPS = [
    _or_refused(step)
    for step in (
        a_supplier_answers,
        a_supplier_takes_all,
        nobody_answers,
        others_take_over,
        the_shopper_does_without,
        a_supplier_lets_go,
        a_supplier_says_nothing_of_it,
        a_person_has_it_shipped_after_all,
        something_leaves,
        something_arrives,
        time_closes_it,
        pieces_are_paid_back,
        an_amount_is_paid_back,
        shipping_is_paid_back,
    )
]


def check(life: Life) -> None:
    postings = {posting.posting_id: posting for posting in life.postings}
    assert len(postings) == len(life.postings)
    for posting in life.postings:
        check_posting(posting)
    for part in life.record.supplier_orders:
        its = [each for each in life.postings if each.supplier_order_id == part.supplier_order_id]
        check_balances(life.order, part, its)
        assert sales.post(life.order, part, part, now=life.now) == (part, None)
        for line, served in _served(life.order, part):
            check_line(life.order, served, line, its)
    check_reversals(postings)
    check_whole(life)


def check_posting(posting: Posting) -> None:
    """It sums to zero, and no two of its entries are one."""
    found = list(ledger.entries(posting))
    assert sum(entry.amount.minor for entry in found) == 0
    assert len({entry.entry_id for entry in found}) == len(found)
    assert all(move.minor > 0 for move in posting.moves)


def check_balances(order: Order, part: SupplierOrder, postings: Sequence[Posting]) -> None:
    """What stands in each account is what the lines come to."""
    stands: Counter[str] = Counter()
    for posting in postings:
        for move in posting.moves:
            stands.subtract({move.source: move.minor})
            stands.update({move.target: move.minor})
    expected: Counter[str] = Counter()
    for line, served in _served(order, part):
        expected.update(_accounts(order, sales.position(order, served, line)))
    assert {name: n for name, n in stands.items() if n} == {name: n for name, n in expected.items() if n}


def _accounts(order: Order, its: Position) -> dict[str, int]:
    supplier = "SUPPLIER_PAYABLE" if its.is_payable else "SUPPLIER_PENDING"
    is_handed_on = order.tax_collector == "MARKETPLACE"
    owed = its.goods + its.shipping + (0 if is_handed_on else its.tax) - its.fee - its.vat
    return {
        "SHOPPER": -its.goods - its.shipping - its.tax,
        supplier: owed,
        "TAX": its.tax if is_handed_on else 0,
        "MARKETPLACE": its.fee,
        "FEE_VAT": its.vat,
    }


def check_line(order: Order, served: PlacedLine, line: OrderLine, postings: Sequence[Posting]) -> None:
    """The shopper is charged no less than nothing and no more than what was accepted; the fee has the sign of
    a fee, and no more than its cap."""
    its = sales.position(order, served, line)
    assert min(its.amounts) >= 0
    goods = served.unit_price.minor * line.accepted
    most = goods + served.shipping + (0 if order.tax_included else served.tax + served.shipping_tax)
    assert its.goods + its.shipping + its.tax <= most - line.refunded
    if line.accepted == line.quantity and not line.refunded and not line.refunded_shipping:
        assert its.goods + its.shipping + its.tax == most
    if line.refunded == goods and not order.tax_included and goods:
        assert its.goods == 0
    if served.fee and served.fee.cap is not None:
        assert its.fee <= served.fee.cap * line.accepted
    if served.fee is None:
        assert not its.fee
    moved = [move for posting in postings for move in posting.moves if move.line_id == line.line_id]
    assert line.sale is not None or not moved


def check_whole(life: Life) -> None:
    """What all suppliers together take for sending is no more than the order has, and all of it once all that
    was placed is accepted, by whomever."""
    if life.order.tax_included:
        return
    found = [each for part in life.record.supplier_orders for each in _served(life.order, part)]
    sending = sum(sales.position(life.order, served, line).shipping for line, served in found)
    assert sending <= life.order.shipping.minor
    is_whole = sum(line.accepted for line, _ in found) == sum(line.quantity for line in life.order.lines)
    if is_whole and not any(line.refunded or line.refunded_shipping for line, _ in found):
        assert sending == life.order.shipping.minor


def check_reversals(postings: dict[str, Posting]) -> None:
    """A refund takes back entries that were made before, of its own line and type, and no more than they
    are."""
    taken_back: dict[tuple[str, int], int] = defaultdict(int)
    for posting in postings.values():
        for move in posting.moves:
            if not move.type.startswith("REFUND_"):
                assert move.reverses is None
                continue
            assert move.reverses is not None
            sold_by, number = move.reverses
            (sold,) = [each for each in postings[sold_by].moves if each.number == number]
            assert (f"REFUND_{sold.type}", sold.line_id) == (move.type, move.line_id)
            assert sold_by < posting.posting_id
            taken_back[move.reverses] += move.minor
            assert taken_back[move.reverses] <= sold.minor


def _served(order: Order, part: SupplierOrder) -> Iterator[tuple[OrderLine, PlacedLine]]:
    placed = {line.line_id: line for line in order.lines}
    for line in part.lines:
        yield line, served_line(placed, part, line)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=orders(), chance=st.randoms(use_true_random=True))
def test_whatever_becomes_of_an_order_its_money_adds_up(order: Order, chance: Random) -> None:
    Life(order, chance).live()
