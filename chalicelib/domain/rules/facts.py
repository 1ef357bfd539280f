"""What validation steps look up for the checks: codes and numbers, and what is public of other records."""

from collections.abc import Mapping
from dataclasses import dataclass, field

REACHED = "REACHED"
UNREACHABLE = "UNREACHABLE"
"""It was tried, and the answer is no."""
NO_NETWORK = "NO_NETWORK"
"""It could not be tried: there is no network here. Only believed where remote checks are lenient."""
REFUSED_ADDRESS = "REFUSED_ADDRESS"
"""An address that the marketplace never calls."""


@dataclass(frozen=True)
class Probe:
    """How calling an outside service ended; `status` is the HTTP status where one came back."""

    outcome: str
    status: int = 0


@dataclass(frozen=True)
class Image:
    """What an image URL gave: a picture of a size where `outcome` is REACHED, NOT_AN_IMAGE for other data.
    `upgraded` where a plain http URL was fetched over https."""

    outcome: str
    width: int = 0
    height: int = 0
    status: int = 0
    upgraded: bool = False


@dataclass(frozen=True)
class SupplierFacts:
    """Whether the hosts of web site and e-mail were found; `brands_held` are the positions of
    owned brands that another supplier holds."""

    website: str = REACHED
    email: str = REACHED
    brands_held: frozenset[int] = frozenset()
    order_api: Probe | None = None


@dataclass(frozen=True)
class OfferFacts:
    """What is known of the product that the offer's GTIN names, and of the offer's images.

    `product_brand` is None where the product is new or this offer is the source of its content.
    `other_prices` are minor units in the offer's own currency, of other suppliers' active offers. `now` is
    the time of the validation as times are stored, empty where no rule asks for it.
    """

    product_brand: str | None = None
    offered_under_other_sku: bool = False
    other_prices: tuple[int, ...] = ()
    images: Mapping[str, Image] = field(default_factory=dict)
    now: str = ""
