"""What a supplier pays for a period whatever it sells: a subscription, and a fee for each active offer.

The rules are the `subscription_fees` and `listing_fees` of a version of the commission rules. Of those that
apply, one for the supplier's plan goes before others, then one for a deeper category, then the first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.domain.money import Money
from chalicelib.domain.rules.text import levels
from chalicelib.domain.supplier import Supplier

Rule = Mapping[str, Any]


class Found(NamedTuple):
    """A rule, by its name in its version, and the amounts that it sets, one a currency."""

    name: str
    amounts: tuple[Money, ...]

    def amount(self, currency: str) -> Money | None:
        return next((each for each in self.amounts if each.currency == currency), None)


def subscription(rules: Sequence[Rule], *, plan: str) -> Found | None:
    """What a supplier of this plan pays for being one."""
    return _best("subscription_fees", rules, plan=plan, path=())


def listing(rules: Sequence[Rule], *, plan: str, category: str) -> Found | None:
    """What a supplier of this plan pays for an offer of this category, or one above it."""
    return _best("listing_fees", rules, plan=plan, path=levels(category))


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


def _best(kind: str, rules: Iterable[Rule], *, plan: str, path: tuple[str, ...]) -> Found | None:
    applying = [
        (("plan" in rule, len(its)), -place, rule)
        for place, rule in enumerate(rules)
        if rule.get("plan") in (None, plan) and path[: len(its := levels(rule.get("category") or ""))] == its
    ]
    if not applying:
        return None
    _, place, rule = max(applying, key=lambda each: each[:2])
    return Found(f"{kind}-{-place}", tuple(map(Money.parse, rule["amounts"])))
