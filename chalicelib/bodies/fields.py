"""The fields of what clients and feeds send. What they load to is JSON again, ready to be stored."""

import re
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate, validates_schema

from chalicelib import clock
from chalicelib.bodies.faults import StrictSchema
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money

MAX_URL = 2048
MAX_NUMBER = 2**53
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def text(maximum: int, *, minimum: int = 1, **options: Any) -> fields.String:
    """A string of bounded length without control characters but tab and line breaks, which neither a label
    nor a spreadsheet takes; required unless `required=False`."""
    options.setdefault("required", True)
    return fields.String(validate=[validate.Length(minimum, maximum), _is_printed], **options)


def raw_text(maximum: int, *, minimum: int = 1, **options: Any) -> fields.String:
    """The same with whatever stands in it, for the validation rules to mend."""
    options.setdefault("required", True)
    return fields.String(validate=validate.Length(minimum, maximum), **options)


def _is_printed(value: str) -> None:
    if _CONTROLS.search(value):
        raise ValidationError("Leave out control characters.")


def optional_text(maximum: int, **options: Any) -> fields.String:
    return text(maximum, required=False, **options)


def one_of(*values: str, **options: Any) -> fields.String:
    options.setdefault("required", True)
    return fields.String(validate=validate.OneOf(values), **options)


def whole(minimum: int, maximum: int, **options: Any) -> fields.Integer:
    """A JSON integer within bounds; a string of digits is refused."""
    options.setdefault("required", True)
    return fields.Integer(strict=True, validate=validate.Range(minimum, maximum), **options)


def listed(inner: fields.Field[Any], *, minimum: int = 0, maximum: int, **options: Any) -> fields.List[Any]:
    options.setdefault("required", True)
    return fields.List(inner, validate=validate.Length(minimum, maximum), **options)


class Flag(fields.Boolean):
    """true or false, and nothing that looks like it."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Moment(fields.String):
    """RFC 3339 with an offset; loads as UTC with milliseconds."""

    def __init__(self, description: str = "RFC 3339", **options: Any) -> None:
        super().__init__(metadata={"format": "date-time", "description": description}, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        sent = super()._deserialize(value, *args, **kwargs)
        parsed = _timestamp(sent) if _MOMENT.fullmatch(sent) else None
        if parsed is None:
            raise ValidationError("This must be a time as in 2026-01-31T09:30:00Z.")
        return parsed


def _timestamp(sent: str) -> str | None:
    try:
        return clock.timestamp(clock.parse(sent.upper()))
    except (ValueError, OverflowError):
        return None


class Day(fields.String):
    """A day of the calendar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"format": "date", "examples": ["2026-01-31"]}, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        sent = super()._deserialize(value, *args, **kwargs)
        try:
            is_day = str(date.fromisoformat(sent)) == sent
        except ValueError:
            is_day = False
        if not is_day:
            raise ValidationError("This must be a date as in 2026-01-31.")
        return sent


class WebAddress(fields.String):
    """An absolute http or https URL, so that a link made of it cannot run anything."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        sent = super()._deserialize(value, *args, **kwargs)
        try:
            parts = urlsplit(sent)
            usable = parts.scheme in ("http", "https") and parts.hostname and len(sent) <= MAX_URL
        except ValueError:
            usable = False
        if not usable or not sent.isprintable() or " " in sent:
            raise ValidationError("This must be an http or https URL.")
        return sent


class Number(fields.Field[Any]):
    """A JSON number that a double holds; loads as int or float."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "number"}, **options)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int | float:
        return number(value)


def number(value: Any) -> int | float:
    """The value as int or float. Raises ValidationError for no number, or one too large to keep."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValidationError("This must be a number.")
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ValidationError("This number is too large.")
    return value if isinstance(value, int) else float(value)


class MoneySchema(StrictSchema):
    """An amount: a decimal string with exactly the currency's digits."""

    amount = text(24, metadata={"pattern": r"^(0|[1-9][0-9]*)(\.[0-9]+)?$", "examples": ["12.99"]})
    currency = text(3, metadata={"pattern": "^[A-Z]{3}$", "examples": ["USD"]})

    @validates_schema
    def _is_money(self, data: dict[str, Any], **_options: Any) -> None:
        try:
            parsed = Money.parse(data)
        except InvalidMoney as error:
            raise ValidationError(f"{error}.", "amount") from error
        if parsed.minor < 0:
            raise ValidationError("An amount is not negative.", "amount")


def money(**options: Any) -> fields.Nested:
    options.setdefault("required", True)
    return fields.Nested(MoneySchema, **options)
