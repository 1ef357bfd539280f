"""What is mended in an offer without asking."""

from chalicelib.domain import gtin
from chalicelib.domain.rules import text
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
)
