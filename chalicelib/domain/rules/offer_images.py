"""Checks of an offer's images, by what their URLs gave."""

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.domain.rules.facts import NO_NETWORK, REACHED, REFUSED_ADDRESS, UNREACHABLE, Image, OfferFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Finding, Place, Record, at, check

STEP = "offer_images"
NOT_AN_IMAGE = "NOT_AN_IMAGE"


def image_urls(record: Record) -> list[str]:
    """The offer's image URLs."""
    return [str(url) for url in record.get("image_urls") or ()]


def _having(outcome: str, record: Record, facts: OfferFacts) -> Iterator[tuple[str, Image]]:
    for index, url in enumerate(image_urls(record)):
        image = facts.images.get(url)
        if image is not None and image.outcome == outcome:
            yield f"/image_urls/{index}", image


@check(
    "image.missing",
    step=STEP,
    code="MISSING_IMAGE",
    message="There is no image. Send the URL of at least one.",
    expected="1 to 10 image URLs",
)
def image_missing(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `image_link`: required."""
    if not image_urls(record):
        yield at("/image_urls")


@check(
    "image.unreachable",
    step=STEP,
    code="INVALID_IMAGE",
    message="The image could not be fetched (HTTP {status}; 0 means no answer). Check its URL.",
    expected="a URL that gives an image",
)
def image_unreachable(record: Record, facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `image_link`: it can be fetched."""
    for field, image in _having(UNREACHABLE, record, facts):
        yield at(field, status=image.status)


@check(
    "image.address_refused",
    step=STEP,
    code="INVALID_IMAGE",
    message="The marketplace fetches from public HTTPS addresses only, and this is none.",
    expected="an https URL with a public address",
)
def image_address_refused(record: Record, facts: OfferFacts) -> Iterator[Place]:
    """OWASP, server-side request forgery: nothing is called in private networks."""
    for field, _image in _having(REFUSED_ADDRESS, record, facts):
        yield at(field)


@check(
    "image.not_checked",
    step=STEP,
    severity=WARNING,
    code="UNREACHABLE_ENDPOINT",
    message="The image could not be fetched from here, so it was not checked.",
)
def image_not_checked(record: Record, facts: OfferFacts) -> Iterator[Place]:
    """House rule: where the network is missing, that is said."""
    for field, _image in _having(NO_NETWORK, record, facts):
        yield at(field)


@check(
    "image.not_an_image",
    step=STEP,
    code="INVALID_IMAGE",
    message="What this URL gives is no image of a known format. Send JPEG, PNG, WebP or GIF.",
    expected="an image",
)
def image_not_an_image(record: Record, facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `image_link`: JPEG, PNG, WebP or GIF."""
    for field, _image in _having(NOT_AN_IMAGE, record, facts):
        yield at(field)


@check(
    "image.too_small",
    step=STEP,
    code="INVALID_IMAGE",
    message="The image has {width} x {height} pixels; each side must have at least {least}.",
    expected="at least {least} x {least} pixels",
)
def image_too_small(record: Record, facts: OfferFacts, *, least: int = 300) -> Iterator[Place]:
    """House rule, between Google Merchant Center (250 pixels for apparel) and Amazon (500): below it a
    picture is blurred on the product page."""
    for field, image in _having(REACHED, record, facts):
        if min(image.width, image.height) < least:
            yield at(field, width=image.width, height=image.height, least=least)


def _with_https(value: Any, _finding: Finding) -> str:
    return "https" + str(value).removeprefix("http")


@check(
    "image.plain_http",
    step=STEP,
    severity=WARNING,
    code="INVALID_IMAGE",
    message="The image is there under https, too. Send that URL: shops do not show images over plain http.",
    expected="an https URL",
    suggest=_with_https,
    certain=True,
)
def image_plain_http(record: Record, facts: OfferFacts) -> Iterator[Place]:
    """W3C, Mixed Content: browsers do not load pictures over http into a page that came by https."""
    for field, image in _having(REACHED, record, facts):
        if image.upgraded:
            yield at(field)


@check(
    "image.repeated",
    step=STEP,
    severity=WARNING,
    code="DUPLICATE",
    message="This image stands in the list already.",
    expected="each image once",
)
def image_repeated(record: Record, _facts: OfferFacts) -> Iterator[Place]:
    """Google Merchant Center, `additional_image_link`: other views than the main image."""
    urls = image_urls(record)
    for index, url in enumerate(urls):
        if url in urls[:index]:
            yield at(f"/image_urls/{index}")


@check(
    "image.placeholder",
    step=STEP,
    severity=WARNING,
    code="INVALID_IMAGE",
    message="By its name this is a stand-in for a picture that is missing. Send one of the product.",
    expected="a picture of the product",
)
def image_placeholder(
    record: Record,
    _facts: OfferFacts,
    *,
    words: Sequence[str] = (
        *("coming-soon", "comingsoon", "default-image", "image-not-available", "no-image", "no-photo"),
        *("no_image", "no_photo", "noimage", "nophoto", "placeholder"),
    ),
) -> Iterator[Place]:
    """Google Merchant Center, `image_link`: no placeholder or generic image."""
    for index, url in enumerate(image_urls(record)):
        name = url.rpartition("/")[2].casefold()
        if any(word in name for word in words):
            yield at(f"/image_urls/{index}")


IMAGE_CHECKS: tuple[CheckRule[OfferFacts], ...] = (
    image_missing,
    image_unreachable,
    image_address_refused,
    image_not_checked,
    image_not_an_image,
    image_too_small,
    image_plain_http,
    image_repeated,
    image_placeholder,
)
