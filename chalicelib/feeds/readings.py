"""One row's fields, taken one by one; what could not be read is noted on the way."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.domain import measures, prices
from chalicelib.domain.errors import InvalidMoney
from chalicelib.feeds.currencies import currency_of
from chalicelib.feeds.kinds import ERROR, INFO, WARNING, Fault, Options

_MOST_IMAGES = 10
_LONGEST_SKU = 64
_LONGEST_MEASURE = 100
"""Characters of a price or a weight: what is longer is none, and not worth a parser's time."""
_SHOWN = 500
_PLAIN_PRICE = re.compile(r"[0-9]+(?:\.[0-9]+)?(?: ?[A-Z]{3})?")
_WHOLE = re.compile(r"([0-9]{1,12})(?:\.0+)?", re.ASCII)
_BETWEEN_URLS = re.compile(r"\s*\|\s*|,?\s+|,(?=(?:https?:)?//)")

Price = dict[str, str] | str | None
"""Money as JSON, the text that could not be read, or none."""
Period = tuple[str | None, str | None]
"""From when, and until just before when, open where it is None."""


class Reading:
    """The fields of one row by their names, the words that its header has for them, and the faults so far."""

    def __init__(
        self,
        values: Mapping[str, str],
        *,
        wording: Mapping[str, str],
        options: Options,
        faults: Sequence[Fault] = (),
    ) -> None:
        self.values, self.options = values, options
        self.faults = list(faults)
        self._wording = wording

    def text(self, *names: str) -> str:
        """The first of the fields that is filled, without white space at its ends; empty where none is."""
        for name in names:
            value = self.values.get(name)
            if value and (text := value.strip()):
                return text
        return ""

    def filled(self, *names: str) -> str:
        """The name of the first of the fields that is filled; where none is, of the first that there is."""
        known = [name for name in names if name in self.values] or names[:1]
        return next((name for name in known if self.values.get(name, "").strip()), known[0])

    def note(self, rule: str, code: str, name: str | None, message: str, severity: str = ERROR) -> None:
        column = self._wording.get(name, name) if name else None
        seen = self.values.get(name, "")[:_SHOWN] if name else None
        self.faults.append(Fault(f"feed.{rule}", code, column, message, severity, seen))

    def on_sale(self, price: Price, sale: Price, period: Period | None) -> dict[str, Any]:
        """The fields `price`, `list_price` and `prices` of what costs less for a period, or until further
        notice where it is open. A sale price that is not below the price, or has no period, is none."""
        if period is None or not (isinstance(sale, dict) and (price is None or is_below(sale, price))):
            return filled(price=price)
        begin, end = period
        if begin is end is None:
            return filled(price=sale, list_price=price)
        window = filled(price=sale, list_price=price, valid_from=begin, valid_until=end)
        return filled(price=price, prices=[window])

    def required(self, price: Price, *names: str) -> Price:
        """The price, with a fault where there is none."""
        if price is None:
            self.note("price_missing", "MISSING_PRICE", self.filled(*names), "The row has no price.")
        return price

    def derived_sku(self, name: str, *parts: str) -> str:
        """A SKU made of what is unique in the shop; none where there is nothing."""
        sku = re.sub(r"[^\w.+-]+", "-", "-".join(filter(None, parts))).strip("-")
        if len(sku) > _LONGEST_SKU:
            digest = hashlib.sha256(sku.encode()).hexdigest()[:12]
            sku = f"{sku[: _LONGEST_SKU - 13]}-{digest}"
        if sku:
            self.note("sku_derived", "MISSING_ATTRIBUTE", name, f"There is no SKU; {sku} was taken.", WARNING)
        return sku

    def whole(self, name: str) -> int | str | None:
        """A whole number; the text as it stands, with a fault, where it is none."""
        text = self.text(name)
        if not text:
            return None
        match = _WHOLE.fullmatch(text)
        if match is None:
            self.note("whole_number", "INVALID_ATTRIBUTE", name, "This must be a whole number, such as 12.")
            return text
        return int(match[1])

    def price(self, name: str, currency: str | None) -> Price:
        """Money as JSON; the text as it stands, with a fault, where only a person can tell what it means."""
        text = self.text(name)
        if not text:
            return None
        try:
            money = prices.read(_short(text), currency=currency)
        except InvalidMoney as error:
            message = f"The price cannot be read: {error}."
            self.note("price", "INVALID_PRICE", name, message)
            return text
        amount = money.as_json()
        if not _PLAIN_PRICE.fullmatch(text):
            message = f"The price was read as {amount['amount']} {amount['currency']}."
            self.note("price", "INVALID_PRICE", name, message, INFO)
        return amount

    @property
    def currency(self) -> str | None:
        """The currency of prices that name none."""
        return self.options.currency or (currency_of(self.options.country) if self.options.country else None)

    def not_for_sale(self, name: str) -> int:
        """None in stock of what the shop itself does not sell: a draft, a voucher, another site's product."""
        message = "The shop itself does not sell the product: it was taken over with nothing in stock."
        self.note("not_for_sale", "INVALID_ATTRIBUTE", name, message, WARNING)
        return 0

    def oversold(self, name: str) -> int:
        """None in stock where the shop counts below zero."""
        message = "Fewer than none are in stock: none was taken."
        self.note("oversold", "INVALID_ATTRIBUTE", name, message, INFO)
        return 0

    def assumed_quantity(self, name: str) -> int:
        """How many there are at least where the shop says no more than that there are any."""
        quantity = self.options.quantity_in_stock
        message = f"It is in stock, but not counted: {quantity} was taken. Send the stock as it is."
        self.note("stock_not_counted", "MISSING_ATTRIBUTE", name, message, WARNING)
        return quantity

    def moment(self, name: str) -> str | None:
        """The date or time as RFC 3339. None, with a warning, where it cannot be read."""
        try:
            return _moment(self.text(name))
        except ValueError:
            message = "The date cannot be read and was left out. Send it as 2027-01-31."
            self.note("date", "INVALID_ATTRIBUTE", name, message, WARNING)
            return None

    def period(self, begin: str, end: str, *, of: str) -> Period | None:
        """The period between two texts of the field `of`, open where they are empty. None, with a warning,
        where one of them cannot be read."""
        try:
            return _moment(begin), _moment(end, is_end=True)
        except ValueError:
            message = "The period of the sale price cannot be read, and the sale price was left out."
            self.note("date", "INVALID_ATTRIBUTE", of, message, WARNING)
            return None

    def weight(self, name: str, unit: str = "") -> dict[str, Any] | None:
        """`{"value", "unit"}` of a text such as `2.5 kg`, or of a number in `unit`. None where there is none
        (or nought, as shops write that), and with a warning where it cannot be read: an offer needs none."""
        text = self.text(name)
        if not text:
            return None
        read = measures.read(f"{text} {unit}".strip()) if len(text) <= _LONGEST_MEASURE else None
        if read is None:
            message = "The weight cannot be read and was left out. Send it as 2.5 kg."
            self.note("weight", "INVALID_ATTRIBUTE", name, message, WARNING)
            return None
        return {"value": Decimal(str(read[0])), "unit": read[1]} if read[0] else None

    def urls(self, *names: str) -> list[str]:
        """The image addresses of the fields, in order, each once."""
        found: dict[str, None] = {}
        for name in names:
            for url in _BETWEEN_URLS.split(self.text(name)):
                if url:
                    found.setdefault(_with_scheme(url))
        if len(found) > _MOST_IMAGES:
            message = f"An offer shows {_MOST_IMAGES} images; the others were left out."
            self.note("images", "INVALID_IMAGE", names[0], message, INFO)
        return list(found)[:_MOST_IMAGES]


def is_below(sale: Price, price: Price) -> bool:
    """Whether both are money of one currency and `sale` is the lower one."""
    return (
        isinstance(sale, dict)
        and isinstance(price, dict)
        and sale["currency"] == price["currency"]
        and Decimal(sale["amount"]) < Decimal(price["amount"])
    )


def _moment(text: str, *, is_end: bool = False) -> str | None:
    """An ISO 8601 date or time as RFC 3339, in UTC where it names no zone; a date is its beginning or its
    end. None for no text; raises ValueError for one that is neither."""
    if not text.strip():
        return None
    moment = datetime.fromisoformat(text.strip())
    try:
        if is_end and len(text.strip()) <= len("2027-01-31"):
            moment += timedelta(days=1)
    except OverflowError as error:
        raise ValueError(text) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _short(price: str) -> str:
    if len(price) > _LONGEST_MEASURE:
        raise InvalidMoney("it is too long for a price; send one such as 12.99 EUR")
    return price


def _with_scheme(url: str) -> str:
    return f"https:{url}" if url.startswith("//") else url


def filled(**fields: Any) -> dict[str, Any]:
    """The fields without those that are None."""
    return {name: value for name, value in fields.items() if value is not None}
