"""What is mended in an offer without asking."""

from chalicelib.domain import gtin
from chalicelib.domain.rules import hosts, text
from chalicelib.domain.rules.kinds import CorrectionRule, Record, correction

_BOOKS = frozenset({"book", "books", "buch", "bücher", "ebook", "ebooks", "hardcover", "paperback"}) | {
    *("libri", "libro", "libros", "livre", "livres")
}


@correction(
    "text.white_space",
    "/gtin",
    "/title",
    "/brand",
    "/category",
    "/commission_category",
    "/condition",
    "/image_urls/*",
    code="INVALID_ATTRIBUTE",
    message="Stray white space or control characters were removed, and accents composed.",
)
def white_space(value: str, _record: Record) -> str | None:
    return text.one_line(value)


@correction(
    "text.paragraphs",
    "/description",
    code="INVALID_ATTRIBUTE",
    message="Stray white space or control characters were removed, and accents composed.",
)
def paragraphs(value: str, _record: Record) -> str | None:
    return text.paragraphs(value)


@correction(
    "gtin.separators",
    "/gtin",
    code="INVALID_IDENTIFIER",
    message="The GTIN was written with its digits only.",
)
def gtin_separators(value: str, _record: Record) -> str | None:
    return gtin.without_separators(value)


@correction(
    "gtin.isbn_10",
    "/gtin",
    code="INVALID_IDENTIFIER",
    message="The ISBN-10 was replaced by the same book's ISBN-13, which is its GTIN.",
)
def gtin_of_isbn_10(value: str, record: Record) -> str | None:
    isbn_13 = gtin.isbn_13_of_isbn_10(value)
    return isbn_13 if isbn_13 and gtin.is_certainly_isbn_10(value, is_a_book=_is_a_book(record)) else None


@correction(
    "gtin.leading_zeros",
    "/gtin",
    code="INVALID_IDENTIFIER",
    message="Leading zeros, as spreadsheets drop them, were restored; the check digit fits then.",
)
def gtin_leading_zeros(value: str, _record: Record) -> str | None:
    return gtin.with_leading_zeros(value)


@correction(
    "gtin.upc_e",
    "/gtin",
    code="INVALID_IDENTIFIER",
    message="The short UPC-E was written out as UPC-A.",
)
def gtin_of_upc_e(value: str, _record: Record) -> str | None:
    return gtin.upc_a_of_upc_e(value)


@correction(
    "condition.synonym",
    "/condition",
    code="INVALID_ATTRIBUTE",
    message="The condition was replaced by the word that is used here.",
)
def condition_word(value: str, _record: Record) -> str | None:
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
    return hosts.with_scheme(value)


def _is_a_book(record: Record) -> bool:
    words = str(record.get("category", "")).casefold()
    return not _BOOKS.isdisjoint("".join(c if c.isalnum() else " " for c in words).split())


OFFER_CORRECTIONS: tuple[CorrectionRule, ...] = (
    white_space,
    paragraphs,
    gtin_separators,
    gtin_of_isbn_10,
    gtin_leading_zeros,
    gtin_of_upc_e,
    condition_word,
    image_url_scheme,
)
