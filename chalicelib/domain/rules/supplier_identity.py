"""Checks of who the supplier is: country, tax number, account, and what it agreed to."""

from collections.abc import Iterator

from chalicelib.domain import pointers
from chalicelib.domain.rules import countries
from chalicelib.domain.rules.facts import SupplierFacts
from chalicelib.domain.rules.kinds import INFO, CheckRule, Place, Record, at, check

STEP = "supplier_identity"


@check(
    "country.unknown",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="This is no country of ISO 3166. Send its two-letter code, for example DE.",
    expected="an ISO 3166-1 alpha-2 code",
)
def country_unknown(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
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
    for field in ("/legal_name", "/display_name"):
        if not record.get(field[1:]):
            yield at(field)


@check(
    "image_standard.not_accepted",
    step=STEP,
    code="QUALIFICATION_REQUIRED",
    message="The image standard is not accepted. Read it, then set accepts_image_standard to true.",
    expected="true",
)
def image_standard_not_accepted(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
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
    from stdnum import iban

    value = pointers.find(record, "/payout_account/iban")
    if isinstance(value, str) and not iban.is_valid(value):
        yield at("/payout_account/iban")


@check(
    "routing_number.invalid",
    step=STEP,
    code="INVALID_IDENTIFIER",
    message="The routing number is wrong: a US routing number has nine digits, and its check digit fits.",
    expected="a valid ABA routing number",
)
def routing_number_invalid(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    from stdnum.us import rtn

    value = pointers.find(record, "/payout_account/routing_number")
    if record.get("country") == "US" and isinstance(value, str) and not rtn.is_valid(value):
        yield at("/payout_account/routing_number")


IDENTITY_CHECKS: tuple[CheckRule[SupplierFacts], ...] = (
    country_unknown,
    tax_id_invalid,
    tax_id_not_checked,
    name_missing,
    image_standard_not_accepted,
    iban_invalid,
    routing_number_invalid,
)
