"""Checks of how an offer's words read: what shoppers should not be shown."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from chalicelib.domain.rules import offer_content, text
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Place, Record, at, check

STEP = offer_content.STEP

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[a-z]{2,}", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"[0-9][0-9 ()/.-]{5,}[0-9]")
"""What every phone number has, and few texts do: much faster to look for."""
_WEB = re.compile(r"https?://\w|\bwww\.\w", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<!\w)\+(?:[0-9][ ()/.-]{0,2}){9,15}(?!\w)"
    r"|\b(?:tel|phone|call|fax|telefon|whatsapp)\b\W{0,3}[0-9(][0-9 ()/.-]{5,}[0-9]",
    re.IGNORECASE,
)
_DECORATION = re.compile("[!?*$]{2,}|[\u2580-\u27bf\u2b50\u2b55\U0001f300-\U0001faff]")


@check(
    "content.characters_lost",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="Characters of this text were lost when it was read in a wrong encoding. "
    "Send it again, as UTF-8.",
    expected="the text with all its characters",
)
def content_characters_lost(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Unicode: U+FFFD stands for what a decoder could not read; what it was, only the sender knows."""
    for name in offer_content.TEXTS:
        value = str(record.get(name) or "")
        if not value.isascii() and text.is_damaged(value):
            yield at(f"/{name}")


@check(
    "content.placeholder",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="This stands in for a value that is missing. Send the value.",
    expected="the product's own title, brand and category",
)
def content_placeholder(
    record: Record,
    _facts: OfferFacts,
    *,
    words: Sequence[str] = text.PLACEHOLDERS,
) -> Iterator[Place]:
    """Google Merchant Center, `brand` and `title`, which refuse N/A and such; and the errors that
    spreadsheets write into their cells."""
    for name in offer_content.LINES:
        if text.is_placeholder(str(record.get(name) or ""), words):
            yield at(f"/{name}")


@check(
    "content.contact_data",
    step=STEP,
    code="RESTRICTED",
    message="E-mail addresses, phone numbers and, in titles, web addresses are not shown to shoppers. "
    "Take them out.",
    expected="a text about the product only",
)
def content_contact_data(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Amazon's and Mirakl operators' listing policies: a listing leads to no sale elsewhere. Google Merchant
    Center, `title`."""
    for name in ("title", "description"):
        value = str(record.get(name) or "")
        if _has_contact_data(value) or (name == "title" and _has_web_address(value)):
            yield at(f"/{name}")


def _has_contact_data(value: str) -> bool:
    return ("@" in value and _EMAIL.search(value) is not None) or (
        _LONG_NUMBER.search(value) is not None and _PHONE.search(value) is not None
    )


def _has_web_address(value: str) -> bool:
    return ("://" in value or "www." in value.casefold()) and _WEB.search(value) is not None


@check(
    "description.web_address",
    step=STEP,
    severity=WARNING,
    code="RESTRICTED",
    message="The description holds a web address, which is shown as plain text and leads nowhere.",
    expected="a text without links",
)
def description_web_address(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `description`: no links to stores or other sites."""
    if _has_web_address(str(record.get("description") or "")):
        yield at("/description")


@check(
    "description.repeats_title",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="The description only repeats the title. Say what the title does not.",
    expected="more than the title",
)
def description_repeats_title(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `description`: information beyond the title."""
    title, description = str(record.get("title") or ""), str(record.get("description") or "")
    if title and len(description) <= 2 * len(title) and text.alike(title, description):
        yield at("/description")


@check(
    "title.all_caps",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="The title is all in capitals, which is hard to read. Use them as a sentence does.",
    expected="capitals for names and initials only",
)
def title_all_caps(record: Record, _facts: OfferFacts, *, least: int = 10) -> Iterator[Place]:
    """Google Merchant Center and Amazon, `title`: no capitals for emphasis. Below `least` characters, or in
    one word, it may be a name."""
    title = str(record.get("title") or "")
    if len(title) >= least and title.isupper() and " " in title:
        yield at("/title")


@check(
    "title.promotional",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="The title advertises. Prices, delivery and offers are shown beside it; take them out.",
    expected="a title that says what the product is",
)
def title_promotional(
    record: Record,
    _facts: OfferFacts,
    *,
    phrases: Sequence[str] = (
        *("% off", "best price", "buy now", "clearance", "free delivery", "free shipping", "hot deal"),
        *("limited time", "lowest price", "money back", "on sale", "special offer", "versandkostenfrei"),
        *(
            "kostenloser versand",
            "sonderangebot",
            "livraison gratuite",
            "envío gratis",
            "spedizione gratuita",
        ),
    ),
) -> Iterator[Place]:
    """Google Merchant Center and Amazon, `title`: no promotional text."""
    title = str(record.get("title") or "").casefold()
    if any(phrase in title for phrase in phrases):
        yield at("/title")


@check(
    "title.decorated",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="The title holds signs that only draw attention. Take them out.",
    expected="letters, digits and the usual punctuation",
)
def title_decorated(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center and Amazon, `title`: no symbols, emoji or repeated punctuation for attention."""
    if _DECORATION.search(str(record.get("title") or "")):
        yield at("/title")


@check(
    "title.repeats_words",
    step=STEP,
    severity=WARNING,
    code="INVALID_ATTRIBUTE",
    message="A word stands in the title {times} times. Shoppers find it by once.",
    expected="no word more than {most} times",
)
def title_repeats_words(record: Record, _facts: OfferFacts, *, most: int = 2) -> Iterator[Place]:
    """Amazon, product title requirements: the same word twice at most. Short words and numbers may."""
    words = str(record.get("title") or "").casefold().split()
    if len(words) - len(set(words)) < most:
        return
    times = max(
        (count for word, count in Counter(words).items() if len(word) > 3 and word.isalpha()), default=0
    )
    if times > most:
        yield at("/title", times=times, most=most)


WORDING_CHECKS: tuple[CheckRule[OfferFacts], ...] = (
    content_characters_lost,
    content_placeholder,
    content_contact_data,
    description_web_address,
    description_repeats_title,
    title_all_caps,
    title_promotional,
    title_decorated,
    title_repeats_words,
)
