"""Which currency a country's shops mean when they do not say."""

import re
import unicodedata
from functools import cache


@cache
def currency_of(country: str) -> str | None:
    """The ISO 4217 code of the currency of the country with this ISO 3166-1 alpha-2 code.

    None for no country, and where several are legal tender and none is the country's own.
    """
    import iso3166  # both read their tables on import: nothing that each cold start needs
    import iso4217

    found = iso3166.countries_by_alpha2.get(country.upper())
    if found is None:
        return None
    names = {_letters(found.name), _letters(found.apolitical_name)}
    tender = [
        currency
        for currency in iso4217.Currency
        if currency.exponent is not None and not names.isdisjoint(map(_letters, currency.country_names))
    ]
    own = [currency for currency in tender if currency.number == int(found.numeric)]
    certain = own or tender
    return str(certain[0].code) if len(certain) == 1 else None


def _letters(name: str) -> str:
    """A country's name so that ISO 3166 and ISO 4217, which writes `CONGO (THE)`, spell it alike."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return "".join(re.findall("[a-z]+", re.sub(r"\bthe\b", "", plain)))
