"""GTINs: the four lengths that trade items are numbered with, and the damage they come with.

Check digits are not enough: all zeros, store-internal numbers and coupons pass them too.
"""

import re
from functools import lru_cache

LENGTHS = (8, 12, 13, 14)

_RESTRICTED = re.compile(r"02|04|05|2|98|99")
"""Prefixes of the 13-digit view that name no product: in-store numbers, coupons, refund slips."""

_SPREADSHEET = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_SEPARATORS = re.compile(r"[\s\u200b\u200e\u200f\ufeff\u00ad-]+")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
_CODE = re.compile(r"[0-9]+[xX]?")


def check_digit(body: str) -> str:
    """The last digit that belongs behind `body`, the other digits of a GTIN."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-weighted % 10)


def has_right_check_digit(code: str) -> bool:
    return check_digit(code[:-1]) == code[-1]


def key(code: str) -> str:
    """The 14 digits under which a valid GTIN of any length is the same trade item."""
    return code.zfill(14)


def without_separators(text: str) -> str | None:
    """The bare digits (or ISBN-10) in `text`: spaces, hyphens, a spreadsheet's leading apostrophe and
    trailing `.0` taken away, digits of any width and script made ASCII. None where no code remains."""
    plain = "".join(_ascii_digit(character) for character in text.translate(_DASHES))
    bare = _SEPARATORS.sub("", plain).strip("'\u2019\u2018\"`=")
    bare = re.sub(r"\.0+\Z", "", bare)
    return bare if _CODE.fullmatch(bare) else None


def _ascii_digit(character: str) -> str:
    return str(int(character)) if character.isdecimal() else character


def with_leading_zeros(code: str) -> str | None:
    """The GTIN-12 that lost one to three leading zeros to a number cell, if the check digit says so."""
    if not _is_digits(code) or not 9 <= len(code) <= 11 or not has_right_check_digit(code):
        return None
    return None if _is_nothing(code) else code.zfill(12)


def upc_a_of_upc_e(code: str) -> str | None:
    """The GTIN-12 that an 8-digit zero-suppressed UPC-E stands for, if its check digit says so.

    Only number system 0 is in use. A GTIN-8 never begins with 0 outside one's own store.
    """
    if not _is_digits(code) or len(code) != 8 or code[0] != "0":
        return None
    body, last, check = code[1:6], code[6], code[7]
    if last in "012":
        full = body[:2] + last + "0000" + body[2:]
    elif last == "3":
        full = body[:3] + "00000" + body[3:]
    elif last == "4":
        full = body[:4] + "00000" + body[4]
    else:
        full = body + "0000" + last
    expanded = "0" + full + check
    return expanded if has_right_check_digit(expanded) and not _is_nothing(expanded) else None


def isbn_13_of_isbn_10(code: str) -> str | None:
    """The GTIN-13 of a book numbered with a valid ISBN-10, or None."""
    from stdnum import isbn

    if len(code) != 10 or not isbn.is_valid(code):
        return None
    return str(isbn.to_isbn13(code))


def is_certainly_isbn_10(code: str, *, is_a_book: bool) -> bool:
    """Whether a code that passes as ISBN-10 can be nothing else.

    One in eleven UPCs that lost their check digit and zeros passes too. A final X, a zero in front (a
    number cell would have eaten it) or a book's category rules that out.
    """
    return code[-1] in "xX" or code[0] == "0" or is_a_book


@lru_cache(maxsize=64)  # one record's rules ask for the same code one after the other
def fault(code: str) -> str | None:
    """Why `code` is no GTIN that may be traded, or None: `SPREADSHEET`, `CHARACTERS`, `LENGTH`, `ZEROS`,
    `CHECK_DIGIT` or `RESTRICTED`, the first that holds."""
    if _SPREADSHEET.fullmatch(code.strip()):
        return "SPREADSHEET"
    if not _is_digits(code):
        return "CHARACTERS"
    if len(code) not in LENGTHS:
        return "LENGTH"
    if _is_nothing(code):
        return "ZEROS"
    if not has_right_check_digit(code):
        return "CHECK_DIGIT"
    return "RESTRICTED" if is_restricted(code) else None


def is_restricted(code: str) -> bool:
    """Whether the number is of a range that is only valid inside one store, or a coupon's."""
    trade_item = key(code)[1:]
    if trade_item.startswith("00000"):  # a GTIN-8 has its own prefixes
        return trade_item[5] in "02"
    return _RESTRICTED.match(trade_item) is not None


def _is_digits(code: str) -> bool:
    return code.isascii() and code.isdecimal()


def _is_nothing(code: str) -> bool:
    return not code.strip("0")
