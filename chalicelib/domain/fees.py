"""What the marketplace keeps of a sale, by the terms that were frozen on the line when it was placed."""

from collections.abc import Mapping
from typing import NamedTuple

_MILLION = 1_000_000


LONGEST_CATEGORY, LONGEST_BRAND = 200, 100
"""Characters that commissions go by: a product keeps them of each of its offers, and has 400 KB for all."""


class FeeFacts(NamedTuple):
    """What commissions may go by beside supplier, price and storefront: the category and brand that the offer
    says, the plan and country of its supplier; "" where it says none."""

    category: str = ""
    brand: str = ""
    plan: str = ""
    country: str = ""

    @property
    def packed(self) -> list[str]:
        """As it is stored; `FeeFacts(*packed)` is the facts again."""
        return list(self[: max((place for place, fact in enumerate(self, 1) if fact), default=0)])


NO_FACTS = FeeFacts()


class FeeTerms(NamedTuple):
    """What a line's commission is reckoned by, in the numbers that version `rules_version` of the commission
    rules gave; a later version changes nothing of it. `rule` names the rule of that version.

    `percent_ppm` and `vat_ppm` are millionths: of the goods (and of shipping, with `on_shipping`), and of the
    fee. `flat`, `floor` and `cap` are minor units a piece. With `kept_on_refund` the fee is not given back
    when the shopper's money is. `inputs` are what the rule was chosen by.
    """

    rules_version: int
    rule: str
    percent_ppm: int = 0
    flat: int = 0
    floor: int | None = None
    cap: int | None = None
    vat_ppm: int = 0
    on_shipping: bool = False
    kept_on_refund: bool = False
    inputs: Mapping[str, str] | None = None


def fee(terms: FeeTerms, *, goods: int, shipping: int, pieces: int) -> int:
    """The commission on `pieces` that cost so much, in minor units, half up; floor and cap hold for each."""
    reckoned = _half_up(fee_base(terms, goods=goods, shipping=shipping) * terms.percent_ppm)
    reckoned += terms.flat * pieces
    if terms.floor is not None:
        reckoned = max(reckoned, terms.floor * pieces)
    if terms.cap is not None:
        reckoned = min(reckoned, terms.cap * pieces)
    return reckoned


def fee_base(terms: FeeTerms, *, goods: int, shipping: int) -> int:
    """What the percentage is of."""
    return goods + (shipping if terms.on_shipping else 0)


def vat(terms: FeeTerms, fee: int) -> int:
    """The tax on a fee, in minor units, half up."""
    return share(fee, terms.vat_ppm)


def share(minor: int, ppm: int) -> int:
    """So many millionths of an amount, in minor units, half up."""
    return _half_up(minor * ppm)


def _half_up(millionths: int) -> int:
    return (2 * millionths + _MILLION) // (2 * _MILLION)
