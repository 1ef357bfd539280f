"""What free text goes through: invisible damage mended, markup and length judged."""

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from html.entities import html5

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufeff]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![^<>]*>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")

_MAYBE_MOJIBAKE = re.compile("[\x80-\x9f]|[^\x00-\x7f](?:[^\x00-\x7f]|[ \xa0])")
"""A character of UTF-8 taken for single bytes is two or more of them, the second maybe a space; a lone `ü`
within a word needs no closer look (and no library loaded)."""
_LOST = "\ufffd"
_SPREADSHEET_ERROR = re.compile(r"#(?:n/a|ref!|value!|name\?|div/0!|num!|null!)")
PLACEHOLDERS = (
    *("n/a", "n.a.", "na", "none", "null", "nil", "nan", "undefined", "unknown", "missing", "tbd", "tbc"),
    *("todo", "xxx", "not available", "not applicable", "does not exist", "default title"),
)
"""What export programs and people write where they have nothing to write."""
_WORD = re.compile(r"[^\W_]+")


def one_line(text: str) -> str:
    """Composed (NFC), control characters gone, every run of white space one space, none at the ends."""
    if _is_tidy(text):
        return text
    return unicodedata.normalize("NFC", " ".join(_CONTROLS.sub("", text).split()))


def paragraphs(text: str) -> str:
    """As `one_line`, but line breaks stand, at most one empty line together."""
    if _is_tidy(text):
        return text
    lines = re.split("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text)
    tidy = "\n".join(one_line(line) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", tidy).strip("\n")


def _is_tidy(text: str) -> bool:
    """Whether `one_line` would change nothing, told faster: only the space is white and printable."""
    return (
        text.isprintable()
        and "  " not in text
        and not text.startswith(" ")
        and not text.endswith(" ")
        and unicodedata.is_normalized("NFC", text)
    )


@lru_cache(maxsize=64)  # one record's rules ask for the same text one after the other
def without_mojibake(text: str) -> str:
    """The text with bytes that were decoded in the wrong encoding decoded in the right one, as far as that
    is told by the text alone; lost characters come out as U+FFFD."""
    if text.isascii() or _MAYBE_MOJIBAKE.search(text) is None:
        return text
    import ftfy

    return ftfy.fix_encoding(text)


def is_damaged(text: str) -> bool:
    """Whether characters of the text were lost, so that nobody but its author can bring them back."""
    return _LOST in text or _LOST in without_mojibake(text)


def without_entities(text: str) -> str:
    """The text with character entities as the characters that they stand for."""
    while any(_is_entity(match) for match in _ENTITY.finditer(text)):
        text = _ENTITY.sub(_character, text)
    return text


def is_placeholder(text: str, words: Sequence[str] = PLACEHOLDERS) -> bool:
    """Whether the text only says that a value is missing: one of `words` (in lower case), a spreadsheet's
    error, no letter or digit at all. An empty text is none."""
    plain = text.strip().casefold()
    return bool(plain) and (
        plain in words or _SPREADSHEET_ERROR.fullmatch(plain) is not None or not any(map(str.isalnum, plain))
    )


def has_tags(text: str) -> bool:
    """Whether the text holds tags, as HTML has them."""
    return _TAG.search(text) is not None


def has_markup(text: str) -> bool:
    """Whether the text holds tags or character entities, which would be shown as they stand."""
    return has_tags(text) or any(_is_entity(match) for match in _ENTITY.finditer(text))


def without_markup(text: str) -> str:
    """The text without tags, entities as the characters they stand for."""
    while has_markup(text):
        text = _ENTITY.sub(_character, _TAG.sub(" ", text))
    return text


def _is_entity(match: re.Match[str]) -> bool:
    return match[1] is None or f"{match[1]};" in html5


def _character(match: re.Match[str]) -> str:
    return html.unescape(match[0]) if _is_entity(match) else match[0]


@lru_cache(maxsize=1024)
def words(text: str) -> str:
    """The text's words in lower case with one space between them, everything else taken away."""
    return " ".join(_WORD.findall(text.casefold()))


def cut(text: str, limit: int) -> str:
    """The longest beginning of whole words within `limit`; half a word where the first is longer."""
    if len(text) <= limit:
        return text
    beginning = text[:limit]
    if text[limit].isspace() or not re.search(r"\s", beginning):
        return beginning.rstrip()
    return re.sub(r"\s+\S*\Z", "", beginning)


def alike(one: str, other: str) -> bool:
    """Whether two names are the same but for case, accents' encoding and punctuation."""
    return essence(one) == essence(other)


def levels(category: str) -> tuple[str, ...]:
    """A category's path, top first, each level by its letters and digits; none for no category."""
    return tuple(map(essence, category.split(">"))) if category else ()


def essence(name: str) -> str:
    """What remains of a name when only its letters and digits count."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum()) or folded.strip()
