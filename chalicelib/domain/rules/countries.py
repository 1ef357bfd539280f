"""Countries by the names that people write, and the numbers that each country gives out."""

from collections.abc import Iterator
from typing import Any

_ALIASES = {
    "BELGIË": "BE",
    "BELGIQUE": "BE",
    "CZECH REPUBLIC": "CZ",
    "DANMARK": "DK",
    "DEUTSCHLAND": "DE",
    "ENGLAND": "GB",
    "ESPAÑA": "ES",
    "GREAT BRITAIN": "GB",
    "HOLLAND": "NL",
    "ITALIA": "IT",
    "NEDERLAND": "NL",
    "NORGE": "NO",
    "POLSKA": "PL",
    "RUSSIA": "RU",
    "SCHWEIZ": "CH",
    "SCOTLAND": "GB",
    "SOUTH KOREA": "KR",
    "SUISSE": "CH",
    "SUOMI": "FI",
    "SVERIGE": "SE",
    "TAIWAN": "TW",
    "THE NETHERLANDS": "NL",
    "TURKEY": "TR",
    "U.S.": "US",
    "U.S.A.": "US",
    "UK": "GB",
    "UNITED KINGDOM": "GB",
    "UNITED STATES": "US",
    "VIETNAM": "VN",
    "ÖSTERREICH": "AT",
}
"""Names that are in use and that ISO 3166 does not list."""

_MORE_TAX_NUMBERS: dict[str, tuple[str, ...]] = {
    "AU": ("acn", "tfn"),
    "BR": ("cpf",),
    "CA": ("sin",),
    "CH": ("uid",),
    "CN": ("ric",),
    "CR": ("cpf",),
    "DE": ("stnr", "idnr"),
    "EE": ("registrikood",),
    "FI": ("ytunnus",),
    "FR": ("siren", "siret"),
    "GB": ("utr",),
    "IE": ("pps",),
    "IN": ("pan",),
    "IT": ("codicefiscale",),
    "LI": ("peid",),
    "MD": ("idno",),
    "NO": ("orgnr",),
    "PL": ("regon",),
    "RO": ("cui",),
    "RU": ("ogrn",),
    "SE": ("orgnr",),
    "TR": ("tckimlik",),
    "UA": ("edrpou", "rntrc"),
}
"""What businesses, and people who trade in their own name, give besides the number that python-stdnum knows
as their country's `vat` or `tin`: modules of it by country."""


def code_of(name: str) -> str | None:
    """The ISO 3166 alpha-2 code of a country's code or name in any case, or None."""
    from iso3166 import countries

    wanted = name.strip().upper()
    if wanted.isdecimal():
        return None
    country = countries.get(wanted, None)
    return country.alpha2 if country else _ALIASES.get(wanted)


def is_code(code: str) -> bool:
    """Whether `code` is an ISO 3166 alpha-2 code as it is written there."""
    return len(code) == 2 and code_of(code) == code


def tax_id_is_valid(country: str, number: str) -> bool | None:
    """Whether one of the country's tax or VAT numbers has this form and check digits; None where the
    country's numbers are not known here."""
    modules = list(_tax_modules(country))
    return any(module.is_valid(number) for module in modules) if modules else None


def postal_code_is_valid(country: str, code: str) -> bool | None:
    """Whether the country's post gives out such codes; None where its form is not known here."""
    from stdnum.util import get_cc_module

    module = get_cc_module(country.lower(), "postal_code")
    return bool(module.is_valid(code)) if module is not None else None


def compact_tax_id(country: str, number: str) -> str:
    """The number as its country writes it without separators and prefix, so that equal numbers compare
    equal; letters and digits in capitals where the country's numbers are not known here."""
    for module in _tax_modules(country):
        if module.is_valid(number):
            return str(module.compact(number)).upper()
    return "".join(character for character in number.upper() if character.isalnum())


def _tax_modules(country: str) -> Iterator[Any]:
    from stdnum.util import get_cc_module

    for name in ("vat", "tin", *_MORE_TAX_NUMBERS.get(country, ())):
        module = get_cc_module(country.lower(), name)
        if module is not None:
            yield module
