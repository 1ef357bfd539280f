"""Weights and lengths in their base units: grams and millimetres."""

import re
from collections.abc import Mapping
from decimal import Decimal

GRAM, MILLIMETRE = "g", "mm"
_DECIMALS = 3
"""A thousandth of a base unit is finer than any scale in a warehouse."""

_UNITS: dict[str, tuple[str, Decimal]] = {
    name: (base, Decimal(factor))
    for base, factor, names in (
        (GRAM, "0.001", "mg milligram milligrams"),
        (GRAM, "1", "g gr gram grams gramm gramme grammes gramos grammi"),
        (GRAM, "1000", "kg kgs kilo kilos kilogram kilograms kilogramm kilogrammes kilogramos"),
        (GRAM, "1000000", "tonne tonnes"),
        (GRAM, "28.349523125", "oz ounce ounces"),
        (GRAM, "453.59237", "lb lbs pound pounds"),
        (MILLIMETRE, "1", "mm millimeter millimeters millimetre millimetres"),
        (MILLIMETRE, "10", "cm centimeter centimeters centimetre centimetres zentimeter"),
        (MILLIMETRE, "1000", "m meter meters metre metres"),
        (MILLIMETRE, "25.4", 'in inch inches zoll " ″'),
        (MILLIMETRE, "304.8", "ft foot feet"),
        (MILLIMETRE, "914.4", "yd yard yards"),
    )
    for name in names.split()
}
"""Units by the names that they go by; pounds and inches as the international yard and pound agreement of 1959
defines them. Ambiguous ones (`t`, `ton`) are left out."""

_TEXT = re.compile(r"\s*([0-9]{1,12})(?:[.,]([0-9]{1,9}))?\s*([^\W\d]+\.?|[\"″])\s*")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}\s*(?![0-9.,])")


def read(text: str) -> tuple[int | float, str] | None:
    """The value and unit that a text such as `2.5 kg` names, None where it is not certain: `1,250 g` can be
    two weights."""
    match = _TEXT.fullmatch(text)
    if match is None or _GROUPED.match(text.strip()) or _unit(match[3]) is None:
        return None
    return _number(Decimal(f"{match[1]}.{match[2] or 0}")), match[3]


def in_base_unit(value: int | float, unit: str) -> tuple[int | float, str] | None:
    """The same measure in its base unit, to a thousandth of it; what is in it already comes back as it is.
    None for an unknown unit."""
    known = _unit(unit)
    if known is None:
        return None
    base, factor = known
    return (value if factor == 1 else _number(Decimal(str(value)) * factor)), base


def weight_in_grams(weight: object) -> int | float | None:
    """What `{"value", "unit"}` weighs, None where that cannot be told."""
    if not isinstance(weight, Mapping):
        return None
    value, unit = weight.get("value"), weight.get("unit")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(unit, str):
        return None
    known = in_base_unit(value, unit)
    return known[0] if known and known[1] == GRAM else None


def _unit(name: str) -> tuple[str, Decimal] | None:
    return _UNITS.get(name.strip().rstrip(".").casefold())


def _number(exact: Decimal) -> int | float:
    rounded = round(exact, _DECIMALS)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
