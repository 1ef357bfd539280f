"""Brand names that suppliers call their own: held by one at a time, from when it opens until it lets go."""

from collections.abc import Iterable
from typing import Any

from chalicelib.domain.rules import supplier_brands, text
from chalicelib.domain.supplier import Supplier
from chalicelib.storage import suppliers
from chalicelib.storage.transaction import Write


def claiming(supplier: Supplier) -> list[Write]:
    """An open supplier holds those of its own brands that are free; the others stay with who has them. Labels
    `brand:<name>`."""
    names = set(supplier_brands.owned_brands(supplier.profile).values()) if supplier.is_open else set()
    taken = suppliers.brand_holders(names) if names else {}
    return [suppliers.claiming_brand(name, supplier.supplier_id) for name in sorted(names - taken.keys())]


def releasing(supplier_id: str, names: Iterable[str]) -> list[Write]:
    """Let go of those of the (normalised) names that the supplier holds. Labels `brand:<name>`."""
    wanted = set(names)
    held = suppliers.brand_holders(wanted) if wanted else {}
    return [
        suppliers.releasing_brand(name, supplier_id)
        for name in sorted(wanted)
        if held.get(name) == supplier_id
    ]


def holder(name: str) -> dict[str, Any]:
    """Who holds the brand, however the name is written; nobody is None."""
    held_as = text.essence(name)
    return {"name": held_as, "supplier_id": suppliers.brand_holders([held_as]).get(held_as)}
