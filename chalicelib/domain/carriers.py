"""The carriers that parcels are tracked with: their names, where a parcel is followed, what a number must be.

A carrier's name stays what the supplier wrote. Where it is one of these, it gets a code and a link to the
carrier's own public tracking page, and a number with a wrong check digit gets a warning: it was mistyped.
A number in a format that is not checked here says nothing, as carriers have many.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.domain.gtin import has_right_check_digit

Check = Callable[[str], bool]

_SEPARATORS = re.compile(r"[\s-]+")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_FEDEX_WEIGHTS = (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)


@dataclass(frozen=True)
class Carrier:
    """`page` is the carrier's public tracking page, with the number's place in it. `aliases` are further
    names, in small letters and without spaces. `formats` are the numbers that can be checked."""

    code: str
    page: str
    aliases: tuple[str, ...] = ()
    formats: tuple[tuple[re.Pattern[str], Check], ...] = ()


def find(name: str) -> Carrier | None:
    """The carrier that `name` begins with, however it is spelled (`Fed Ex`, `UPS Ground`), or None."""
    words = "".join(each if each.isalnum() else " " for each in name.casefold()).split()
    beginnings = ("".join(words[:count]) for count in range(len(words), 0, -1))
    return next((_BY_NAME[beginning] for beginning in beginnings if beginning in _BY_NAME), None)


def tracking_url(carrier: Carrier, tracking_number: str) -> str:
    """Where the carrier shows the parcel."""
    return carrier.page.format(number=quote(_bare(tracking_number), safe=""))


def issues(carrier: Carrier, tracking_number: str) -> list[dict[str, Any]]:
    """A warning where the number is in a format of the carrier and cannot be one of its numbers."""
    number = _bare(tracking_number)
    checks = [check for shape, check in carrier.formats if shape.fullmatch(number)]
    if not checks or any(check(number) for check in checks):
        return []
    return [
        {
            "rule": "tracking_number.check_digit",
            "code": "INVALID_IDENTIFIER",
            "severity": "WARNING",
            "field": "/tracking_number",
            "message": f"The check digit of this tracking number of {carrier.code} is wrong.",
            "value_seen": tracking_number,
            "expected": "The number as it stands on the parcel's label.",
            "suggested_value": None,
            "auto_correctable": False,
        }
    ]


def _bare(tracking_number: str) -> str:
    return _SEPARATORS.sub("", tracking_number).upper()


def _is_ups(number: str) -> bool:
    """Letters count from A=2 on, modulo ten, and every second place is doubled; source: UPS's Guide to
    Labeling."""
    digits = [int(each) if each.isdecimal() else (ord(each) - ord("A") + 2) % 10 for each in number[2:-1]]
    return str(-(sum(digits[::2]) + 2 * sum(digits[1::2])) % 10) == number[-1]


def _is_s10(number: str) -> bool:
    """The Universal Postal Union's standard S10, which posts number parcels and registered letters by."""
    weighted = sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, number[2:10], strict=True))
    rest = 11 - weighted % 11
    return {10: 0, 11: 5}.get(rest, rest) == int(number[10])


def _is_fedex(number: str) -> bool:
    """FedEx Express, twelve digits; source: FedEx's Barcode and Label Layout Specification."""
    weighted = sum(weight * int(digit) for weight, digit in zip(_FEDEX_WEIGHTS, number[:11], strict=True))
    return weighted % 11 % 10 == int(number[11])


_UPS = (re.compile(r"1Z[0-9A-Z]{15}[0-9]", re.ASCII), _is_ups)
_S10 = (re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}", re.ASCII), _is_s10)
_FEDEX = (re.compile(r"[0-9]{12}", re.ASCII), _is_fedex)
_IMPB = (re.compile(r"9[1-5][0-9]{20}", re.ASCII), has_right_check_digit)
"""USPS's Intelligent Mail package barcode (Publication 199): its check digit is made as a GTIN's."""

CARRIERS = (
    Carrier(
        "DHL",
        "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
        ("deutschepost", "dhlexpress", "dhlpaket"),
    ),
    Carrier("UPS", "https://www.ups.com/track?tracknum={number}", ("unitedparcelservice",), (_UPS,)),
    Carrier("FEDEX", "https://www.fedex.com/fedextrack/?trknbr={number}", ("federalexpress",), (_FEDEX,)),
    Carrier(
        "USPS",
        "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
        ("uspostalservice", "unitedstatespostalservice"),
        (_IMPB, _S10),
    ),
    Carrier("DPD", "https://tracking.dpd.de/status/en_US/parcel/{number}"),
    Carrier("DPD_UK", "https://track.dpd.co.uk/parcels/{number}", ("dpdlocal",)),
    Carrier(
        "GLS",
        "https://gls-group.eu/EU/en/parcel-tracking?match={number}",
        ("generallogisticssystems",),
    ),
    Carrier(
        "ROYAL_MAIL", "https://www.royalmail.com/track-your-item#/tracking-results/{number}", (), (_S10,)
    ),
    Carrier("EVRI", "https://www.evri.com/track/parcel/{number}", ("hermesuk", "myhermesuk")),
    Carrier("POSTNL", "https://postnl.nl/tracktrace/?B={number}", ("tntpost",), (_S10,)),
    Carrier(
        "BPOST",
        "https://track.bpost.cloud/btr/web/#/search?itemCode={number}",
        ("bpack", "belgianpost"),
        (_S10,),
    ),
    Carrier(
        "COLISSIMO",
        "https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
        ("laposte", "lettresuivie"),
        (_S10,),
    ),
    Carrier(
        "CHRONOPOST",
        "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={number}",
        (),
        (_S10,),
    ),
    Carrier(
        "CORREOS",
        "https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={number}",
        (),
        (_S10,),
    ),
    Carrier("CORREOS_EXPRESS", "https://s.correosexpress.com/c?n={number}"),
    Carrier(
        "POSTE_ITALIANE",
        "https://www.poste.it/cerca/index.html#/risultati-spedizioni/{number}",
        (),
        (_S10,),
    ),
    Carrier("AUSTRIAN_POST", "https://www.post.at/sv/sendungsdetails?snr={number}", ("postat",), (_S10,)),
    Carrier(
        "CANADA_POST",
        "https://www.canadapost-postescanada.ca/track-reperage/en#/details/{number}",
        ("postescanada",),
        (_S10,),
    ),
    Carrier(
        "AUSTRALIA_POST", "https://auspost.com.au/mypost/track/#/details/{number}", ("auspost",), (_S10,)
    ),
    Carrier(
        "JAPAN_POST",
        "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={number}&locale=en",
        ("jppost", "日本郵便"),
        (_S10,),
    ),
    Carrier(
        "YAMATO",
        "https://toi.kuronekoyamato.co.jp/cgi-bin/tneko?number01={number}",
        ("kuroneko", "yamatotransport", "ヤマト運輸"),
    ),
    Carrier(
        "SAGAWA",
        "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={number}",
        ("佐川急便",),
    ),
)
_BY_NAME = {
    name: carrier
    for carrier in CARRIERS
    for name in (carrier.code.replace("_", "").casefold(), *carrier.aliases)
}
