"""Prices as feeds write them: text to money where only one reading is possible, and why not where it is not.

Shops print `1.290` for 1290 and software prints it for 1.29; a price taken wrongly is sold at. So what could
mean two amounts or two currencies is refused, with what to send instead.
"""

import re
from decimal import Decimal

from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money, currency_digits

_LONGEST = 80
"""No price is longer; what reads prices takes long over long texts."""
_MOST_DIGITS = 15
_USUAL = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,2})?)(?: ?([A-Z]{3}))?")
_BELOW_ZERO = re.compile(r"[-−(]\s*\D{0,4}[0-9][^-−]*|.*[0-9]\s*[-−]")
_NO_DECIMALS = re.compile(r"[.,]\s*[-–—]+\s*")
"""`12,-`: how some countries write that there are no cents."""
_FORM = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?P<group>[., ])\d{3}(?:(?P=group)\d{3})*|\d*)"
    r"(?:(?P<point>[.,])(?P<decimals>\d+))?"
)
_WORDS = re.compile(r"[^\s:'’\"=*()]+")

_DOLLARS = ("USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "TWD")
_CROWNS = ("DKK", "ISK", "NOK", "SEK")
_SYMBOLS: dict[str, tuple[str, ...]] = {
    "$": _DOLLARS,
    "us$": ("USD",),
    "a$": ("AUD",),
    "au$": ("AUD",),
    "c$": ("CAD",),
    "ca$": ("CAD",),
    "hk$": ("HKD",),
    "mx$": ("MXN",),
    "nt$": ("TWD",),
    "nz$": ("NZD",),
    "r$": ("BRL",),
    "s$": ("SGD",),
    "€": ("EUR",),
    "euro": ("EUR",),
    "£": ("GBP",),
    "￡": ("GBP",),
    "¥": ("CNY", "JPY"),
    "元": ("CNY",),
    "円": ("JPY",),
    "fr": ("CHF",),
    "sfr": ("CHF",),
    "ft": ("HUF",),
    "kr": _CROWNS,
    "kč": ("CZK",),
    "lei": ("RON",),
    "zł": ("PLN",),
    "руб": ("RUB",),
    "₽": ("RUB",),
    "грн": ("UAH",),
    "₴": ("UAH",),
    "tl": ("TRY",),
    "₺": ("TRY",),
    "₪": ("ILS",),
    "₩": ("KRW",),
    "원": ("KRW",),
    "₫": ("VND",),
    "฿": ("THB",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "₹": ("INR",),
    "rm": ("MYR",),
    "rp": ("IDR",),
    "rs": ("INR", "LKR", "NPR", "PKR"),
}
"""What currencies are called besides their ISO 4217 code, in lower case and without a final point."""


def read(text: str, *, currency: str | None = None) -> Money:
    """The money that a price's text means; `currency` is what holds where the text names none or its symbol
    has several.

    `12,99 EUR`, `1,290`, `CHF 1'049.95`, `599 Kč` and `32.0 USD` can be read. Raises InvalidMoney with a hint
    for the sender where there is no amount, more than one, or more than one way to read it.
    """
    plain = text.strip().strip("'\"=").strip()
    usual = _USUAL.fullmatch(plain)
    if usual is not None:
        return _exactly(Decimal(usual[1]), _one_of(_meanings(usual[2] or ""), currency))
    amount, words = _parts(plain)
    money_in = _one_of(_meanings(words), currency)
    return _exactly(_number(amount, currency_digits(money_in)), money_in)


def currency_of(name: str) -> str | None:
    """The ISO 4217 code that a currency's code or symbol stands for; None where it is none or several."""
    try:
        meant = _meanings(name)
    except InvalidMoney:
        return None
    return next(iter(meant)) if meant is not None and len(meant) == 1 else None


def _parts(plain: str) -> tuple[str, str]:
    """The one amount in the text, as it was written, and what stands beside it."""
    from price_parser import Price

    if len(plain) > _LONGEST or not any(character.isdecimal() for character in plain):
        raise InvalidMoney("there is no amount; send one such as 12.99 EUR")
    if _BELOW_ZERO.fullmatch(plain):
        raise InvalidMoney("a price is not negative")
    whole = re.sub(r"(?<=\d)['’](?=\d)", "", _NO_DECIMALS.sub(" ", " ".join(plain.split())))
    amount = Price.fromstring(whole).amount_text or ""
    words = whole.replace(amount, " ", 1)
    if not amount or any(character.isdecimal() for character in words):
        raise InvalidMoney("there is more than one number; send the price alone, such as 12.99 EUR")
    return amount, words


def _meanings(words: str) -> frozenset[str] | None:
    """The currencies that all of the words can stand for, None where there are no words."""
    meant: frozenset[str] | None = None
    for word in _WORDS.findall(words):
        name = word.strip(".,").casefold()
        if name:
            named = frozenset(_SYMBOLS.get(name) or (_code(name),))
            meant = named if meant is None else meant & named
    return meant


def _code(name: str) -> str:
    code = name.upper()
    try:
        currency_digits(code)
    except InvalidMoney as error:
        raise InvalidMoney("the amount stands with words that are no currency; send 12.99 EUR") from error
    return code


def _one_of(meant: frozenset[str] | None, currency: str | None) -> str:
    if meant is None and currency is not None:
        return currency
    if meant is not None and currency in meant:
        return str(currency)
    if meant is not None and len(meant) == 1:
        return next(iter(meant))
    raise InvalidMoney("which currency is meant is not certain; send its code, such as 12.99 EUR")


def _number(amount: str, digits: int) -> Decimal:
    """The amount by the separators in it, in a currency of so many decimal digits.

    `1.290` is 1290 in one country and 1.29 in another. With a comma it is taken for thousands, as no
    software writes three decimals with a comma; in currencies of three decimals it can be either.
    """
    form = _FORM.fullmatch(amount)
    if form is None or (form["group"] and form["group"] == form["point"]):
        raise InvalidMoney("this is no amount; send one such as 12.99 EUR")
    whole = re.sub(r"\D", "", form["whole"])
    is_doubtful = digits == 3 or (digits == 2 and form["group"] == ".")
    if is_doubtful and form["group"] in (".", ",") and not form["point"] and len(whole) <= 6:
        raise InvalidMoney(
            "three digits behind the only separator can be thousands or decimals; "
            f"send exactly {digits} decimal digits"
        )
    return Decimal(f"{whole or 0}.{form['decimals'] or 0}")


def _exactly(amount: Decimal, currency: str) -> Money:
    digits = currency_digits(currency)
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise InvalidMoney(f"an amount of {currency} has at most {digits} decimal digits")
    if amount.adjusted() >= _MOST_DIGITS:
        raise InvalidMoney("the amount is too large")
    return Money(int(minor), currency)
