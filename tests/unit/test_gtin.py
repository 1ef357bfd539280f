"""GTINs: what is mended, what is refused, and that a valid number is never made another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from chalicelib.domain import corrections, gtin
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS

digits = st.text(alphabet="0123456789", min_size=7, max_size=13)
valid_codes = digits.map(lambda body: body + gtin.check_digit(body)).filter(
    lambda code: gtin.fault(code) is None
)


def normalised(code: str, **record: str) -> str:
    corrected, _ = corrections.apply({"gtin": code, **record}, OFFER_CORRECTIONS)
    return str(corrected["gtin"])


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("0-36000-29145-2", "036000291452"),
        ("4006381 333931", "4006381333931"),
        ("4006381\u00a0333931", "4006381333931"),
        ("4006381\u2011333931", "4006381333931"),
        ("'036000291452", "036000291452"),
        ('="036000291452"', "036000291452"),
        ("０３６０００２９１４５２", "036000291452"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "4006381333931"),
        ("36000291452", "036000291452"),
        ("36000291452.0", "036000291452"),
        ("7203620042", "007203620042"),
        ("04252614", "042100005264"),
        ("0-306-40615-2", "9780306406157"),
        ("097522980X", "9780975229804"),
        ("097522980x", "9780975229804"),
    ],
)
def test_certain_damage_is_mended(sent: str, meant: str) -> None:
    assert normalised(sent) == meant
    assert gtin.fault(meant) is None


@pytest.mark.parametrize(
    "code",
    [
        "036000291452",
        "4006381333931",
        "96385074",
        "10038034720202",
        "8.06E+12",
        "12345",
        "36000291453",
        "7078429486",  # a UPC without its check digit that passes as ISBN-10
        "000000000",
        "00000000",
        "01234567",
        "n/a",
        "",
    ],
)
def test_what_is_right_or_doubtful_stays_as_it_was_sent(code: str) -> None:
    assert normalised(code) == code


def test_an_isbn_10_is_certain_where_the_offer_is_a_book() -> None:
    assert normalised("3442267781") == "3442267781"
    assert normalised("3442267781", category="Books > Novels") == "9783442267781"


@pytest.mark.parametrize(
    ("core", "expanded"),
    [
        ("123450", "012000003455"),
        ("123451", "012100003454"),
        ("123452", "012200003453"),
        ("123453", "012300000451"),
        ("123454", "012340000053"),
        ("123455", "012345000058"),
        ("123459", "012345000096"),
    ],
)
def test_a_upc_e_is_written_out_by_its_last_digit(core: str, expanded: str) -> None:
    assert gtin.upc_a_of_upc_e(f"0{core}{expanded[-1]}") == expanded


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("8.06E+12", "SPREADSHEET"),
        ("8,06e12", "SPREADSHEET"),
        ("40063813339x1", "CHARACTERS"),
        ("١٢٣٤٥٦٧٨", "CHARACTERS"),
        ("12345", "LENGTH"),
        ("7078429486", "LENGTH"),
        ("123456789012345", "LENGTH"),
        ("0000000000000", "ZEROS"),
        ("4006381333932", "CHECK_DIGIT"),
        ("212410305402", "RESTRICTED"),
        ("411010983106", "RESTRICTED"),
        ("0212410305402", "RESTRICTED"),
        ("2012345678903", "RESTRICTED"),
        ("9901234567899", "RESTRICTED"),
        ("9812345678902", "RESTRICTED"),
        ("500000000005", "RESTRICTED"),
        ("20743864", "RESTRICTED"),
        ("04242420", "RESTRICTED"),
        ("12124103054021", "RESTRICTED"),
    ],
)
def test_a_code_that_may_not_be_traded_has_its_fault_named(code: str, fault: str) -> None:
    assert gtin.fault(code) == fault


@given(st.text(max_size=20) | digits)
def test_normalisation_is_idempotent(code: str) -> None:
    assert normalised(normalised(code)) == normalised(code)


@given(valid_codes)
def test_a_code_that_may_be_traded_keeps_its_trade_item(code: str) -> None:
    """So normalisation is injective on them: different trade items stay different."""
    assert gtin.key(normalised(code)) == gtin.key(code)


@given(valid_codes, valid_codes)
def test_codes_are_one_trade_item_only_where_they_are_one_number(one: str, other: str) -> None:
    same_after = gtin.key(normalised(one)) == gtin.key(normalised(other))

    assert same_after == (int(one) == int(other))


@given(st.text(alphabet="0123456789", min_size=8, max_size=14))
def test_the_check_digit_agrees_with_an_independent_implementation(code: str) -> None:
    if len(code) in gtin.LENGTHS:
        assert gtin.has_right_check_digit(code) == ean.is_valid(code)


@given(st.text(alphabet="0123456789", min_size=13, max_size=13))
def test_what_is_accepted_passes_the_independent_implementation_too(code: str) -> None:
    if gtin.fault(code) is None:
        assert ean.is_valid(code)
