"""Checks of the brands that a supplier says are its own."""

from collections.abc import Iterator, Mapping

from chalicelib.domain.rules import text
from chalicelib.domain.rules.facts import SupplierFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Place, Record, at, check

STEP = "supplier_brands"


def owned_brands(record: Record) -> dict[int, str]:
    """The brands that the supplier calls its own: position in the list, and the name as it is held unique."""
    listed = enumerate(record.get("brands") or ())
    return {index: text.essence(brand["name"]) for index, brand in listed if _is_owned(brand)}


def _is_owned(brand: object) -> bool:
    return isinstance(brand, Mapping) and brand.get("owned") is True and bool(brand.get("name"))


@check(
    "brand.held",
    step=STEP,
    code="CONFLICT",
    message="Another supplier holds this brand. Send owned as false if you resell it; otherwise the "
    "administrator will ask for proof.",
    expected="a brand that nobody else holds",
)
def brand_held(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """Amazon, Brand Registry: a brand has one owner."""
    for index in sorted(facts.brands_held):
        yield at(f"/brands/{index}/name")


@check(
    "brand.missing",
    step=STEP,
    code="MISSING_ATTRIBUTE",
    message="This brand has no name.",
    expected="a name",
)
def brand_missing(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """House rule: a brand is known by its name."""
    for index, brand in enumerate(record.get("brands") or ()):
        if not isinstance(brand, Mapping) or not brand.get("name"):
            yield at(f"/brands/{index}/name")


@check(
    "brand.repeated",
    step=STEP,
    severity=WARNING,
    code="DUPLICATE",
    message="This brand stands in the list twice.",
    expected="each brand once",
)
def brand_repeated(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """House rule: with one `owned` and the other not, nobody knows which holds."""
    seen = set()
    for index, brand in enumerate(record.get("brands") or ()):
        name = text.essence(str(brand["name"])) if isinstance(brand, Mapping) and brand.get("name") else ""
        if name and name in seen:
            yield at(f"/brands/{index}/name")
        seen.add(name)


BRAND_CHECKS: tuple[CheckRule[SupplierFacts], ...] = (brand_held, brand_missing, brand_repeated)
