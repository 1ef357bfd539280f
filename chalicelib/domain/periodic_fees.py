"""What a supplier pays for a period whatever it sells: a subscription, and a fee for each active offer.

The rules are the `subscription_fees` and `listing_fees` of a version of the commission rules. Of those that
fit the one that names most counts, of equals the first.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.domain.money import Money
from chalicelib.domain.supplier import Supplier

Rule = Mapping[str, Any]


class Found(NamedTuple):
    """A rule, by its name in its version, and the amounts that it sets, one a currency."""

    name: str
    amounts: tuple[Money, ...]

    def amount(self, currency: str) -> Money | None:
        return next((each for each in self.amounts if each.currency == currency), None)


def subscription(rules: Sequence[Rule], *, plan: str | None) -> Found | None:
    """What a supplier of this plan pays for being one."""
    return _best("subscription_fees", rules, {"plan": plan})


def listing(rules: Sequence[Rule], *, plan: str | None, category: str | None) -> Found | None:
    """What a supplier of this plan pays for an offer of this category."""
    return _best("listing_fees", rules, {"plan": plan, "category": category})


def of_supplier(found: Found, currencies: Collection[str]) -> Money:
    """The one of a subscription's amounts that is due: in a currency that the supplier has sold in, else the
    first."""
    return next((each for each in found.amounts if each.currency in currencies), found.amounts[0])


def is_due(supplier: Supplier, *, begins: str, ends: str) -> bool:
    """Whether the supplier pays for the period: it was open at some time of it, and before it began. So the
    time until the first period is free, and being closed for a while saves nothing."""
    if not supplier.history:
        return supplier.is_open and supplier.created_at < begins
    before = [each["status"] for each in supplier.history if each["at"] < begins]
    during = [each["status"] for each in supplier.history if begins <= each["at"] < ends]
    return "OPEN" in before and "OPEN" in (before[-1], *during)


def _best(kind: str, rules: Sequence[Rule], facts: Mapping[str, str | None]) -> Found | None:
    fitting = [(place, rule) for place, rule in enumerate(rules) if _fits(rule, facts)]
    if not fitting:
        return None
    place, rule = max(fitting, key=lambda each: len([*_named(each[1], facts)]))
    return Found(f"{kind}/{place}", tuple(map(Money.parse, rule["amounts"])))


def _fits(rule: Rule, facts: Mapping[str, str | None]) -> bool:
    return all(rule[name] == facts[name] for name in _named(rule, facts))


def _named(rule: Rule, facts: Mapping[str, str | None]) -> Iterator[str]:
    return (name for name in facts if rule.get(name) is not None)
