"""A feed of any size in our own CSV, of which one row in a hundred has each kind of damage.

The same number gives the same feed. Tests read 5,000 rows of it, the bench 100,000.
"""

import csv
import io
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from stdnum import ean

Fields = dict[str, str]

HEADER = (
    *("sku", "gtin", "title", "description", "brand", "category", "condition", "price", "currency"),
    *("list_price", "quantity", "handling_days", "image_urls", "attributes.colour"),
)
PICTURES = 500
"""Different ones; shops show one picture with several variants."""

_COLOURS = ("blue", "green", "red", "black", "white", "yellow")
_THINGS = ("Fineliner", "Notebook", "Teapot", "Desk lamp", "Backpack", "Water bottle", "Cushion", "Tray")
_WORDS = (
    "A faithful companion for every day, made to last and easy to clean. It lies well in the hand, keeps its "
    "colour for years and comes in a box of recycled cardboard."
)


@dataclass(frozen=True)
class Damage:
    """What is done to a row, which rule finds it, and what becomes of the row then."""

    rule: str
    outcome: str
    harm: Callable[[Fields, int], Mapping[str, str]]


def _says(**values: str) -> Callable[[Fields, int], Mapping[str, str]]:
    return lambda _fields, _number: values


def _of_first(name: str) -> Callable[[Fields, int], Mapping[str, str]]:
    """What the first row of the same hundred has, which is good."""
    return lambda _fields, number: {name: a_row(number - number % 100, images="")[name]}


DAMAGE: tuple[Damage, ...] = (
    Damage("feed.sku", "ERROR", _says(sku="")),
    Damage("sku.form", "ERROR", lambda fields, _: {"sku": fields["sku"].replace("-", "/")}),
    Damage("sku.repeated", "ERROR", _of_first("sku")),
    Damage("feed.price", "ERROR", _says(price="call us")),
    Damage("feed.whole_number", "ERROR", _says(quantity="plenty")),
    Damage("offer.body", "ERROR", _says(handling_days="999")),
    Damage("feed.formula", "ERROR", _says(title='=HYPERLINK("https://evil.example","x")')),
    Damage("gtin.check_digit", "PENDING", lambda fields, _: {"gtin": _other_digit(fields["gtin"])}),
    Damage("gtin.spreadsheet_damage", "PENDING", _says(gtin="8.06E+12")),
    Damage("gtin.restricted", "PENDING", lambda _, number: {"gtin": _code(f"02{number:010}")}),
    Damage("gtin.length", "PENDING", lambda _, number: {"gtin": f"{number % 90000 + 10000}"}),
    Damage("gtin.duplicate", "PENDING", _of_first("gtin")),
    Damage("gtin.missing", "PENDING", _says(gtin="")),
    Damage("content.missing", "PENDING", _says(title="")),
    Damage("content.too_long", "PENDING", lambda fields, _: {"title": fields["title"] + " and more" * 60}),
    Damage("content.markup", "PENDING", _says(description="<script>alert(1)</script> Buy it.")),
    Damage("content.placeholder", "PENDING", _says(brand="N/A")),
    Damage("condition.unknown", "PENDING", _says(condition="quite nice")),
    Damage("price.not_positive", "PENDING", _says(price="0.00")),
    Damage("list_price.not_above", "PENDING", _says(list_price="0.50")),
    Damage("image.missing", "PENDING", _says(image_urls="")),
    Damage("image.unreachable", "PENDING", lambda fields, _: {"image_urls": fields["image_urls"] + "?gone"}),
    Damage("image.too_small", "PENDING", lambda fields, _: {"image_urls": fields["image_urls"] + "?small"}),
    Damage("image.not_an_image", "PENDING", lambda fields, _: {"image_urls": fields["image_urls"] + "?text"}),
    Damage("gtin.separators", "SUCCESS", lambda fields, _: {"gtin": _grouped(fields["gtin"])}),
    Damage("text.white_space", "SUCCESS", lambda fields, _: {"title": f"  {fields['title']} "}),
    Damage("text.mojibake", "SUCCESS", _says(description="CafÃ© crÃ¨me, glacÃ© et dÃ©licieux.")),
    Damage("condition.synonym", "SUCCESS", _says(condition="brand new")),
)


def damage_of(number: int) -> Damage | None:
    """What is wrong with the row of this number: the last rows of each hundred are the bad ones."""
    place = 99 - number % 100
    return DAMAGE[place] if place < len(DAMAGE) else None


def row_number(number: int) -> int:
    """The row as a person counts it, behind the header."""
    return number + 2


def a_row(number: int, *, images: str) -> Fields:
    """The row as it should be; `images` is where its picture is found."""
    chance = random.Random(number)
    colour, thing = chance.choice(_COLOURS), chance.choice(_THINGS)
    return {
        "sku": f"SKU-{number}",
        "gtin": _code(f"9521{number:08}"),
        "title": f"{thing} no. {number}, {colour}",
        "description": f"{thing} in {colour}. {_WORDS}",
        "brand": "Northern",
        "category": "Office > Supplies",
        "condition": "NEW",
        "price": f"{chance.randint(199, 9999) / 100:.2f}",
        "currency": "EUR",
        "list_price": "",
        "quantity": str(chance.randint(1, 500)),
        "handling_days": "2",
        "image_urls": f"{images}/{number % PICTURES}.png",
        "attributes.colour": colour,
    }


def rows(count: int, *, images: str) -> Iterator[Fields]:
    """The rows, each with its damage."""
    for number in range(count):
        fields, damage = a_row(number, images=images), damage_of(number)
        yield fields | dict(damage.harm(fields, number)) if damage else fields


def write(count: int, *, images: str) -> Iterator[bytes]:
    """The file, piece by piece."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER)
    writer.writeheader()
    for fields in rows(count, images=images):
        writer.writerow(fields)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _code(digits: str) -> str:
    return digits + ean.calc_check_digit(digits)


def _grouped(code: str) -> str:
    return f"{code[:3]}-{code[3:8]}-{code[8:]}"


def _other_digit(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 5) % 10)
