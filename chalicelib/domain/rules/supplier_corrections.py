"""What is mended in a supplier's profile without asking. The order matters: later rules read what earlier
ones mended (a phone number is read by its country's plan)."""

from chalicelib.domain.rules import accounts, countries, hosts, phones, text_corrections
from chalicelib.domain.rules.kinds import CorrectionRule, Record, correction

_NAMES = (
    "/legal_name",
    "/display_name",
    "/brands/*/name",
    "/contact/name",
    "/address/line1",
    "/address/line2",
    "/address/city",
    "/address/region",
)
_LINES = (
    *_NAMES,
    "/tax_id",
    "/country",
    "/website",
    "/contact/email",
    "/contact/phone",
    "/address/postal_code",
    "/address/country",
    "/payout_account/iban",
    "/payout_account/account_number",
    "/payout_account/routing_number",
)


@correction(
    "country.iso_code",
    "/country",
    "/address/country",
    code="INVALID_ATTRIBUTE",
    message="The country's name was replaced by its ISO 3166 code.",
)
def country_code(value: str, _record: Record) -> str | None:
    """ISO 3166-1 alpha-2, from its English names and other codes, and from names that people write."""
    return countries.code_of(value)


@correction(
    "legal_name.legal_form",
    "/legal_name",
    code="INVALID_ATTRIBUTE",
    message="The legal form is spelled as its register spells it.",
)
def legal_form(value: str, record: Record) -> str | None:
    """The companies acts and registers of each country, which fix how a legal form is written."""
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
    """RFC 3986: a URL has a scheme. People write a web site as they say it."""
    return hosts.with_scheme(value)


@correction(
    "phone.e164",
    "/contact/phone",
    code="INVALID_ATTRIBUTE",
    message="The phone number was written in international form.",
)
def phone_number(value: str, record: Record) -> str | None:
    """ITU-T E.164, by the numbering plan of the supplier's country as libphonenumber has it."""
    number = phones.number_of(value, str(record.get("country")))
    return phones.e164(number) if number is not None and not number.extension else None


@correction(
    "iban.form",
    "/payout_account/iban",
    code="INVALID_ATTRIBUTE",
    message="The IBAN was written in capitals, without spaces.",
)
def iban_form(value: str, _record: Record) -> str | None:
    """ISO 13616: an IBAN is exchanged in capitals and without spaces, only printed in groups."""
    return accounts.compact_iban(value) if accounts.iban_is_valid(value) else None


SUPPLIER_CORRECTIONS: tuple[CorrectionRule, ...] = (
    text_corrections.mojibake_in(*_NAMES),
    text_corrections.entities_in(*_NAMES),
    text_corrections.white_space_in(*_LINES),
    country_code,
    legal_form,
    website_scheme,
    phone_number,
    iban_form,
)
