"""Checks of what an offer's category and brand ask for: permission, and attributes."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chalicelib.domain.pointers import escaped
from chalicelib.domain.rules import offer_content, text
from chalicelib.domain.rules.facts import OfferFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Place, Record, at, check

STEP = offer_content.STEP


@check(
    "category.restricted",
    step=STEP,
    code="RESTRICTED",
    message="Products of this category are sold only with the marketplace's consent.",
    expected="a category that is open to every supplier",
)
def category_restricted(
    record: Record,
    _facts: OfferFacts,
    *,
    names: Sequence[str] = (
        *("ammunition", "cigarettes", "e cigarettes", "explosives", "firearms", "fireworks"),
        *("illegal drugs", "live animals", "lottery tickets", "prescription drugs", "prescription medicine"),
        *("tobacco", "vapes"),
    ),
) -> Iterator[Place]:
    """Google Merchant Center and Amazon, restricted products, as far as their categories tell. A name counts
    where its words stand in the category together."""
    if _named(record, names):
        yield at("/category")


@check(
    "brand.restricted",
    step=STEP,
    code="RESTRICTED",
    message="Products of this brand are sold only with the marketplace's consent.",
    expected="a brand that is open to every supplier",
)
def brand_restricted(record: Record, _facts: OfferFacts, *, names: Sequence[str] = ()) -> Iterator[Place]:
    """Amazon, brand gating. The marketplace's own list; names are compared by their letters and digits."""
    if names and any(text.alike(name, str(record.get("brand") or "")) for name in names):
        yield at("/brand")


@check(
    "attribute.missing",
    step=STEP,
    code="MISSING_ATTRIBUTE",
    message="Products of this category need this attribute.",
    expected="a value",
)
def attribute_missing(
    record: Record, _facts: OfferFacts, *, required: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Place]:
    """The marketplace's own list: a category's words, and its attributes with commas between them."""
    yield from _lacking(record, required)


@check(
    "attribute.recommended",
    step=STEP,
    severity=WARNING,
    code="MISSING_ATTRIBUTE",
    message="Shoppers look for products of this category by this attribute. Offers with it are found.",
    expected="a value",
)
def attribute_recommended(
    record: Record,
    _facts: OfferFacts,
    *,
    recommended: Mapping[str, str] = MappingProxyType(
        {"apparel": "color, size", "clothing": "color, size", "shoes": "color, size"}
    ),
) -> Iterator[Place]:
    """Google Merchant Center, `color` and `size`: required of apparel in most of its countries."""
    yield from _lacking(record, recommended)


def _lacking(record: Record, wanted: Mapping[str, str]) -> Iterator[Place]:
    names = [name for category in _named(record, wanted) for name in wanted[category].split(",")]
    given = _given(record.get("attributes")) if names else set()
    for name in dict.fromkeys(name.strip() for name in names):
        if name.casefold() not in given:
            yield at(f"/attributes/{escaped(name)}")


def _named(record: Record, names: Sequence[str] | Mapping[str, str]) -> list[str]:
    """Those of the names whose words stand in the record's category, one after the other."""
    category = f" {text.words(str(record.get('category') or ''))} "
    return [name for name in names if f" {text.words(name)} " in category]


def _given(attributes: Any) -> set[str]:
    listed = attributes.items() if isinstance(attributes, Mapping) else ()
    return {str(name).casefold() for name, value in listed if value not in (None, "", [])}


CATEGORY_CHECKS: tuple[CheckRule[OfferFacts], ...] = (
    category_restricted,
    brand_restricted,
    attribute_missing,
    attribute_recommended,
)
