"""Availability as feeds word it, as one of four words."""

import re

IN_STOCK, OUT_OF_STOCK, PREORDER, BACKORDER = "IN_STOCK", "OUT_OF_STOCK", "PREORDER", "BACKORDER"

_WORDS = {
    word: availability
    for availability, words in (
        (
            IN_STOCK,
            "instock available instoreonly onlineonly limitedavailability yes true auflager lieferbar "
            "verfügbar enstock disponible disponibile voorradig opvoorraad skladem ilager",
        ),
        (
            OUT_OF_STOCK,
            "outofstock soldout unavailable notavailable discontinued no false nichtauflager nichtverfügbar "
            "ausverkauft rupturedestock épuisé agotado sinexistencias esaurito nondisponibile uitverkocht",
        ),
        (PREORDER, "preorder presale vorbestellbar précommande preventa preordine"),
        (BACKORDER, "backorder backordered availableforbackorder onbackorder nachbestellt"),
    )
    for word in words.split()
}
"""By their letters only: `in stock`, `in_stock`, `In-Stock` and schema.org's `InStock` are one."""


def availability_of(text: str) -> str | None:
    """IN_STOCK, OUT_OF_STOCK, PREORDER or BACKORDER; None for words that mean none of them for certain.
    schema.org's URLs count by their last part."""
    last = text.strip().rstrip("/").rpartition("/")[2]
    return _WORDS.get(re.sub(r"[\W\d_]", "", last).casefold())
