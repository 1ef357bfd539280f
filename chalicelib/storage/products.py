"""Products: golden content, who offers them, and the ranked view that clients read."""

from collections.abc import Iterable, Mapping
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.domain import golden
from chalicelib.domain.offer import Product
from chalicelib.domain.ranking import View
from chalicelib.storage import keys, reads
from chalicelib.storage.items import AnyItem, Due, ProductItem
from chalicelib.storage.transaction import Write, set_or_remove


def get(product_id: str) -> Product | None:
    item = reads.get_one(keys.product(product_id))
    return from_item(item) if isinstance(item, ProductItem) else None


def get_many(product_ids: Iterable[str]) -> dict[str, Product]:
    found = reads.get_many(keys.product(product_id) for product_id in product_ids)
    products = [from_item(item) for item in found.values() if isinstance(item, ProductItem)]
    return {product.product_id: product for product in products}


def adding(product: Product) -> Write:
    """Write a product that nobody offered before. Label `product`."""
    return Write("product", _to_item(product), ProductItem.pk.does_not_exist())


def joining(product: Product, supplier_id: str, *, now: str) -> Write:
    """Make the supplier's offer the member of an existing product that `product` has it as, one SKU per
    supplier, and set the product's content from `product`. Refused where the product has changed since
    `product` was read, its view apart, or the supplier offers it under another SKU. Label `product`."""
    member, joins = ProductItem.offer_ids[supplier_id], product.offer_ids[supplier_id]
    return Write(
        "product",
        ProductItem(*keys.product(product.product_id)),
        (ProductItem.version == product.version)
        & (member.does_not_exist() | (member["sku"] == joins["sku"])),
        actions=[member.set(dict(joins)), *_saying(product, now=now)],
    )


def saying(product: Product, *, now: str) -> Write:
    """Set the product's content, where it has not changed since it was read. Label `product`."""
    item = ProductItem(*keys.product(product.product_id))
    return Write("product", item, ProductItem.version == product.version, actions=_saying(product, now=now))


def _saying(product: Product, *, now: str) -> list[Action]:
    return [
        ProductItem.content.set(_content(product)),
        ProductItem.sources.set(golden.grouped(product.sources)),
        ProductItem.content_due.set(product.is_content_due),
        ProductItem.correlation_id.set(product.correlation_id),
        ProductItem.updated_at.set(now),
        ProductItem.version.add(1),
    ]


def leaving(product_id: str, *, supplier_id: str, sku: str, now: str, correlation_id: str) -> Write:
    """End the membership of the supplier's offer of this SKU; what it gave to the content is due to be merged
    anew. Label `product:leave`."""
    member = ProductItem.offer_ids[supplier_id]
    return Write(
        "product:leave",
        ProductItem(*keys.product(product_id)),
        member["sku"] == sku,
        actions=[
            member.remove(),
            ProductItem.content_due.set(True),
            ProductItem.correlation_id.set(correlation_id),
            ProductItem.updated_at.set(now),
            ProductItem.version.add(1),
        ],
    )


def showing(product_id: str, view: View, *, seen: int, now: str) -> Write:
    """Replace the ranked view that was built when `view_version` was `seen`, and have the product looked at
    again when time changes it. Label `view`."""
    due = None if view.until is None else keys.views_due(product_id)
    return Write(
        "view",
        ProductItem(*keys.product(product_id)),
        ProductItem.view_version == seen,
        actions=[
            ProductItem.offers_view.set(view.shown),
            ProductItem.offers_later.set(view.later),
            *set_or_remove(ProductItem.view_until, view.until),
            *set_or_remove(ProductItem.due_partition, due),
            *set_or_remove(ProductItem.due_sort, view.until),
            ProductItem.view_at.set(now),
            ProductItem.view_version.set(seen + 1),
            ProductItem.updated_at.set(now),
        ],
    )


def views_due(now: str, *, shard: int, limit: int) -> list[keys.Key]:
    """Keys of products of one shard whose view is out of date by time alone, longest first."""
    found = AnyItem.due.query(keys.views_due_shard(shard), Due.sort <= now, limit=limit)
    return [keys.Key(item.pk, item.sk) for item in found]


def _content(product: Product) -> dict[str, Any]:
    return {
        "title": product.title,
        "brand": product.brand,
        "category": product.category,
        "description": product.description,
        "image_urls": list(product.image_urls),
        "attributes": dict(product.attributes),
    }


def _to_item(product: Product) -> ProductItem:
    return ProductItem(
        *keys.product(product.product_id),
        product_id=product.product_id,
        gtin=product.gtin,
        content=_content(product),
        sources=golden.grouped(product.sources),
        content_due=product.is_content_due,
        offer_ids={supplier: dict(member) for supplier, member in product.offer_ids.items()},
        offers_view=product.offers_view,
        offers_later=product.offers_later,
        view_until=product.view_until,
        view_at=product.view_at,
        view_version=product.view_version,
        version=product.version,
        correlation_id=product.correlation_id,
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def from_item(item: ProductItem) -> Product:
    """The product that a table item holds."""
    content = item.content
    return Product(
        product_id=item.product_id,
        gtin=item.gtin,
        title=content["title"],
        brand=content["brand"],
        category=content["category"],
        description=content["description"],
        image_urls=tuple(content["image_urls"]),
        attributes=content["attributes"],
        sources=_by_field(item.sources),
        is_content_due=item.content_due,
        offer_ids={supplier: _member(member) for supplier, member in item.offer_ids.as_dict().items()},
        offers_view=tuple(item.offers_view),
        offers_later=tuple(item.offers_later),
        view_until=item.view_until,
        view_at=item.view_at,
        view_version=int(item.view_version),
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )


def _member(member: Mapping[str, Any]) -> dict[str, Any]:
    return {name: member[name] for name in ("offer_id", "sku", "since", "at", "owns_brand")}


def _by_field(groups: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    return {
        pointer: {name: group[name] for name in ("offer_id", "supplier_id", "at")}
        for group in groups
        for pointer in group["fields"]
    }
