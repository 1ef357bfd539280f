"""Money: integer minor units of one ISO 4217 currency, never a float."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chalicelib.domain.errors import InvalidMoney

_AMOUNT = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.([0-9]+))?")


@cache
def currency_digits(currency: str) -> int:
    """How many decimal digits ISO 4217 gives `currency`. Raises InvalidMoney where it has none."""
    import iso4217  # reads its XML on import: 30 ms that most cold starts need not spend

    try:
        digits = iso4217.Currency(currency).exponent
    except ValueError as error:
        raise InvalidMoney(f"{currency!r} is not an ISO 4217 currency") from error
    if digits is None:
        raise InvalidMoney(f"{currency!r} is not a currency that amounts are counted in")
    return int(digits)


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units (`1299` USD is 12.99 USD). Arithmetic refuses to mix currencies."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> "Money":
        """Read `{"amount": "12.99", "currency": "USD"}`; raises InvalidMoney for anything else."""
        amount, currency = value.get("amount"), value.get("currency")
        if not isinstance(amount, str) or not isinstance(currency, str):
            raise InvalidMoney("amount and currency are strings")
        digits = currency_digits(currency)
        match = _AMOUNT.fullmatch(amount)
        if match is None or len(match[1] or "") != digits:
            raise InvalidMoney(f"an amount of {currency} has exactly {digits} decimal digits")
        return cls(int(amount.replace(".", "")), currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    def as_json(self) -> dict[str, str]:
        digits = currency_digits(self.currency)
        sign, text = "-" * (self.minor < 0), str(abs(self.minor)).rjust(digits + 1, "0")
        amount = f"{text[:-digits]}.{text[-digits:]}" if digits else text
        return {"amount": sign + amount, "currency": self.currency}

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise InvalidMoney(f"{self.currency} and {other.currency} do not add up")


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, zero where there are none. Raises InvalidMoney on another currency."""
    return sum(amounts, start=Money.zero(currency))
