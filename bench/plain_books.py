"""The statements of a made-up year, reckoned from its facts alone, line by line and with fractions.

This shares no code with the app, so that the two can be held against each other.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from bench.year_facts import (
    END,
    FEE_VAT,
    RESERVE_PERCENT,
    RULES,
    SUBSCRIPTION,
    Line,
    Rule,
    Sale,
    Trader,
    fails,
    version_of,
)  # fmt: skip

KINDS = ("ORDER_AMOUNT", "ORDER_SHIPPING_AMOUNT", "ORDER_TAX_AMOUNT", "COMMISSION_FEE", "COMMISSION_VAT")
_SIGNS = (1, 1, 1, -1, -1)


@dataclass
class Page:
    """One statement: what it was before, what each type of entry comes to, in how many rows, what is paid."""

    opening: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    handed_on: int = 0
    payout: int = 0

    @property
    def balance(self) -> int:
        return self.opening + sum(self.totals.values())

    def add(self, kind: str, minor: int) -> None:
        if minor:
            self.totals[kind] += minor
            self.rows += 1


Books = dict[tuple[int, int, str], Page]
"""By supplier, month and currency."""


def statements(sellers: Iterable[Trader], sold: Iterable[Sale]) -> Books:
    months: dict[tuple[int, int, str], Page] = defaultdict(Page)
    for sale in sold:
        for line in sale.lines:
            for month, kind, minor, is_payable in _entries(sale, line):
                page = months[sale.trader.number, month, sale.currency]
                if is_payable:
                    page.add(kind, minor)
                else:
                    page.handed_on += minor
    books: Books = {}
    for trader in sellers:
        _carry(trader, months, books)
    return books


def _carry(trader: Trader, months: dict[tuple[int, int, str], Page], books: Books) -> None:
    """Put the supplier's months one behind the other, with its subscription and what the bank did."""
    balances: dict[str, int] = {}
    for month in range(1, 13):
        months[trader.number, month, "EUR"].add("SUBSCRIPTION_FEE", -SUBSCRIPTION)
        months[trader.number, month, "EUR"].add("COMMISSION_VAT", -_half_up(SUBSCRIPTION * FEE_VAT))
        its = {currency for number, at, currency in months if (number, at) == (trader.number, month)}
        for currency in its | balances.keys():
            page = months[trader.number, month, currency]
            page.opening = balances.get(currency, 0)
            balances[currency] = page.balance
            sales = sum(page.totals[kind] for kind in KINDS[:3])
            reserve = min(page.balance, math.ceil(Fraction(max(0, sales) * RESERVE_PERCENT, 100)))
            if trader.has_account and page.balance - reserve > 0:
                page.payout = page.balance - reserve
                following = months[trader.number, month + 1, currency]
                following.add("PAYMENT", -page.payout)
                if fails(trader, month, currency):
                    following.add("PAYMENT", page.payout)
            books[trader.number, month, currency] = page


def _entries(sale: Sale, line: Line) -> Iterator[tuple[int, str, int, bool]]:
    """Month, type, minor units as the supplier has them, and whether they are payable or handed on as tax."""
    rule = _rule(sale, line)
    pieces, goods_back, shipping_back, is_payable = line.accepted, 0, 0, False
    before, now = (0, 0, 0, 0, 0), _amounts(sale, line, rule, pieces=pieces)
    yield from _change(sale, sale.accepted_at, before, now, is_payable)
    events: list[tuple[datetime, str, int, int]] = [(line.delivered_at, "arrives", 0, 0)]
    events += [(line.let_go_at, "less", line.let_go, 0)] if line.let_go else []
    events += [(each.at, "back", each.goods, each.shipping) for each in line.refunds]
    for at, what, first, second in sorted(events):
        if at >= END:
            return
        if what == "arrives":
            is_payable = pieces > 0
            for place, (kind, sign, minor) in enumerate(zip(KINDS, _SIGNS, now, strict=True)):
                if is_payable and not (place == 2 and sale.is_tax_handed_on):
                    yield at.month, kind, sign * minor, True
            continue
        if what == "less":
            pieces -= first
        else:
            goods_back, shipping_back = goods_back + first, shipping_back + second
        before, now = now, _amounts(sale, line, rule, pieces=pieces, back=(goods_back, shipping_back))
        yield from _change(sale, at, before, now, is_payable)


def _change(
    sale: Sale, at: datetime, before: tuple[int, ...], now: tuple[int, ...], is_payable: bool
) -> Iterator[tuple[int, str, int, bool]]:
    if at >= END:
        return
    for place, (kind, sign) in enumerate(zip(KINDS, _SIGNS, strict=True)):
        more = now[place] - before[place]
        if place == 2 and sale.is_tax_handed_on:
            yield at.month, kind, more, False
        elif is_payable:
            yield at.month, kind if more > 0 else f"REFUND_{kind}", sign * more, True


def _amounts(
    sale: Sale, line: Line, rule: Rule, *, pieces: int, back: tuple[int, int] = (0, 0)
) -> tuple[int, ...]:
    """What the line comes to with so many pieces, and so much goods and shipping paid back: goods, shipping,
    tax, fee, the tax on it."""
    goods_back, shipping_back = back
    part = Fraction(pieces, line.quantity)
    goods, shipping = line.price * pieces, math.floor(line.shipping * part)
    goods_tax, shipping_tax = math.floor(line.tax * part), math.floor(line.shipping_tax * part)
    base = goods + (shipping if rule.on_shipping else 0)
    fee = _half_up(base * rule.percent / 100) + rule.flat * pieces
    fee = max(fee, (rule.floor or 0) * pieces)
    fee = fee if rule.cap is None else min(fee, rule.cap * pieces)
    if rule.refundable and base:
        fee -= math.floor(Fraction(fee * (goods_back + (shipping_back if rule.on_shipping else 0)), base))
    goods_tax -= math.floor(Fraction(goods_tax * goods_back, goods)) if goods else 0
    shipping_tax -= math.floor(Fraction(shipping_tax * shipping_back, shipping)) if shipping else 0
    net = (goods_tax, shipping_tax) if sale.tax_included else (0, 0)
    return (
        goods - goods_back - net[0],
        shipping - shipping_back - net[1],
        goods_tax + shipping_tax,
        fee,
        _half_up(fee * FEE_VAT),
    )


def _rule(sale: Sale, line: Line) -> Rule:
    _, rules = RULES[version_of(sale.placed_at.month) - 1]
    by_plan = [rule for rule in rules if rule.plan == sale.trader.plan]
    by_category = [rule for rule in rules if rule.category == line.category]
    return (by_plan or by_category or [rule for rule in rules if rule.name == "standard"])[0]


def _half_up(amount: Fraction | int) -> int:
    return math.floor(amount + Fraction(1, 2))
