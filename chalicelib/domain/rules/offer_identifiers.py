"""Checks of what an offer is identified by."""

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.domain import gtin
from chalicelib.domain.rules import names, text
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Finding, Place, Record, at, check

STEP = "offer_identifiers"
SAME, NEAR = 101, 85
"""Likenesses of names, of 100. At 85 one wrong letter in five is near, and `Nike` and `Nikon` are not."""
_SAYS_NOTHING = (
    *("available", "barcode", "code", "does", "don", "ean", "exempt", "exemption", "exists", "for", "gtin"),
    *("has", "have", "identifier", "is", "isbn", "it", "item", "mpn", "no", "none", "not", "number", "other"),
    *(
        "our",
        "product",
        "products",
        "test",
        "the",
        "there",
        "this",
        "true",
        "unknown",
        "upc",
        "we",
        "without",
    ),
    *("do", "yes"),
)
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
    """Google Merchant Center, `gtin`: required of every product that has one."""
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
    """Seen in most rows of real feeds: spreadsheets keep fifteen digits, and show twelve as 8.06E+12."""
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
    """GS1 General Specifications: a GTIN is digits."""
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
    """GS1 General Specifications: 8, 12, 13 or 14 digits."""
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
    """GS1 General Specifications; zeros pass the check digit, and stand in for nothing in many systems."""
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
    """GS1 General Specifications, section 7.9: modulo 10 with weights 3 and 1."""
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
    """GS1 General Specifications, prefixes 02, 04, 05, 2x, 98 and 99: restricted circulation and coupons."""
    if _fault(record) == "RESTRICTED":
        yield at("/gtin")


@check(
    "gtin.exemption_not_credible",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="This says that there is no GTIN, and not why. Handmade, made to order, a bundle, an antique, "
    "or a spare part of your own are reasons.",
    expected="why the product has no barcode",
)
def gtin_exemption_not_credible(
    record: Record,
    _facts: OfferFacts,
    *,
    says_nothing: Sequence[str] = _SAYS_NOTHING,
) -> Iterator[Place]:
    """Amazon, GTIN exemption: granted for a reason. One is not credible that holds no word but these."""
    reason = str(record.get("identifier_exempt_reason") or "")
    if (
        reason
        and not gtin_of(record)
        and not any(len(word) > 1 and word not in says_nothing for word in text.words(reason).split())
    ):
        yield at("/identifier_exempt_reason")


@check(
    "gtin.exempt_with_gtin",
    step=STEP,
    severity=WARNING,
    code="CONFLICT",
    message="There is a GTIN, and a reason why there is none. The GTIN counts; take the reason away.",
    expected="one of the two",
)
def gtin_exempt_with_gtin(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `identifier_exists`: no product with a GTIN has none."""
    if gtin_of(record) and record.get("identifier_exempt_reason"):
        yield at("/identifier_exempt_reason")


@check(
    "gtin.duplicate",
    step=STEP,
    code="DUPLICATE",
    message="You offer this GTIN already under another SKU. Change that offer, or withdraw it first.",
    expected="one offer for each GTIN",
    structural=True,
)
def gtin_duplicate(_record: Record, facts: OfferFacts) -> Iterator[Place]:
    """Amazon and Mirakl: a supplier has one offer for a product and condition."""
    if facts.offered_under_other_sku:
        yield at("/gtin")


@check(
    "gtin.other_brand",
    step=STEP,
    code="CONFLICT",
    message="This GTIN is known here under another brand. Check both; one of them is wrong.",
    expected="the brand of the product that has this GTIN",
)
def gtin_other_brand(record: Record, facts: OfferFacts, *, near: int = NEAR) -> Iterator[Place]:
    """Amazon, product identity: a GTIN has one brand. Names of which one holds the other's words, or that are
    `near` of 100 alike, are a matter of spelling (`gtin.brand_spelling`)."""
    if _likeness_of_brands(record, facts) < near:
        yield at("/brand")


@check(
    "gtin.brand_spelling",
    step=STEP,
    severity=WARNING,
    code="CONFLICT",
    message="The brand of this GTIN is written otherwise here. The product keeps that spelling.",
    expected="the brand as the product has it",
)
def gtin_brand_spelling(record: Record, facts: OfferFacts, *, near: int = NEAR) -> Iterator[Place]:
    """House rule: `Coca Cola Co.` is `Coca-Cola`. One GTIN and nearly one name are one brand to
    a person, too."""
    if near <= _likeness_of_brands(record, facts) < SAME:
        yield at("/brand")


def _likeness_of_brands(record: Record, facts: OfferFacts) -> float:
    """How alike offer and product name the brand; SAME but for case, accents' encoding and punctuation."""
    brand = str(record.get("brand") or "")
    if not facts.product_brand or text.alike(brand, facts.product_brand):
        return SAME
    return min(names.likeness(brand, facts.product_brand), SAME - 1)


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
    gtin_brand_spelling,
    gtin_exemption_not_credible,
    gtin_exempt_with_gtin,
)
