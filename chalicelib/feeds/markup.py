"""HTML descriptions as plain text: paragraphs and lists keep their lines, scripts are dropped.

One pass with a pattern that cannot backtrack: a description is a stranger's.
"""

import html
import re

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>|(<!--)|(-->)|<![^<>]*>")
_MARKUP = re.compile(r"</?[A-Za-z]|<!|&#?\w")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BLANK = re.compile(r"\s+")
_UNSEEN = frozenset(("script", "style", "template", "title", "head"))
_SHOWN_AS = {
    "br": "\n",
    "li": "\n- ",
    "td": " ",
    "th": " ",
    **dict.fromkeys(
        (
            *("address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset"),
            *("figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
            *("main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"),
        ),
        "\n\n",
    ),
}


def plain_text(text: str) -> str:
    """What a browser would show of `text`; text without markup comes back as it is."""
    if not _MARKUP.search(text):
        return text
    shown = _ENTITY.sub(_character, "".join(_shown(_BLANK.sub(" ", text))))
    lines = (_BLANK.sub(" ", line).strip() for line in shown.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def _shown(source: str) -> list[str]:
    parts, at, unseen = [], 0, ""
    for tag in _TAG.finditer(source):
        name, is_end = (tag[2] or "").lower(), tag[1] == "/"
        if not unseen:
            parts.append(source[at : tag.start()])
            parts.append("" if is_end and name == "li" else _SHOWN_AS.get(name, ""))
            unseen = "-->" if tag[3] else name if name in _UNSEEN and not is_end else ""
        elif unseen == (tag[4] or (name if is_end else "")):
            unseen = ""
        at = tag.end()
    return [*parts, "" if unseen else source[at:]]
