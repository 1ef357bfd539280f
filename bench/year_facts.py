"""What happens in a year of made-up trade, as plain facts: who sells what, and what becomes of it.

The same seed gives the same year. Nothing here knows how any of it is stored or reckoned.
"""

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
CURRENCIES = ("EUR", "JPY", "KWD")
RESERVE_PERCENT = 5
SUBSCRIPTION = 3900
"""Minor units of EUR a month."""
FEE_VAT = Fraction(1, 5)


@dataclass(frozen=True)
class Rule:
    """A commission; amounts are minor units a piece, the same in every currency."""

    name: str
    percent: Fraction
    plan: str | None = None
    category: str | None = None
    flat: int = 0
    floor: int | None = None
    cap: int | None = None
    on_shipping: bool = False
    refundable: bool = True


RULES: tuple[tuple[int, tuple[Rule, ...]], ...] = (
    (1, (Rule("standard", Fraction(15)), Rule("toys", Fraction(9), category="Toys", floor=40))),
    (
        5,
        (
            Rule("standard", Fraction(29, 2), on_shipping=True),
            Rule("toys", Fraction(10), category="Toys", flat=15, refundable=False),
            Rule("pro", Fraction(8), plan="PRO", cap=900),
        ),
    ),
    (
        9,
        (
            Rule("standard", Fraction(49, 4)),
            Rule("books", Fraction(7, 2), category="Books", flat=7, cap=400),
            Rule("pro", Fraction(15, 2), plan="PRO", on_shipping=True),
        ),
    ),
)
"""The versions, each from the beginning of its month on. A rule for a plan goes before one for a category;
the standard one has no amounts."""


@dataclass(frozen=True)
class Trader:
    number: int
    plan: str
    currencies: tuple[str, ...]
    has_account: bool


@dataclass(frozen=True)
class Refund:
    """So many minor units of the goods, and of shipping, paid back; whole `pieces` or an amount."""

    at: datetime
    goods: int
    shipping: int
    pieces: int | None = None


@dataclass(frozen=True)
class Line:
    """Of `quantity` pieces the supplier accepted some, and let some of these go at `let_go_at`. Shipping and
    tax are of the whole line."""

    category: str
    price: int
    quantity: int
    shipping: int
    tax: int
    shipping_tax: int
    accepted: int
    let_go: int
    let_go_at: datetime
    delivered_at: datetime
    refunds: tuple[Refund, ...]


@dataclass(frozen=True)
class Sale:
    number: int
    trader: Trader
    currency: str
    placed_at: datetime
    accepted_at: datetime
    tax_included: bool
    is_tax_handed_on: bool
    lines: tuple[Line, ...]


def traders(count: int, *, seed: int) -> list[Trader]:
    chance = random.Random(seed)
    return [
        Trader(
            number,
            chance.choice(["BASIC", "BASIC", "PRO"]),
            tuple(chance.sample(CURRENCIES, chance.choice([1, 1, 2]))),
            has_account=chance.random() < 0.9,
        )
        for number in range(count)
    ]


def sales(count: int, sellers: list[Trader], *, seed: int) -> Iterator[Sale]:
    """In order of time."""
    chance = random.Random(seed + 1)
    seconds = int((END - START).total_seconds()) - 86_400
    for number, second in enumerate(sorted(chance.sample(range(seconds), count))):
        trader = chance.choice(sellers)
        placed_at, tax_included = START + timedelta(seconds=second), chance.random() < 0.3
        accepted_at = placed_at + timedelta(hours=chance.randint(1, 20))
        lines = tuple(_line(chance, accepted_at) for _ in range(chance.choice([1, 1, 2, 3])))
        currency = chance.choice(trader.currencies)
        yield Sale(
            number, trader, currency, placed_at, accepted_at, tax_included, chance.random() < 0.25, lines
        )


def version_of(month: int) -> int:
    """The version of the rules that holds in a month."""
    return sum(since <= month for since, _ in RULES)


def fails(trader: Trader, month: int, currency: str) -> bool:
    """Whether the bank cannot pay what is paid out for the month."""
    return zlib.crc32(f"{trader.number}-{month}-{currency}".encode()) % 6 == 0


def _line(chance: random.Random, accepted_at: datetime) -> Line:
    price, quantity = (
        chance.choice([chance.randint(2, 60), chance.randint(100, 30_000)]),
        chance.randint(1, 4),
    )
    accepted = chance.choice([quantity, quantity, quantity, chance.randint(0, quantity)])
    let_go = chance.randint(0, accepted) if chance.random() < 0.15 else 0
    shipping = chance.choice([0, chance.randint(1, 900)])
    delivered_at = accepted_at + timedelta(days=chance.randint(2, 12))
    kept = accepted - let_go
    return Line(
        category=chance.choice(["Toys", "Books", "Garden"]),
        price=price,
        quantity=quantity,
        shipping=shipping,
        tax=chance.randint(0, price * quantity // 4),
        shipping_tax=chance.randint(0, shipping // 4),
        accepted=accepted,
        let_go=let_go,
        let_go_at=accepted_at + timedelta(hours=chance.randint(1, 20)),
        delivered_at=delivered_at,
        refunds=tuple(
            _refunds(
                chance,
                accepted_at,
                delivered_at,
                price=price,
                pieces=kept,
                shipping=shipping * kept // quantity,
            )
        ),
    )


def _refunds(
    chance: random.Random, accepted_at: datetime, at: datetime, *, price: int, pieces: int, shipping: int
) -> Iterator[Refund]:
    """Some before it arrives `at` that time, most of them later, many in another month; never more than was
    paid."""
    goods = price * pieces
    if goods > 2 and chance.random() < 0.1:
        amount = chance.randint(1, goods // 2)
        goods -= amount
        yield Refund(accepted_at + timedelta(hours=30), amount, 0)
    while goods and chance.random() < 0.3:
        at += timedelta(days=chance.randint(1, 45), seconds=chance.randint(0, 9_999))
        back = chance.randint(0, shipping)
        shipping -= back
        if chance.random() < 0.5 and goods >= price:
            number = chance.randint(1, goods // price)
            goods -= price * number
            yield Refund(at, price * number, back, pieces=number)
        else:
            amount = chance.randint(1, goods)
            goods -= amount
            yield Refund(at, amount, back)
