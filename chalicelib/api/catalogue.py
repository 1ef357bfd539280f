"""The public catalogue."""

import hashlib
from typing import Any

from chalice import Blueprint

from chalicelib import clock
from chalicelib.api.answers import Answer, to_json
from chalicelib.api.http import Call, endpoint
from chalicelib.api.preconditions import etag, none_match
from chalicelib.api.schemas import catalogue as list_schemas
from chalicelib.api.schemas import offers as schemas
from chalicelib.domain.catalogue import words
from chalicelib.services import browse_catalogue, read_catalogue
from chalicelib.services.browse_catalogue import CardPage, Wanted

bp = Blueprint(__name__)

FRESH = "public, max-age=15"
"""How long a shop window or a proxy may show a product without asking: stock moves."""

PRODUCT_ANSWERS = {200: schemas.ProductSchema(), 304: None}


@bp.route("/products")
@endpoint(
    "List active products",
    query=list_schemas.ProductQuerySchema(),
    answers={200: list_schemas.CardPageSchema(), 304: None},
    problems={400: "INVALID_CURSOR; CURSOR_EXPIRED: begin the list anew"},
)
def list_products(call: Call) -> Answer:
    query = call.query
    if "gtin" in query:
        return _fresh_page(browse_catalogue.by_gtin(query["gtin"]), call)
    wanted = Wanted(
        category=query.get("category"),
        brand=query.get("brand"),
        words=tuple(words(query.get("q", ""))),
        sort=query["sort"],
    )
    page = browse_catalogue.page(wanted, limit=query["limit"], cursor=query.get("cursor"), now=clock.now())
    return _fresh_page(page, call)


@bp.route("/products/{product_id}")
@endpoint("Read a product and its active offers, ranked", answers=PRODUCT_ANSWERS)
def read_product(call: Call, product_id: str) -> Answer:
    return _fresh(read_catalogue.read(product_id), call)


@bp.route("/products/by-gtin/{gtin}")
@endpoint("Read a product by GTIN-8, -12, -13 or -14", answers=PRODUCT_ANSWERS)
def read_product_by_gtin(call: Call, gtin: str) -> Answer:
    return _fresh(read_catalogue.read_by_gtin(gtin), call)


def _fresh_page(page: CardPage, call: Call) -> Answer:
    """The page, its cards joined as they are.

    Each reading has a moment of its own in its cursor, so the tag is made of the cards, and is a weak one. It
    changes every ten minutes, so that no client keeps a cursor until it is too old.
    """
    items, minutes = ",".join(page.cards), page.as_of[:15] if page.next_cursor else ""
    body = f'{{"items":[{items}],"next_cursor":{to_json(page.next_cursor)}}}'
    return _unless_held(body, f"{items}\n{minutes}{page.next_cursor is None}", call, weak=True)


def _fresh(product: dict[str, Any], call: Call) -> Answer:
    """The product. The tag is made of the whole answer, because offers change more often than the product's
    version."""
    body = to_json(product)
    return _unless_held(body, body, call)


def _unless_held(body: str, content: str, call: Call, *, weak: bool = False) -> Answer:
    """The answer, or only the news that its content is what the client holds."""
    tag = etag(hashlib.sha256(content.encode()).hexdigest()[:24])
    held, shown = none_match(call.if_none_match, tag), f"W/{tag}" if weak else tag
    headers = {"Cache-Control": FRESH}
    return Answer(304 if held else 200, None if held else body, etag=shown, headers=headers)
