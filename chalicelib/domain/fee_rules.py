"""The commission rules: which one a sale falls under, and what it freezes on the line. docs/fees.md publishes
how.

Of the rules that a sale meets, the one that says most precisely whom it is for decides: `PRECEDENCE` is
compared in its order, of rules that are equal in all of it the first in the document counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple

from chalicelib.domain.fees import FeeFacts, FeeTerms
from chalicelib.domain.money import Money
from chalicelib.domain.rules.text import essence, levels

Document = Mapping[str, Any]
"""`rules`, `fee_vat`, `subscription_fees`, `listing_fees`, `penalties`, as administrators put them."""

PRECEDENCE = ("SUPPLIER", "PLAN", "CATEGORY", "BRAND", "PRICE", "CHANNEL")
"""What makes one rule go before another, weightiest first. Of categories the deeper one goes before."""
FIRST, NO_AMOUNT = "FIRST_IN_DOCUMENT", "NO_AMOUNT_IN_CURRENCY"
"""Why a rule lost besides."""

DIRECT = "direct"
"""The storefront of orders that none sent."""

BUILT_IN: Document = {"rules": [{"rule": "standard", "percent": 15}]}
"""Version 0, which holds until another does."""

_PPM_OF_PERCENT = 10_000
_KEPT = 4096
"""Of sales, whose rules a version remembers: the fee of an offer that was sold before is looked up."""


class Sale(NamedTuple):
    """What a rule is chosen by; `channel` is the storefront, `price` that of one piece."""

    supplier_id: str
    facts: FeeFacts
    price: Money
    channel: str = DIRECT

    @property
    def inputs(self) -> dict[str, str]:
        """What is kept of it on a line, which has the rest already."""
        said = {**self.facts._asdict(), "channel": self.channel}
        return {name: fact for name, fact in said.items() if fact}


@dataclass(frozen=True)
class FeeRule:
    """One rule as it is asked; None (of category: no level) is no condition. Of the amounts, minor units a
    piece by currency, empty is none."""

    name: str
    supplier_id: str | None = None
    plan: str | None = None
    category: tuple[str, ...] = ()
    brand: str | None = None
    price_from: Money | None = None
    price_to: Money | None = None
    channel: str | None = None
    percent_ppm: int = 0
    flat: Mapping[str, int] = field(default_factory=dict)
    floor: Mapping[str, int] = field(default_factory=dict)
    cap: Mapping[str, int] = field(default_factory=dict)
    on_shipping: bool = False
    is_refundable: bool = True

    @property
    def precision(self) -> tuple[int, ...]:
        """How precisely it says whom it is for, as `PRECEDENCE` weighs it."""
        has_band = self.price_from is not None or self.price_to is not None
        said = self.supplier_id is not None, self.plan is not None, len(self.category)
        return *said, self.brand is not None, has_band, self.channel is not None

    def covers(self, price: Money) -> bool:
        """Whether its band has the price: from the one amount on, below the other, in their currency."""
        bounds = [bound for bound in (self.price_from, self.price_to) if bound]
        return (
            all(bound.currency == price.currency for bound in bounds)
            and (self.price_from is None or self.price_from.minor <= price.minor)
            and (self.price_to is None or price.minor < self.price_to.minor)
        )

    def counts_in(self, currency: str) -> bool:
        """Whether every kind of amount that it names is there in the currency; none is converted."""
        return all(not amounts or currency in amounts for amounts in (self.flat, self.floor, self.cap))


@dataclass(frozen=True)
class CommissionRules:
    """One version of the rules, ready to be asked."""

    version: int = 0
    document: Document = field(default_factory=lambda: BUILT_IN)

    @cached_property
    def rules(self) -> tuple[FeeRule, ...]:
        """First those that go before."""
        rules = map(_rule, self.document["rules"])
        return tuple(sorted(rules, key=lambda rule: [-each for each in rule.precision]))

    def besides(self, kind: str) -> Sequence[Mapping[str, Any]]:
        """What is charged besides commissions: the `subscription_fees`, `listing_fees` or `penalties`."""
        rules: Sequence[Mapping[str, Any]] = self.document.get(kind, ())
        return rules

    @cached_property
    def _met(self) -> Callable[[str, FeeFacts, str], tuple[FeeRule, ...]]:
        """Of a supplier, facts and a storefront, the rules that such sales meet at some price, first those
        that go before; remembered as long as the version is."""
        return lru_cache(maxsize=_KEPT)(partial(_met_by, self.rules))

    def vat_ppm(self, country: str) -> int:
        """The tax on fees of a supplier in this country, in millionths."""
        rates = self.document.get("fee_vat", {})
        return _ppm(rates.get("countries", {}).get(country, rates.get("default", 0)))

    def terms(self, sale: Sale) -> FeeTerms:
        """What is frozen on a line of this sale. A document always has a rule that fits."""
        currency = sale.price.currency
        rule = next(
            each
            for each in self._met(sale.supplier_id, sale.facts, sale.channel)
            if each.covers(sale.price) and each.counts_in(currency)
        )
        return FeeTerms(
            rules_version=self.version,
            rule=rule.name,
            percent_ppm=rule.percent_ppm,
            flat=rule.flat.get(currency, 0),
            floor=rule.floor.get(currency),
            cap=rule.cap.get(currency),
            vat_ppm=self.vat_ppm(sale.facts.country),
            on_shipping=rule.on_shipping,
            kept_on_refund=not rule.is_refundable,
            inputs=sale.inputs,
        )

    def losers(self, sale: Sale) -> list[tuple[FeeRule, str]]:
        """The other rules that the sale meets, and what each has lost by: the first of `PRECEDENCE` in which
        the winner is more precise, its place, or its amounts."""
        met = [
            each for each in self._met(sale.supplier_id, sale.facts, sale.channel) if each.covers(sale.price)
        ]
        winner = next(each for each in met if each.counts_in(sale.price.currency))
        return [
            (each, _lost_by(each, winner) if each.counts_in(sale.price.currency) else NO_AMOUNT)
            for each in met
            if each is not winner
        ]


def faults(document: Document) -> list[tuple[str, str, str]]:
    """What keeps a well-formed document from being put: a pointer, a code and what to do. Something is to be
    decided for whatever is sold, so one rule has to apply everywhere; and a name has to tell its rule."""
    found = [
        (f"/{kind}/{place}/{name}", "DUPLICATE", "This stands there before.")
        for kind, name in (("rules", "rule"), ("penalties", "event"))
        for place in _repeated([each[name] for each in document.get(kind, ())])
    ]
    if not any(map(_is_standard, document["rules"])):
        hint = "One rule must apply to everything: without `when`, and without amounts."
        found.append(("/rules", "NO_STANDARD_RULE", hint))
    return found


def percent(ppm: int) -> int | float:
    """Millionths as a percentage."""
    return ppm / _PPM_OF_PERCENT if ppm % _PPM_OF_PERCENT else ppm // _PPM_OF_PERCENT


def _met_by(rules: Sequence[FeeRule], supplier_id: str, facts: FeeFacts, channel: str) -> tuple[FeeRule, ...]:
    path, brand = levels(facts.category), essence(facts.brand)
    return tuple(
        rule
        for rule in rules
        if rule.supplier_id in (None, supplier_id)
        and rule.plan in (None, facts.plan)
        and path[: len(rule.category)] == rule.category
        and rule.brand in (None, brand)
        and rule.channel in (None, channel)
    )


def _is_standard(rule: Mapping[str, Any]) -> bool:
    return not rule.get("when") and not any(rule.get(name) for name in ("flat", "floor", "cap"))


def _repeated(names: Sequence[str]) -> list[int]:
    return [place for place, name in enumerate(names) if name in names[:place]]


def _lost_by(rule: FeeRule, winner: FeeRule) -> str:
    weighed = zip(PRECEDENCE, rule.precision, winner.precision, strict=True)
    return next((name for name, its, more in weighed if its < more), FIRST)


def _rule(said: Mapping[str, Any]) -> FeeRule:
    when = said.get("when", {})
    return FeeRule(
        name=said["rule"],
        supplier_id=when.get("supplier_id"),
        plan=when.get("plan"),
        category=levels(when.get("category", "")),
        brand=essence(when["brand"]) if "brand" in when else None,
        price_from=Money.parse(when["price_from"]) if "price_from" in when else None,
        price_to=Money.parse(when["price_to"]) if "price_to" in when else None,
        channel=when.get("channel"),
        percent_ppm=_ppm(said.get("percent", 0)),
        flat=_amounts(said.get("flat", ())),
        floor=_amounts(said.get("floor", ())),
        cap=_amounts(said.get("cap", ())),
        on_shipping=said.get("on_shipping", False),
        is_refundable=said.get("refundable", True),
    )


def _amounts(said: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {each["currency"]: Money.parse(each).minor for each in said}


def _ppm(percentage: float) -> int:
    return round(percentage * _PPM_OF_PERCENT)
