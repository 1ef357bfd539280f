"""Bank accounts by their IBAN."""

import re

_CHECK_DIGITS = re.compile(r"[A-Z]{2}(?:0[2-9]|[1-8][0-9]|9[0-8])")
"""ISO 13616 gives out 02 to 98 only; 00, 01 and 99 leave the same remainder as 97, 98 and 02."""


def iban_is_valid(number: str) -> bool:
    """Whether the text is an IBAN of the SWIFT registry: form and check digits, national ones where
    python-stdnum knows them."""
    from stdnum import iban

    return bool(iban.is_valid(number)) and _CHECK_DIGITS.match(compact_iban(number)) is not None


def bic_is_valid(code: str) -> bool:
    """Whether the text has the form of a BIC, ISO 9362."""
    from stdnum import bic

    return bool(bic.is_valid(code))


def compact_iban(number: str) -> str:
    """The IBAN as it is exchanged: in capitals, without spaces."""
    from stdnum import iban

    return str(iban.compact(number)).upper()
