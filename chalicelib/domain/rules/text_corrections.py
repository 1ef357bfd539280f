"""What is mended in any text without asking. Each function makes the rule for the fields that it is given."""

from chalicelib.domain.rules import text
from chalicelib.domain.rules.kinds import CorrectionRule, Record, correction

_STRAY = "Stray white space or control characters were removed, and accents composed."


def mojibake_in(*fields: str) -> CorrectionRule:
    """The rule for text that was decoded in the wrong encoding."""

    @correction(
        "text.mojibake",
        *fields,
        code="INVALID_ATTRIBUTE",
        message="Letters that had been read in the wrong encoding (Ã© for é) were restored. "
        "Send the file as UTF-8.",
        uncovers=True,
    )
    def mojibake(value: str, _record: Record) -> str | None:
        """ftfy's heuristic, which was tuned for no false positives. What lost characters on its way is left
        as it is and asked of a person (`content.characters_lost`)."""
        repaired = text.without_mojibake(value)
        return None if repaired == value or text.is_damaged(repaired) else repaired

    return mojibake


def entities_in(*fields: str) -> CorrectionRule:
    """The rule for character entities in plain text."""

    @correction(
        "text.entities",
        *fields,
        code="INVALID_ATTRIBUTE",
        message="Character entities (&amp;) were replaced by the characters that they stand for.",
        uncovers=True,
    )
    def entities(value: str, _record: Record) -> str | None:
        """HTML Standard, named character references; shop systems escape texts before they export them. Where
        tags stand beside them or come out of them, a person is asked (`content.markup`)."""
        if "&" not in value:
            return None
        plain = text.without_entities(value)
        return None if text.has_markup(plain) else plain

    return entities


def white_space_in(*fields: str) -> CorrectionRule:
    """The rule for names and other texts of one line."""

    @correction("text.white_space", *fields, code="INVALID_ATTRIBUTE", message=_STRAY, uncovers=True)
    def white_space(value: str, _record: Record) -> str | None:
        """Unicode Standard Annex 15 (NFC), and white space as HTML would collapse it: no reader sees a
        difference."""
        return text.one_line(value)

    return white_space


def paragraphs_in(*fields: str) -> CorrectionRule:
    """The rule for texts of several lines."""

    @correction("text.paragraphs", *fields, code="INVALID_ATTRIBUTE", message=_STRAY, uncovers=True)
    def paragraphs(value: str, _record: Record) -> str | None:
        """As `text.white_space`, but line breaks stand, at most one empty line together."""
        return text.paragraphs(value)

    return paragraphs
