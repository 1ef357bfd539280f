from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import carriers
from chalicelib.domain.carriers import CARRIERS, Carrier


def carrier(name: str) -> Carrier:
    found = carriers.find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("DHL", "DHL"),
        ("ups ground", "UPS"),
        ("Fed Ex", "FEDEX"),
        ("Royal Mail Tracked 24®", "ROYAL_MAIL"),
        ("royal-mail", "ROYAL_MAIL"),
        ("DPD UK", "DPD_UK"),
        ("La Poste", "COLISSIMO"),
        ("日本郵便", "JAPAN_POST"),
        ("Post", None),
        ("upside down", None),
        ("", None),
    ],
)
def test_a_carrier_is_known_however_it_is_spelled(name: str, code: str | None) -> None:
    found = carriers.find(name)

    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("UPS", "1Z5R89390357567127"),
        ("UPS", "1z999aa1 0123456784"),
        ("FedEx", "9865 7878 8855"),
        ("USPS", "9400 1112 0108 0805 4830 16"),
        ("USPS", "EE123456785US"),
        ("PostNL", "RR473124829NL"),
        ("Royal Mail", "RB123456785GB"),
    ],
)
def test_a_wrong_digit_is_a_warning_and_the_right_one_none(name: str, number: str) -> None:
    place = max(index for index, each in enumerate(number) if each.isdecimal())
    wrong = f"{number[:place]}{(int(number[place]) + 1) % 10}{number[place + 1 :]}"

    assert carriers.issues(carrier(name), number) == []
    assert [
        (each["code"], each["severity"], each["value_seen"]) for each in carriers.issues(carrier(name), wrong)
    ] == [("INVALID_IDENTIFIER", "WARNING", wrong)]


def test_a_number_in_a_format_that_is_not_known_says_nothing() -> None:
    assert carriers.issues(carrier("UPS"), "K2479825491") == []
    assert carriers.issues(carrier("DHL"), "00340434") == []


@given(name=st.sampled_from(CARRIERS), number=st.text(min_size=1, max_size=100))
def test_whatever_the_number_the_link_leads_to_the_carrier(name: Carrier, number: str) -> None:
    link, page = urlsplit(carriers.tracking_url(name, number)), urlsplit(name.page)

    assert (link.scheme, link.netloc, link.path.count("/")) == ("https", page.netloc, page.path.count("/"))
    carriers.issues(name, number)


def test_no_name_stands_for_two_carriers() -> None:
    names = [name for each in CARRIERS for name in (each.code.replace("_", "").lower(), *each.aliases)]

    assert sorted(names) == sorted(set(names))
    assert all(carriers.find(name) for name in names)
