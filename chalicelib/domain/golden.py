"""The golden record: what a product says of itself, each field from the offer best placed to say it.

For every field it is the first offer that says anything, in this order: offers of the supplier that holds
the brand, then those that joined the product earlier, then by offer id. Attributes are a field each.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.offer import Product

FIELDS = ("title", "brand", "category", "description", "image_urls")

ROOM = 128_000
"""Bytes, about, that the merged values may take: a product's item holds 400 KB, its members' names and the
view of its offers included. What an offer would add beyond is left out of the product."""

_ATTRIBUTE = "/attributes/"
_SAYS_NOTHING: tuple[Any, ...] = ("", [], None)


@dataclass(frozen=True)
class Contribution:
    """What one offer says, by JSON pointer, since when it is in the product, and when it said this."""

    offer_id: str
    supplier_id: str
    since: str
    at: str
    owns_brand: bool
    values: Mapping[str, Any]

    @property
    def precedence(self) -> tuple[bool, str, str]:
        return (not self.owns_brand, self.since, self.offer_id)


def values_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an offer's content that a product takes, by pointer; those that say nothing left out."""
    found = {f"/{name}": content.get(name) for name in FIELDS}
    found |= {_pointer(name): value for name, value in (content.get("attributes") or {}).items()}
    return {pointer: value for pointer, value in found.items() if value not in _SAYS_NOTHING}


def of_member(product: Product, supplier_id: str, values: Mapping[str, Any]) -> Contribution:
    """What the offer of this supplier contributes, when it says `values`."""
    member = product.offer_ids[supplier_id]
    return Contribution(
        member["offer_id"], supplier_id, member["since"], member["at"], member["owns_brand"], values
    )


def as_given(product: Product, supplier_id: str) -> Contribution:
    """What the product has of this member already."""
    offer_id = product.offer_ids[supplier_id]["offer_id"]
    said = values_of(_content(product))
    given = {
        pointer: said[pointer]
        for pointer, source in product.sources.items()
        if source["offer_id"] == offer_id and pointer in said
    }
    return of_member(product, supplier_id, given)


def merged(product: Product, contributions: Iterable[Contribution]) -> Product:
    """The product as these contributions, all there are, make it; without any it stays what it was."""
    ranked = sorted(contributions, key=lambda each: each.precedence)
    if not ranked:
        return replace(product, is_content_due=False)
    values: dict[str, Any] = {}
    sources: dict[str, Mapping[str, str]] = {}
    room = ROOM
    for each in ranked:
        for pointer, value in each.values.items():
            size = _size(pointer, value)
            if pointer not in values and size <= room:
                values[pointer] = value
                sources[pointer] = {
                    "offer_id": each.offer_id,
                    "supplier_id": each.supplier_id,
                    "at": each.at,
                }
                room -= size
    return replace(
        product,
        title=values.get("/title", ""),
        brand=values.get("/brand", ""),
        category=values.get("/category", ""),
        description=values.get("/description", ""),
        image_urls=tuple(values.get("/image_urls", ())),
        attributes={_name(pointer): value for pointer, value in values.items() if _is_attribute(pointer)},
        sources=sources,
        is_content_due=False,
    )


def with_member(
    product: Product, supplier_id: str, member: Mapping[str, Any], content: Mapping[str, Any]
) -> Product:
    """The product with this member, whose offer says `content`.

    What the others would say where this offer says nothing any more, or ranks lower than before, is not known
    here: the content is due then to be merged anew from all of them.
    """
    before = product.offer_ids.get(supplier_id)
    joined = replace(product, offer_ids={**product.offer_ids, supplier_id: member})
    others = [as_given(joined, other) for other in joined.offer_ids if other != supplier_id]
    after = merged(joined, [of_member(joined, supplier_id, values_of(content)), *others])
    given_up = _given_by(member["offer_id"], product) - _given_by(member["offer_id"], after)
    demoted = before is not None and before["owns_brand"] and not member["owns_brand"]
    due = product.is_content_due or demoted or bool(given_up)
    return replace(after, is_content_due=due and bool(others))


def _size(pointer: str, value: Any) -> int:
    """Bytes of the value with its name, and of the name once more among the sources."""
    return len(json.dumps([pointer, pointer, value], ensure_ascii=False).encode())


def grouped(sources: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """The sources by offer, each with the `fields` that it gave: hundreds of attributes come from a handful
    of offers."""
    groups: dict[str, dict[str, Any]] = {}
    for pointer, source in sources.items():
        groups.setdefault(source["offer_id"], {**source, "fields": []})["fields"].append(pointer)
    return list(groups.values())


def _given_by(offer_id: str, product: Product) -> set[str]:
    return {pointer for pointer, source in product.sources.items() if source["offer_id"] == offer_id}


def _content(product: Product) -> dict[str, Any]:
    return {
        "title": product.title,
        "brand": product.brand,
        "category": product.category,
        "description": product.description,
        "image_urls": list(product.image_urls),
        "attributes": product.attributes,
    }


def _pointer(attribute: str) -> str:
    return _ATTRIBUTE + attribute.replace("~", "~0").replace("/", "~1")


def _is_attribute(pointer: str) -> bool:
    return pointer.startswith(_ATTRIBUTE)


def _name(pointer: str) -> str:
    return pointer.removeprefix(_ATTRIBUTE).replace("~1", "/").replace("~0", "~")
