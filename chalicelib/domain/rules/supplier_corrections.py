"""What is mended in a supplier's profile without asking. The order matters: later rules read what earlier
ones mended (a phone number is read by its country's plan)."""

from chalicelib.domain.rules import countries, hosts, text
from chalicelib.domain.rules.kinds import CorrectionRule, Record, correction

_NAMES_AND_LINES = (
    "/legal_name",
    "/display_name",
    "/tax_id",
    "/country",
    "/website",
    "/brands/*/name",
    "/contact/name",
    "/contact/email",
    "/contact/phone",
    "/address/line1",
    "/address/line2",
    "/address/city",
    "/address/region",
    "/address/postal_code",
    "/address/country",
    "/payout_account/iban",
    "/payout_account/account_number",
    "/payout_account/routing_number",
)


@correction(
    "text.white_space",
    *_NAMES_AND_LINES,
    code="INVALID_ATTRIBUTE",
    message="Stray white space or control characters were removed, and accents composed.",
)
def white_space(value: str, _record: Record) -> str | None:
    return text.one_line(value)


@correction(
    "country.iso_code",
    "/country",
    "/address/country",
    code="INVALID_ATTRIBUTE",
    message="The country's name was replaced by its ISO 3166 code.",
)
def country_code(value: str, _record: Record) -> str | None:
    return countries.code_of(value)


@correction(
    "legal_name.legal_form",
    "/legal_name",
    code="INVALID_ATTRIBUTE",
    message="The legal form is spelled as its register spells it.",
)
def legal_form(value: str, record: Record) -> str | None:
    name, _, form = value.rpartition(" ")
    letters = form.replace(".", "").casefold()
    spelling = _FORMS_EVERYWHERE.get(letters) or _FORMS_OF.get(str(record.get("country")), {}).get(letters)
    return f"{name} {spelling}" if name.strip() and spelling else None


_FORMS_EVERYWHERE = {"gmbh": "GmbH", "inc": "Inc.", "llc": "LLC", "ltd": "Ltd", "plc": "PLC", "sarl": "SARL"}
_GERMAN = {"ag": "AG", "kg": "KG", "ohg": "OHG", "ug": "UG"}
_DUTCH = {"bv": "B.V.", "nv": "N.V."}
_FORMS_OF = {
    "AT": _GERMAN,
    "BE": {**_DUTCH, "sa": "SA", "srl": "SRL"},
    "CH": {**_GERMAN, "sa": "SA"},
    "DE": _GERMAN,
    "DK": {"aps": "ApS", "as": "A/S"},
    "ES": {"sa": "S.A.", "sl": "S.L."},
    "FI": {"oy": "Oy", "oyj": "Oyj"},
    "FR": {"sa": "SA", "sas": "SAS"},
    "IT": {"spa": "S.p.A.", "srl": "S.r.l."},
    "NL": _DUTCH,
    "NO": {"as": "AS", "asa": "ASA"},
    "SE": {"ab": "AB"},
}
"""Short forms that are words elsewhere count only in the countries that register them."""


@correction(
    "website.scheme",
    "/website",
    code="INVALID_ATTRIBUTE",
    message="The address of the web site was completed with https://.",
)
def website_scheme(value: str, _record: Record) -> str | None:
    return hosts.with_scheme(value)


@correction(
    "phone.e164",
    "/contact/phone",
    code="INVALID_ATTRIBUTE",
    message="The phone number was written in international form.",
)
def phone_number(value: str, record: Record) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(value, str(record.get("country")))
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or number.extension:
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@correction(
    "iban.form",
    "/payout_account/iban",
    code="INVALID_ATTRIBUTE",
    message="The IBAN was written in capitals, without spaces.",
)
def iban_form(value: str, _record: Record) -> str | None:
    from stdnum import iban

    return str(iban.compact(value)).upper() if iban.is_valid(value) else None


SUPPLIER_CORRECTIONS: tuple[CorrectionRule, ...] = (
    white_space,
    country_code,
    legal_form,
    website_scheme,
    phone_number,
    iban_form,
)
