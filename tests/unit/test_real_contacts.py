"""E-mail addresses, phone numbers and IBANs from the test suites of the libraries that know them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from unit.records import CLEAN_SUPPLIER, changed, supplier_findings

from chalicelib.domain import corrections
from chalicelib.domain.rules import accounts, hosts
from chalicelib.domain.rules.supplier_corrections import SUPPLIER_CORRECTIONS

DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", "../shared/data"))

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real data is not here")


def vectors(folder: str) -> Any:
    return json.loads((DATA / folder / "vectors.json").read_text())


VALID = ("test_email_valid", "test_email_valid_intl_local_part")
ACCEPTED_HERE = {
    # .test is for tests (RFC 2606), so they need it; the domain check after it leaves such names alone.
    "me@test.test.test",
    # Refused only where a mail server knows no internationalised addresses (RFC 6531).
    "λambdaツ@test",
}


def is_more_than_an_address(address: str) -> bool:
    """A quoted local part, against which RFC 5321 advises and which few mail servers take, or a display name,
    which is no part of an address: both are valid for the vectors and refused here."""
    return '"' in address or "<" in address


def test_email_addresses_are_told_from_what_is_none() -> None:
    for name, cases in vectors("email-vectors").items():
        for address, *_ in cases:
            valid = (name in VALID and not is_more_than_an_address(address)) or address in ACCEPTED_HERE
            if name == "test_email_unsafe_character":
                address = f"{address}n@example.com"  # noqa: PLW2901 - the vector is the character alone
            assert (hosts.of_email(address) is not None) == valid, (name, address)


def test_phone_numbers_of_every_region_become_e164() -> None:
    for vector in vectors("phone-vectors")["valid"]:
        for form in ("national", "e164"):
            record = {"country": vector["region"], "contact": {"phone": vector[form]}}
            corrected, _ = corrections.apply(record, SUPPLIER_CORRECTIONS)
            assert corrected["contact"]["phone"] == vector["e164"], (vector, form)


def test_numbers_that_no_plan_has_are_found_and_left_alone() -> None:
    for vector in vectors("phone-vectors")["invalid"]:
        record = changed(CLEAN_SUPPLIER, country=vector["region"], contact__phone=vector["e164"])
        corrected, _ = corrections.apply(record, SUPPLIER_CORRECTIONS)
        assert corrected["contact"]["phone"] == vector["e164"]
        assert "phone.invalid" in {each.rule for each in supplier_findings(corrected)}, vector


REFUSED_IBANS = {
    # The registry's own example; python-stdnum knows that Belgium has no bank 539.
    "BE68 5390 0754 7034",
    # Senegal joined the registry after the edition that python-stdnum carries.
    "SN08 SN01 0015 2000 0485 0000 3035",
}
JOINED_SINCE = {"HN", "YE"}
"""Of the countries that the vectors call experimental. The others are in no registry: a person is asked."""


def test_ibans_of_the_registry_are_told_from_others() -> None:
    listed = vectors("iban-vectors-schwifty")["test_iban.py"]
    for number in listed["_valid"][0]:
        assert accounts.iban_is_valid(number) == (number not in REFUSED_IBANS), number
    for number in listed["_invalid"][0]:
        assert not accounts.iban_is_valid(number), number
    for number in listed["_experimental"][0]:
        assert accounts.iban_is_valid(number) == (number[:2] in JOINED_SINCE), number


def test_an_iban_has_one_pair_of_check_digits_and_one_form() -> None:
    edges = vectors("iban-vectors-schwifty")["test_iban_edge_cases.py"]
    for canonical, alias in edges["test_checksum_digit_aliases_are_rejected"][0]["values"]:
        assert accounts.iban_is_valid(canonical)
        assert not accounts.iban_is_valid(alias)
    for raw in edges["test_constructor_normalises_input"][0]["values"]:
        corrected, _ = corrections.apply({"payout_account": {"iban": raw}}, SUPPLIER_CORRECTIONS)
        assert corrected["payout_account"]["iban"] == "DE89370400440532013000"
