"""Checks of who the supplier is: country, tax number, account, and what it agreed to."""

from collections.abc import Iterator, Sequence

from chalicelib.domain import pointers
from chalicelib.domain.rules import accounts, countries, text
from chalicelib.domain.rules.facts import SupplierFacts
from chalicelib.domain.rules.kinds import INFO, WARNING, CheckRule, Place, Record, at, check

STEP = "supplier_identity"


@check(
    "country.unknown",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="This is no country of ISO 3166. Send its two-letter code, for example DE.",
    expected="an ISO 3166-1 alpha-2 code",
)
def country_unknown(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """ISO 3166-1."""
    for field in ("/country", "/address/country"):
        value = pointers.find(record, field)
        if isinstance(value, str) and not countries.is_code(value):
            yield at(field)


@check(
    "tax_id.invalid",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="The tax number is none that this country gives out: form or check digits are wrong. "
    "Compare it with the registration document.",
    expected="a tax or VAT number of the supplier's country",
)
def tax_id_invalid(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """The tax administrations' own check digits, by python-stdnum."""
    if _tax_id_is_valid(record) is False:
        yield at("/tax_id")


@check(
    "tax_id.not_checked",
    step=STEP,
    severity=INFO,
    code="INVALID_IDENTIFIER",
    message="The form of this country's tax numbers is not known here, so the number was not checked.",
)
def tax_id_not_checked(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """House rule: what python-stdnum cannot check is said, not passed in silence."""
    country = str(record.get("country"))
    if countries.is_code(country) and _tax_id_is_valid(record) is None:
        yield at("/tax_id")


def _tax_id_is_valid(record: Record) -> bool | None:
    country = str(record.get("country"))
    if not countries.is_code(country):
        return None
    return countries.tax_id_is_valid(country, str(record.get("tax_id", "")))


@check(
    "name.missing",
    step=STEP,
    code="MISSING_ATTRIBUTE",
    message="This name is empty. Send the name as it is registered.",
    expected="a name",
)
def name_missing(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """Regulation (EU) 2022/2065, Article 30: a marketplace knows the names of its traders."""
    for field in ("/legal_name", "/display_name"):
        if not record.get(field[1:]):
            yield at(field)


@check(
    "name.characters_lost",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="Characters of this name were lost when it was read in a wrong encoding. "
    "Send it again, as UTF-8.",
    expected="the name with all its characters",
)
def name_characters_lost(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """As `content.characters_lost`."""
    for field in ("/legal_name", "/display_name"):
        if text.is_damaged(str(record.get(field[1:]) or "")):
            yield at(field)


@check(
    "name.placeholder",
    step=STEP,
    code="MISSING_ATTRIBUTE",
    message="This stands in for a name that is missing. Send the name as it is registered.",
    expected="a name",
)
def name_placeholder(
    record: Record, _facts: SupplierFacts, *, words: Sequence[str] = text.PLACEHOLDERS
) -> Iterator[Place]:
    """House rule, as `content.placeholder`."""
    for field in ("/legal_name", "/display_name"):
        if text.is_placeholder(str(record.get(field[1:]) or ""), words):
            yield at(field)


@check(
    "postal_code.invalid",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="The country has no such postal code. Check it with the address.",
    expected="a postal code of the address's country",
)
def postal_code_invalid(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """The national posts' own forms, for the countries that python-stdnum knows them of."""
    country, code = (pointers.find(record, f"/address/{name}") for name in ("country", "postal_code"))
    if isinstance(code, str) and countries.postal_code_is_valid(str(country), code) is False:
        yield at("/address/postal_code")


@check(
    "image_standard.not_accepted",
    step=STEP,
    code="QUALIFICATION_REQUIRED",
    message="The image standard is not accepted. Read it, then set accepts_image_standard to true.",
    expected="true",
)
def image_standard_not_accepted(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """House rule: pictures are shown beside the retailer's own."""
    if record.get("accepts_image_standard") is not True:
        yield at("/accepts_image_standard")


@check(
    "iban.invalid",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="The IBAN is wrong: its length, form or check digits do not fit.",
    expected="a valid IBAN",
)
def iban_invalid(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """ISO 13616 and the SWIFT IBAN registry, by python-stdnum."""
    value = pointers.find(record, "/payout_account/iban")
    if isinstance(value, str) and not accounts.iban_is_valid(value):
        yield at("/payout_account/iban")


@check(
    "iban.other_country",
    step=STEP,
    severity=WARNING,
    code="CONFLICT",
    message="The account is in another country than the company. Check that it is the company's own.",
    expected="an account in the supplier's country",
)
def iban_other_country(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """Payout providers' onboarding (know your customer): an account abroad is looked at twice."""
    value, country = pointers.find(record, "/payout_account/iban"), str(record.get("country"))
    if not isinstance(value, str) or not accounts.iban_is_valid(value) or not countries.is_code(country):
        return
    if accounts.compact_iban(value)[:2] != country:
        yield at("/payout_account/iban")


@check(
    "routing_number.invalid",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="The routing number is wrong: a US routing number has nine digits, and its check digit fits.",
    expected="a valid ABA routing number",
)
def routing_number_invalid(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """American Bankers Association, routing number policy, by python-stdnum."""
    from stdnum.us import rtn

    value = pointers.find(record, "/payout_account/routing_number")
    if record.get("country") == "US" and isinstance(value, str) and not rtn.is_valid(value):
        yield at("/payout_account/routing_number")


IDENTITY_CHECKS: tuple[CheckRule[SupplierFacts], ...] = (
    country_unknown,
    tax_id_invalid,
    tax_id_not_checked,
    name_missing,
    name_characters_lost,
    name_placeholder,
    postal_code_invalid,
    image_standard_not_accepted,
    iban_invalid,
    iban_other_country,
    routing_number_invalid,
)
