"""Which encoding a text is in, and the text in UTF-8.

The order: a byte order mark; UTF-16 without one, by its zero bytes; what the sender or an XML declaration
names; UTF-8 where that fits; Windows-1252, as Excel writes it, where it does not. Guessing among more
encodings by statistics would be wrong without anybody seeing it.
"""

import codecs
import re
from collections.abc import Iterable, Iterator

from chalicelib.feeds.kinds import FeedRefused
from chalicelib.feeds.sources import Source

UTF_8 = ("utf-8", "utf-8-sig")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]+)""", re.ASCII)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_WRONG = re.compile(r"[\udc80-\udcff]")
"""What Python makes of bytes that are not UTF-8 (PEP 383)."""
_FAMILIES = (
    *(
        "utf-",
        "iso8859",
        "cp",
        "koi8",
        "mac-",
        "shift_jis",
        "euc_",
        "gb",
        "big5",
        "ascii",
        "latin",
        "tis-620",
    ),
)
"""Python's names of encodings that texts are kept in; it has others, such as `unicode_escape`."""


def of(head: bytes, media_type: str | None) -> str:
    """Python's name for the encoding of a text that begins with `head`. Raises FeedRefused for an encoding
    that is named and not known."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    for name, zeros in (("utf-16-le", head[1:2000:2]), ("utf-16-be", head[0:2000:2])):
        if len(head) > 3 and zeros.count(0) > 0.8 * len(zeros):
            return name
    named = _CHARSET.search(media_type or "")
    declared = _DECLARATION.match(head)
    for text in (named and named[1], declared and declared[1].decode()):
        if text and (known := _known(text)) not in ("utf-8", "ascii"):
            return known
    return "utf-8" if _is_utf_8(head) else "cp1252"


def of_copy(encoding: str) -> str:
    """In what a file that is made of one in `encoding` can be written so that nobody must guess: as Unicode,
    with a byte order mark where the other encoding had one or was none of Unicode's."""
    if encoding in ("utf-8", "utf-32"):
        return encoding
    return "utf-16" if encoding.startswith("utf-16") else "utf-8-sig"


def is_declared(head: bytes) -> bool:
    """Whether an XML declaration names the encoding."""
    return _DECLARATION.match(head) is not None


def in_utf_8(source: Source, encoding: str) -> Source:
    """The same text in UTF-8; what its encoding does not allow becomes U+FFFD."""
    if encoding in UTF_8:
        return source
    return Source(_recoded(source.chunks(), encoding))


def _recoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        if recoded := decoder.decode(chunk).encode():
            yield recoded
    if rest := decoder.decode(b"", final=True).encode():
        yield rest


def _known(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if not known.startswith(_FAMILIES):
        raise FeedRefused(
            "UNKNOWN_ENCODING", f"The encoding {name!r} is not known here. Send the file in UTF-8."
        )
    return known


def _is_utf_8(head: bytes) -> bool:
    """Whether the beginning is UTF-8, its last character perhaps cut. Single wrong bytes among more
    characters that are right are damage of their rows, not another encoding of all.
    """
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head)
    wrong = len(_WRONG.findall(text))
    return wrong == 0 or len(_NOT_ASCII.findall(text)) > 2 * wrong
