"""One row's fields, taken one by one; what could not be read is noted on the way."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain import measures, prices
from chalicelib.domain.errors import InvalidMoney
from chalicelib.feeds.kinds import ERROR, INFO, WARNING, Fault, Options

_MOST_IMAGES = 10
_PLAIN_PRICE = re.compile(r"[0-9]+(?:\.[0-9]+)?(?: ?[A-Z]{3})?")
_WHOLE = re.compile(r"([0-9]{1,12})(?:\.0+)?", re.ASCII)
_BETWEEN_URLS = re.compile(r"\s*\|\s*|,?\s+|,(?=(?:https?:)?//)")


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

    def note(self, rule: str, code: str, name: str | None, message: str, severity: str = ERROR) -> None:
        column = self._wording.get(name, name) if name else None
        seen = self.values.get(name) if name else None
        self.faults.append(Fault(f"feed.{rule}", code, column, message, severity, seen))

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

    def price(self, name: str, currency: str | None) -> dict[str, str] | str | None:
        """Money as JSON; the text as it stands, with a fault, where only a person can tell what it means."""
        text = self.text(name)
        if not text:
            return None
        try:
            money = prices.read(text, currency=currency)
        except InvalidMoney as error:
            message = f"The price cannot be read: {error}."
            self.note("price", "INVALID_PRICE", name, message)
            return text
        amount = money.as_json()
        if not _PLAIN_PRICE.fullmatch(text):
            message = f"The price was read as {amount['amount']} {amount['currency']}."
            self.note("price", "INVALID_PRICE", name, message, INFO)
        return amount

    def weight(self, name: str, unit: str = "") -> dict[str, Any] | None:
        """`{"value", "unit"}` of a text such as `2.5 kg`, or of a number in `unit`. None where there is none,
        with a warning where it cannot be read: an offer can be sold without."""
        text = self.text(name)
        if not text:
            return None
        read = measures.read(text if not unit else f"{text} {unit}")
        if read is None:
            message = "The weight cannot be read and was left out. Send it as 2.5 kg."
            self.note("weight", "INVALID_ATTRIBUTE", name, message, WARNING)
            return None
        return {"value": read[0], "unit": read[1]}

    def urls(self, *names: str) -> list[str]:
        """The image addresses of the fields, in order, each once."""
        found: dict[str, None] = {}
        for name in names:
            for url in _BETWEEN_URLS.split(self.text(name)):
                if url:
                    found.setdefault(_with_scheme(url))
        if len(found) > _MOST_IMAGES:
            message = f"An offer shows {_MOST_IMAGES} images; the others were left out."
            self.note("images", "INVALID_IMAGE", names[-1], message, INFO)
        return list(found)[:_MOST_IMAGES]


def _with_scheme(url: str) -> str:
    return f"https:{url}" if url.startswith("//") else url


def filled(**fields: Any) -> dict[str, Any]:
    """The fields without those that are None."""
    return {name: value for name, value in fields.items() if value is not None}
