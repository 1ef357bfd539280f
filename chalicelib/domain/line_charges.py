"""What an order costs beside its goods: shipping, and the tax on both, by line.

The storefront's checkout computes them; here they are only divided, so that every figure of the order is the
sum of its lines'.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.domain.errors import DomainError
from chalicelib.domain.money import Money
from chalicelib.domain.shares import spread

Fault = tuple[str, str]
"""A JSON pointer into the order's body, and a code."""

OF_LINE = ("shipping", "tax", "shipping_tax")


class Charges(NamedTuple):
    """Of one whole line, in minor units: `tax` is that on the goods."""

    shipping: int = 0
    tax: int = 0
    shipping_tax: int = 0


NO_CHARGES = Charges()


class InvalidCharges(DomainError):
    """The lines' figures are not the order's, or some lack, or a price cannot hold its tax; every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(code for _, code in faults))
        self.faults = tuple(faults)


def charges_of(body: Mapping[str, Any], goods: Sequence[int]) -> tuple[Charges, ...]:
    """What each line of an order's body costs beside its goods, which cost `goods` at the prices that were
    told. All amounts are in the order's currency.

    Where the lines do not say it, the order's shipping is divided among them by their goods, and its tax by
    goods and shipping. Raises InvalidCharges.
    """
    said = {name: [line.get(name) for line in body["lines"]] for name in OF_LINE}
    lacking = list(_lacking(said))
    if lacking:
        raise InvalidCharges(lacking)
    of_lines = {name: [_minor(each) for each in sent] for name, sent in said.items() if any(sent)}
    charges = _divided(body, of_lines, goods)
    faults = [*_mismatches(body, charges), *_too_high(body, of_lines, charges, goods)]
    if faults:
        raise InvalidCharges(faults)
    return charges


def beside_goods(charges: Sequence[Charges], *, tax_included: bool) -> int:
    """What comes on top of the prices, in minor units."""
    taxes = 0 if tax_included else sum(each.tax + each.shipping_tax for each in charges)
    return sum(each.shipping for each in charges) + taxes


def tax_at(price: Money, tax: int, *, told_at: Money, is_included: bool) -> int:
    """The tax on a line that is sold at `price` and not as it was told. One that comes on top stays what the
    shopper was told; one that the price holds follows it, half up."""
    if not is_included or price == told_at:
        return tax
    return (2 * tax * price.minor + told_at.minor) // (2 * told_at.minor) if told_at.minor else 0


def _lacking(said: Mapping[str, Sequence[Any]]) -> Iterator[Fault]:
    for name, sent in said.items():
        if any(sent):
            yield from (
                (f"/lines/{index}/{name}", "MISSING_FIELD") for index, each in enumerate(sent) if not each
            )


def _divided(
    body: Mapping[str, Any], of_lines: Mapping[str, Sequence[int]], goods: Sequence[int]
) -> tuple[Charges, ...]:
    shipping = of_lines.get("shipping") or spread(_minor(body.get("shipping")), goods)
    if "tax" in of_lines or "shipping_tax" in of_lines:
        nothing = [0] * len(goods)
        taxes = of_lines.get("tax", nothing), of_lines.get("shipping_tax", nothing)
    else:
        taxes = _taxes(_minor(body.get("tax")), goods, shipping)
    return tuple(map(Charges, shipping, *taxes))


def _taxes(tax: int, goods: Sequence[int], shipping: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """That on goods and that on shipping; all of it on goods where neither costs anything."""
    lines = len(goods)
    weights = [*goods, *shipping] if any(goods) or any(shipping) else [1] * lines + [0] * lines
    shares = spread(tax, weights)
    return shares[:lines], shares[lines:]


def _mismatches(body: Mapping[str, Any], charges: Sequence[Charges]) -> Iterator[Fault]:
    sums = {
        "shipping": sum(each.shipping for each in charges),
        "tax": sum(each.tax + each.shipping_tax for each in charges),
    }
    yield from (
        (f"/{name}", "TOTAL_MISMATCH")
        for name, come_to in sums.items()
        if body.get(name) and _minor(body[name]) != come_to
    )


def _too_high(
    body: Mapping[str, Any],
    of_lines: Mapping[str, Sequence[int]],
    charges: Sequence[Charges],
    goods: Sequence[int],
) -> Iterator[Fault]:
    """No price holds more tax than it is."""
    if not body.get("tax_included"):
        return
    if not of_lines.keys() & {"tax", "shipping_tax"}:
        if _minor(body.get("tax")) > sum(goods) + sum(each.shipping for each in charges):
            yield "/tax", "TAX_TOO_HIGH"
        return
    for index, (each, cost) in enumerate(zip(charges, goods, strict=True)):
        if each.tax > cost:
            yield f"/lines/{index}/tax", "TAX_TOO_HIGH"
        if each.shipping_tax > each.shipping:
            yield f"/lines/{index}/shipping_tax", "TAX_TOO_HIGH"


def _minor(sent: Mapping[str, Any] | None) -> int:
    return Money.parse(sent).minor if sent else 0
