"""Names that are nearly the same."""

import unicodedata

from chalicelib.domain.rules import text


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 100: by their letters, or by the words of the one that are all in
    the other. Accents do not count."""
    from rapidfuzz import fuzz

    plain, other_plain = _folded(one), _folded(other)
    return max(fuzz.ratio(plain, other_plain), fuzz.token_set_ratio(plain, other_plain))


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return text.words("".join(each for each in decomposed if not unicodedata.combining(each)))
