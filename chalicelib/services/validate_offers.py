"""The four validation steps of offers: each looks up its facts for the batch and reports its findings.

Of an offer that is accepted already only price or stock can have changed (other content makes it NEW), so
only the price step looks at it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from chalicelib import clock, ids
from chalicelib.clients import dns, images
from chalicelib.clients.errors import CallFailed
from chalicelib.domain.offer import Offer, Product
from chalicelib.domain.rules import offer_content, offer_identifiers, offer_images, offer_price
from chalicelib.domain.rules.catalog import OFFER_CHECKS
from chalicelib.domain.rules.facts import REACHED, UNREACHABLE, Image, OfferFacts
from chalicelib.domain.rules.kinds import Finding, Record
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS
from chalicelib.services import current_rules, remote_checks
from chalicelib.services.validation_batch import (
    Batch,
    Case,
    Judged,
    correct_each,
    gather,
    load_offers,
    report,
    run_checks,
)
from chalicelib.storage import products

Records = Sequence[Mapping[str, Any]]
Cases = Mapping[Judged, Case[Offer]]

_TRIES_PER_HOST = 3
_HOST_IS_DOWN = {"UNRESOLVED", "UNCONNECTED", "TIMED_OUT"}


def identifiers(records: Records) -> dict[str, Any]:
    """Report on GTINs, by themselves and against the products that have them."""
    batch = _waiting(records)
    return _on_identifiers(batch, known_products(batch.cases))


def content(records: Records) -> dict[str, Any]:
    """Report on the offers' words."""
    return _on_content(_waiting(records))


def price(records: Records) -> dict[str, Any]:
    """Report on prices, by themselves and against other suppliers' offers of the same product."""
    batch = _waiting(records)
    return _on_price(batch, known_products(batch.cases))


def pictures(records: Records) -> dict[str, Any]:
    """Report on the offers' images, after fetching the beginning of each."""
    return _on_pictures(_waiting(records), image_viewer(), seconds=remote_checks.BUDGET_SECONDS)


def reports(
    batch: Batch[Offer], known: Mapping[str, Product], *, view: Callable[[str], Image], seconds: float
) -> list[dict[str, Any]]:
    """What all the steps report on the batch, for whoever has it at hand. `known` are the products of its
    offers that exist; `view` looks at images for so many seconds, and an offer whose image was not seen by
    then is left out of that report."""
    return [
        _on_identifiers(batch, known),
        _on_content(batch),
        _on_price(batch, known),
        _on_pictures(batch, view, seconds=seconds),
    ]


def _on_identifiers(batch: Batch[Offer], known: Mapping[str, Product]) -> dict[str, Any]:
    return _report(
        offer_identifiers.STEP, batch, lambda case: product_facts(case.record, case.content, known)
    )


def _on_content(batch: Batch[Offer]) -> dict[str, Any]:
    facts = OfferFacts(now=clock.timestamp())
    return _report(offer_content.STEP, batch, lambda _case: facts)


def _on_price(batch: Batch[Offer], known: Mapping[str, Product]) -> dict[str, Any]:
    return _report(offer_price.STEP, batch, lambda case: product_facts(case.record, case.content, known))


def _on_pictures(batch: Batch[Offer], view: Callable[[str], Image], *, seconds: float) -> dict[str, Any]:
    wanted = gather(
        batch.cases, lambda case: offer_images.image_urls(case.content) if is_judged_anew(case.record) else []
    )
    seen = remote_checks.in_parallel(view, wanted, seconds=seconds)

    def facts(case: Case[Offer]) -> OfferFacts:
        return OfferFacts(images={url: seen(url) for url in offer_images.image_urls(case.content)})

    return _report(offer_images.STEP, batch, facts)


def product_id_of(offer: Offer, content: Record) -> str:
    """The product that an offer with this (corrected) content belongs to: its GTIN's, or one of its own."""
    key = offer_identifiers.key_of(content)
    return f"prd_{key}" if key else ids.content_id("prd_x", offer.supplier_id, offer.sku)


def product_facts(offer: Offer, content: Record, known: Mapping[str, Product]) -> OfferFacts:
    """What the offer's product, where there is one already, tells about the offer."""
    product = known.get(product_id_of(offer, content))
    if product is None:
        return OfferFacts()
    member = product.offer_ids.get(offer.supplier_id)
    return OfferFacts(
        product_brand=None if _gives_brand(offer, product) else product.brand,
        offered_under_other_sku=member is not None and member["sku"] != offer.sku,
        other_prices=_other_prices(offer, content, product),
    )


def _gives_brand(offer: Offer, product: Product) -> bool:
    """Whether the product's brand is this offer's to say: it gave it, or nobody else has the product."""
    source = product.sources.get("/brand")
    gave = source is not None and source["offer_id"] == offer.offer_id
    return gave or not product.offer_ids.keys() - {offer.supplier_id}


def _other_prices(offer: Offer, content: Record, product: Product) -> tuple[int, ...]:
    currency = offer_price.currency_of(content)
    others = [shown for shown in product.offers_view if shown["offer_id"] != offer.offer_id]
    prices = [offer_price.price_of(shown) for shown in others]
    return tuple(each.minor for each in prices if each and each.currency == currency)


def known_products(cases: Cases) -> dict[str, Product]:
    """The products that exist already of those that the offers belong to."""
    wanted = gather(cases, lambda case: [product_id_of(case.record, case.content)])
    return products.get_many(wanted) if wanted else {}


def is_judged_anew(offer: Offer) -> bool:
    """Whether all of the offer is judged, and not its price alone."""
    return offer.acceptance != "ACCEPTED"


def _waiting(records: Records) -> Batch[Offer]:
    return correct_each(load_offers(records), OFFER_CORRECTIONS, current_rules.now())


def _report(step: str, batch: Batch[Offer], facts: Callable[[Case[Offer]], OfferFacts]) -> dict[str, Any]:
    def examine(case: Case[Offer]) -> list[Finding]:
        if step != offer_price.STEP and not is_judged_anew(case.record):
            return []
        return run_checks(OFFER_CHECKS[step], case, facts(case))

    return report(step, batch, examine)


def image_viewer() -> Callable[[str], Image]:
    """A function that looks at image URLs, and soon leaves a host alone that does not answer."""
    has_network = cache(dns.network_is_there)
    failures: dict[str, list[str]] = defaultdict(list)

    def view(url: str) -> Image:
        target, upgraded = _over_https(url)
        host = urlsplit(target).netloc
        earlier = failures[host]
        if len(earlier) >= _TRIES_PER_HOST:
            return Image(remote_checks.meaning(earlier[-1], target, has_network=has_network))
        try:
            picture = images.measure(target)
        except CallFailed as failure:
            if failure.code in _HOST_IS_DOWN:
                earlier.append(failure.code)
            return Image(remote_checks.meaning(failure.code, target, has_network=has_network))
        return _image(picture, upgraded=upgraded)

    return view


def _image(picture: images.Picture, *, upgraded: bool) -> Image:
    if picture.status != 200:
        return Image(UNREACHABLE, status=picture.status)
    outcome = REACHED if picture.width else offer_images.NOT_AN_IMAGE
    return Image(outcome, picture.width, picture.height, picture.status, upgraded)


def _over_https(url: str) -> tuple[str, bool]:
    """The URL to fetch: nothing is fetched over plain http but from hosts of our own."""
    if url.startswith("http://") and not remote_checks.is_exempt(url):
        return "https" + url.removeprefix("http"), True
    return url, False
