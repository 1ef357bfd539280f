"""Products as shoppers see them: one read each, the ranking was done when something changed."""

from typing import Any

from chalicelib import clock
from chalicelib.domain import golden, ranking
from chalicelib.domain import gtin as gtins
from chalicelib.domain.offer import Product
from chalicelib.problems import NotFound
from chalicelib.storage import products


def read(product_id: str) -> dict[str, Any]:
    """The product with its active offers, the featured one first. Raises NotFound."""
    product = products.get(product_id)
    if product is None:
        raise NotFound
    return _shown(product)


def read_by_gtin(gtin: str) -> dict[str, Any]:
    """The product of a GTIN-8, -12, -13 or -14. Raises NotFound."""
    product_id = id_of_gtin(gtin)
    if product_id is None:
        raise NotFound
    return read(product_id)


def id_of_gtin(gtin: str) -> str | None:
    """The id of the product of a GTIN-8, -12, -13 or -14, None where the text is none."""
    if not (gtin.isascii() and gtin.isdecimal() and len(gtin) in gtins.LENGTHS):
        return None
    return f"prd_{gtins.key(gtin)}"


def _shown(product: Product) -> dict[str, Any]:
    return {
        "product_id": product.product_id,
        "gtin": product.gtin,
        "title": product.title,
        "brand": product.brand,
        "category": product.category,
        "description": product.description,
        "image_urls": list(product.image_urls),
        "attributes": dict(product.attributes),
        "sources": golden.grouped(product.sources),
        "offers": ranking.for_clients(ranking.shown(product, clock.now())),
        "version": product.version,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }
