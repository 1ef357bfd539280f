"""What is mended in an offer without asking. The order matters: whether a code is an ISBN is told by the
category that earlier rules mended."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from chalicelib.domain import gtin, measures
from chalicelib.domain.rules import hosts, text, text_corrections
from chalicelib.domain.rules.kinds import CorrectionRule, Record, correction

_BOOKS = frozenset({"book", "books", "buch", "bücher", "ebook", "ebooks", "hardcover", "paperback"}) | {
    *("libri", "libro", "libros", "livre", "livres")
}

_WORDS = ("/title", "/brand", "/category", "/description")
_LINES = ("/gtin", "/title", "/brand", "/category", "/commission_category", "/condition", "/image_urls/*")
_ARROW = re.compile(r"\s*[>›»]\s*")


@correction(
    "gtin.separators",
    "/gtin",
    code="INVALID_IDENTIFIER",
    message="The GTIN was written with its digits only.",
)
def gtin_separators(value: str, _record: Record) -> str | None:
    """GS1 General Specifications: a GTIN is digits. Spreadsheets put an apostrophe before it or `.0` behind
    it, catalogues print it in groups."""
    return gtin.without_separators(value)


@correction(
    "gtin.isbn_10",
    "/gtin",
    code="INVALID_IDENTIFIER",
    message="The ISBN-10 was replaced by the same book's ISBN-13, which is its GTIN.",
)
def gtin_of_isbn_10(value: str, record: Record) -> str | None:
    """International ISBN Agency, users' manual: an ISBN-10 is the same book's ISBN-13 with 978 before it and
    another check digit. Only what can be nothing else."""
    isbn_13 = gtin.isbn_13_of_isbn_10(value)
    return isbn_13 if isbn_13 and gtin.is_certainly_isbn_10(value, is_a_book=_is_a_book(record)) else None


@correction(
    "gtin.leading_zeros",
    "/gtin",
    code="INVALID_IDENTIFIER",
    message="Leading zeros, as spreadsheets drop them, were restored; the check digit fits then.",
)
def gtin_leading_zeros(value: str, _record: Record) -> str | None:
    """GS1 General Specifications: a GTIN-12 may begin with zeros, which number cells drop. More than half of
    a published food catalogue came so."""
    return gtin.with_leading_zeros(value)


@correction(
    "gtin.upc_e",
    "/gtin",
    code="INVALID_IDENTIFIER",
    message="The short UPC-E was written out as UPC-A.",
)
def gtin_of_upc_e(value: str, _record: Record) -> str | None:
    """GS1 General Specifications, zero suppression: a UPC-E is a short form of one GTIN-12."""
    return gtin.upc_a_of_upc_e(value)


@correction(
    "condition.synonym",
    "/condition",
    code="INVALID_ATTRIBUTE",
    message="The condition was replaced by the word that is used here.",
)
def condition_word(value: str, _record: Record) -> str | None:
    """Google Merchant Center, `condition`, and schema.org, OfferItemCondition, with what shops in other
    languages write."""
    return _CONDITIONS.get(text.essence(value))


_CONDITIONS = {
    **dict.fromkeys(("new", "brandnew", "neu", "neuf", "nuevo", "nuovo", "newcondition"), "NEW"),
    **dict.fromkeys(
        ("refurbished", "refurb", "renewed", "reconditioned", "refurbishedcondition"), "REFURBISHED"
    ),
    **dict.fromkeys(("generalüberholt", "wiederaufbereitet", "reconditionné"), "REFURBISHED"),
    **dict.fromkeys(
        ("used", "preowned", "secondhand", "gebraucht", "usado", "usato", "usedcondition"), "USED"
    ),
}
"""Words by their letters only: `Brand-New`, `brand new` and `BRAND_NEW` are one."""


@correction(
    "image_url.scheme",
    "/image_urls/*",
    code="INVALID_IMAGE",
    message="The address of the image was completed with https://.",
)
def image_url_scheme(value: str, _record: Record) -> str | None:
    """RFC 3986: a URL has a scheme. Shops write `//` or nothing before the host."""
    return hosts.with_scheme(value)


@correction(
    "category.separator",
    "/category",
    code="INVALID_ATTRIBUTE",
    message="The levels of the category were separated by ' > '.",
)
def category_separator(value: str, _record: Record) -> str | None:
    """Google Merchant Center, `product_type`: levels are separated by ` > `. One spelling is one category."""
    return " > ".join(level for level in _ARROW.split(value) if level) if _ARROW.search(value) else None


@correction(
    "brand.alias",
    "/brand",
    code="INVALID_ATTRIBUTE",
    message="The brand was replaced by the name that it has here.",
    uncovers=True,
)
def brand_alias(
    value: str, _record: Record, *, aliases: Mapping[str, str] = MappingProxyType({})
) -> str | None:
    """The marketplace's own list; names as they are written, or by their letters and digits in lower case."""
    return aliases.get(value) or aliases.get(text.essence(value)) if aliases else None


@correction(
    "category.alias",
    "/category",
    code="INVALID_ATTRIBUTE",
    message="The category was replaced by the name that it has here.",
    uncovers=True,
)
def category_alias(
    value: str, _record: Record, *, aliases: Mapping[str, str] = MappingProxyType({})
) -> str | None:
    """The marketplace's own list; names as they are written, or by their letters and digits in lower case."""
    return aliases.get(value) or aliases.get(text.essence(value)) if aliases else None


@correction(
    "weight.base_unit",
    "/shipping_weight",
    code="INVALID_ATTRIBUTE",
    message="The weight was written in grams.",
    takes=dict,
)
def weight_in_grams(value: Mapping[str, Any], _record: Record) -> dict[str, Any] | None:
    """ISO 80000-4, and the pound of 1959: one unit, so that weights compare."""
    grams = measures.weight_in_grams(value)
    return {**value, "value": grams, "unit": measures.GRAM} if grams is not None else None


@correction(
    "size.base_unit",
    *("/attributes/product_height", "/attributes/product_length", "/attributes/product_weight"),
    *("/attributes/product_width", "/attributes/shipping_height", "/attributes/shipping_length"),
    "/attributes/shipping_width",
    code="INVALID_ATTRIBUTE",
    message="The size was written in millimetres, or the weight in grams.",
)
def size_in_base_unit(value: str, _record: Record) -> str | None:
    """Google Merchant Center, product dimensions and weight: a number and its unit. ISO 80000-3, and the
    inch of 1959."""
    size = measures.read(value)
    base = measures.in_base_unit(*size) if size else None
    return f"{base[0]} {base[1]}" if base else None


def _is_a_book(record: Record) -> bool:
    words = str(record.get("category", "")).casefold()
    return not _BOOKS.isdisjoint("".join(c if c.isalnum() else " " for c in words).split())


OFFER_CORRECTIONS: tuple[CorrectionRule, ...] = (
    text_corrections.mojibake_in(*_WORDS),
    text_corrections.entities_in(*_WORDS),
    text_corrections.white_space_in(*_LINES),
    text_corrections.paragraphs_in("/description"),
    category_separator,
    category_alias,
    brand_alias,
    gtin_separators,
    gtin_of_isbn_10,
    gtin_leading_zeros,
    gtin_of_upc_e,
    condition_word,
    image_url_scheme,
    weight_in_grams,
    size_in_base_unit,
)
