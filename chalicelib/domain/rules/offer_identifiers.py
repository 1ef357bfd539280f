"""Checks of what an offer is identified by."""

from collections.abc import Iterator
from typing import Any

from chalicelib.domain import gtin
from chalicelib.domain.rules import text
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import CheckRule, Finding, Place, Record, at, check

STEP = "offer_identifiers"
_FORM = "a GTIN of 8, 12, 13 or 14 digits, as the product's barcode shows it"


def gtin_of(record: Record) -> str:
    """The offer's GTIN as it was sent, empty where it has none."""
    return str(record.get("gtin") or "")


def key_of(record: Record) -> str | None:
    """The 14 digits that the offer's product is known by, or None where its GTIN does not identify it for
    everyone (there is none, or a person let a faulty one pass)."""
    code = gtin_of(record)
    return gtin.key(code) if code and gtin.fault(code) is None else None


def _fault(record: Record) -> str | None:
    code = gtin_of(record)
    return gtin.fault(code) if code else None


@check(
    "gtin.missing",
    step=STEP,
    code="MISSING_ATTRIBUTE",
    message="The GTIN is missing. Send it, or say in identifier_exempt_reason why the product has none.",
    expected=_FORM,
)
def gtin_missing(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    if not gtin_of(record) and not record.get("identifier_exempt_reason"):
        yield at("/gtin")


@check(
    "gtin.spreadsheet_damage",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="A spreadsheet has rounded this number, and its digits are lost. Format the column as text, "
    "enter the GTIN again, and send the offer anew.",
    expected=_FORM,
)
def gtin_spreadsheet_damage(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    if _fault(record) == "SPREADSHEET":
        yield at("/gtin")


@check(
    "gtin.characters",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="A GTIN holds digits only.",
    expected=_FORM,
)
def gtin_characters(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    if _fault(record) == "CHARACTERS":
        yield at("/gtin")


def _isbn_13(value: Any, _finding: Finding) -> str | None:
    return gtin.isbn_13_of_isbn_10(str(value))


@check(
    "gtin.length",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="A GTIN has 8, 12, 13 or 14 digits, this code has {length}. Send the number below the barcode, "
    "with its leading zeros and its last digit; an internal article number is no GTIN.",
    expected=_FORM,
    suggest=_isbn_13,
)
def gtin_length(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    if _fault(record) == "LENGTH":
        yield at("/gtin", length=len(gtin_of(record)))


@check(
    "gtin.zeros",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="All zeros are no GTIN. Send the real one, or say in identifier_exempt_reason why there is none.",
    expected=_FORM,
)
def gtin_zeros(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    if _fault(record) == "ZEROS":
        yield at("/gtin")


@check(
    "gtin.check_digit",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="The check digit is wrong: for these digits it would be {right}. One of the digits was mistyped.",
    expected=_FORM,
)
def gtin_check_digit(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    if _fault(record) == "CHECK_DIGIT":
        yield at("/gtin", right=int(gtin.check_digit(gtin_of(record)[:-1])))


@check(
    "gtin.restricted",
    step=STEP,
    code="RESTRICTED",
    message="Numbers of this range are for use inside one store, or for coupons; they identify no product "
    "anywhere else.",
    expected=_FORM,
)
def gtin_restricted(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    if _fault(record) == "RESTRICTED":
        yield at("/gtin")


@check(
    "gtin.duplicate",
    step=STEP,
    code="DUPLICATE",
    message="You offer this GTIN already under another SKU. Change that offer, or withdraw it first.",
    expected="one offer for each GTIN",
)
def gtin_duplicate(_record: Record, facts: OfferFacts) -> Iterator[Place]:
    if facts.offered_under_other_sku:
        yield at("/gtin")


@check(
    "gtin.other_brand",
    step=STEP,
    code="CONFLICT",
    message="This GTIN is known here under another brand. Check both; one of them is wrong.",
    expected="the brand of the product that has this GTIN",
)
def gtin_other_brand(record: Record, facts: OfferFacts) -> Iterator[Place]:
    if facts.product_brand and not text.alike(str(record.get("brand", "")), facts.product_brand):
        yield at("/brand")


IDENTIFIER_CHECKS: tuple[CheckRule[OfferFacts], ...] = (
    gtin_missing,
    gtin_spreadsheet_damage,
    gtin_characters,
    gtin_length,
    gtin_zeros,
    gtin_check_digit,
    gtin_restricted,
    gtin_duplicate,
    gtin_other_brand,
)
