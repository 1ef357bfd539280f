"""Checks of an offer's words."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from chalicelib.domain.rules import text
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Finding, Place, Record, at, check

STEP = "offer_content"
LINES = ("title", "brand", "category")
TEXTS = (*LINES, "description")
CONDITIONS = ("NEW", "REFURBISHED", "USED")


@check(
    "content.missing",
    step=STEP,
    code="MISSING_ATTRIBUTE",
    message="This field is empty, and shoppers cannot do without it.",
    expected="a text",
)
def content_missing(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center: `title` and `brand` are required; a product without category is not found."""
    for name in LINES:
        if not record.get(name):
            yield at(f"/{name}")


@check(
    "description.missing",
    step=STEP,
    severity=WARNING,
    code="MISSING_ATTRIBUTE",
    message="There is no description. Offers with one sell better.",
    expected="a text",
)
def description_missing(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `description`."""
    if not record.get("description"):
        yield at("/description")


@check(
    "condition.unknown",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="This condition is not known here.",
    expected="NEW, REFURBISHED or USED",
)
def condition_unknown(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `condition`: new, refurbished or used."""
    if record.get("condition") not in CONDITIONS:
        yield at("/condition")


def _cut(value: Any, finding: Finding) -> str:
    return text.cut(str(value), int(finding.detail["limit"]))


@check(
    "content.too_long",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="This text has {length} characters, {limit} are allowed. Shorten it; a cut is suggested.",
    expected="at most {limit} characters",
    suggest=_cut,
)
def content_too_long(
    record: Record,
    _facts: OfferFacts,
    *,
    limits: Mapping[str, int] = MappingProxyType({"title": 200, "description": 5000}),
) -> Iterator[Place]:
    """House rule, after Google Merchant Center (title 150, description 5000) and Amazon (title 200)."""
    for name, limit in limits.items():
        length = len(str(record.get(name) or ""))
        if length > limit:
            yield at(f"/{name}", length=length, limit=limit)


def _plain(value: Any, finding: Finding) -> str:
    plain = text.without_markup(str(value))
    return text.paragraphs(plain) if finding.field == "/description" else text.one_line(plain)


@check(
    "content.markup",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="Tags and character entities are not allowed here. Send plain text.",
    expected="plain text",
    suggest=_plain,
)
def content_markup(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """House rule: the shop shows plain text; markup in it would be shown as it stands, or run."""
    for name in TEXTS:
        if text.has_markup(str(record.get(name) or "")):
            yield at(f"/{name}")


CONTENT_CHECKS: tuple[CheckRule[OfferFacts], ...] = (
    content_missing,
    description_missing,
    condition_unknown,
    content_too_long,
    content_markup,
)
