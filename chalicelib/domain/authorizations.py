"""Who may sell what the marketplace keeps for some: restricted categories and brands.

A category's restriction holds for every category below it. Names are compared by their letters and digits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chalicelib.domain.offer import BRAND_UNAUTHORIZED, CATEGORY_UNAUTHORIZED
from chalicelib.domain.rules import text


@dataclass(frozen=True)
class Authorizations:
    """One version of the restrictions: `document` holds `categories` and `brands`, each a list of
    `{"name", "suppliers"}` where only these suppliers may sell what has the name."""

    version: int = 0
    document: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    set_by: str = ""
    set_at: str = ""
    reason: str = ""
    correlation_id: str = ""

    @property
    def restrict_any(self) -> bool:
        return bool(self._categories or self._brands)

    def forbid(self, content: Mapping[str, Any], supplier_id: str) -> tuple[str, ...]:
        """The inactivity reasons that an offer of this content by this supplier has for want of an
        authorisation."""
        levels = text.levels(str(content.get("category", "")))
        above = [levels[:depth] for depth in range(1, len(levels) + 1)]
        brand = text.essence(str(content.get("brand", "")))
        reasons = []
        if any(supplier_id not in self._categories.get(each, {supplier_id}) for each in above):
            reasons.append(CATEGORY_UNAUTHORIZED)
        if supplier_id not in self._brands.get(brand, {supplier_id}):
            reasons.append(BRAND_UNAUTHORIZED)
        return tuple(reasons)

    @cached_property
    def _categories(self) -> Mapping[tuple[str, ...], frozenset[str]]:
        listed = self.document.get("categories", ())
        return {text.levels(each["name"]): frozenset(each["suppliers"]) for each in listed}

    @cached_property
    def _brands(self) -> Mapping[str, frozenset[str]]:
        listed = self.document.get("brands", ())
        return {text.essence(each["name"]): frozenset(each["suppliers"]) for each in listed}


def duplicates(document: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Pointers to the names that mean what an earlier one means."""
    found = []
    for kind, meaning in (("categories", text.levels), ("brands", text.essence)):
        seen = set[Any]()
        for index, each in enumerate(document.get(kind, ())):
            means = meaning(each["name"])
            if means in seen:
                found.append(f"/{kind}/{index}/name")
            seen.add(means)
    return found
