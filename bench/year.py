"""A year of trade through the rules and the books: `python -m bench.year` has 50 suppliers sell 10,000 orders
on an emulator, closes month by month, and holds every statement against one reckoned by other means.

Orders live by the app's own rules and post what these say; what is written for them is put in the table in
bulk. Closing, payouts and reconciliation are the app's services as they are.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine

from bench import plain_books, year_facts
from bench.measure import asked_of_the_table
from bench.year_facts import END, RULES, Line, Sale, Trader
from chalicelib import clock, ids
from chalicelib.clients import queues
from chalicelib.domain import acceptance, cancellation, notices, refunds, shipping
from chalicelib.domain import sales as posting
from chalicelib.domain.acceptance import Answer, LineAnswer
from chalicelib.domain.cancellation import Unwanted
from chalicelib.domain.fee_rules import CommissionRules
from chalicelib.domain.fee_rules import Sale as FeeSale
from chalicelib.domain.fee_schedule import RulesVersion
from chalicelib.domain.fees import FeeFacts
from chalicelib.domain.money import Money
from chalicelib.domain.notices import CancellationAnswer
from chalicelib.domain.order import Attempt, Order, OrderLine, OrderRecord, PlacedLine, SupplierOrder
from chalicelib.domain.supplier import Supplier
from chalicelib.services import close_period, payouts, reconcile
from chalicelib.storage import fee_rules, ledger, orders, statements, supplier_orders, suppliers
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import Write, commit

SETTINGS = {"CLOSE_AFTER_SECONDS": "0", "PAYOUT_RESERVE_PERCENT": str(year_facts.RESERVE_PERCENT)}
_BEFORE = datetime(2025, 12, 10, tzinfo=year_facts.UTC)
_SETTLED_AFTER = timedelta(days=3)
_SEED = 20260101


@dataclass
class Year:
    """What is there to be held against the books."""

    sellers: list[Trader]
    sold: list[Sale]
    postings: int = 0
    closings: int = 0
    closing_cpu: float = 0.0
    closing_trips: int = 0
    closing_reads: int = 0
    closing_units: float = 0.0


def supplier_id(trader: Trader) -> str:
    return f"sup_year{trader.number:03}"


def lived(count: int, sellers: int, *, seed: int = _SEED, tell: Callable[[str], object] = str) -> Year:
    """Let the year happen, month by month, each closed and paid when it is over."""
    traders = year_facts.traders(sellers, seed=seed)
    year = Year(traders, list(year_facts.sales(count, traders, seed=seed)))
    with time_machine.travel(_BEFORE, tick=False) as travel:
        _set_up(traders)
        happening = _happening(year)
        for month in range(1, 13):
            end = END if month == 12 else datetime(2026, month + 1, 1, tzinfo=year_facts.UTC)
            year.postings += _put(happening(until=end))
            travel.move_to(end + timedelta(hours=1))
            _close(year, f"2026-{month:02}")
            travel.move_to(end + _SETTLED_AFTER)
            _settle(traders, month)
            tell(f"2026-{month:02}: {year.postings} postings")
        _put(happening.stored())
    return year


def faults(year: Year) -> Iterator[str]:
    """Where a statement is not what the plain books say."""
    expected = plain_books.statements(year.sellers, year.sold)
    made = {
        (trader.number, int(each.period[-2:]), each.currency): each
        for trader in year.sellers
        for each in statements.walk(supplier_id(trader))
    }
    for place in sorted(expected.keys() | made.keys()):
        page, statement = expected.get(place), made.get(place)
        if page is None or statement is None:
            yield f"{place}: {'no such statement' if page else 'a statement of nothing'}"
            continue
        tally = statement.tally
        said = (statement.opening, tally.rows, statement.balance, tally.handed_on, statement.payout_minor)
        plain = (page.opening, page.rows, page.balance, page.handed_on, page.payout)
        if said != plain:
            yield f"{place}: {said} is not {plain}"
        if {kind: minor for kind, minor in tally.totals.items() if minor} != {
            kind: minor for kind, minor in page.totals.items() if minor
        }:
            yield f"{place}: {dict(tally.totals)} is not {dict(page.totals)}"


class _happening:  # noqa: N801 - called as a function, a month at a time
    """The orders of the year, and their events in order of time."""

    def __init__(self, year: Year) -> None:
        self.records: dict[int, OrderRecord] = {}
        self._events = sorted(_events(year.sold), key=lambda event: event[:3])
        self._next = 0

    def __call__(self, *, until: datetime) -> Iterator[Write]:
        """What is posted before then."""
        while self._next < len(self._events) and self._events[self._next][0] < until:
            at, _, _, sale, step = self._events[self._next]
            self._next += 1
            record = self.records.get(sale.number) or _placed(sale)
            before = record.supplier_orders[0]
            now = clock.timestamp(at)
            after, posted = posting.post(record.order, before, step(record, now), now=now)
            stored = replace(after, version=before.version + 1)
            self.records[sale.number] = replace(record, supplier_orders=(stored,))
            if posted is not None:
                yield ledger.adding(posted)

    def stored(self) -> Iterator[Write]:
        """The orders as they are in the end."""
        for record in self.records.values():
            yield orders.adding(record.order)
            yield supplier_orders.adding(record.supplier_orders[0])


Step = Callable[[OrderRecord, str], SupplierOrder]


def _events(sold: Iterable[Sale]) -> Iterator[tuple[datetime, int, int, Sale, Step]]:
    for sale in sold:
        found: list[tuple[datetime, Step]] = [(sale.accepted_at, _accept(sale))]
        for number, line in enumerate(sale.lines, start=1):
            line_id = _id("lin", sale, number)
            if line.let_go:
                found.append((line.let_go_at, _let_go(line_id, line.let_go)))
            if line.accepted > line.let_go:
                found.append((line.delivered_at, _deliver(line_id, line.accepted - line.let_go)))
            found += [(each.at, _refund(sale, line_id, each)) for each in line.refunds]
        yield from (
            (at, sale.number, place, sale, step) for place, (at, step) in enumerate(found) if at < END
        )


def _accept(sale: Sale) -> Step:
    def step(record: OrderRecord, now: str) -> SupplierOrder:
        (part,) = record.supplier_orders
        said = tuple(
            LineAnswer(line.line_id, "ACCEPTED", fact.accepted)
            for line, fact in zip(part.lines, sale.lines, strict=True)
        )
        asked = acceptance.asked_of(record.order, part)
        sent = acceptance.mark_sent(part, now=now)
        return acceptance.settle(sent, Answer(None, said), now=now, asked=asked).supplier_order

    return step


def _let_go(line_id: str, pieces: int) -> Step:
    def step(record: OrderRecord, now: str) -> SupplierOrder:
        (change,) = cancellation.cancel(record, [Unwanted(line_id, pieces)], now=now)
        agreed = CancellationAnswer(notices.ACCEPTED)
        return notices.answered(change.supplier_order, agreed, now=now).supplier_order

    return step


def _deliver(line_id: str, pieces: int) -> Step:
    def step(record: OrderRecord, now: str) -> SupplierOrder:
        parcel = [{"line_id": line_id, "quantity": pieces}]
        return shipping.deliver(shipping.ship(record.supplier_orders[0], parcel, now=now), parcel, now=now)

    return step


def _refund(sale: Sale, line_id: str, fact: year_facts.Refund) -> Step:
    goods = {"quantity": fact.pieces} if fact.pieces else {"amount": _json(fact.goods, sale.currency)}
    sent = {"shipping": _json(fact.shipping, sale.currency)} if fact.shipping else {}
    wanted = [{"line_id": line_id, "reason": "broken", **goods, **sent}]

    def step(record: OrderRecord, now: str) -> SupplierOrder:
        return refunds.refund(record.order, record.supplier_orders[0], wanted, now=now)[0]

    return step


def _placed(sale: Sale) -> OrderRecord:
    version = year_facts.version_of(sale.placed_at.month)
    rules = CommissionRules(version, _document(version))
    now, total = clock.timestamp(sale.placed_at), Money.zero(sale.currency)
    lines = tuple(_line(sale, number, line, rules) for number, line in enumerate(sale.lines, start=1))
    order = Order(
        _order_id(sale), sale.currency, lines,
        shipping=Money(sum(line.shipping for line in sale.lines), sale.currency),
        tax=Money(sum(line.tax + line.shipping_tax for line in sale.lines), sale.currency),
        payment_reference="pay", authorized=sum((line.line_total for line in lines), start=total),
        request_hash="", promise={"may_change_supplier": False}, tax_included=sale.tax_included,
        tax_collector="MARKETPLACE" if sale.is_tax_handed_on else "SUPPLIER", rules_version=version,
        created_at=now, updated_at=now,
    )  # fmt: skip
    part = SupplierOrder(
        _id("so", sale, 1), order.order_id, supplier_id(sale.trader),
        tuple(OrderLine(line.line_id, line.offer_id, line.quantity) for line in lines),
        Attempt(_id("att", sale, 1)), accept_by=now, created_at=now, updated_at=now,
    )  # fmt: skip
    return OrderRecord(order, None, (part,))


def _line(sale: Sale, number: int, line: Line, rules: CommissionRules) -> PlacedLine:
    price = Money(line.price, sale.currency)
    facts = FeeFacts(category=line.category, plan=sale.trader.plan)
    seller = supplier_id(sale.trader)
    return PlacedLine(
        _id("lin", sale, number), ids.offer_id(seller, f"sku-{number}"), f"prd_{number}", seller,
        _id("so", sale, 1), f"sku-{number}", None, "Title", line.quantity, price, shipping=line.shipping,
        tax=line.tax, shipping_tax=line.shipping_tax, fee=rules.terms(FeeSale(seller, facts, price)),
    )  # fmt: skip


def _document(version: int) -> dict[str, Any]:
    """The version as administrators put it."""
    _, rules = RULES[version - 1]
    return {
        "rules": [
            {
                "rule": rule.name,
                "percent": float(rule.percent),
                "when": {name: value for name in ("plan", "category") if (value := getattr(rule, name))},
                **{
                    name: [_json(value, currency) for currency in year_facts.CURRENCIES]
                    for name in ("flat", "floor", "cap")
                    if (value := getattr(rule, name)) and rule.name != "standard"
                },
                "on_shipping": rule.on_shipping,
                "refundable": rule.refundable,
            }
            for rule in rules
        ],
        "fee_vat": {"default": float(100 * year_facts.FEE_VAT)},
        "subscription_fees": [{"amounts": [_json(year_facts.SUBSCRIPTION, "EUR")]}],
    }


def _set_up(traders: Iterable[Trader]) -> None:
    now = clock.timestamp()
    for number, (month, _) in enumerate(RULES, start=1):
        since = clock.timestamp(datetime(2026, month, 1, tzinfo=year_facts.UTC))
        version = RulesVersion(number, since, _document(number), digest=str(number), set_by="bench")
        schedule = fee_rules.schedule().putting(version.holding, kept_from=since)
        commit(*fee_rules.putting(version, schedule))
    for trader in traders:
        account = {"payout_account": {"iban": "BE68539007547034"}} if trader.has_account else {}
        profile = {"display_name": f"Supplier {trader.number}", "commission_plan": trader.plan, **account}
        commit(
            suppliers.adding(
                Supplier(
                    supplier_id(trader), profile, status="OPEN", validation_state="DONE", created_at=now,
                    updated_at=now,
                )
            )
        )  # fmt: skip


def _put(writes: Iterable[Write]) -> int:
    number = 0
    with Item.batch_write() as batch:
        for write in writes:
            batch.save(write.item)
            number += 1
    return number


def _close(year: Year, period: str) -> None:
    url = os.environ["ACCOUNTING_QUEUE_URL"]
    close_period.close(period, by="bench")
    for message in _messages(url):
        body = json.loads(message.body)
        started = time.process_time()
        with asked_of_the_table(Item._get_connection().connection.client) as asked:
            close_period.work(body)
        if "supplier_id" in body:
            year.closings += 1
            year.closing_cpu += time.process_time() - started
            year.closing_trips += len(asked.operations)
            year.closing_reads += sum(name != "TransactWriteItems" for name in asked.operations)
            year.closing_units += asked.write_units
        queues.delete(url, message)


def _settle(traders: Sequence[Trader], month: int) -> None:
    for trader in traders:
        for statement in statements.get(supplier_id(trader), f"2026-{month:02}"):
            if statement.payout_id is None:
                continue
            failed = year_facts.fails(trader, month, statement.currency)
            body = {"status": "FAILED", "reason": "closed"} if failed else {"status": "PAID"}
            payouts.settle(statement.payout_id, body, by="bench")


def reconciled(year: Year) -> Counter[str]:
    """How much the reconciliation has looked at, and how many differences it found."""
    found: Counter[str] = Counter()
    for trader in year.sellers:
        counts, _ = reconcile.look_at(supplier_id(trader))
        found.update(
            supplier_orders=counts.supplier_orders,
            postings=counts.postings,
            statements=counts.statements,
            differences=counts.differences,
        )
    return found


def _messages(url: str) -> Iterator[queues.Message]:
    while found := queues.receive(url, limit=10, visibility_seconds=600):
        yield from found


def _order_id(sale: Sale) -> str:
    return f"ord_year{sale.number:06}"


def _id(prefix: str, sale: Sale, number: int) -> str:
    return ids.part_id(prefix, _order_id(sale), number)


def _json(minor: int, currency: str) -> dict[str, str]:
    return Money(minor, currency).as_json()


@contextmanager
def _emulator() -> Iterator[None]:
    """A table and a queue on an emulator of their own."""
    import boto3
    import yaml

    from localaws.instance import PROJECT, REGION, Emulator, free_port

    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        emulator = Emulator(home, free_port())
        emulator.start()
        stack.callback(emulator.stop)
        os.environ |= {
            "AWS_ENDPOINT_URL": emulator.url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
            "STAGE": "year", "LOG_LEVEL": "WARNING", "TABLE_NAME": "marketplace-year",
        }  # fmt: skip
        resources = yaml.safe_load((PROJECT / ".chalice" / "resources.yaml").read_text())["Resources"]
        table = resources["Table"]["Properties"]
        used = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        boto3.client("dynamodb").create_table(
            TableName="marketplace-year", **{name: table[name] for name in used}
        )
        queue = boto3.client("sqs").create_queue(QueueName="year-accounting")
        os.environ["ACCOUNTING_QUEUE_URL"] = queue["QueueUrl"]
        yield


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.year")
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--suppliers", type=int, default=50)
    chosen = parser.parse_args()
    os.environ |= SETTINGS
    with _emulator():
        started = time.monotonic()
        year = lived(
            chosen.orders, chosen.suppliers, tell=lambda line: print(line, file=sys.stderr, flush=True)
        )
        lasted = time.monotonic() - started
        wrong = list(faults(year))
        looked_at = reconciled(year)
    for fault in wrong[:20]:
        print(fault, file=sys.stderr)
    # The least that a closing reads: the supplier, its last statement, what stood, the new postings.
    print(
        json.dumps(
            {
                "orders": len(year.sold),
                "suppliers": len(year.sellers),
                "postings": year.postings,
                "seconds": round(lasted, 1),
                "statements_wrong": len(wrong),
                **looked_at,
                "closings": year.closings,
                "cpu_ms_per_closing": round(1000 * year.closing_cpu / year.closings, 2),
                "round_trips_per_closing": round(year.closing_trips / year.closings, 2),
                "write_units_per_closing": round(year.closing_units / year.closings, 2),
                "reads_over_least": round(year.closing_reads / year.closings / 4, 2),
            }
        )
    )
    sys.exit(1 if wrong or looked_at["differences"] else 0)


if __name__ == "__main__":
    main()
