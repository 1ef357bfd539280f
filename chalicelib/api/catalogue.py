"""The public catalogue."""

import hashlib
from typing import Any

from chalice import Blueprint

from chalicelib.api.answers import Answer, to_json
from chalicelib.api.http import Call, endpoint
from chalicelib.api.preconditions import etag, none_match
from chalicelib.api.schemas import offers as schemas
from chalicelib.services import read_catalogue

bp = Blueprint(__name__)

FRESH = "public, max-age=15"
"""How long a shop window or a proxy may show a product without asking: stock moves."""

PRODUCT_ANSWERS = {200: schemas.ProductSchema(), 304: None}


@bp.route("/products/{product_id}")
@endpoint("Read a product and its active offers, ranked", answers=PRODUCT_ANSWERS)
def read_product(call: Call, product_id: str) -> Answer:
    return _fresh(read_catalogue.read(product_id), call)


@bp.route("/products/by-gtin/{gtin}")
@endpoint("Read a product by GTIN-8, -12, -13 or -14", answers=PRODUCT_ANSWERS)
def read_product_by_gtin(call: Call, gtin: str) -> Answer:
    return _fresh(read_catalogue.read_by_gtin(gtin), call)


def _fresh(product: dict[str, Any], call: Call) -> Answer:
    """The product, or only the news that it is the one that the client holds.

    The tag is made of the whole answer, because offers change more often than the product's version.
    """
    body = to_json(product)
    tag = etag(hashlib.sha256(body.encode()).hexdigest()[:24])
    headers = {"Cache-Control": FRESH}
    if none_match(call.if_none_match, tag):
        return Answer(304, etag=tag, headers=headers)
    return Answer(200, body, etag=tag, headers=headers)
