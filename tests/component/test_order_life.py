"""Orders whose suppliers answer as they like, with everything delivered late, twice and by functions that
die: whatever happens, stock adds up, lines add up, and no line is shipped by two."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from marketplace import a_line, a_product, an_order_body, euros
from trade import (
    WORKERS,
    Crash,
    Seller,
    Trade,
    check_lines,
    check_money,
    check_stock,
    check_suppliers,
    dying_at,
    forget_everything,
    persistent,
)

from chalicelib import clock
from chalicelib.domain.order import OrderRecord, SupplierOrder
from chalicelib.storage import orders
from examples.reference_supplier import ReferenceSupplier, serving

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STOCK = 6
BESIDE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "on top": {"shipping": euros("1.99"), "tax": euros("1.03")},
    "held": {"shipping": euros("1.99"), "tax": euros("1.03"), "tax_included": True},
}
PRICES = {"north": "5.00", "south": "5.00", "west": "4.50"}
_RUNS = count()

pieces = st.integers(1, 3)
deaths = st.one_of(st.just(0), st.integers(1, 5))
moments = st.sampled_from(["before", "after"])


class Trading(RuleBasedStateMachine):
    """Three sellers of one product, and whoever orders from them."""

    servers: list[ReferenceSupplier]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        start = NOON + next(_RUNS) * timedelta(days=100)
        self.time = self.stack.enter_context(time_machine.travel(start, tick=False))
        forget_everything()
        self.trade = Trade(self.time)
        self.sellers = [
            Seller(server, name, price, stock=STOCK)
            for server, (name, price) in zip(self.servers, PRICES.items(), strict=True)
        ]
        a_product("prd_1", *(seller.offer_id for seller in self.sellers))
        self.trade.deliver()
        self.placed: list[tuple[str, str]] = []

    @property
    def records(self) -> list[OrderRecord]:
        found = [orders.get(order_id) for order_id, _ in self.placed]
        return [record for record in found if record]

    def part(self, data: st.DataObject) -> tuple[Seller, SupplierOrder]:
        part = data.draw(
            st.sampled_from([part for record in self.records for part in record.supplier_orders])
        )
        seller = next(each for each in self.sellers if each.supplier_id == part.supplier_id)
        return seller, part

    @initialize(quantity=pieces)
    def begin(self, quantity: int) -> None:
        self.place(
            seller=0, quantity=quantity, of_product=False, may_change=True, limit="5.00", beside="held"
        )

    @rule(
        seller=st.integers(0, 2),
        quantity=pieces,
        of_product=st.booleans(),
        may_change=st.booleans(),
        limit=st.sampled_from(["4.50", "5.00", "6.00"]),
        beside=st.sampled_from(sorted(BESIDE)),
    )
    def place(
        self, seller: int, quantity: int, of_product: bool, may_change: bool, limit: str, *, beside: str
    ) -> None:
        chosen = self.sellers[seller]
        line = a_line(chosen.offer_id, quantity, chosen.price)
        if of_product:
            line = {"product_id": "prd_1", **{name: line[name] for name in ("quantity", "expected_price")}}
        promise = {
            "may_change_supplier": may_change,
            "max_unit_price": {"amount": limit, "currency": "EUR"},
        }
        key = {"Idempotency-Key": f"order {len(self.placed)}"}
        reply = persistent(
            "POST", "/orders", an_order_body(line, promise=promise, **BESIDE[beside]), headers=key
        )
        assert reply.status in (201, 409, 503)
        if reply.status == 201:
            self.placed.append((reply.json["order"]["order_id"], reply.json["order_token"]))

    @rule(seller=st.integers(0, 2), mood=st.sampled_from(["accepts", "rejects", "later"]))
    def a_supplier_changes_its_mind(self, seller: int, mood: str) -> None:
        book = self.sellers[seller].server.book
        book.answers_later = mood == "later"
        book.rejected_skus = set(PRICES) if mood == "rejects" else set()

    @rule(seller=st.integers(0, 2), fault=st.sampled_from([503, 429, 400, "DROP"]))
    def a_call_goes_wrong(self, seller: int, fault: int | str) -> None:
        self.sellers[seller].server.book.faults.append(fault)

    @rule(forget=st.booleans(), death=deaths, moment=moments)
    def the_stream_is_read(self, forget: bool, death: int, moment: str) -> None:
        with dying_at(death, moment), suppress(Crash):
            self.trade.deliver_stream(forget=forget)

    @rule(queue=st.sampled_from(sorted(WORKERS)), forget=st.booleans(), death=deaths, moment=moments)
    def a_message_is_worked_on(self, queue: str, forget: bool, death: int, moment: str) -> None:
        with dying_at(death, moment), suppress(Crash):
            self.trade.deliver_message(queue, forget=forget)

    @rule(seconds=st.sampled_from([5, 900, 3700]), sweep=st.booleans())
    def time_passes(self, seconds: int, sweep: bool) -> None:
        self.time.shift(seconds)
        if sweep:
            self.trade.sweep()

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), code=st.sampled_from(["ACCEPTED", "OUT_OF_STOCK"]), quantity=pieces)
    def a_supplier_calls_back(self, data: st.DataObject, code: str, quantity: int) -> None:
        seller, part = self.part(data)
        attempt_id = part.attempt.attempt_id
        lines = [
            {"line_id": line.line_id, "code": code, "quantity": min(quantity, line.quantity)}
            for line in part.lines
        ]
        answer = seller.server.book.answers.get(attempt_id) or {
            "status": "PARTIALLY_ACCEPTED",
            "lines": lines,
        }
        body = {"attempt_id": attempt_id, "lines": answer["lines"]}
        reply = seller.send(part.supplier_order_id, "acceptance", body)
        assert reply.status in (200, 409, 422), reply.text
        if reply.status == 200:
            with seller.server.book.lock:
                seller.server.book.orders.setdefault(attempt_id, {"lines": []})
                seller.server.book.answers.setdefault(attempt_id, answer)

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), quantity=pieces)
    def something_is_shipped(self, data: st.DataObject, quantity: int) -> None:
        seller, part = self.part(data)
        lines = [{"line_id": part.lines[0].line_id, "quantity": quantity}]
        reply = seller.send(part.supplier_order_id, "shipments", {"carrier": "Post", "lines": lines})
        assert reply.status in (201, 409, 422), reply.text

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), quantity=st.one_of(st.none(), pieces))
    def the_shopper_does_without(self, data: st.DataObject, quantity: int | None) -> None:
        order_id, token = data.draw(st.sampled_from(self.placed))
        reply = persistent(
            "POST", f"/orders/{order_id}/cancellation", self._unwanted(order_id, quantity), token=token
        )
        assert reply.status in (200, 202, 409, 422), reply.text

    def _unwanted(self, order_id: str, quantity: int | None) -> dict[str, Any]:
        record = orders.get(order_id)
        assert record
        line_id = record.order.lines[0].line_id
        return {"lines": [{"line_id": line_id, **({"quantity": quantity} if quantity else {})}]}

    @invariant()
    def it_all_adds_up(self) -> None:
        records = self.records
        check_stock(self.sellers, records)
        check_money(self.sellers, records)
        for record in records:
            check_lines(record)

    def teardown(self) -> None:
        try:
            for seller in self.sellers:
                seller.server.book.faults.clear()
            self.trade.settle()
            self.time.shift(4000)
            self.trade.sweep()
            self.trade.settle()
            self.it_all_adds_up()
            check_suppliers(self.sellers, self.records)
            for record in self.records:
                for part in record.supplier_orders:
                    assert part.attempt.status != "PLANNED"
                    assert part.attempt.status != "SENT" or part.accept_by >= clock.timestamp()
        finally:
            self.stack.close()


@pytest.fixture(scope="module")
def servers() -> Iterator[list[ReferenceSupplier]]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving()) for _ in PRICES]


def play(servers: list[ReferenceSupplier], *, examples: int, steps: int) -> None:
    Trading.servers = servers
    run_state_machine_as_test(
        Trading,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=(Phase.generate,),  # shrinking takes minutes, and a run has a time of its own
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.usefixtures("aws")
def test_whatever_happens_it_all_adds_up(
    servers: list[ReferenceSupplier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCEPT_WITHIN_HOURS", "1")
    play(servers, examples=3, steps=25)


@pytest.mark.drill
@pytest.mark.usefixtures("aws")
def test_whatever_happens_for_long_it_all_adds_up(
    servers: list[ReferenceSupplier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCEPT_WITHIN_HOURS", "1")
    play(servers, examples=40, steps=50)
